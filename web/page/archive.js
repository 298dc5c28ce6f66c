// Reads a library file, which the documentation of shared/archive describes. Photos stay in the file until they are needed.

const BLOCK = 512;
const MANIFEST = 'strand.json';
const SUMS = 'SHA256SUMS';
/** The newest format version that is read. */
const NEWEST = 3;
/** The version since which photos are named by the SHA-256 of what was sent once, and kept without metadata. */
const NAMED_AS_SENT = 3;
/** The most bytes of an entry: a JSON text, features or a model, a photo. */
const LARGEST_TEXT = 1 << 20;
const LARGEST_PACKED = 16 << 20;
const LARGEST_PHOTO = 20 << 20;

const notOurs = () => new Error("This isn't a Strand library file. Choose one made with Export.");
const cutShort = () => new Error('The library file is cut short, so nothing of it was imported; copy or export it again.');
const damaged = (what) => new Error(`The library file is damaged (${what}), so nothing of it was imported; copy or export it again.`);

const ascii = (bytes) => String.fromCharCode(...bytes).replace(/\0.*$/s, '');
const octal = (bytes) => parseInt(ascii(bytes), 8);

/** The bytes of a piece of a file. */
export async function bytesOf(piece) {
  try {
    return await piece.arrayBuffer();
  } catch {
    throw new Error("The library file can't be read any more; choose it again.");
  }
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The path and size in the header of an entry; null if it is malformed. */
function header(block) {
  // The checksum counts as blanks.
  const sum = block.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  const [path, size] = [ascii(block.subarray(0, 100)), octal(block.subarray(124, 136))];
  const isFile = block[156] === 0x30 || block[156] === 0;
  return sum === octal(block.subarray(148, 156)) && size >= 0 && isFile ? { path, size } : null;
}

/** The entries of a tar archive, each with its bytes as a piece of the file, and where it ends. */
async function* entries(file) {
  for (let at = 0; ;) {
    const block = new Uint8Array(await bytesOf(file.slice(at, at + BLOCK)));
    const entry = block.length === BLOCK && header(block);
    if (!entry && at === 0) throw notOurs();
    if (block.length < BLOCK) throw cutShort();
    if (block.every((byte) => byte === 0)) return;
    if (!entry) throw damaged('a header is malformed');
    const start = at + BLOCK;
    const end = start + entry.size;
    if (end > file.size) throw cutShort();
    at = start + BLOCK * Math.ceil(entry.size / BLOCK);
    yield { path: entry.path, piece: file.slice(start, end), end: at };
  }
}

function json(path, bytes) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damaged(`${path} is not JSON`);
  }
}

function limit(path) {
  if (path.endsWith('.json')) return LARGEST_TEXT;
  return /(\.features|\/model)$/.test(path) ? LARGEST_PACKED : LARGEST_PHOTO;
}

/** Takes an entry into `library`, after those before it. Features and models only count by their checksums. */
function take(library, path, sum, bytes, piece) {
  const shade = library.shades.at(-1);
  const [folder, number, kind, name, ...rest] = path.split('/');
  const ours = folder === 'shades' && !rest.length;
  if (ours && kind === 'shade.json' && !name && Number(number) === library.shades.length + 1) {
    library.shades.push({ ...json(path, bytes), photos: [] });
  } else if (ours && kind === 'photos' && name && Number(number) === library.shades.length) {
    if (name.endsWith('.features')) return;
    const [sent] = name.split('.');
    if (sent !== sum && library.version < NAMED_AS_SENT) throw damaged(`${path} has the SHA-256 ${sum}`);
    shade.photos.push({ digests: [sent, sum], name, piece });
  } else if (!(ours && kind === 'model' && !name && Number(number) === library.shades.length)) {
    throw damaged(`"${path}" does not belong where it is`);
  }
}

function checkManifest({ format, version }) {
  if (format !== 'strand-library') throw notOurs();
  if (version > NEWEST) {
    throw new Error(`The library file was written by a newer Strand (format version ${version}, this one reads up to ${NEWEST}); `
      + 'update this Strand, then import it again.');
  }
}

/** Checks a library file to its end. Returns its shades, each with its photos as pieces of the file and the digests
 *  by which a library may know them. Calls `progress` with 0 to 1. */
export async function readLibrary(file, progress, signal) {
  // Browsers give no checksums to pages that others can change on their way.
  if (!globalThis.crypto?.subtle) throw new Error('Open this page over HTTPS to import a library.');
  const library = { shades: [] };
  let manifest = null;
  let sums = '';
  let listed = null;
  for await (const { path, piece, end } of entries(file)) {
    signal.throwIfAborted();
    if (!manifest && path !== MANIFEST) throw notOurs();
    if (listed !== null) throw damaged(`something follows ${SUMS}`);
    if (path === SUMS) {
      listed = new TextDecoder().decode(await bytesOf(piece));
      continue;
    }
    if (piece.size > limit(path)) throw damaged(`${path} has ${piece.size} bytes where at most ${limit(path)} are right`);
    const bytes = await bytesOf(piece);
    const sum = await sha256(bytes);
    sums += `${sum}  ${path}\n`;
    if (manifest) take(library, path, sum, bytes, piece);
    else {
      manifest = json(path, bytes) ?? {};
      checkManifest(manifest);
      library.version = manifest.version;
    }
    progress(end / file.size);
  }
  if (!manifest) throw notOurs();
  if (listed === null) throw cutShort();
  if (listed !== sums) throw damaged(`${SUMS} does not fit what is in it`);
  return library;
}
