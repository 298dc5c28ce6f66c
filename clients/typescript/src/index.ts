/** A typed client of Strand: every path, body, and answer has the types of the API's description. */

import createClient from 'openapi-fetch';
import type { Client } from 'openapi-fetch';
import type { components, paths } from './schema.js';

export type { components, operations, paths } from './schema.js';

type Schemas = components['schemas'];
/** A shade of the library. On the wire a shade is a color. */
export type Color = Schemas['ShadeView'];
/** A photo of a shade. */
export type Image = Schemas['PhotoView'];
/** The result for one photo; `status` tells `found` from `failed`. */
export type Row = Schemas['Row'];
/** A state of a training. */
export type Progress = Schemas['ProgressView'];
/** Where and how to send a photo. */
export type Upload = Schemas['UploadView'];
/** The body of every error. */
export type Problem = Schemas['Problem'];

/** Where the service is, and the key if it has one. */
export interface Options {
  /** The address of the service, also below a path: `https://salon.example/strand`. */
  baseUrl: string;
  /** The API key. Never ship it in a page. */
  apiKey?: string;
  /** Another `fetch`, for example one that retries. */
  fetch?: (request: Request) => Promise<Response>;
}

/** A body with files is sent as a form, a file alone as it is, and everything else as JSON. */
function serialize(body: unknown): BodyInit {
  if (body instanceof Blob) return body;
  const fields = Object.entries(body as object).flatMap(([name, value]) => [value].flat().map((each) => [name, each] as const));
  if (!fields.some(([, value]) => value instanceof Blob)) return JSON.stringify(body);
  const form = new FormData();
  for (const [name, value] of fields) {
    if (value instanceof Blob) form.append(name, value, (value as { name?: string }).name ?? 'photo.jpg');
    else form.append(name, String(value));
  }
  return form;
}

/** A client: `const { data, error } = await strand.GET('/colors')`. */
export function createStrand({ baseUrl, apiKey, fetch }: Options): Client<paths> {
  return createClient<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    bodySerializer: serialize,
    ...(apiKey && { headers: { 'x-api-key': apiKey } }),
    ...(fetch && { fetch }),
  });
}

/** Sends a photo to the upload that `POST /uploads` created. */
export async function sendUpload({ method, url, headers }: Upload, photo: Blob): Promise<void> {
  const answer = await fetch(url, { method, headers, body: photo });
  if (!answer.ok) throw new Error(`The upload was answered with status ${answer.status}.`);
}

/** The states of a training, from the body of `GET /train/{id}/stream` with `parseAs: 'stream'`. The last one is
 *  `complete` or `error`. */
export async function* states(body: ReadableStream<Uint8Array>): AsyncGenerator<Progress> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
        if (data.length) yield JSON.parse(data.join('\n')) as Progress;
      }
    }
  } finally {
    reader.releaseLock();
  }
}
