// What the page knows of the library: the shades, their photos, the palette; and how a shade's swatch looks.

import { call, url } from './api.js';
import { h, whenSeen } from './dom.js';
import { paletteBackground } from './words.js';

// Promises, so that those who ask at the same time share one request.
let shades = null;
let palette = null;
const photos = new Map();
// What is being deleted, but can still be undone.
export const hidden = { shades: new Set(), photos: new Set() };

/** The shades, newest first, as they were last read; read now if never. */
export async function allShades({ fresh = false } = {}) {
  if (fresh || !shades) {
    const asked = call('GET', '/colors');
    shades = asked;
    asked.catch(() => { if (shades === asked) shades = null; });
  }
  return (await shades).filter(({ id }) => !hidden.shades.has(id));
}

/** A shade as it is now. */
export const oneShade = (id) => call('GET', `/colors/${id}`);

/** The photos of a shade, newest first. */
export async function photosOf(id, { fresh = false } = {}) {
  if (fresh || !photos.has(id)) {
    const asked = call('GET', `/colors/${id}/images`);
    photos.set(id, asked);
    asked.catch(() => photos.delete(id));
  }
  return (await photos.get(id)).filter((photo) => !hidden.photos.has(photo.id));
}

/** Forgets what was read, after the library has changed. */
export function changed(id) {
  shades = null;
  if (id === undefined) photos.clear();
  else photos.delete(id);
}

/** The built-in palette. */
export function allPalette() {
  palette ??= call('GET', '/palette').catch((error) => {
    palette = null;
    throw error;
  });
  return palette;
}

export const photoUrl = (image) => url(image.image_path);

/** A swatch. A shade shows its own color, that of the palette shade of its name, or else a photo. */
export function swatch(shade) {
  const element = h('span', { class: 'swatch', 'aria-hidden': 'true' });
  paint(element, shade).catch(() => { /* It stays plain. */ });
  return element;
}

async function paint(element, shade) {
  const named = (await allPalette()).find(({ name }) => name === shade.name);
  if (named && (!shade.hex || shade.hex === named.hex)) element.style.background = paletteBackground(named);
  else if (shade.hex) element.style.background = shade.hex;
  else if (shade.image_count) {
    whenSeen(element, async () => {
      const [first] = await photosOf(shade.id);
      if (first) element.append(h('img', { src: photoUrl(first), alt: '', loading: 'lazy' }));
    });
  }
}
