// Compares several photos side by side.

import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { colorBar, labText, levelScale, matchSwatch } from './result.js';
import { score, verdict } from './words.js';

function bestCell(item) {
  const [match] = item.answer.best_matches;
  if (!match) return 'No match yet';
  const place = h('span', { class: 'swatch', 'aria-hidden': 'true' });
  matchSwatch(match, item.source).then((found) => place.replaceWith(found)).catch(() => { /* Keep the plain swatch. */ });
  return h('div', { class: 'best' }, place,
    h('div', {}, h('strong', {}, match.name), h('span', {}, `${verdict(item.answer)}, ${score(match)}`)));
}

function main({ answer }) {
  const [color] = answer.dominant_hair_colors;
  return `${color.hex}, ${labText(color.lab)}`;
}

/** Opens a table with one column per photo. */
export function compare(items) {
  const row = (name, cell) => h('tr', {}, h('th', { scope: 'row' }, name), items.map((item) => h('td', {}, cell(item))));
  const photo = ({ photo: { url, name } }) => h('th', { scope: 'col' },
    url ? h('img', { src: url, alt: name }) : name);
  return openDialog('Side by side', () => h('div', { class: 'comparison', tabIndex: 0, role: 'region', 'aria-label': 'Comparison' },
    h('table', { css: { '--columns': items.length } },
      h('thead', {}, h('tr', {}, h('td', {}), items.map(photo))),
      h('tbody', {},
        row('Best match', bestCell),
        row('Colors', ({ answer }) => colorBar(answer.dominant_hair_colors)),
        row('Main color', main),
        row('Level', ({ answer }) => levelScale(answer.analysis_summary.professional_level)),
        row('Tone', ({ answer }) => answer.analysis_summary.estimated_tone),
        row('Style', ({ answer }) => answer.analysis_summary.estimated_style)))), { wide: true });
}
