// Picks a shade: one from the library, a standard one, or a new name.

import { openDialog } from './dialog.js';
import { button, freshId, h } from './dom.js';
import { allPalette, allShades, swatch } from './shades.js';
import { paletteBackground } from './words.js';

const MOST = 60;

export function paletteSwatch(shade) {
  return h('span', { class: 'swatch', 'aria-hidden': 'true', css: { background: paletteBackground(shade) } });
}

/** A list of shade buttons, filtered by what the user types. `groups` are `[title, shades, swatchOf]`. */
export function choices(groups, choose) {
  const list = h('div', { class: 'choices' });
  const filter = (typed) => {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ name }) => words.every((word) => name.toLowerCase().includes(word));
    list.replaceChildren(...groups.flatMap(([title, shades, swatchOf]) => {
      const found = shades.filter(fits).slice(0, MOST);
      if (!found.length) return [];
      const rows = found.map((shade) => button([swatchOf(shade), shade.name], () => choose(shade)));
      return [h('div', { class: 'group' }, title), ...rows];
    }));
    return words;
  };
  filter('');
  return { list, filter };
}

/** Asks for a shade. Resolves to a shade of the library, `{name, hex}` of one to create, or undefined. */
export async function pickShade(title) {
  const [shades, palette] = await Promise.all([allShades(), allPalette()]);
  const names = new Set(shades.map(({ name }) => name.toLowerCase()));
  const others = palette.filter(({ name }) => !names.has(name.toLowerCase()));
  return openDialog(title, (close) => {
    const id = freshId('pick');
    const { list, filter } = choices([['Your shades', shades, swatch], ['Standard shades to add', others, paletteSwatch]],
      (shade) => close('image_count' in shade ? shade : { name: shade.name, hex: shade.hex }));
    const fresh = button('', () => close({ name: input.value.trim() }), { hidden: true });
    const update = () => {
      filter(input.value);
      const name = input.value.trim();
      fresh.hidden = !name || names.has(name.toLowerCase());
      fresh.textContent = `Create “${name}”`;
    };
    const input = h('input', { type: 'search', id, autofocus: true, autocomplete: 'off', maxLength: 120, on: { input: update } });
    return [h('div', { class: 'field' }, h('label', { htmlFor: id }, 'Find a shade or name a new one'), input), list, fresh];
  });
}
