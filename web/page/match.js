// The match page: takes photos and shows results.

import { KeyError, OfflineError } from './api.js';
import { cameraKind, takePhoto } from './camera.js';
import { compare } from './compare.js';
import { openDialog } from './dialog.js';
import { $, acceptDrops, button, h } from './dom.js';
import { arrange, forget, keep, restored } from './kept.js';
import { announce, settle, toast } from './notify.js';
import { prepare } from './photo.js';
import { pickShade } from './picker.js';
import { resultCard, speak } from './result.js';
import { match as matchPhoto, matchStandard } from './send.js';
import { allPalette, allShades } from './shades.js';
import { teach, workLine } from './teach.js';
import { held } from './tray.js';
import { count, isClose } from './words.js';

const AT_ONCE = 5;

// Newest first. `answers` holds the results for the library and the standard palette; `answer` is the one shown.
let items = [];
// `library` or `palette` once the user has chosen one.
let chosen = null;

const root = $('#match');
const list = h('div', { class: 'results' });
const against = h('div', { class: 'against' });

function draw(item) {
  const card = resultCard(item, {
    remove: () => removeItem(item),
    retry: () => analyze(item),
    correct: (match) => correct(item, match),
    other: async () => {
      const shade = await pickShade('Which shade is it?').catch((error) => { toast(error.message); });
      if (shade) await teachItem(item, shade);
    },
  });
  if (item.card) item.card.replaceWith(card);
  item.card = card;
}

function removeItem(item) {
  items = items.filter((other) => other !== item);
  if (item.id) forget(item.id);
  item.card.remove();
  if (item.photo.url) URL.revokeObjectURL(item.photo.url);
  drawAgainst();
  $(items.length ? '.results button' : '#choose', root)?.focus();
  announce('Photo removed.');
}

/** Draws the line above the results: what to match against, compare, start over. */
function drawAgainst() {
  const given = items.length > 0;
  root.classList.toggle('given', given);
  $('#results').hidden = !given;
  $('#choose').textContent = given ? 'More photos' : 'Choose photos';
  const done = items.filter(({ state }) => state === 'done');
  const fromLibrary = done.some(({ answers }) => answers.library.best_matches.length);
  const sources = new Set(done.map(({ source }) => source));
  const shown = sources.size === 1 ? done[0].source : null;
  const choice = (source, label) => button(label, () => choose(source), { 'aria-pressed': String(shown === source) });
  against.replaceChildren(
    fromLibrary
      ? h('div', { class: 'segments', role: 'group', 'aria-label': 'Match against' }, choice('library', 'Your shades'), choice('palette', 'Standard shades'))
      : h('p', { class: 'eyebrow' }, done.length ? 'Your library has no trained shade yet, so we compared with standard shades.' : ''),
    h('div', { class: 'buttons' }, done.length > 1 && button('Compare side by side', () => compare(done)),
      items.length > 1 && button('Start over', startOver, { class: 'link' })));
}

function startOver() {
  for (const item of items) {
    if (item.photo.url) URL.revokeObjectURL(item.photo.url);
    if (item.id) forget(item.id);
  }
  items = [];
  list.replaceChildren();
  drawAgainst();
  $('#choose').focus();
}

async function choose(source) {
  chosen = source;
  await Promise.all(items.filter(({ state }) => state === 'done').map(show));
  drawAgainst();
  $('[aria-pressed="true"]', against)?.focus();
}

/** Chooses which answer to show, and requests it if needed: the user's choice, else the library's where a shade is close. */
async function answerFor(item) {
  const { library } = item.answers;
  item.source = library.best_matches.length ? chosen ?? (isClose(library) ? 'library' : 'palette') : 'palette';
  if (item.source === 'palette') item.answers.palette ??= await matchStandard(item.photo);
  item.raw = item.answers[item.source];
  // The mask does not depend on what the photo is matched against, so it is requested once.
  item.answer = { ...item.raw, overlay: item.answers.library.overlay };
}

async function show(item) {
  try {
    await answerFor(item);
  } catch (error) {
    toast(error.message);
  }
  draw(item);
}

/** What is wrong: the photo, or something else. */
function titleOf({ status, code }) {
  if (code === 'no_hair') return 'No hair found';
  return status === 200 ? "We couldn't read this photo" : 'Something went wrong';
}

/** Matches a photo. With `quietly`, its last result stays until the new one is there. */
async function analyze(item, { quietly = false } = {}) {
  if (!quietly) {
    Object.assign(item, { state: 'working', answers: {}, error: null });
    draw(item);
  }
  try {
    await settle();
    item.answers = { library: await matchPhoto(item.photo) };
    await answerFor(item);
    item.state = 'done';
    keep(item).then(() => arrange(items.map(({ id }) => id)));
  } catch (error) {
    if (quietly) toast(error.message);
    else Object.assign(item, { state: error instanceof OfflineError ? 'waiting' : 'failed', error: error.message, title: titleOf(error) });
  }
  // What goes on with the photo is drawn by whoever matches it quietly.
  if (!quietly) draw(item);
  drawAgainst();
}

/** Takes photos: each is prepared, shown, and matched separately. */
export async function give(files) {
  if (!files.length) return;
  if (files.length > AT_ONCE) toast(`Only ${AT_ONCE} at a time. We took the first ${AT_ONCE} of ${files.length}.`);
  const taken = files.slice(0, AT_ONCE);
  announce(`Matching ${count(taken.length, 'photo')}.`);
  const fresh = [];
  for (const file of taken) {
    try {
      fresh.push({ photo: await prepare(file), state: 'working' });
    } catch (error) {
      toast(error.message);
    }
  }
  items = [...fresh, ...items];
  fresh.forEach(draw);
  list.prepend(...fresh.map(({ card }) => card));
  drawAgainst();
  if (!fresh.length) return;
  list.scrollIntoView({ block: 'nearest' });
  let left = fresh.length;
  await Promise.all(fresh.map(async (item) => {
    await analyze(item);
    left -= 1;
    speak(item, left);
  }));
  if (document.activeElement === document.body || $('.drop', root).contains(document.activeElement)) {
    $('h2', fresh[0].card)?.focus({ preventScroll: true });
  }
}

/** Asks before a photo is taught that shows more than one head. */
function mayTeach({ photo, answers: { library: { hair: { heads, head } } } }) {
  if (heads.length < 2) return true;
  const { x, y, width, height } = heads[head - 1].box;
  const share = (value) => `${100 * value}%`;
  const outline = h('span', { css: { left: share(x), top: share(y), width: share(width), height: share(height) } });
  return openDialog(`This photo shows ${heads.length} heads`, (close) => [
    photo.url && h('div', { class: 'heads' }, h('img', { src: photo.url, alt: 'The largest head is outlined' }), outline),
    h('p', {}, 'Strand would learn from the largest one only. For another head, crop the photo first.'),
    h('div', { class: 'buttons' }, button('Cancel', () => close(false)), button('Use the largest', () => close(true), { class: 'primary', autofocus: true }))]);
}

/** Saves the photo under the match the user picked. A standard shade may have to be created first. */
async function correct(item, match) {
  try {
    if (item.source === 'palette') {
      const { name, hex } = (await allPalette())[match.color_id - 1];
      return await teachItem(item, { name, hex });
    }
    const shade = (await allShades()).find(({ id }) => id === match.color_id);
    return await teachItem(item, shade ?? { id: match.color_id, name: match.name });
  } catch (error) {
    return toast(error.message);
  }
}

async function teachItem(item, target) {
  if (!await mayTeach(item)) return;
  item.work = workLine(`Adding this photo to ${target.name}`);
  draw(item);
  announce(`Adding this photo to ${target.name}.`);
  try {
    const { shade, undo } = await held(teach(target, item.photo, (message, fraction) => item.work.set(message, fraction)));
    // Show the library, where the change is visible.
    chosen = null;
    await analyze(item, { quietly: true });
    toast(`Saved as ${shade.name}.`, { undo: async () => {
      try {
        await held(undo());
        await analyze(item, { quietly: true });
        draw(item);
      } catch (error) {
        toast(error.message);
      }
    } });
  } catch (error) {
    if (!(error instanceof KeyError)) toast(error.message);
  }
  item.work = null;
  draw(item);
  $('h2', item.card)?.focus({ preventScroll: true });
}

/** Shows the results again that this tab had before a reload. */
async function restore() {
  const kept = restored();
  await Promise.all(kept.map(async (item) => {
    try {
      await answerFor(item);
    } catch {
      // The answer that cannot be had now is asked for with the next choice.
      Object.assign(item, { source: 'library', raw: item.answers.library, answer: item.answers.library });
    }
    draw(item);
  }));
  items.push(...kept);
  list.append(...kept.map(({ card }) => card));
  drawAgainst();
}

/** Wires up the controls that `index.html` already shows. */
export function startMatch() {
  $('#results').append(against, list);
  restore();
  const fromInput = (input) => input.addEventListener('change', () => {
    give([...input.files]);
    input.value = '';
  });
  const [file, shot] = [$('#file'), $('#shot')];
  fromInput(file);
  fromInput(shot);
  $('#choose').addEventListener('click', () => file.click());
  cameraKind().then((kind) => {
    const take = $('#take');
    take.hidden = kind === null;
    take.addEventListener('click', () => (kind === 'input' ? shot.click() : takePhoto().then((photo) => photo && give([photo]),
      () => toast("Can't use the camera. Allow it in your browser, then try again."))));
  });
  acceptDrops(root, give);
  window.addEventListener('strand:online', () => items.filter(({ state }) => state === 'waiting').forEach(analyze));
}
