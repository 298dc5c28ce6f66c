// What would help each shade, as the server sees it.

import { call } from './api.js';

let known = new Map();

/** The advice for a shade, one sentence each; none while it waits for training. */
export const adviceFor = ({ id, status }) => (status === 'ready' ? known.get(id) ?? [] : []);

/** Asks the server again. Returns whether anything changed; without an answer, nothing does. */
export async function askAdvice() {
  const before = JSON.stringify([...known]);
  try {
    const { colors } = await call('GET', '/confusions', undefined, { ask: false });
    known = new Map(colors.map(({ color_id: id, advice }) => [id, advice.map(({ detail }) => detail)]));
  } catch { /* The page works without it. */ }
  return JSON.stringify([...known]) !== before;
}
