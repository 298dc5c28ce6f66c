// Takes a photo with a computer's camera. Phones use their own camera app through the file input.

import { openDialog } from './dialog.js';
import { button, h } from './dom.js';
import { canvasTellsTruth } from './photo.js';

/** How a photo can be taken here: `input`, `stream`, or null. */
export async function cameraKind() {
  if (matchMedia('(pointer: coarse)').matches) return 'input';
  // A picture of the stream goes through a canvas.
  if (!canvasTellsTruth()) return null;
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
  return devices?.some(({ kind }) => kind === 'videoinput') ? 'stream' : null;
}

/** Shows the camera; returns a photo, or undefined if the dialog was closed. */
export async function takePhoto() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, facingMode: 'environment' } });
  const video = h('video', { class: 'viewfinder', autoplay: true, muted: true, playsInline: true, srcObject: stream });
  try {
    return await openDialog('Take a photo', (close) => [video, h('div', { class: 'buttons' }, button('Capture', async () => {
      const canvas = h('canvas', { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext('2d').drawImage(video, 0, 0);
      canvas.toBlob((blob) => close(new File([blob], 'camera.jpg', { type: 'image/jpeg' })), 'image/jpeg', 0.95);
    }, { class: 'primary', autofocus: true }))]);
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}
