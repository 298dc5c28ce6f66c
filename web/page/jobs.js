// Follows the training of the whole library, which goes on at the server whatever happens to this page.

import { KeyError, OfflineError, call } from './api.js';
import { $, button, h } from './dom.js';
import { settle, toast } from './notify.js';
import { changed } from './shades.js';
import { count } from './words.js';

const PLACE = 'strand-job';
const EVERY_MILLISECONDS = 600;

let job = null;
let following = false;

const isOver = ({ status }) => status !== 'queued' && status !== 'running';

/** The job that is running, or null. */
export const runningJob = () => job;

/** Shows the job, and tells the page when one begins or ends. */
function show(now) {
  const isNews = Boolean(job) !== Boolean(now);
  job = now;
  draw();
  if (isNews) window.dispatchEvent(new Event('strand:job'));
}

function draw() {
  const place = $('#tray-job');
  if (!job) {
    if (place.contains(document.activeElement)) $('#main').focus({ preventScroll: true });
    place.replaceChildren();
    return;
  }
  const text = `Training shade ${Math.min(job.done + 1, job.total)} of ${job.total}`;
  const bar = $('progress', place);
  if (!bar) {
    place.replaceChildren(h('div', { class: 'work' }, h('span', {}), h('progress', { max: 1 })),
      h('div', { class: 'buttons' }, button('Cancel', cancel)));
    draw();
    return;
  }
  $('span', place).textContent = text;
  bar.setAttribute('aria-label', text);
  bar.value = job.percentage / 100;
}

async function cancel(event) {
  event.target.disabled = true;
  try {
    await call('DELETE', `/jobs/${job.id}`);
  } catch (error) {
    event.target.disabled = false;
    if (!(error instanceof KeyError)) toast(error.message);
  }
}

function outcome({ status, error, failures, done, total }) {
  if (status === 'cancelled') return `Training stopped. ${count(done, 'shade')} of ${total} trained.`;
  if (status === 'failed') return error ?? 'No shade could be trained.';
  return failures.length ? `Trained, but ${count(failures.length, 'shade')} failed: ${failures[0].error}` : `${count(total, 'shade')} trained.`;
}

/** Reads the job until it is over. A lost connection or a job that is gone ends it without a word. */
async function follow(address) {
  if (following) return;
  following = true;
  sessionStorage.setItem(PLACE, address);
  let done = -1;
  try {
    for (;;) {
      const now = await call('GET', address, undefined, { ask: false });
      if (isOver(now)) {
        sessionStorage.removeItem(PLACE);
        toast(outcome(now));
        break;
      }
      if (now.done !== done) changed();
      done = now.done;
      show(now);
      await new Promise((go) => { setTimeout(go, EVERY_MILLISECONDS); });
    }
  } catch (error) {
    // It is followed again when the server is back.
    if (!(error instanceof OfflineError)) sessionStorage.removeItem(PLACE);
  } finally {
    following = false;
    changed();
    show(null);
  }
}

/** Trains all shades that need it. */
export async function startJob() {
  await settle();
  const started = await call('POST', '/train');
  show(started);
  follow(`/jobs/${started.id}`);
}

/** The address of a job that is running. */
async function runningOne() {
  try {
    const jobs = await call('GET', '/jobs?limit=5', undefined, { ask: false });
    const found = jobs.find((each) => !isOver(each));
    return found ? `/jobs/${found.id}` : null;
  } catch {
    // It is asked again with the next page.
    return null;
  }
}

/** Follows the job that this tab started before it was reloaded, or that was started elsewhere. */
export async function resumeJob() {
  const kept = sessionStorage.getItem(PLACE);
  if (kept) follow(kept);
  const found = await runningOne();
  if (found) follow(found);
}

window.addEventListener('strand:online', resumeJob);
