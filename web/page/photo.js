// Photos on their way to the server: upright, in sRGB, and no larger than what Strand looks at.

const LONG_SIDE = 1280;
const QUALITY = 0.92;
// A photo that is small already is sent as it is.
const SMALL_BYTES = 1_500_000;
const LIMIT_BYTES = 20 * 1024 * 1024;

/** `{blob, name, url}`; `url` is null where this browser cannot show the photo, which then goes to the server as it is. */
export async function prepare(file) {
  const name = file.name || 'photo.jpg';
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    // HEIC or TIFF in a browser without a decoder for it, or no photo at all: the server tells which.
    if (file.size > LIMIT_BYTES) throw new Error(`${name} is larger than 20 MB, and this browser cannot make it smaller.`);
    return { blob: file, name, url: null };
  }
  try {
    const scale = LONG_SIDE / Math.max(bitmap.width, bitmap.height);
    const shows = ['image/jpeg', 'image/png', 'image/webp'].includes(file.type);
    if (scale >= 1 && shows && file.size <= SMALL_BYTES) return { blob: file, name, url: URL.createObjectURL(file) };
    const blob = await redraw(bitmap, Math.min(1, scale));
    return { blob, name, url: URL.createObjectURL(blob) };
  } finally {
    bitmap.close();
  }
}

function redraw(bitmap, scale) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d', { colorSpace: 'srgb' });
  // What is transparent would turn black in a JPEG.
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The photo could not be made smaller.'))), 'image/jpeg', QUALITY);
  });
}
