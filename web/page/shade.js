// The page of one shade: its details, its training, and its photos.

import { KeyError, call } from './api.js';
import { $, acceptDrops, button, h, icon } from './dom.js';
import { adviceFor, askAdvice } from './health.js';
import { announce, deleteLater, toast } from './notify.js';
import { cameFrom, statusChip, whenChanged } from './library.js';
import { editShade } from './shade-form.js';
import { changed, hidden, oneShade, photoUrl, photosOf, swatch } from './shades.js';
import { train, workLine } from './teach.js';
import { addToTray, dismiss, dropShade, entriesOf, onTray } from './tray.js';
import { accuracy, accuracyHelp, count } from './words.js';

/** Shows the shade in `root`, and accepts pasted photos. Returns what to do on leaving. */
export async function showShade(root, id, { isCurrent, setPaste }) {
  let shade = await oneShade(id);
  if (!isCurrent()) return null;
  const about = h('div', { class: 'about' });
  const swatchPlace = h('div', { class: 'big' });
  const grid = h('ul', { class: 'photos' });
  const title = h('h2', {}, 'Photos');
  let working = false;

  async function refresh() {
    const now = await oneShade(id);
    const isSame = !await askAdvice() && JSON.stringify(now) === JSON.stringify(shade);
    shade = now;
    if (isCurrent() && !isSame && !working) drawAbout();
    if (isCurrent() && shade.status === 'training') startTraining();
  }

  function drawAbout() {
    swatchPlace.replaceChildren(swatch(shade));
    const modelFacts = shade.model && h('dl', { class: 'model' },
      h('div', {}, h('dt', {}, 'Accuracy'), h('dd', {}, accuracy(shade.model))),
      h('div', {}, h('dt', {}, 'Trained on'), h('dd', {}, count(shade.model.num_images, 'photo'))),
      h('div', {}, h('dt', {}, 'Version'), h('dd', {}, shade.model.version)));
    const ready = shade.status === 'ready';
    about.replaceChildren(...[
      h('h1', { tabIndex: -1 }, shade.name),
      h('div', { class: 'state' }, statusChip(working ? { status: 'training' } : shade), shade.hex && h('code', {}, shade.hex)),
      shade.description && h('p', {}, shade.description),
      !working && adviceFor(shade).length > 0 && h('ul', { class: 'advice' }, adviceFor(shade).map((sentence) => h('li', {}, sentence))),
      modelFacts,
      modelFacts && h('p', { class: 'eyebrow' }, accuracyHelp(shade.model)),
      h('div', { class: 'buttons', hidden: working },
        shade.image_count > 0 && button(ready ? 'Train again' : 'Train', startTraining, { class: ready ? '' : 'primary' }),
        button('Edit', edit), button('Delete', remove, { class: 'danger' })),
    ].filter(Boolean));
  }

  async function startTraining() {
    if (working) return;
    working = true;
    const line = workLine('Starting');
    drawAbout();
    about.append(line.element);
    announce(`Training ${shade.name}.`);
    let outcome;
    try {
      const { model } = await train(id, (message, fraction) => line.set(message, fraction), shade.status === 'ready');
      const without = shade.image_count - model.num_images;
      outcome = `Trained ${shade.name} on ${count(model.num_images, 'photo')}.`
        + (without > 0 ? ` Skipped ${count(without, 'photo')} with no visible hair.` : '');
    } catch (error) {
      outcome = error instanceof KeyError ? null : error.message;
    }
    working = false;
    line.element.remove();
    if (isCurrent()) drawAbout();
    await refresh().catch(() => { /* The banner says so. */ });
    if (outcome) toast(outcome);
  }

  async function edit() {
    const saved = await editShade(shade);
    if (!saved) return;
    shade = saved;
    drawAbout();
  }

  function remove() {
    hidden.shades.add(id);
    dropShade(id);
    location.hash = '#/library';
    deleteLater(`${shade.name} deleted.`,
      async (leaving) => {
        await call('DELETE', `/colors/${id}`, undefined, { keepalive: leaving });
        changed(id);
      },
      () => {
        hidden.shades.delete(id);
        window.dispatchEvent(new Event('strand:changed'));
      });
  }

  function removePhoto(photo) {
    hidden.photos.add(photo.id);
    drawPhotos();
    deleteLater('Photo deleted.',
      async (leaving) => {
        await call('DELETE', `/colors/${id}/images/${photo.id}`, undefined, { keepalive: leaving });
        changed(id);
      },
      () => { hidden.photos.delete(photo.id); drawPhotos(); });
  }

  const file = h('input', { type: 'file', accept: 'image/*,.heic,.heif', multiple: true, hidden: true, 'aria-label': 'Photos of this shade', on: {
    change: () => { addAll([...file.files]); file.value = ''; },
  } });
  const adding = h('li', { class: 'add' }, file, button([icon('plus'), 'Add photos', h('small', {}, 'or drop or paste')], () => file.click()));
  const addAll = (files) => addToTray(shade, files);

  let drawn = '';

  async function drawPhotos(fresh = false) {
    const photos = await photosOf(id, { fresh });
    if (!isCurrent()) return;
    title.textContent = photos.length ? count(photos.length, 'photo') : 'No photos yet';
    // Photos that stay are not drawn again.
    if (drawn === JSON.stringify(photos)) return;
    drawn = JSON.stringify(photos);
    const tile = (photo, at) => h('li', { class: 'kept' },
      h('img', { src: photoUrl(photo), alt: `Photo ${photos.length - at} of ${shade.name}`, loading: 'lazy', decoding: 'async' }),
      button(icon('trash'), () => removePhoto(photo), { class: 'round delete', 'aria-label': `Delete photo ${photos.length - at}` }));
    for (const old of grid.querySelectorAll('.kept')) old.remove();
    grid.append(...photos.map(tile));
  }

  const tiles = new Map();

  /** Shows the photos that are on their way here. */
  function drawSending() {
    const entries = entriesOf(id);
    for (const [entry, tile] of tiles) {
      if (entries.includes(entry)) continue;
      tile.element.remove();
      tiles.delete(entry);
    }
    for (const entry of entries) {
      if (!tiles.has(entry)) {
        const tile = sendingTile(entry);
        tiles.set(entry, tile);
        const last = [...grid.querySelectorAll('.sending')].at(-1) ?? adding;
        last.after(tile.element);
      }
      tiles.get(entry).show();
    }
  }

  drawAbout();
  root.replaceChildren(h('a', { class: 'back', href: cameFrom() }, '← All shades'),
    h('section', { class: 'shade' }, swatchPlace, about), h('section', {}, title, grid));
  grid.append(adding);
  setPaste(addAll);
  const stops = [acceptDrops(root, addAll), onTray(drawSending), whenChanged(async () => {
    await Promise.all([refresh(), drawPhotos()]);
  })];
  const stop = () => stops.forEach((one) => one());
  drawSending();
  askAdvice().then((isNew) => { if (isNew && isCurrent() && !working) drawAbout(); });
  try {
    await drawPhotos(true);
  } catch (error) {
    stop();
    throw error;
  }
  if (shade.status === 'training') startTraining();
  return stop;
}

/** A photo on its way: `show` updates its picture, its progress, or what went wrong with it. */
function sendingTile(entry) {
  const line = workLine(entry.file.name);
  const element = h('li', { class: 'sending' }, line.element);
  const stopped = () => [entry.message, button('Dismiss', () => dismiss([entry]), { class: 'link' })];
  return {
    element,
    show() {
      if (entry.url && !$('img', element)) element.prepend(h('img', { src: entry.url, alt: '' }));
      const isStopped = entry.state === 'failed' || entry.state === 'asks';
      const was = element.classList.contains('stopped');
      element.classList.toggle('failed', entry.state === 'failed');
      element.classList.toggle('stopped', isStopped);
      if (isStopped && !was) line.element.replaceChildren(...stopped());
      if (!isStopped && was) line.element.replaceChildren(...line.parts);
      if (!isStopped) line.set(entry.file.name, entry.state === 'sending' ? entry.sent : undefined);
    },
  };
}
