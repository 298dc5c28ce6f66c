// The library page: all shades.

import { KeyError, OfflineError } from './api.js';
import { button, h } from './dom.js';
import { announce, toast } from './notify.js';
import { paletteSwatch } from './picker.js';
import { editShade } from './shade-form.js';
import { allPalette, allShades, swatch } from './shades.js';
import { createShade, trainAll, workLine } from './teach.js';
import { exportLibrary, importLibrary } from './transfer.js';
import { STATUS, accuracy, count } from './words.js';

/** With more shades than this, the page shows a search field. */
const MANY = 8;
/** Codes of the standard shades that most libraries have. */
const COMMON = ['1B', '2', '4', '6', '8', '10', '12', '16', '18', '22', '24', '27', '30', '33', '60', '613'];

const needsTraining = ({ status }) => status === 'untrained' || status === 'stale';

export const statusChip = ({ status }) => h('span', { class: `chip ${status}` }, STATUS[status] ?? status);

function card(shade) {
  return h('li', { class: 'card' }, swatch(shade), h('div', { class: 'text' },
    h('a', { href: `#/library/${shade.id}` }, shade.name),
    h('div', { class: 'meta' }, statusChip(shade), h('span', {}, count(shade.image_count, 'photo'),
      shade.model?.metrics && ` · ${accuracy(shade.model)}`))));
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
  return h('div', {}, h('h1', { tabIndex: -1 }, 'Library'),
    h('p', { class: 'count' }, `${count(shades.length, 'shade')}, ${ready} ready to match, ${count(photos, 'photo')}`));
}

/** Shows the shades in `root`; `reload` redraws the page. */
export async function showLibrary(root, { isCurrent, reload }) {
  const shades = await allShades({ fresh: true });
  if (!isCurrent()) return;
  const lines = h('div', { class: 'tools-line' });
  const file = h('input', { type: 'file', accept: '.tar,.strand,application/x-tar', hidden: true, 'aria-label': 'Library file', on: {
    change: () => file.files.length && work(() => importLibrary(file.files[0], follow), 'Importing'),
  } });
  const importButton = h('span', {}, file, button('Import…', () => file.click()));
  const line = workLine('');
  const follow = (message, fraction) => line.set(message, fraction);

  async function work(task, message) {
    line.set(message);
    lines.prepend(line.element);
    announce(message);
    try {
      toast(await task());
      if (isCurrent()) reload();
    } catch (error) {
      line.element.remove();
      if (!(error instanceof KeyError)) toast(error.message);
    }
  }

  async function trainWaiting() {
    const job = await trainAll(follow);
    const failed = job.failures.length;
    if (job.status === 'failed') throw new Error(job.error ?? 'No shade could be trained.');
    return failed ? `Trained, but ${count(failed, 'shade')} failed: ${job.failures[0].error}` : `${count(job.total, 'shade')} trained.`;
  }

  if (!shades.length) {
    root.replaceChildren(lines, await empty({ importButton }));
    return;
  }
  const waiting = shades.filter(needsTraining);
  const grid = h('ul', { class: 'shades' }, shades.map(card));
  const find = h('input', { type: 'search', 'aria-label': 'Find a shade', placeholder: 'Find a shade', on: { input: () => {
    const typed = find.value.trim().toLowerCase();
    const fitting = shades.filter(({ name, description }) => `${name} ${description ?? ''}`.toLowerCase().includes(typed));
    grid.replaceChildren(...fitting.map(card));
    announce(count(fitting.length, 'shade'));
  } } });
  root.replaceChildren(
    h('div', { class: 'head' }, title(shades), h('div', { class: 'buttons' },
      importButton,
      button('Export', () => exportLibrary().catch((error) => error instanceof KeyError || toast(error.message))),
      waiting.length > 0 && button(`Train ${count(waiting.length, 'shade')}`, () => work(trainWaiting, 'Training')),
      button('New shade', create, { class: 'primary' }))),
    lines, grid);
  if (shades.length > MANY) lines.append(find);
}

/** Placeholder while the page loads. */
export const skeleton = () => h('div', { class: 'shades', 'aria-busy': 'true', 'aria-label': 'Loading' },
  Array.from({ length: 4 }, () => h('div', { class: 'skeleton' })));

/** Shown when the page could not be loaded. */
export function failure(error, reload) {
  const offline = error instanceof OfflineError;
  return h('section', { class: 'empty' }, h('h1', {}, offline ? 'Waiting for the server' : 'Something went wrong'),
    h('p', {}, error.message), h('div', { class: 'buttons' }, button('Try again', reload)));
}
