// Chooses which page is shown, and watches whether the server answers.

import { ServerError, isThere, url } from './api.js';
import { $, button } from './dom.js';
import { resumeJob } from './jobs.js';
import { failure, missing, showLibrary, skeleton } from './library.js';
import { give, startMatch } from './match.js';
import { announce } from './notify.js';
import { showShade } from './shade.js';

const pages = { match: $('#match'), library: $('#library') };
const TITLES = { match: 'Strand · Which shade is it?', library: 'Strand · Library' };
let visit = 0;
let leave = null;
let paste = give;
// How far each page was scrolled when it was left, for going back.
const scrolled = new Map();
let moving = false;

/** The page that an address names: `match`, `library`, or neither, and the id in it. */
function addressed() {
  const [, page = '', id] = location.hash.split('?')[0].split('/');
  const known = { '': 'match', library: 'library' };
  return { name: known[page] ?? 'none', id };
}

function showOnly(name) {
  for (const [key, element] of Object.entries(pages)) element.hidden = key !== (name === 'none' ? 'library' : name);
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.page === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

async function fill(id, isCurrent) {
  const context = { isCurrent, reload: () => route(), setPaste: (take) => { paste = take; } };
  const stop = id ? await showShade(pages.library, shadeId(id), context) : await showLibrary(pages.library, context);
  if (!isCurrent()) return stop?.();
  leave = stop;
  if (id) document.title = `Strand · ${$('h1', pages.library).textContent}`;
  resumeJob();
}

/** The id of a shade in an address, or an error as the server gives it for one that it does not have. */
function shadeId(text) {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw new ServerError(404, 'No such shade.');
}

async function route({ moved = false, top = 0 } = {}) {
  const { name, id } = addressed();
  visit += 1;
  const mine = visit;
  const isCurrent = () => visit === mine;
  leave?.();
  leave = null;
  showOnly(name);
  paste = name === 'match' ? give : null;
  document.title = TITLES[name] ?? 'Strand';
  if (name === 'none') pages.library.replaceChildren(missing("This page isn't here", 'The address may be mistyped.', '#/', 'Match a photo'));
  if (name === 'library') {
    if (moved) pages.library.replaceChildren(skeleton());
    try {
      await fill(id, isCurrent);
    } catch (error) {
      if (isCurrent()) pages.library.replaceChildren(failure(error, () => route({ moved: true })));
    }
  }
  if (moved && isCurrent()) arrive(name, top);
}

/** Focuses the heading of a new page, so that screen readers announce the change, and scrolls to where it was left. */
function arrive(name, top) {
  moving = false;
  window.scrollTo(0, top);
  const heading = $('h1', pages[name] ?? pages.library);
  heading?.setAttribute('tabindex', '-1');
  heading?.focus({ preventScroll: true });
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
history.scrollRestoration = 'manual';
// While a page is drawn, it is shorter than it will be.
window.addEventListener('scroll', () => { if (!moving) scrolled.set(location.hash, window.scrollY); }, { passive: true });
window.addEventListener('hashchange', () => {
  moving = true;
  route({ moved: true, top: scrolled.get(location.hash) });
});

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
if (addressed().name !== 'library') resumeJob();
announce('');
