// The page of one shade: its details, its training, and its photos.

import { KeyError, call } from './api.js';
import { acceptDrops, button, h, icon } from './dom.js';
import { announce, deleteLater, toast } from './notify.js';
import { prepare } from './photo.js';
import { statusChip } from './library.js';
import { editShade } from './shade-form.js';
import { changed, hidden, oneShade, photoUrl, photosOf, swatch } from './shades.js';
import { addPhoto, train, workLine } from './teach.js';
import { accuracy, accuracyHelp, count } from './words.js';

const UPLOADS_AT_ONCE = 3;

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
    shade = await oneShade(id);
    if (isCurrent()) drawAbout();
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
        if (!leaving) await refresh();
      },
      () => { hidden.photos.delete(photo.id); drawPhotos(); });
  }

  const file = h('input', { type: 'file', accept: 'image/*,.heic,.heif', multiple: true, hidden: true, 'aria-label': 'Photos of this shade', on: {
    change: () => { addAll([...file.files]); file.value = ''; },
  } });
  const adding = h('li', { class: 'add' }, file, button([icon('plus'), 'Add photos', h('small', {}, 'or drop or paste')], () => file.click()));
  const sending = [];

  async function drawPhotos() {
    const photos = await photosOf(id);
    if (!isCurrent()) return;
    const tile = (photo, at) => h('li', {},
      h('img', { src: photoUrl(photo), alt: `Photo ${photos.length - at} of ${shade.name}`, loading: 'lazy', decoding: 'async' }),
      button(icon('trash'), () => removePhoto(photo), { class: 'round delete', 'aria-label': `Delete photo ${photos.length - at}` }));
    grid.replaceChildren(adding, ...sending.map(({ element }) => element), ...photos.map(tile));
    title.textContent = photos.length ? count(photos.length, 'photo') : 'No photos yet';
  }

  function sendingTile(name) {
    const line = workLine(name);
    const element = h('li', { class: 'sending' }, line.element);
    return { element, line };
  }

  async function addOne(given) {
    const { element, line } = given;
    try {
      const photo = await prepare(given.file);
      if (photo.url) element.prepend(h('img', { src: photo.url, alt: '' }));
      await addPhoto(id, photo, (fraction) => line.set(given.file.name, fraction));
      if (photo.url) URL.revokeObjectURL(photo.url);
      sending.splice(sending.indexOf(given), 1);
      return true;
    } catch (error) {
      element.classList.add('failed');
      line.element.replaceChildren(`${given.file.name}: ${error.message}`, button('Dismiss', () => {
        sending.splice(sending.indexOf(given), 1);
        element.remove();
      }, { class: 'link' }));
      announce(error.message);
      return false;
    } finally {
      await drawPhotos().catch(() => { /* The banner says so. */ });
    }
  }

  async function addAll(files) {
    const queue = files.map((each) => ({ file: each, ...sendingTile(each.name) }));
    sending.push(...queue);
    adding.after(...queue.map(({ element }) => element));
    announce(`Adding ${count(queue.length, 'photo')}.`);
    let added = 0;
    const lane = async () => { while (queue.length) added += await addOne(queue.shift()); };
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, lane));
    await refresh().catch(() => { /* The banner says so. */ });
    if (added) announce(`Added ${count(added, 'photo')}. Train the shade to use ${added === 1 ? 'it' : 'them'}.`);
  }

  drawAbout();
  root.replaceChildren(h('a', { class: 'back', href: '#/library' }, '← All shades'),
    h('section', { class: 'shade' }, swatchPlace, about), h('section', {}, title, grid));
  grid.append(adding);
  setPaste(addAll);
  const stopDrops = acceptDrops(root, addAll);
  await drawPhotos();
  if (shade.status === 'training') startTraining();
  return stopDrops;
}
