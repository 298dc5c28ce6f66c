// Short messages at the bottom, and deletions that can be undone.

import { $, button, h, icon } from './dom.js';

const SHOWN_SECONDS = 6;
const UNDO_SECONDS = 10;
let dismissPlain = () => {};

/** Says something to a screen reader only. */
export function announce(text) {
  $('#announce').textContent = text;
}

/** Shows a message for a while; the clock stands still while the pointer or the focus is on it. */
export function toast(message, { undo, seconds = SHOWN_SECONDS, gone = () => {} } = {}) {
  // The last word counts; only what can be undone stays beside it.
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

/** Deletes after a while in which it can be undone. `commit(leaving)` does it, `restore` shows the thing again. */
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

/** Does now what still waits: before leaving, or before something that must see it done. */
export function settle(leaving = false) {
  return Promise.all([...pending].map((act) => act(leaving)));
}

window.addEventListener('pagehide', () => settle(true));
