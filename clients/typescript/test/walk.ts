/** Creates, uploads, trains, streams, analyzes, and deletes against a live server: npm test -- ADDRESS PHOTO PHOTO */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createStrand, sendUpload, states } from '../src/index.js';

const [baseUrl, ...files] = process.argv.slice(2);
assert(baseUrl && files.length === 2, 'usage: npm test -- ADDRESS PHOTO PHOTO');
const [taught, asked] = await Promise.all(files.map(async (file) => new Blob([await readFile(file)], { type: 'image/jpeg' })));
assert(taught && asked);
const strand = createStrand({ baseUrl });

/** The data of an answer that has to be one. */
function given<T>({ data, error }: { data?: T; error?: unknown }): NonNullable<T> {
  assert(data !== undefined && data !== null, JSON.stringify(error));
  return data as NonNullable<T>;
}

const color = given(await strand.POST('/colors', { body: { name: `Walked ${Date.now()}`, hex: '#674a33' } }));
const path = { path: { id: color.id } };
const image = given(await strand.POST('/colors/{id}/images', { params: path, body: { image: taught } }));
assert.equal(image.is_processed, false);

const upload = given(await strand.POST('/uploads', { body: { filename: 'b.jpg', content_type: asked.type, size: asked.size } }));
await sendUpload(upload, asked);
given(await strand.POST('/colors/{id}/images', { params: path, body: { upload: upload.key } }));

const stream = given(await strand.GET('/train/{id}/stream', { params: path, parseAs: 'stream' }));
const seen = [];
for await (const state of states(stream as ReadableStream<Uint8Array>)) seen.push(state.status);
assert.equal(seen.at(-1), 'complete', seen.join());
const trained = given(await strand.POST('/train/{id}', { params: path }));
assert('model' in trained && trained.model?.num_images === 2, JSON.stringify(trained));

const text = new Blob(['not a photo'], { type: 'text/plain' });
const { results } = given(await strand.POST('/analyze', { params: { query: { overlay: 'mask' } }, body: { images: [asked, text] } }));
const [found, failed] = results;
assert(found?.status === 'found' && failed?.status === 'failed', JSON.stringify(results));
assert(found.best_matches.some(({ color_id }) => color_id === color.id));
assert(found.overlay?.startsWith('data:image/png') && failed.error.endsWith('.'));

const listed = given(await strand.GET('/colors/{id}/images', { params: path }));
assert.deepEqual(listed.map(({ id }) => id).includes(image.id), true);
const { response } = await strand.DELETE('/colors/{id}', { params: path });
assert.equal(response.status, 204);
const { error } = await strand.GET('/colors/{id}', { params: path });
assert.equal(error?.code, 'not_found');
console.log(`TypeScript: created, taught, trained (${seen.length} states), matched, and deleted a shade.`);
