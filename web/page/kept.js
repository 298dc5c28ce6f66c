// Keeps the results of this tab, so that a reload or a visit to another page does not lose them. They go with the tab.

const LIST = 'strand-results';
const place = (id) => `strand-result-${id}`;
/** Larger photos are not kept, only their results: a browser keeps some 5 MB for a tab. */
const LARGEST_BYTES = 1_500_000;

const listed = () => JSON.parse(sessionStorage.getItem(LIST) ?? '[]');

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

function blobOf(url) {
  const [, type, base64] = url.match(/^data:([^;,]*);base64,(.*)$/s);
  return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type });
}

/** Writes, in place of the oldest results if there is no room. */
function write(id, text) {
  const ids = listed().filter((other) => other !== id);
  for (;;) {
    try {
      sessionStorage.setItem(place(id), text);
      sessionStorage.setItem(LIST, JSON.stringify([id, ...ids]));
      return;
    } catch {
      const oldest = ids.pop();
      if (oldest === undefined) return forget(id);
      sessionStorage.removeItem(place(oldest));
    }
  }
}

/** Puts the results in the order in which the page shows them: `ids`, newest first. */
export function arrange(ids) {
  const kept = listed();
  sessionStorage.setItem(LIST, JSON.stringify(ids.filter((id) => kept.includes(id))));
}

/** Keeps a result. */
export async function keep(item) {
  const { photo, answers } = item;
  item.id ??= crypto.randomUUID?.() ?? String(performance.now());
  try {
    if (photo.blob?.size <= LARGEST_BYTES) photo.data ??= await dataUrl(photo.blob);
    const sent = await photo.sent?.catch(() => null);
    write(item.id, JSON.stringify({ name: photo.name, data: photo.data, shown: Boolean(photo.url), sent, answers }));
  } catch { /* A browser that keeps nothing works without. */ }
}

/** Drops a result. */
export function forget(id) {
  sessionStorage.removeItem(place(id));
  sessionStorage.setItem(LIST, JSON.stringify(listed().filter((other) => other !== id)));
}

/** The results that were kept, newest first. */
export function restored() {
  try {
    return listed().flatMap((id) => {
      const kept = JSON.parse(sessionStorage.getItem(place(id)));
      if (!kept) return [];
      const blob = kept.data ? blobOf(kept.data) : null;
      const photo = { name: kept.name, blob, data: kept.data, url: blob && kept.shown ? URL.createObjectURL(blob) : null,
        sent: kept.sent ? Promise.resolve(kept.sent) : null };
      return [{ id, photo, answers: kept.answers, state: 'done' }];
    });
  } catch {
    return [];
  }
}
