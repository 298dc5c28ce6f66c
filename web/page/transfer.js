// The whole library as one file.

import { downloadUrl, ServerError, upload } from './api.js';
import { h } from './dom.js';
import { announce, settle } from './notify.js';
import { changed } from './shades.js';
import { count } from './words.js';

/** Functions on Lambda have neither route, for none may stream for minutes: says what does the same. */
const orCommandLine = (command) => (error) => {
  if (error.status !== 404) throw error;
  throw new ServerError(404, `This service does that on the command line: strand-server ${command}, with its table and bucket.`);
};

/** Lets the browser download the library; it streams to the disk and never lies in memory. */
export async function exportLibrary() {
  await settle();
  const link = h('a', { href: await downloadUrl('/export').catch(orCommandLine('export')), download: '' });
  link.click();
  announce('The download has begun.');
}

/** Sends a library file; gives what came of it in a sentence. */
export async function importLibrary(file, follow) {
  await settle();
  const answer = await upload('/import', file, { 'content-type': 'application/x-tar' }, (sent) => {
    if (sent < 1) follow(`Sending ${file.name}`, sent);
    else follow('Checking the file and taking it in');
  }).catch(orCommandLine('import'));
  changed();
  const left = answer.left_out?.length ? ` ${count(answer.left_out.length, 'photo')} left out: ${answer.left_out[0].reason}` : '';
  return answer.message + left;
}
