// Short messages at the bottom of the page, and deletions with undo.

import { $, button, h, icon } from './dom.js';

const SHOWN_SECONDS = 6;
const UNDO_SECONDS = 10;
let dismissPlain = () => {};

/** Announces text to screen readers only. */
export function announce(text) {
  $('#announce').textContent = text;
}

/** Shows a message for a few seconds; the timer pauses while the message has the pointer or the focus. */
export function toast(message, { undo, seconds = SHOWN_SECONDS, gone = () => {} } = {}) {
  // A new message replaces the last one, unless that one offers undo.
  if (!undo) dismissPlain();
  let timer;
  const start = () => { timer = setTimeout(close, 1000 * seconds); };
  const stop = () => clearTimeout(timer);
  function close() {
    stop();
    if (!box.isConnected) return;
    if (dismissPlain === close) dismissPlain = () => {};
    if (box.contains(document.activeElement)) $('#main').focus();
    box.remove();
    gone();
  }
  const box = h('div', { class: 'toast', on: { mouseenter: stop, mouseleave: start, focusin: stop, focusout: start } },
    h('p', {}, message),
    undo && button('Undo', () => { gone = () => {}; close(); undo(); }),
    button(icon('close'), close, { class: 'close', 'aria-label': 'Dismiss' }));
  $('#toasts').append(box);
  announce(message);
  start();
  if (!undo) dismissPlain = close;
  return close;
}

const pending = new Set();

/** Deletes after a delay in which the user can undo it. `commit(leaving)` deletes; `restore` shows the item again. */
export function deleteLater(message, commit, restore) {
  let open = true;
  const act = async (leaving = false) => {
    if (!open) return;
    open = false;
    pending.delete(act);
    close();
    try {
      await commit(leaving);
    } catch (error) {
      restore();
      toast(error.message);
    }
  };
  pending.add(act);
  const close = toast(message, {
    seconds: UNDO_SECONDS,
    gone: act,
    undo: () => { open = false; pending.delete(act); restore(); announce('Restored.'); },
  });
}

/** Commits pending deletions now: before leaving, or before an action that depends on them. */
export function settle(leaving = false) {
  return Promise.all([...pending].map((act) => act(leaving)));
}

window.addEventListener('pagehide', () => settle(true));
