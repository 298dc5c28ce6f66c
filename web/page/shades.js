// Caches the shades, their photos, and the palette; draws swatches.

import { call, url } from './api.js';
import { h, whenSeen } from './dom.js';
import { paletteBackground } from './words.js';

// Promises, so that concurrent callers share one request.
let shades = null;
let palette = null;
const photos = new Map();
// Ids of items that are being deleted, while the user can still undo it.
export const hidden = { shades: new Set(), photos: new Set() };

/** The shades, newest first. Reads them if `fresh`, or if they have not been read yet. */
export async function allShades({ fresh = false } = {}) {
  if (fresh || !shades) {
    const asked = call('GET', '/colors');
    shades = asked;
    asked.catch(() => { if (shades === asked) shades = null; });
  }
  return (await shades).filter(({ id }) => !hidden.shades.has(id));
}

/** The current state of a shade. */
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

/** Clears the cache after the library has changed. */
export function changed(id) {
  shades = null;
  if (id === undefined) photos.clear();
  else photos.delete(id);
}

/** The palette of standard shades. */
export function allPalette() {
  palette ??= call('GET', '/palette').catch((error) => {
    palette = null;
    throw error;
  });
  return palette;
}

export const photoUrl = (image) => url(image.image_path);

/** A swatch: the shade's own color, else the standard shade of the same name, else a photo. */
export function swatch(shade) {
  const element = h('span', { class: 'swatch', 'aria-hidden': 'true' });
  paint(element, shade).catch(() => { /* Keep the plain swatch. */ });
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
