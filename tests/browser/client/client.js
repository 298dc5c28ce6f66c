// The calls of the existing web client, in the forms that it uses: fetch with JSON and with multipart, EventSource, and
// <img> with the base URL before `image_path`. It sends no key and reads `detail` of every error.

const base = new URLSearchParams(location.search).get('api');

async function failure(response) {
  const body = await response.json();
  return new Error(body.detail || 'Unknown error');
}

export async function createColor(name, description) {
  const response = await fetch(`${base}/colors`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, description }),
  });
  if (!response.ok) throw await failure(response);
  return response.json();
}

/** Up to five photos at once, one request each. */
export function uploadImages(colorId, files) {
  return Promise.all(files.map(async (file) => {
    const form = new FormData();
    form.append('image', file);
    const response = await fetch(`${base}/colors/${colorId}/images`, { method: 'POST', body: form });
    if (!response.ok) throw await failure(response);
    return response.json();
  }));
}

/** Follows the training until `complete`; returns all events. */
export function train(colorId) {
  return new Promise((resolve, reject) => {
    const events = [];
    const source = new EventSource(`${base}/train/${colorId}/stream`);
    source.onmessage = (message) => {
      const data = JSON.parse(message.data);
      events.push(data);
      if (data.status === 'complete') { source.close(); resolve(events); }
      if (data.status === 'error') { source.close(); reject(new Error(data.error)); }
    };
    source.onerror = () => { source.close(); reject(new Error('Connection lost')); };
  });
}

export function showImage(imagePath) {
  return new Promise((resolve, reject) => {
    const img = document.createElement('img');
    img.onload = () => resolve(img.naturalWidth);
    img.onerror = () => reject(new Error(`${imagePath} does not show`));
    img.alt = '';
    img.src = `${base}${imagePath}`;
    document.body.append(img);
  });
}

export async function list(path) {
  const response = await fetch(`${base}${path}`);
  if (!response.ok) throw await failure(response);
  return response.json();
}

export async function analyze(files, path = '/analyze', field = 'images') {
  const form = new FormData();
  files.forEach((file) => form.append(field, file));
  const response = await fetch(`${base}${path}`, { method: 'POST', body: form });
  if (!response.ok) throw await failure(response);
  return response.json();
}

export async function deleteColor(colorId) {
  const response = await fetch(`${base}/colors/${colorId}`, { method: 'DELETE' });
  if (response.status !== 204) throw await failure(response);
  return response.status;
}

Object.assign(window, { client: { createColor, uploadImages, train, showImage, list, analyze, deleteColor } });
