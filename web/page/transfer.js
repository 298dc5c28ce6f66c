// Exports and imports the library as one file.

import { downloadUrl, ServerError, upload } from './api.js';
import { h } from './dom.js';
import { announce, settle } from './notify.js';
import { changed } from './shades.js';
import { count } from './words.js';

/** On AWS neither route exists, because a function cannot stream for minutes; the person who runs it has a command. */
const orNot = (deed) => (error) => {
  if (error.status !== 404) throw error;
  throw new ServerError(404, `This service can't ${deed} a library from this page. Ask the person who runs it.`);
};

/** Starts a download of the library, which streams to disk. */
export async function exportLibrary() {
  await settle();
  const link = h('a', { href: await downloadUrl('/export').catch(orNot('export')), download: '' });
  link.click();
  announce('Download started.');
}

/** Sends a library file. Returns a sentence with the outcome. */
export async function importLibrary(file, follow) {
  await settle();
  const answer = await upload('/import', file, { 'content-type': 'application/x-tar' }, (sent) => {
    if (sent < 1) follow(`Sending ${file.name}`, sent);
    else follow('Checking and importing the file');
  }).catch(orNot('import'));
  changed();
  const left = answer.left_out?.length ? ` Skipped ${count(answer.left_out.length, 'photo')}: ${answer.left_out[0].reason}` : '';
  return answer.message + left;
}
