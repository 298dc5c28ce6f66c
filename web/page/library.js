// The library page: all shades.

import { KeyError, OfflineError } from './api.js';
import { $, button, h } from './dom.js';
import { adviceFor, askAdvice } from './health.js';
import { runningJob, startJob } from './jobs.js';
import { announce, toast } from './notify.js';
import { paletteSwatch } from './picker.js';
import { editShade } from './shade-form.js';
import { allPalette, allShades, swatch } from './shades.js';
import { createShade, workLine } from './teach.js';
import { held } from './tray.js';
import { exportLibrary, importLibrary } from './transfer.js';
import { STATUS, accuracy, count } from './words.js';

/** With more shades than this, the page shows a search field. */
const MANY = 8;
/** Codes of the standard shades that most libraries have. */
const COMMON = ['1B', '2', '4', '6', '8', '10', '12', '16', '18', '22', '24', '27', '30', '33', '60', '613'];

const needsTraining = ({ status }) => status === 'untrained' || status === 'stale';

/** Green only where nothing would help the shade. */
export function statusChip(shade) {
  const { status } = shade;
  return h('span', { class: `chip ${status}${adviceFor(shade).length ? ' helpable' : ''}` }, STATUS[status] ?? status);
}

function card(shade) {
  return h('li', { class: 'card' }, swatch(shade), h('div', { class: 'text' },
    h('a', { href: `#/library/${shade.id}` }, shade.name),
    h('div', { class: 'meta' }, statusChip(shade), h('span', {}, count(shade.image_count, 'photo'),
      shade.model?.metrics && ` · ${accuracy(shade.model)}`)),
    adviceFor(shade).length > 0 && h('p', { class: 'advice' }, adviceFor(shade)[0])));
}

async function ideas() {
  const palette = await allPalette();
  const shades = COMMON.flatMap((code) => palette.find((shade) => shade.code === code) ?? []);
  return h('div', { class: 'ideas' }, shades.map((shade) => button([paletteSwatch(shade), shade.name], async () => {
    try {
      const { id } = await createShade({ name: shade.name, hex: shade.hex });
      location.hash = `#/library/${id}`;
    } catch (error) {
      if (!(error instanceof KeyError)) toast(error.message);
    }
  })));
}

async function create() {
  const shade = await editShade();
  if (shade) location.hash = `#/library/${shade.id}`;
}

/** The page of an empty library: explains shades and offers common ones. */
async function empty(actions) {
  return h('section', { class: 'empty' },
    h('h1', {}, 'Your shades live here'),
    h('p', {}, 'A shade is a name plus 1–5 photos of that hair. Strand learns from them. Start with a standard shade, or name your own.'),
    // Naming a shade works even if the palette cannot be loaded.
    await ideas().catch(() => null),
    h('div', { class: 'buttons' }, button('Name your own', create, { class: 'primary' }), actions.importButton));
}

function title(shades) {
  const photos = shades.reduce((sum, shade) => sum + shade.image_count, 0);
  const ready = shades.filter(({ status }) => status === 'ready').length;
  return [h('h1', { tabIndex: -1 }, 'Library'),
    h('p', { class: 'count' }, `${count(shades.length, 'shade')}, ${ready} ready to match, ${count(photos, 'photo')}`)];
}

/** The search in the address of the page, so that going back finds it again. */
const typedBefore = () => new URLSearchParams(location.hash.split('?')[1]).get('find') ?? '';

let last = '#/library';

/** The address of the list as it was left, with its search. */
export const cameFrom = () => last;

function keepTyped(typed) {
  const query = typed && `?${new URLSearchParams({ find: typed })}`;
  last = `#/library${query}`;
  history.replaceState(history.state, '', last);
}

/** A field that filters the shades in `grid`. */
function searchField(shades, grid) {
  const nothing = h('p', { class: 'nothing', role: 'status' });
  const show = () => {
    const typed = find.value.trim();
    const fits = ({ name, description }) => `${name} ${description ?? ''}`.toLowerCase().includes(typed.toLowerCase());
    const fitting = shades().filter(fits);
    grid.replaceChildren(...fitting.map(card));
    nothing.replaceChildren(...fitting.length ? [] : [`No shade matches “${typed}”. `, button('Show all shades', () => {
      find.value = '';
      type();
      find.focus();
    }, { class: 'link' })]);
    return fitting;
  };
  const type = () => {
    keepTyped(find.value.trim());
    announce(count(show().length, 'shade'));
  };
  const find = h('input', { type: 'search', 'aria-label': 'Find a shade', placeholder: 'Find a shade', value: typedBefore(), on: { input: type } });
  return { find, nothing, show };
}

/** Imports a file, with progress in the tray, where it can be stopped. */
async function importFile(file) {
  const place = $('#tray-import');
  const line = workLine('Importing');
  const stop = new AbortController();
  const cancel = button('Cancel', () => {
    cancel.disabled = true;
    stop.abort();
  });
  place.replaceChildren(h('div', { class: 'ask' }, line.element, h('div', { class: 'buttons' }, cancel)));
  announce('Importing');
  try {
    toast(await held(importLibrary(file, line.set, stop.signal)));
  } catch (error) {
    complain(error);
  }
  if (place.contains(document.activeElement)) $('#main').focus({ preventScroll: true });
  place.replaceChildren();
}

/** The button of the import, one at a time. */
function importing() {
  const file = h('input', { type: 'file', accept: '.tar,.strand,application/x-tar', hidden: true, 'aria-label': 'Library file', on: {
    change: () => {
      if (file.files.length) importFile(file.files[0]);
      file.value = '';
    },
  } });
  const start = () => ($('#tray-import').childElementCount ? toast('Another import is running. Wait until it ends.') : file.click());
  return h('span', {}, file, button('Import…', start));
}

const complain = (error) => { if (!(error instanceof KeyError)) toast(error.message); };

/** Trains what waits; while that is going on, it cannot be pressed again. */
function trainButton(shades) {
  const waiting = shades.filter(needsTraining);
  if (runningJob()) return button('Training…', () => {}, { disabled: true });
  if (!waiting.length) return null;
  const start = button(`Train ${count(waiting.length, 'shade')}`, async () => {
    start.disabled = true;
    await startJob().catch(complain);
    if (!runningJob()) start.disabled = false;
  });
  return start;
}

/** Shows the shades in `root`; `reload` redraws the page. Returns what to do on leaving. */
export async function showLibrary(root, { isCurrent, reload }) {
  let shades = await allShades({ fresh: true });
  if (!isCurrent()) return null;
  last = location.hash || '#/library';
  const importButton = importing();
  if (!shades.length) {
    const first = await empty({ importButton });
    if (!isCurrent()) return null;
    root.replaceChildren(first);
    return whenChanged(async () => { if ((await allShades({ fresh: true })).length) reload(); });
  }
  const grid = h('ul', { class: 'shades' });
  const lines = h('div', { class: 'tools-line' });
  const heading = h('div', { class: 'title' });
  const training = h('span', { class: 'training' });
  const { find, nothing, show } = searchField(() => shades, grid);
  function draw() {
    heading.replaceChildren(...title(shades));
    const had = training.contains(document.activeElement);
    training.replaceChildren(trainButton(shades) ?? '');
    if (had) $('button', training)?.focus();
    show();
  }
  root.replaceChildren(
    h('div', { class: 'head' }, heading, h('div', { class: 'buttons' },
      importButton,
      button('Export', () => exportLibrary().catch(complain)),
      training,
      button('New shade', create, { class: 'primary' }))),
    lines, nothing, grid);
  draw();
  if (shades.length > MANY || find.value) lines.append(find);
  const seeAdvice = async () => { if (await askAdvice() && isCurrent()) draw(); };
  seeAdvice();
  return whenChanged(async () => {
    const now = await allShades({ fresh: true });
    if (!isCurrent()) return;
    if (!now.length) return void reload();
    const same = !await askAdvice() && JSON.stringify(now) === JSON.stringify(shades);
    if (!isCurrent()) return;
    shades = now;
    if (same) training.replaceChildren(trainButton(shades) ?? '');
    else {
      const link = grid.contains(document.activeElement) && document.activeElement.getAttribute('href');
      draw();
      if (link) $(`a[href="${link}"]`, grid)?.focus({ preventScroll: true });
    }
  });
}

/** Calls back soon after the library has changed, or a job. Returns how to stop. */
export function whenChanged(callback) {
  let soon = null;
  const later = () => { soon ??= setTimeout(() => { soon = null; callback().catch(() => { /* The banner says so. */ }); }, 150); };
  const names = ['strand:library', 'strand:job'];
  for (const name of names) window.addEventListener(name, later);
  return () => {
    clearTimeout(soon);
    for (const name of names) window.removeEventListener(name, later);
  };
}

/** Placeholder while the page loads. */
export const skeleton = () => h('div', { class: 'shades', 'aria-busy': 'true', 'aria-label': 'Loading' },
  Array.from({ length: 4 }, () => h('div', { class: 'skeleton' })));

/** Shown when the page could not be loaded. */
export function failure(error, reload) {
  if (error.status === 404) return missing("This shade isn't here", 'It may have been deleted.', '#/library', 'All shades');
  const offline = error instanceof OfflineError;
  return h('section', { class: 'empty' }, h('h1', {}, offline ? 'Waiting for the server' : 'Something went wrong'),
    h('p', {}, error.message), h('div', { class: 'buttons' }, button('Try again', reload)));
}

/** Shown where there is nothing, with a way on. */
export const missing = (title, text, href, way) => h('section', { class: 'empty' }, h('h1', {}, title), h('p', {}, text),
  h('p', {}, h('a', { class: 'button', href }, way)));
