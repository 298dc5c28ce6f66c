// Photos on their way to shades: one queue for all pages, shown on each of them until every photo has arrived.

import { KeyError, OfflineError } from './api.js';
import { $, button, h } from './dom.js';
import { announce, toast } from './notify.js';
import { prepare } from './photo.js';
import { add, headsIn } from './send.js';
import { changed } from './shades.js';
import { count, percent } from './words.js';

const AT_ONCE = 3;

/** Each is `{shade, file, state, sent, message, url}`. The states: `waiting`, `sending`, `asks` whether to add a photo with
 *  several heads, `failed`. What has arrived is taken out. */
let entries = [];
// How many photos a shade has got since its queue was last empty.
const arrived = new Map();
let sending = 0;
let holds = 0;
const listeners = new Set();

const isOpen = ({ state }) => state === 'waiting' || state === 'sending';

/** Calls back whenever an entry changes. Returns how to stop. */
export function onTray(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The photos on their way to a shade. */
export const entriesOf = (shadeId) => entries.filter(({ shade }) => shade.id === shadeId);

/** Keeps the browser from closing the page without a question while a task runs. */
export async function held(task) {
  holds += 1;
  try {
    return await task;
  } finally {
    holds -= 1;
  }
}

function update() {
  draw();
  for (const listener of listeners) listener();
}

function settleEntry(entry) {
  if (entry.url) URL.revokeObjectURL(entry.url);
  entries = entries.filter((other) => other !== entry);
}

async function bring(entry) {
  const progress = (sent) => { entry.sent = sent; update(); };
  try {
    entry.photo ??= await prepare(entry.file);
    entry.url ??= entry.photo.url;
    if (!entry.allowed) {
      const heads = await headsIn(entry.photo, progress);
      if (heads > 1) {
        entry.state = 'asks';
        entry.message = `${entry.file.name} shows ${heads} heads. Strand would learn from the largest one only.`;
        announce(entry.message);
        return;
      }
    }
    await add(entry.shade.id, entry.photo, progress);
    settleEntry(entry);
    changed(entry.shade.id);
    arrived.set(entry.shade.id, (arrived.get(entry.shade.id) ?? 0) + 1);
  } catch (error) {
    // A photo that meets no server waits for it.
    entry.state = error instanceof OfflineError ? 'waiting' : 'failed';
    entry.held = error instanceof OfflineError;
    entry.message = error instanceof KeyError ? error.message : `${entry.file.name}: ${error.message}`;
    // Without the key, no other photo would arrive either.
    if (error instanceof KeyError) entries.filter(({ state }) => state === 'waiting').forEach((other) => fail(other, error.message));
    if (entry.state === 'failed') announce(entry.message);
  }
}

function fail(entry, message) {
  Object.assign(entry, { state: 'failed', message });
}

function finish(shade) {
  if (entriesOf(shade.id).some(isOpen)) return;
  const added = arrived.get(shade.id) ?? 0;
  arrived.delete(shade.id);
  if (!added) return;
  const text = `Added ${count(added, 'photo')} to ${shade.name}. Train the shade to use ${added === 1 ? 'it' : 'them'}.`;
  // On the page of a shade, the photos themselves are seen.
  if (listeners.size) announce(text);
  else toast(text);
}

async function pump() {
  const next = entries.find(({ state, held: waits }) => state === 'waiting' && !waits);
  if (!next || sending >= AT_ONCE) return;
  sending += 1;
  Object.assign(next, { state: 'sending', sent: 0, message: null });
  update();
  pump();
  await bring(next);
  sending -= 1;
  finish(next.shade);
  update();
  pump();
}

/** Queues photos for a shade. */
export function addToTray(shade, files) {
  entries.push(...files.map((file) => ({ shade, file, state: 'waiting', sent: 0 })));
  announce(`Adding ${count(files.length, 'photo')}.`);
  update();
  pump();
}

/** Leaves photos out that failed or ask. */
export function dismiss(some) {
  some.forEach(settleEntry);
  update();
}

/** Tries failed photos again, and adds those that ask. */
export function goOn(some) {
  for (const entry of some) Object.assign(entry, { allowed: entry.allowed || entry.state === 'asks', state: 'waiting', held: false });
  update();
  pump();
}

/** Takes the photos of a deleted shade out of the queue. */
export function dropShade(shadeId) {
  dismiss(entriesOf(shadeId).filter(({ state }) => state !== 'sending'));
}

function sendingLine(shade, some) {
  const open = some.filter(isOpen);
  if (!open.length) return null;
  const done = arrived.get(shade.id) ?? 0;
  const whole = done + open.length;
  const share = (done + open.reduce((sum, { sent }) => sum + sent, 0)) / whole;
  const text = open.every(({ held: waits }) => waits) ? `${count(open.length, 'photo')} for ${shade.name} will follow when Strand is back`
    : `Adding photos to ${shade.name}: ${done} of ${whole}`;
  return h('div', { class: 'work' }, h('span', {}, text), h('progress', { max: 1, value: share, 'aria-label': `${text}, ${percent(share)}` }));
}

function askLine(some, text, label, rest) {
  return some.length > 0 && h('div', { class: 'ask' }, h('p', {}, text),
    h('div', { class: 'buttons' }, button(label, () => goOn(some)), button(rest, () => dismiss(some))));
}

function questions(shade) {
  const some = entriesOf(shade.id);
  const asking = some.filter(({ state }) => state === 'asks');
  const failed = some.filter(({ state }) => state === 'failed');
  return [
    askLine(asking, asking.length === 1 ? asking[0].message
      : `${count(asking.length, 'photo')} for ${shade.name} show more than one head. Strand would learn from the largest one only.`, 'Add anyway', 'Leave out'),
    askLine(failed, failed.length === 1 ? failed[0].message : `${count(failed.length, 'photo')} couldn't be added to ${shade.name}.`,
      'Try again', 'Dismiss'),
  ].filter(Boolean);
}

// What the drawn questions are about. They are drawn again only when that changes, so that no button goes while it is pressed.
let asked = '';

function draw() {
  const shades = [...new Map(entries.map(({ shade }) => [shade.id, shade])).values()];
  $('#tray-photos').replaceChildren(...shades.map((shade) => sendingLine(shade, entriesOf(shade.id))).filter(Boolean));
  const about = entries.filter((entry) => !isOpen(entry)).map(({ shade, file, state, message }) => [shade.id, file.name, state, message]);
  if (asked === JSON.stringify(about)) return;
  asked = JSON.stringify(about);
  const tray = $('#tray-questions');
  const had = tray.contains(document.activeElement);
  tray.replaceChildren(...shades.flatMap(questions));
  if (had) ($('button', tray) ?? $('#main')).focus({ preventScroll: true });
}

window.addEventListener('strand:online', () => {
  for (const entry of entries) entry.held = false;
  pump();
});

window.addEventListener('beforeunload', (event) => {
  if (holds || sending || entries.some(({ state }) => state !== 'failed')) event.preventDefault();
});
