// The whole library as one file.

import { downloadUrl, upload } from './api.js';
import { h } from './dom.js';
import { announce, settle } from './notify.js';
import { changed } from './shades.js';
import { count } from './words.js';

/** Lets the browser download the library; it streams to the disk and never lies in memory. */
export async function exportLibrary() {
  await settle();
  const link = h('a', { href: await downloadUrl('/export'), download: '' });
  link.click();
  announce('The download has begun.');
}

/** Sends a library file; gives what came of it in a sentence. */
export async function importLibrary(file, follow) {
  await settle();
  const answer = await upload('/import', file, { 'content-type': 'application/x-tar' }, (sent) => {
    if (sent < 1) follow(`Sending ${file.name}`, sent);
    else follow('Checking the file and taking it in');
  });
  changed();
  const left = answer.left_out?.length ? ` ${count(answer.left_out.length, 'photo')} left out: ${answer.left_out[0].reason}` : '';
  return answer.message + left;
}
