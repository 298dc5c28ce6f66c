// The form for a new shade, with standard shades to pick from, or for an existing one.

import { KeyError, call } from './api.js';
import { openDialog } from './dialog.js';
import { button, freshId, h } from './dom.js';
import { settle } from './notify.js';
import { choices, paletteSwatch } from './picker.js';
import { allPalette, changed } from './shades.js';

const NEUTRAL = '#8a6a4f';

/** Opens the form. Resolves to the saved shade, or to undefined if the user cancels. */
export async function editShade(shade = null) {
  // The form also works without suggestions.
  const palette = await allPalette().catch(() => []);
  return openDialog(shade ? 'Edit shade' : 'New shade', (close) => {
    const id = freshId('shade');
    let hex = shade?.hex ?? null;
    const error = h('p', { class: 'error', role: 'alert', id: `${id}-error` });
    const name = h('input', { type: 'text', id, required: true, maxLength: 120, autocomplete: 'off', autofocus: true,
      value: shade?.name ?? '', placeholder: '#6/27 Chestnut Brown', 'aria-describedby': error.id });
    const description = h('textarea', { id: `${id}-description`, maxLength: 2000, value: shade?.description ?? '' });
    const color = h('input', { type: 'color', id: `${id}-color`, value: hex ?? NEUTRAL });
    const none = button('No swatch', () => setColor(null), { class: 'link' });
    const setColor = (value) => {
      hex = value;
      color.value = value ?? NEUTRAL;
      none.textContent = value ? 'Remove swatch' : 'No swatch';
      none.disabled = !value;
    };
    setColor(hex);
    color.addEventListener('input', () => setColor(color.value));
    const { list, filter, follow } = choices([['Standard shades', palette, paletteSwatch]], (found) => {
      name.value = found.name;
      setColor(found.hex);
      filter('');
      name.focus();
    }, () => 'No standard shade has this name. It will be one of your own.');
    name.addEventListener('input', () => filter(name.value));
    follow(name);
    const save = h('button', { class: 'primary' }, shade ? 'Save' : 'Create');
    return h('form', { on: { submit: async (event) => {
      event.preventDefault();
      save.disabled = true;
      try {
        await settle();
        const body = { name: name.value, description: description.value.trim() || null, hex };
        const saved = shade ? await call('PATCH', `/colors/${shade.id}`, body) : await call('POST', '/colors', body);
        changed(saved.id);
        close(saved);
      } catch (failed) {
        save.disabled = false;
        if (failed instanceof KeyError) return;
        error.textContent = failed.message;
        name.setAttribute('aria-invalid', 'true');
        name.focus();
      }
    } } },
    h('div', { class: 'field' }, h('label', { htmlFor: id }, 'Name'), name, error),
    !shade && palette.length > 0 && list,
    h('div', { class: 'field' }, h('label', { htmlFor: color.id }, 'Swatch'), h('div', { class: 'check' }, color, none)),
    h('div', { class: 'field' }, h('label', { htmlFor: description.id }, 'Description'), description),
    h('div', { class: 'buttons' }, button('Cancel', () => close()), save));
  });
}
