// Chooses which page is shown, and watches whether the server answers.

import { isThere, url } from './api.js';
import { $, button } from './dom.js';
import { failure, showLibrary, skeleton } from './library.js';
import { give, startMatch } from './match.js';
import { announce } from './notify.js';
import { showShade } from './shade.js';

const pages = { match: $('#match'), library: $('#library') };
let visit = 0;
let leave = null;
let paste = give;

async function route({ moved = false } = {}) {
  const [, page = '', id] = location.hash.split('/');
  const name = page === 'library' ? 'library' : 'match';
  visit += 1;
  const mine = visit;
  const isCurrent = () => visit === mine;
  leave?.();
  leave = null;
  for (const [key, element] of Object.entries(pages)) element.hidden = key !== name;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.page === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  paste = name === 'match' ? give : null;
  document.title = name === 'match' ? 'Strand · Which shade is it?' : 'Strand · Library';
  if (name === 'library') {
    if (moved) pages.library.replaceChildren(skeleton());
    try {
      const context = { isCurrent, reload: () => route(), setPaste: (take) => { paste = take; } };
      if (id) leave = await showShade(pages.library, Number(id), context);
      else await showLibrary(pages.library, context);
      if (!isCurrent()) leave?.();
      else if (id) document.title = `Strand · ${$('h1', pages.library).textContent}`;
    } catch (error) {
      if (isCurrent()) pages.library.replaceChildren(failure(error, () => route({ moved: true })));
    }
  }
  // Focus the heading of a new page, so that screen readers announce the change.
  if (moved && isCurrent()) {
    window.scrollTo(0, 0);
    const heading = $('h1', pages[name]);
    heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
  }
}

const banner = $('#connection');
let waiting = false;

/** Polls the server with growing pauses until it answers. */
async function waitForServer() {
  if (waiting) return;
  waiting = true;
  let wake;
  banner.className = 'connection shown';
  banner.replaceChildren("Can't reach Strand. Trying again…", button('Try now', () => wake?.(), { class: 'link' }));
  for (let seconds = 1; !await isThere(); seconds = Math.min(15, 1.6 * seconds)) {
    await new Promise((done) => {
      wake = done;
      setTimeout(done, 1000 * seconds);
    });
  }
  waiting = false;
  banner.className = 'connection shown back';
  banner.replaceChildren('Strand is back.');
  setTimeout(() => { if (!waiting) { banner.className = 'connection'; banner.replaceChildren(); } }, 4000);
  window.dispatchEvent(new Event('strand:online'));
}

window.addEventListener('strand:offline', waitForServer);
window.addEventListener('offline', waitForServer);
window.addEventListener('strand:online', () => { if ($('.empty', pages.library) && !pages.library.hidden) route(); });
window.addEventListener('strand:changed', () => route());
window.addEventListener('hashchange', () => route({ moved: true }));

document.addEventListener('paste', (event) => {
  const files = [...event.clipboardData?.files ?? []];
  if (!files.length || !paste || document.querySelector('dialog[open]')) return;
  event.preventDefault();
  paste(files);
});
// A photo dropped outside the drop area must not replace the page.
for (const name of ['dragover', 'drop']) document.addEventListener(name, (event) => event.preventDefault());

$('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  $('#main').focus();
});
for (const link of document.querySelectorAll('a[href="docs/"]')) link.href = url('/docs/');

startMatch();
route();
announce('');
