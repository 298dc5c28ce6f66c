// Picks a shade: one from the library, a standard one, or a new name.

import { openDialog } from './dialog.js';
import { $, button, freshId, h } from './dom.js';
import { allPalette, allShades, swatch } from './shades.js';
import { paletteBackground } from './words.js';

const MOST = 60;

export function paletteSwatch(shade) {
  return h('span', { class: 'swatch', 'aria-hidden': 'true', css: { background: paletteBackground(shade) } });
}

/** A list of shade buttons, filtered by what the user types in `field`, from which the arrow keys lead into it. `groups` are
 *  `[title, shades, swatchOf]`. */
export function choices(groups, choose, otherwise = (typed) => `No shade matches “${typed}”.`) {
  const list = h('div', { class: 'choices', on: { keydown: (event) => step(event, list) } });
  const filter = (typed) => {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ name }) => words.every((word) => name.toLowerCase().includes(word));
    const rows = groups.flatMap(([title, shades, swatchOf]) => {
      const found = shades.filter(fits).slice(0, MOST);
      if (!found.length) return [];
      return [h('div', { class: 'group' }, title), ...found.map((shade) => button([swatchOf(shade), shade.name], () => choose(shade)))];
    });
    list.replaceChildren(...rows.length ? rows : [h('p', { class: 'nothing' }, otherwise(typed.trim()))]);
  };
  /** Leads from the field into the list. */
  const follow = (field) => {
    list.field = field;
    field.addEventListener('keydown', (event) => step(event, list));
  };
  filter('');
  return { list, filter, follow };
}

/** Moves the focus with the arrow keys: from the field into the list, up and down in it, and back. */
function step(event, list) {
  const stops = [list.field, ...list.querySelectorAll('button')];
  const at = stops.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
  if (at < 0 || !stops[to]) return;
  event.preventDefault();
  stops[to].focus();
}

/** Asks for a shade. Resolves to a shade of the library, `{name, hex}` of one to create, or undefined. */
export async function pickShade(title) {
  const [shades, palette] = await Promise.all([allShades(), allPalette()]);
  const names = new Set(shades.map(({ name }) => name.toLowerCase()));
  const others = palette.filter(({ name }) => !names.has(name.toLowerCase()));
  return openDialog(title, (close) => {
    const id = freshId('pick');
    const { list, filter, follow } = choices([['Your shades', shades, swatch], ['Standard shades to add', others, paletteSwatch]],
      (shade) => close('image_count' in shade ? shade : { name: shade.name, hex: shade.hex }));
    const fresh = button('', () => close({ name: input.value.trim() }), { hidden: true });
    const update = () => {
      filter(input.value);
      const name = input.value.trim();
      fresh.hidden = !name || names.has(name.toLowerCase());
      fresh.textContent = `Create “${name}”`;
    };
    // Enter takes the first shade that fits, or creates one.
    const enter = (event) => {
      if (event.key !== 'Enter' || !input.value.trim()) return;
      event.preventDefault();
      ($('button', list) ?? fresh).click();
    };
    const input = h('input', { type: 'search', id, autofocus: true, autocomplete: 'off', maxLength: 120, on: { input: update, keydown: enter } });
    follow(input);
    return [h('div', { class: 'field' }, h('label', { htmlFor: id }, 'Find a shade or name a new one'), input), list, fresh];
  });
}
