// Prepares photos for upload: upright, in sRGB, and no larger than Strand needs.

const LONG_SIDE = 1280;
const QUALITY = 0.92;
// Smaller files are sent unchanged.
const SMALL_BYTES = 1_500_000;
const LIMIT_BYTES = 20 * 1024 * 1024;

let tellsTruth = null;

/** Whether a canvas gives back what was drawn. Browsers that resist fingerprinting give noise instead, which nobody would
 *  see in the photo, but which would be measured and taught. */
export function canvasTellsTruth() {
  if (tellsTruth !== null) return tellsTruth;
  const canvas = document.createElement('canvas');
  canvas.width = 2;
  canvas.height = 1;
  const context = canvas.getContext('2d', { colorSpace: 'srgb', willReadFrequently: true });
  if (!context) return (tellsTruth = false);
  const known = [[201, 112, 43], [38, 151, 220]];
  known.forEach(([r, g, b], x) => {
    context.fillStyle = `rgb(${r}, ${g}, ${b})`;
    context.fillRect(x, 0, 1, 1);
  });
  const read = context.getImageData(0, 0, 2, 1).data;
  tellsTruth = known.every((color, x) => color.every((value, at) => read[4 * x + at] === value));
  return tellsTruth;
}

/** Returns `{blob, name, url}`. If this browser cannot show the photo, `url` is null and the file is sent unchanged. If its
 *  canvas gives noise, the file is sent unchanged, too. */
export async function prepare(file) {
  const name = file.name || 'photo.jpg';
  if (!file.size) throw new Error(`${name} is empty. Choose another photo.`);
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    // HEIC or TIFF in a browser that cannot show it, or not a photo: the server decides.
    if (file.size > LIMIT_BYTES) throw new Error(`${name} is over 20 MB, and this browser can't resize it. Choose a smaller photo.`);
    return { blob: file, name, url: null };
  }
  try {
    const scale = LONG_SIDE / Math.max(bitmap.width, bitmap.height);
    const shows = ['image/jpeg', 'image/png', 'image/webp'].includes(file.type);
    const fits = scale >= 1 && shows && file.size <= SMALL_BYTES;
    if (fits || !canvasTellsTruth()) {
      if (file.size > LIMIT_BYTES) throw new Error(`${name} is over 20 MB, and this browser can't resize it. Choose a smaller photo.`);
      return { blob: file, name, url: URL.createObjectURL(file) };
    }
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
  // Transparent areas would turn black in a JPEG.
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('This browser could not resize the photo. Choose a smaller one.'))), 'image/jpeg', QUALITY);
  });
}
