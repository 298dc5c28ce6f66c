// Dialogs, with the <dialog> element, which traps focus and closes on Escape.

import { $, button, freshId, h, icon } from './dom.js';

/** Opens a dialog. Resolves to the value passed to `close`, or to undefined if it was dismissed. */
export function openDialog(title, build, { wide = false } = {}) {
  return new Promise((resolve) => {
    const id = freshId('dialog');
    let result;
    const close = (value) => { result = value; dialog.close(); };
    const dialog = h('dialog', { class: wide ? 'wide' : '', 'aria-labelledby': id },
      h('header', {}, h('h2', { id }, title),
        button(icon('close'), () => close(), { class: 'round', 'aria-label': 'Close' })),
      h('div', { class: 'body' }, build(close)));
    dialog.addEventListener('close', () => { dialog.remove(); resolve(result); });
    // A click on the backdrop.
    dialog.addEventListener('mousedown', (event) => event.target === dialog && close());
    document.body.append(dialog);
    dialog.showModal();
    $('[autofocus]', dialog)?.focus();
  });
}

/** Asks for the API key: `{key, remember}`, or undefined. */
export function askForKey(wrong) {
  return openDialog('This library is protected', (close) => {
    const id = freshId('key');
    const input = h('input', { type: 'password', id, required: true, autocomplete: 'off', autofocus: true,
      'aria-describedby': wrong ? `${id}-error` : undefined, 'aria-invalid': wrong ? 'true' : undefined });
    const remember = h('input', { type: 'checkbox', id: `${id}-remember` });
    return h('form', { on: { submit: (event) => {
      event.preventDefault();
      close({ key: input.value, remember: remember.checked });
    } } },
    h('p', {}, 'This needs an API key. Ask the person who runs this server.'),
    h('div', { class: 'field' }, h('label', { htmlFor: id }, 'API key'), input,
      wrong && h('p', { class: 'error', id: `${id}-error`, role: 'alert' }, 'Wrong key. Try again.')),
    h('div', { class: 'check' }, remember, h('label', { htmlFor: remember.id }, 'Remember on this device')),
    h('div', { class: 'buttons' }, button('Not now', () => close()), h('button', { class: 'primary' }, 'Unlock')));
  });
}
