// Exports and imports the library as one file.

import { call, downloadUrl, ServerError, upload } from './api.js';
import { h } from './dom.js';
import { startJob } from './jobs.js';
import { announce, settle } from './notify.js';
import { changed } from './shades.js';
import { outcome, unpack } from './unpack.js';
import { count } from './words.js';

const lacksExport = (error) => {
  if (error.status !== 404) throw error;
  throw new ServerError(404, "This service can't export a library from this page. Ask the person who runs it.");
};

/** Starts a download of the library, which streams to disk. */
export async function exportLibrary() {
  await settle();
  const link = h('a', { href: await downloadUrl('/export').catch(lacksExport), download: '' });
  link.click();
  announce('Download started.');
}

/** Whether the server takes a library file as a whole. The functions on AWS do not: their gateway takes 10 MB at most. Where
 *  it does, the route is there, and does not answer GET. */
async function takesFiles() {
  try {
    await call('GET', '/import');
  } catch (error) {
    if (error.status !== 404 && error.status !== 405) throw error;
    return error.status === 405;
  }
  return false;
}

async function sendWhole(file, follow, signal) {
  const sent = (share) => {
    if (share < 1) follow(`Sending ${file.name}`, share);
    else follow('Checking and importing the file');
  };
  const { message, left_out: left } = await upload('/import', file, { 'content-type': 'application/x-tar' }, sent, signal);
  return message + (left?.length ? ` Skipped ${count(left.length, 'photo')}: ${left[0].reason}` : '');
}

/** Photos that come one by one bring no models, so the shades are trained. */
async function sendUnpacked(file, follow, signal) {
  const report = await unpack(file, follow, signal);
  if (report.added) await startJob();
  return outcome(report);
}

/** Imports a library file. Returns a sentence with the outcome. If it is stopped, importing the file again continues. */
export async function importLibrary(file, follow, signal) {
  await settle();
  try {
    return await (await takesFiles() ? sendWhole : sendUnpacked)(file, follow, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return 'Import stopped. Import the file again to continue.';
  } finally {
    changed();
  }
}
