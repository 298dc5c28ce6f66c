// The match page: takes photos and shows results.

import { KeyError, OfflineError, postPhoto } from './api.js';
import { cameraKind, takePhoto } from './camera.js';
import { compare } from './compare.js';
import { $, acceptDrops, button, h } from './dom.js';
import { announce, settle, toast } from './notify.js';
import { prepare } from './photo.js';
import { pickShade } from './picker.js';
import { resultCard, speak } from './result.js';
import { allPalette, allShades } from './shades.js';
import { teach, workLine } from './teach.js';
import { count } from './words.js';

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
  const shown = done[0]?.source;
  const choice = (source, label) => button(label, () => choose(source), { 'aria-pressed': String(shown === source) });
  against.replaceChildren(
    fromLibrary
      ? h('div', { class: 'segments', role: 'group', 'aria-label': 'Match against' }, choice('library', 'Your shades'), choice('palette', 'Standard shades'))
      : h('p', { class: 'eyebrow' }, done.length ? 'Your library has no trained shade yet, so we compared with standard shades.' : ''),
    h('div', { class: 'buttons' }, done.length > 1 && button('Compare side by side', () => compare(done)),
      items.length > 1 && button('Start over', startOver, { class: 'link' })));
}

function startOver() {
  for (const item of items) if (item.photo.url) URL.revokeObjectURL(item.photo.url);
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

/** The row of the photo. What is wrong with the photo is an error of the row, and the request succeeds all the same. */
function found([row]) {
  if (row.status === 'failed') throw new Error(row.error);
  return row;
}

/** Chooses which answer to show, and requests it if needed. */
async function answerFor(item) {
  const matched = item.answers.library.best_matches.length > 0;
  item.source = matched ? chosen ?? 'library' : 'palette';
  if (item.source === 'palette' && !item.answers.palette) {
    item.answers.palette = found(await postPhoto('/analyze-legacy', 'image', item.photo));
  }
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

async function analyze(item) {
  Object.assign(item, { state: 'working', answers: {}, error: null });
  draw(item);
  try {
    await settle();
    const { results } = await postPhoto('/analyze?overlay=mask', 'images', item.photo);
    item.answers.library = found(results);
    await answerFor(item);
    item.state = 'done';
  } catch (error) {
    item.state = error instanceof OfflineError ? 'waiting' : 'failed';
    item.error = error.message;
  }
  draw(item);
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
  item.work = workLine(`Adding this photo to ${target.name}`);
  draw(item);
  announce(`Adding this photo to ${target.name}.`);
  try {
    const { shade, undo } = await teach(target, item.photo, (message, fraction) => item.work.set(message, fraction));
    item.work = null;
    // Show the library, where the change is visible.
    chosen = null;
    await analyze(item);
    toast(`Saved as ${shade.name}.`, { undo: async () => {
      try {
        await undo();
        await analyze(item);
      } catch (error) {
        toast(error.message);
      }
    } });
  } catch (error) {
    item.work = null;
    draw(item);
    if (!(error instanceof KeyError)) toast(error.message);
  }
  $('h2', item.card)?.focus({ preventScroll: true });
}

/** Wires up the controls that `index.html` already shows. */
export function startMatch() {
  $('#results').append(against, list);
  const fromInput = (input) => input.addEventListener('change', () => {
    give([...input.files]);
    input.value = '';
  });
  const [file, shot] = [$('#file'), $('#shot')];
  fromInput(file);
  fromInput(shot);
  $('#choose').addEventListener('click', () => file.click());
  $('#sample').addEventListener('click', async () => {
    const blob = await (await fetch('page/sample.jpg')).blob();
    give([new File([blob], 'sample.jpg', { type: 'image/jpeg' })]);
  });
  cameraKind().then((kind) => {
    const take = $('#take');
    take.hidden = kind === null;
    take.addEventListener('click', () => (kind === 'input' ? shot.click() : takePhoto().then((photo) => photo && give([photo]),
      () => toast("Can't use the camera. Allow it in your browser, then try again."))));
  });
  acceptDrops(root, give);
  window.addEventListener('strand:online', () => items.filter(({ state }) => state === 'waiting').forEach(analyze));
}
