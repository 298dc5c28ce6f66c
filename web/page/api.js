// Requests to the server: its address, the API key, error messages, and uploads and streams with progress.

import { askForKey } from './dialog.js';

// The page is at the root of the API, which is not always the root of the host: API Gateway adds a stage to the path,
// and a proxy may add any. An empty address counts as none.
const ROOT = document.querySelector('meta[name="strand-api"]')?.content.trim() || new URL('.', location.href).href;
const BASE = ROOT.replace(/\/+$/, '');
const KEY = 'strand-api-key';

/** What to say instead of the server's sentence, which is for the person who runs it. */
const UNFINISHED = "Strand can't look at photos yet: its setup is not finished. Ask the person who set it up.";
const PLAIN = { runtime_missing: UNFINISHED, model_missing: UNFINISHED };

/** The server, or the gateway before it, asks to come again. */
const BUSY = [429, 503];

/** Refusals that another key does not help. */
const NOT_FOR_WANT_OF_A_KEY = ['origin_foreign', 'host_unknown', 'key_scope', 'ticket_wrong'];
const lacksKey = ({ status, code }) => (status === 401 || status === 403) && !NOT_FOR_WANT_OF_A_KEY.includes(code);

/** An error answer: `message` is the server's `detail`, `code` its stable word. */
export class ServerError extends Error {
  constructor(status, message, code) {
    super(PLAIN[code] ?? message);
    this.status = status;
    this.code = code;
  }
}

/** The server cannot be reached. */
export class OfflineError extends Error {
  constructor() {
    super("Can't reach Strand. We'll continue when it's back.");
  }
}

/** The browser could not send a photo to the host that the server named: it cannot be reached, or does not allow this page. */
export class ElsewhereError extends Error {
  constructor() {
    super("The photo couldn't be sent. Check your connection, then try again.");
  }
}

/** The user closed the dialog that asks for the key. */
export class KeyError extends Error {
  constructor() {
    super("This needs the server's API key.");
  }
}

/** The full URL of an API path. */
export const url = (path) => BASE + path;

let key = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
let asking = null;

function keep(answer) {
  key = answer.key;
  (answer.remember ? localStorage : sessionStorage).setItem(KEY, key);
}

function forget() {
  key = null;
  localStorage.removeItem(KEY);
  sessionStorage.removeItem(KEY);
}

/** Asks for the key once, even if several requests wait for it. */
async function newKey(refused) {
  if (refused === key) forget();
  else if (key) return;
  asking ??= askForKey(refused !== null).finally(() => { asking = null; });
  const answer = await asking;
  if (!answer) throw new KeyError();
  keep(answer);
}

const headersWithKey = (headers) => (key ? { ...headers, 'x-api-key': key } : headers);
const pause = (seconds) => new Promise((done) => { setTimeout(done, 1000 * seconds); });

function unreachable() {
  window.dispatchEvent(new Event('strand:offline'));
  return new OfflineError();
}

/** The error of an answer. Behind a gateway, some are not Strand's own. */
function problem(status, { detail, code } = {}) {
  if (status === 413) return new ServerError(status, detail ?? 'This is too large for the server. Choose a smaller one.', code);
  return new ServerError(status, detail ?? `Something went wrong on the server (${status}). Try again in a minute.`, code);
}

/** Whether there is a key to send. */
export const hasKey = () => Boolean(key);

/** Sends a request. When it is refused, asks for a key, or fails if `ask` is false. Retries when the server is busy. */
async function send(path, { ask = true, ...options } = {}) {
  let patience = 4;
  for (;;) {
    const used = key;
    let response;
    try {
      response = await fetch(url(path), { ...options, headers: headersWithKey(options.headers) });
    } catch (error) {
      throw error.name === 'AbortError' ? error : unreachable();
    }
    if (response.ok) return response;
    const failed = problem(response.status, await response.json().catch(() => ({})));
    if (lacksKey(failed)) {
      if (!ask) throw new KeyError();
      await newKey(used);
    } else if (BUSY.includes(failed.status) && !PLAIN[failed.code] && response.headers.has('retry-after') && (patience -= 1) > 0) {
      await pause(Math.min(5, Number(response.headers.get('retry-after')) || 2));
    } else if (failed.status === 502 || failed.status === 504) {
      // A proxy answered because the server behind it is down.
      throw unreachable();
    } else {
      throw failed;
    }
  }
}

/** Sends a request and returns the JSON of the answer, or null for a 204. */
export async function call(method, path, json, options = {}) {
  const body = json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } };
  const response = await send(path, { method, ...body, ...options });
  return response.status === 204 ? null : response.json();
}

/** Sends one photo as multipart form data. */
export async function postPhoto(path, field, photo) {
  const form = new FormData();
  form.append(field, photo.blob, photo.name);
  return (await send(path, { method: 'POST', body: form })).json();
}

/** Sends a body with progress from 0 to 1, which fetch cannot report. Resolves to the finished request. */
function transmit(method, address, body, headers, progress, lost, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.onabort = () => reject(signal.reason);
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => resolve(request);
    request.onerror = () => reject(lost());
    request.send(body);
  });
}

/** The JSON of a finished request; empty if a proxy answered in its place. */
function jsonOf(request) {
  try {
    return JSON.parse(request.responseText) ?? {};
  } catch {
    return {};
  }
}

const succeeded = ({ status }) => status >= 200 && status < 300;

/** Sends a body and reports upload progress from 0 to 1. */
export async function upload(path, body, headers, progress, signal) {
  for (;;) {
    const used = key;
    const answer = await transmit('POST', url(path), body, headersWithKey(headers), progress, unreachable, signal);
    if (succeeded(answer)) return jsonOf(answer);
    const failed = problem(answer.status, jsonOf(answer));
    if (!lacksKey(failed)) throw failed;
    await newKey(used);
  }
}

/** Sends a photo to the place that the server gave for it, which may be another host. */
export async function sendTo({ key: name, method, url: given, headers }, body, progress) {
  const ours = `/uploads/${name}`;
  const target = new URL(given, `${BASE}/`);
  // A proxy may hide the address at which the page reached the server, so the server's own place is found by its path.
  const isOurs = target.pathname.endsWith(ours) && !target.search;
  const lost = () => (isOurs ? unreachable() : new ElsewhereError());
  const allowed = Object.entries(headers).filter(([header]) => !['host', 'content-length'].includes(header.toLowerCase()));
  const answer = await transmit(method, isOurs ? url(ours) : given, body, Object.fromEntries(allowed), progress, lost);
  if (!succeeded(answer)) throw problem(answer.status, isOurs ? jsonOf(answer) : {});
}

/** The events of a stream as they arrive. Uses fetch, because EventSource can neither send the key as a header nor
 *  report why a request was refused. */
export async function* events(path) {
  const response = await send(path, { headers: { accept: 'text/event-stream' } });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch {
      throw unreachable();
    }
    if (part.done) return;
    const blocks = (text + part.value).split(/\r?\n\r?\n/);
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
      if (data.length) yield JSON.parse(data.join('\n'));
    }
  }
}

/** A URL that the browser can download by itself, once: it sends no headers, so a ticket opens it in place of the key. */
export async function downloadUrl(path) {
  const { ticket } = await call('POST', '/tickets', { path });
  return `${url(path)}?ticket=${encodeURIComponent(ticket)}`;
}

/** Whether the server answers. */
export async function isThere() {
  try {
    return (await fetch(url('/health'), { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
