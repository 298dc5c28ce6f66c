// Adds photos to shades, and trains with progress.

import { OfflineError, ServerError, call, events } from './api.js';
import { h } from './dom.js';
import { settle } from './notify.js';
import { add } from './send.js';
import { changed } from './shades.js';

/** A progress line: `set(message, fraction)`; indeterminate without a fraction. */
export function workLine(message) {
  const text = h('span', {}, message);
  const bar = h('progress', { max: 1, 'aria-label': message });
  return {
    element: h('div', { class: 'work' }, text, bar),
    parts: [text, bar],
    set(now, fraction) {
      text.textContent = now;
      bar.setAttribute('aria-label', now);
      if (fraction === undefined) bar.removeAttribute('value');
      else bar.value = fraction;
    },
  };
}

/** Trainings that are followed at a time. Browsers keep few connections to a host, and each one takes one of them. */
const STREAMS_AT_ONCE = 2;
let following = 0;
const waiting = [];

/** Waits for one of the few streams; returns how to give it back. */
async function aStream() {
  if (following >= STREAMS_AT_ONCE) await new Promise((go) => { waiting.push(go); });
  else following += 1;
  return () => {
    const next = waiting.shift();
    // The stream goes to the next in line, or back.
    if (next) next();
    else following -= 1;
  };
}

/** Trains a shade and reports `progress(message, fraction)`. Returns the last event, which has the model. A shade that is
 *  ready is only trained `again`. */
export async function train(shadeId, progress, again = false) {
  await settle();
  const giveBack = await aStream();
  try {
    for await (const state of events(`/train/${shadeId}/stream${again ? '?again=true' : ''}`)) {
      if (state.status === 'error') {
        changed(shadeId);
        throw new ServerError(422, state.error, state.code);
      }
      progress(state.message, state.percentage / 100);
      if (state.status === 'complete') {
        changed(shadeId);
        return state;
      }
    }
  } finally {
    giveBack();
  }
  // The stream ended early: the connection was lost.
  throw new OfflineError();
}

/** A name as the server compares it: in one form of Unicode, without blanks around it, and whatever its case. */
const folded = (name) => name.normalize('NFC').trim().toUpperCase().toLowerCase().normalize('NFC');

/** Finds a shade of this name. */
export const sameName = (wanted) => ({ name }) => folded(name) === folded(wanted);

/** Creates a shade, or returns the one that already has the name. */
export async function createShade(wanted) {
  await settle();
  try {
    return { ...await call('POST', '/colors', wanted), created: true };
  } catch (error) {
    if (error.status !== 409) throw error;
    const shades = await call('GET', '/colors');
    const same = shades.find(sameName(wanted.name));
    if (!same) throw error;
    return same;
  } finally {
    changed();
  }
}

/** Adds a photo to a shade and trains it. Returns the shade and a function that undoes this. */
export async function teach(target, photo, progress) {
  progress('Adding the photo', undefined);
  const shade = target.id ? target : await createShade(target);
  const image = await add(shade.id, photo);
  changed(shade.id);
  await train(shade.id, progress);
  return {
    shade,
    async undo() {
      if (shade.created) {
        await call('DELETE', `/colors/${shade.id}`);
        changed();
        return;
      }
      await call('DELETE', `/colors/${shade.id}/images/${image.id}`);
      changed(shade.id);
      if (shade.image_count > 0) await train(shade.id, () => {});
    },
  };
}
