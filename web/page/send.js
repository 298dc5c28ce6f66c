// Sends a photo once: its key then names it for matching and teaching.

import { ElsewhereError, KeyError, OfflineError, ServerError, call, hasKey, postPhoto, sendTo } from './api.js';

/** A key that expires within this time is not used any more. */
const SPARE_MILLISECONDS = 60_000;
/** The longest file name that the server takes. */
const LONGEST_NAME = 255;

// Matching needs no key, but sending does. Once that was refused, photos are matched as a whole until there is a key.
let refused = false;
// Whether the host for uploads cannot be used from here, as a bucket that does not list this page's origin.
let blocked = false;

const nameOf = (photo) => [...photo.name.replace(/\p{Cc}/gu, '')].slice(0, LONGEST_NAME).join('') || 'photo';

async function send(photo, { ask, progress = () => {} }) {
  const { blob } = photo;
  const kind = blob.type.startsWith('image/') ? blob.type : 'application/octet-stream';
  const place = await call('POST', '/uploads', { filename: nameOf(photo), content_type: kind, size: blob.size }, { ask });
  await sendTo(place, blob, progress);
  return { key: place.key, until: Date.parse(place.expires_at) };
}

/** The key of a photo, which is sent if it has not been yet. Concurrent callers share it. */
async function keyOf(photo, options) {
  const known = await photo.sent?.catch(() => null);
  if (known && known.until > Date.now() + SPARE_MILLISECONDS) return known.key;
  if (!photo.blob) throw new Error("This photo isn't kept any more. Choose it again.");
  photo.sent = send(photo, options);
  return (await photo.sent).key;
}

const isGone = (error) => error instanceof ServerError && error.code?.startsWith('upload_');

/** Calls with the photo's key, and once more if the server no longer has the photo. */
async function withKey(photo, options, ask) {
  try {
    return await ask(await keyOf(photo, options));
  } catch (error) {
    if (!isGone(error) || !photo.blob) throw error;
    photo.sent = null;
    return ask(await keyOf(photo, options));
  }
}

/** Asks about a photo by its key, or sends it as a whole where that cannot be. */
async function about(photo, named, whole) {
  const isKnown = photo.sent || !(blocked || (refused && !hasKey()));
  try {
    if (isKnown) return await withKey(photo, { ask: false }, named);
  } catch (error) {
    if (error instanceof OfflineError || !photo.blob || isRow(error)) throw error;
    refused = error instanceof KeyError;
    blocked = error instanceof ElsewhereError;
  }
  try {
    return await whole();
  } catch (error) {
    // Too large for a gateway: only its key remains.
    if (error.status !== 413 || blocked) throw error;
    return withKey(photo, { ask: true }, named);
  }
}

const isRow = (error) => error instanceof ServerError && error.status === 200 && !isGone(error);

/** The row of the photo. What is wrong with the photo is an error of the row, and the request succeeds all the same. */
function found(row) {
  if (row.status === 'failed') throw new ServerError(200, row.error, row.code);
  return row;
}

/** Matches a photo against the library; the answer has the hair's mask. */
export function match(photo) {
  const path = '/analyze?overlay=mask';
  return about(photo, async (key) => found((await call('POST', path, { uploads: [key] })).results[0]),
    async () => found((await postPhoto(path, 'images', photo)).results[0]));
}

/** Matches a photo against the standard shades. */
export function matchStandard(photo) {
  return about(photo, async (key) => found((await call('POST', '/analyze-legacy', { upload: key }))[0]),
    async () => found((await postPhoto('/analyze-legacy', 'image', photo))[0]));
}

/** Asks about a photo by its key, which needs the API key, or sends it as a whole where the host for uploads is blocked. */
async function changing(photo, progress, named, whole) {
  if (blocked && !photo.sent) return whole();
  try {
    return await withKey(photo, { ask: true, progress }, named);
  } catch (error) {
    if (!(error instanceof ElsewhereError)) throw error;
    blocked = true;
    photo.sent = null;
    return whole();
  }
}

/** How many heads a photo shows; 1 also if that is not known. The photo is sent first. */
export async function headsIn(photo, progress) {
  try {
    const answer = await changing(photo, progress, (key) => call('POST', '/analyze', { uploads: [key] }),
      () => postPhoto('/analyze', 'images', photo));
    return found(answer.results[0]).hair.heads.length;
  } catch (error) {
    if (error instanceof OfflineError || error instanceof KeyError) throw error;
    return 1;
  }
}

/** Adds a photo to a shade. Calls `progress` with 0 to 1 while it is sent. */
export function add(shadeId, photo, progress) {
  const path = `/colors/${shadeId}/images`;
  return changing(photo, progress, (key) => call('POST', path, { upload: key }), () => postPhoto(path, 'image', photo));
}
