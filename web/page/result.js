// The result card of one photo.

import { button, freshId, h, icon } from './dom.js';
import { announce, toast } from './notify.js';
import { allPalette, allShades, photoUrl, photosOf, swatch } from './shades.js';
import { paletteSwatch } from './picker.js';
import { LEVELS, capitalized, count, inkOn, isClose, percent, reason, score, verdict } from './words.js';

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied.`);
  } catch {
    toast('Your browser blocked copying. Allow clipboard access, then try again.');
  }
}

/** The swatch of a match from the library or the standard palette. */
export async function matchSwatch(match, source) {
  if (source === 'palette') return paletteSwatch((await allPalette())[match.color_id - 1]);
  const shade = (await allShades()).find(({ id }) => id === match.color_id);
  return swatch(shade ?? { name: match.name });
}

/** The photo, with a button that dims everything but the hair. */
function photoPane(item, remove) {
  const { photo, answer } = item;
  const mask = answer?.overlay;
  const name = h('span', { class: 'visually-hidden' }, photo.name);
  if (!photo.url) {
    return h('div', { class: 'photo' }, h('div', { class: 'unseen' }, h('p', {}, photo.name),
      h('p', {}, answer ? "Your browser can't show this photo, but Strand could read it." : "Your browser can't show this photo.")),
    h('div', { class: 'tools' }, h('span'), remove(name)));
  }
  const stack = h('div', { class: 'stack' }, h('img', { class: 'all', src: photo.url, alt: `Your photo ${photo.name}` }));
  const tools = h('div', { class: 'tools' }, h('span'), remove(name));
  if (mask) {
    const hair = h('img', { class: 'hair', src: photo.url, alt: '', css: { 'mask-image': `url(${mask})` } });
    stack.append(hair);
    const toggle = button([icon('eye'), 'Hair only'], () => {
      item.masked = !item.masked;
      stack.classList.toggle('masked', item.masked);
      toggle.setAttribute('aria-pressed', String(item.masked));
    }, { 'aria-pressed': String(Boolean(item.masked)) });
    stack.classList.toggle('masked', Boolean(item.masked));
    tools.firstChild.replaceWith(toggle);
  }
  return h('div', { class: 'photo' }, stack, tools);
}

/** The hair colors as a bar, sized by share. */
export function colorBar(colors, labels = true) {
  return h('div', { class: 'bar', 'aria-hidden': 'true' }, colors.map(({ hex, percentage }) => (
    h('span', { css: { 'flex-grow': percentage, 'flex-basis': 0, background: hex, color: inkOn(hex) } }, labels && h('i', {}, hex)))));
}

/** A color's L*a*b* with true minus signs. */
export const labText = (lab) => `Lab ${lab.map((value) => value.toFixed(1)).join(' ').replaceAll('-', '−')}`;

function colorList(colors) {
  return h('ul', { class: 'shares', 'aria-label': 'Colors of the hair' }, colors.map(({ hex, percentage, lab }) => h('li', {},
    h('span', { class: 'swatch', 'aria-hidden': 'true', css: { background: hex } }),
    button(hex, () => copy(hex, hex), { class: 'link', 'aria-label': `Copy ${hex}`, title: 'Copy' }),
    h('span', {}, `${percentage >= 99.95 ? 100 : percentage.toFixed(1)}%`),
    h('span', { class: 'lab' }, labText(lab)))));
}

export function levelScale(level) {
  return h('div', { class: 'levels', role: 'img', 'aria-label': `Level ${level} of 10` }, LEVELS.map((hex, at) => (
    h('span', { class: at + 1 === level ? 'here' : '', css: { background: hex, ...(at + 1 === level && { color: inkOn(hex) }) } },
      at + 1 === level ? String(level) : ''))));
}

/** What there is to say beside tone, style, and depth: gray or dyed hair, darker roots. Results kept from before lack some. */
function more({ estimated_style: style, family, technique = 'solid', natural_level: roots }) {
  const words = [];
  if (family && family !== style.toLowerCase()) words.push(capitalized(family));
  if (technique !== 'solid') words.push(`${capitalized(technique)}, level ${roots} at the roots`);
  return words.join('. ');
}

function traits(summary) {
  const trait = (name, value, wide) => h('div', { class: wide ? 'wide' : '' }, h('dt', {}, name), h('dd', {}, value));
  return h('dl', { class: 'traits' },
    trait('Tone', summary.estimated_tone), trait('Style', summary.estimated_style), trait('Depth', summary.estimated_level),
    more(summary) && trait('Also', more(summary), true),
    trait('Level (1 black, 10 lightest blonde)', levelScale(summary.professional_level), true));
}

/** Why a shade matches: a sentence, and the two photos side by side. */
function why(match, item) {
  const box = h('div', { class: 'why' }, h('p', {}, reason(match)));
  const compare = async () => {
    const nearest = (await photosOf(match.color_id, { ask: false }).catch(() => [])).find(({ id }) => id === match.nearest_image_id);
    if (!nearest || !item.photo.url) return;
    const picture = (src, text) => h('figure', {}, h('img', { src, alt: '' }), h('figcaption', {}, text));
    box.append(h('div', { class: 'pair' }, picture(item.photo.url, 'Your photo'), picture(photoUrl(nearest), 'Nearest reference photo')));
  };
  return { box, compare };
}

function matchRow(match, item) {
  const { box, compare } = why(match, item);
  const place = h('span', { class: 'swatch', 'aria-hidden': 'true' });
  matchSwatch(match, item.source).then((found) => place.replaceWith(found)).catch(() => { /* Keep the plain swatch. */ });
  let compared = false;
  const details = h('details', { on: { toggle: () => {
    if (!details.open || compared || match.nearest_image_id === null) return;
    compared = true;
    compare().catch(() => { compared = false; });
  } } },
  h('summary', {}, place, h('span', { class: 'name' }, match.name),
    h('span', { class: 'score' }, score(match), h('span', { class: 'visually-hidden' }, '. Why?')),
    h('span', { class: 'meter', 'aria-hidden': 'true' }, h('i', { css: { width: `${100 * match.combined_score}%` } }))), box);
  return h('li', {}, details);
}

/** One verdict and its figure; further figures are in the reasons. */
function sureness(answer) {
  const [match] = answer.best_matches;
  return h('p', { class: 'sure' }, h('strong', {}, capitalized(verdict(answer))), ` · ${score(match)}`);
}

function best(item, titleId) {
  const [match] = item.answer.best_matches;
  const place = h('span', { class: 'swatch', 'aria-hidden': 'true' });
  matchSwatch(match, item.source).then((found) => place.replaceWith(found)).catch(() => { /* Keep the plain swatch. */ });
  let eyebrow = 'Best match';
  const { library } = item.answers;
  if (item.source === 'palette') eyebrow = library.best_matches.length && !isClose(library)
    ? 'None of your shades is close. Nearest standard shade:' : 'Nearest standard shade';
  else if (!isClose(library)) eyebrow = 'No close match. Nearest:';
  return h('div', { class: 'best' }, place, h('div', {},
    h('p', { class: 'eyebrow' }, eyebrow),
    h('h2', { id: titleId, tabIndex: -1 }, match.name),
    sureness(item.answer)));
}

/** “Not right?”: buttons for the other matches and for any other shade. */
function correction(item, { correct, other }) {
  const fromPalette = item.source === 'palette';
  const offered = item.answer.best_matches.slice(fromPalette ? 0 : 1, 4);
  const row = h('div', { class: 'buttons' });
  for (const match of offered) {
    const place = h('span', { class: 'swatch', 'aria-hidden': 'true' });
    matchSwatch(match, item.source).then((found) => place.replaceWith(found)).catch(() => { /* Keep the plain swatch. */ });
    row.append(button([place, match.name], () => correct(match)));
  }
  row.append(button(offered.length ? 'Another shade…' : 'Pick a shade…', other, { class: 'other' }));
  const label = fromPalette ? 'Save as one of your shades' : 'Not right? Pick the correct shade';
  return h('div', { class: 'correct', role: 'group', 'aria-label': label },
    h('p', { class: 'label' }, label), row,
    h('p', { class: 'eyebrow' }, "We'll add this photo to that shade and learn from it."));
}

/** The match, its reasons, and the actions. */
function answered(item, titleId, actions) {
  const { answer } = item;
  const matches = answer.best_matches;
  return [
    h('div', {}, matches.length ? best(item, titleId) : h('h2', { id: titleId, tabIndex: -1 }, 'No shades to match yet'),
      answer.warnings.length > 0 && h('ul', { class: 'note warn' }, answer.warnings.map((text) => h('li', {}, text)))),
    h('div', { class: 'rest' }, matches.length > 0 && h('div', {}, h('h3', {}, matches.length > 1 ? 'How the shades compare' : 'Why this shade'),
      h('ol', { class: 'matches' }, matches.map((match) => matchRow(match, item)))),
    item.work ? item.work.element : correction(item, actions),
    h('div', { class: 'end' }, button('Copy as JSON', () => copy(JSON.stringify(item.raw, null, 2), 'Result'), { class: 'link' }),
      h('span', { class: 'eyebrow' }, `Hair covers ${percent(answer.hair.coverage)} of the photo`))),
  ];
}

/** The colors, tone, style, and level of the hair. */
function measured({ answer }) {
  return h('div', { class: 'facts measured' },
    h('div', {}, colorBar(answer.dominant_hair_colors), colorList(answer.dominant_hair_colors)), traits(answer.analysis_summary));
}

/** The card of an item on the match page, in its current state. */
export function resultCard(item, actions) {
  const titleId = freshId('result');
  const remove = (name) => button([icon('close'), h('span', { class: 'visually-hidden' }, 'Remove '), name], actions.remove, { class: 'round' });
  const facts = {
    working: () => [h('h2', { id: titleId }, 'Analyzing the hair…'), h('progress', { 'aria-label': `Matching ${item.photo.name}` })],
    waiting: () => [h('h2', { id: titleId }, 'Waiting for the server'), h('p', { class: 'note warn' }, item.error)],
    failed: () => [h('h2', { id: titleId, tabIndex: -1 }, item.title), h('p', { class: 'note bad' }, item.error),
      h('div', { class: 'buttons' }, button('Try again', actions.retry))],
    done: () => answered(item, titleId, actions),
  };
  return h('article', { class: `result ${item.state}`, 'aria-labelledby': titleId, 'aria-busy': String(item.state === 'working') },
    photoPane(item, remove), h('div', { class: item.state === 'done' ? 'facts verdict' : 'facts' }, facts[item.state]()), item.state === 'done' && measured(item));
}

/** Announces the result to screen readers. */
export function speak(item, rest) {
  const more = rest > 0 ? `, ${count(rest, 'photo')} to go` : '';
  if (item.state === 'failed') announce(`${item.photo.name}: ${item.error}`);
  else if (item.state === 'done') {
    const [match] = item.answer.best_matches;
    announce(match ? `${match.name}, ${verdict(item.answer)}${more}` : `Measured, no shades to match yet${more}`);
  }
}
