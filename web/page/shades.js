// Caches the shades, their photos, and the palette; draws swatches.

import { call, url } from './api.js';
import { h, whenSeen } from './dom.js';
import { gradient, paletteBackground } from './words.js';

// Promises, so that concurrent callers share one request.
let shades = null;
let palette = null;
const photos = new Map();
// Ids of items that are being deleted, while the user can still undo it.
export const hidden = { shades: new Set(), photos: new Set() };

/** Other tabs on this library. */
const tabs = 'BroadcastChannel' in window ? new BroadcastChannel(`strand ${url('/')}`) : null;

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

/** The photos of a shade, newest first. Where they need a key, `ask` says whether to ask for it. */
export async function photosOf(id, { fresh = false, ask = true } = {}) {
  if (fresh || !photos.has(id)) {
    const asked = call('GET', `/colors/${id}/images`, undefined, { ask });
    photos.set(id, asked);
    asked.catch(() => { if (photos.get(id) === asked) photos.delete(id); });
  }
  return (await photos.get(id)).filter((photo) => !hidden.photos.has(photo.id));
}

/** Clears the cache, and has the page that is shown read the library again. */
function forget(id) {
  shades = null;
  if (id === undefined) photos.clear();
  else photos.delete(id);
  window.dispatchEvent(new Event('strand:library'));
}

/** To be called after the library has changed: one shade, or any. Other tabs follow. */
export function changed(id) {
  forget(id);
  tabs?.postMessage(id);
}

if (tabs) tabs.onmessage = ({ data }) => forget(data);
// Other devices change the library, too.
document.addEventListener('visibilitychange', () => { if (!document.hidden) forget(); });

/** The palette of standard shades. */
export function allPalette() {
  palette ??= call('GET', '/palette').catch((error) => {
    palette = null;
    throw error;
  });
  return palette;
}

/** The address of a photo. The server's reference to it counts from the list that it stands in. */
export function photoUrl({ image_path: path, image_url: reference }) {
  const list = url(path.replace(/^\/training_data\/(\d+)\/.*$/, '/colors/$1/images'));
  return reference ? new URL(reference, list).href : url(path);
}

/** A swatch: the shade's own color, else the standard shade of the same name, else the hair in its photos. */
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
      // Only photos that were measured have colors; a photo itself shows more than hair.
      const measured = (await photosOf(shade.id, { ask: false }).catch(() => [])).find(({ hair_colors: colors }) => colors?.length);
      if (measured) element.style.background = gradient(measured.hair_colors, '100deg');
    });
  }
}
