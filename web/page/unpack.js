// Imports a library file where the server takes none as a whole: unpacks it here, and sends what the library lacks.

import { OfflineError, ServerError, call } from './api.js';
import { bytesOf, readLibrary } from './archive.js';
import { add } from './send.js';
import { createShade, sameName } from './teach.js';
import { count } from './words.js';

/** What the server answers about a photo that it does not take. All others are imported. */
const NOT_TAKEN = [400, 413, 415, 422];

/** Calls once more each time the server is back. */
async function patiently(task, signal) {
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof OfflineError)) throw error;
      signal.throwIfAborted();
      await new Promise((back, stop) => {
        window.addEventListener('strand:online', back, { once: true });
        signal.addEventListener('abort', () => stop(signal.reason), { once: true });
      });
    }
  }
}

/** The shade of an entry, which is created if there is none of its name. What the library says of it counts before what the
 *  file says. */
async function enter({ name, description, hex }, shades) {
  const shade = shades.find(sameName(name)) ?? await createShade({ name, description, hex });
  const missing = Object.entries({ description, hex }).filter(([field, said]) => said && !shade[field]);
  if (missing.length) await call('PATCH', `/colors/${shade.id}`, Object.fromEntries(missing));
  return shade;
}

/** Imports the file. Returns what was imported and left out. If it is stopped, what has been imported stays. */
export async function unpack(file, follow, signal) {
  const { shades } = await readLibrary(file, (share) => follow('Checking the file', share), signal);
  const photos = shades.flatMap((shade) => shade.photos).length;
  const report = { shades: shades.length, created: 0, photos, added: 0, leftOut: [] };
  let done = 0;
  const ask = (task) => patiently(task, signal);
  const say = (sent) => follow(`Importing photo ${Math.min(done + 1, photos)} of ${photos}`, (done + sent) / photos);

  async function bring(shade, { name, piece }) {
    const blob = new Blob([await bytesOf(piece)]);
    try {
      await ask(() => add(shade.id, { name, blob }, say));
      report.added += 1;
    } catch (error) {
      if (!(error instanceof ServerError && NOT_TAKEN.includes(error.status))) throw error;
      report.leftOut.push(error.message);
    }
  }

  try {
    const known = await ask(() => call('GET', '/colors'));
    for (const entry of shades) {
      signal.throwIfAborted();
      const shade = await ask(() => enter(entry, known));
      report.created += shade.created ? 1 : 0;
      const there = new Set((await ask(() => call('GET', `/colors/${shade.id}/images`))).map((photo) => photo.sha256));
      for (const photo of entry.photos) {
        signal.throwIfAborted();
        say(0);
        if (!photo.digests.some((digest) => there.has(digest))) await bring(shade, photo);
        done += 1;
      }
    }
  } catch (error) {
    if (error instanceof ServerError) {
      error.message = `The import stopped after ${done} of ${count(photos, 'photo')}: ${error.message} Import the file again to continue.`;
    }
    throw error;
  }
  return report;
}

/** What was imported, in a sentence. */
export function outcome({ shades, created, photos, added, leftOut }) {
  if (!created && !added && !leftOut.length) return `Nothing new: ${count(shades, 'shade')} already here.`;
  const left = leftOut.length ? ` Skipped ${count(leftOut.length, 'photo')}: ${leftOut[0]}` : '';
  return `Imported ${count(shades, 'shade')} (${created} new) with ${count(photos, 'photo')} (${added} new).${left}`;
}
