// The match page: photos in, answers out.

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

// Newest first. `answers` holds what was said against the library and the palette, `answer` what is shown.
let items = [];
// `library` or `palette` where the user chose one.
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

/** The line over the results: what is matched against, comparing, starting over. */
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
      ? h('div', { class: 'segments', role: 'group', 'aria-label': 'Match against' }, choice('library', 'Your shades'), choice('palette', 'Trade palette'))
      : h('p', { class: 'eyebrow' }, done.length ? 'Your library has no trained shade yet, so these are shades of the trade.' : ''),
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

/** Decides which answer is shown, and asks for it where it is not there yet. */
async function answerFor(item) {
  const matched = item.answers.library.best_matches.length > 0;
  item.source = matched ? chosen ?? 'library' : 'palette';
  if (item.source === 'palette' && !item.answers.palette) {
    [item.answers.palette] = await postPhoto('/analyze-legacy', 'image', item.photo);
  }
  item.raw = item.answers[item.source];
  // The mask is the same whatever the photo is matched against, and was asked for once.
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
    [item.answers.library] = results;
    await answerFor(item);
    item.state = 'done';
  } catch (error) {
    item.state = error instanceof OfflineError ? 'waiting' : 'failed';
    item.error = error.message;
  }
  draw(item);
  drawAgainst();
}

/** Takes photos in: each is made ready, shown, and answered on its own. */
export async function give(files) {
  if (!files.length) return;
  if (files.length > AT_ONCE) toast(`Five photos at a time: these are the first five of ${files.length}.`);
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

/** A match of the list is the right shade. One of the palette may have to be created first. */
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
  item.work = workLine(`Teaching ${target.name}`);
  draw(item);
  announce(`Teaching ${target.name}.`);
  try {
    const { shade, undo } = await teach(target, item.photo, (message, fraction) => item.work.set(message, fraction));
    item.work = null;
    // What was learnt shows in the shades of the library, whatever was looked at.
    chosen = null;
    await analyze(item);
    toast(`Learnt: this is ${shade.name}.`, { undo: async () => {
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

/** Puts life into the page that `index.html` shows already. */
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
      () => toast('The browser gives this page no camera.'))));
  });
  acceptDrops(root, give);
  window.addEventListener('strand:online', () => items.filter(({ state }) => state === 'waiting').forEach(analyze));
}
