//! From the bytes of a photo to the measurement of its hair.

use crate::cache::{CacheStats, Key, MeasurementCache};
use crate::coloring::Coloring;
use crate::memory::{MEMORY, Memory};
use crate::ports::{Measurement, Networks};
use crate::stages::{StageTimes, timed};
use crate::warnings::quality;
use crate::workers::Workers;
use crate::{LibraryError, Overlay, counted, hex_digest};
use std::sync::Arc;
use std::time::Instant;
use strand_mask::{Framed, HairMask, Head, Heads};
use strand_photo::ColorSpace;
use strand_signature::{Appearance, WhiteBalance, measure};
use tokio::sync::Semaphore;

/// The long side, in pixels, to which the picture in a photo is scaled before it is measured. The parser needs no more,
/// and it is plenty for color.
const WORKING_SIDE: u32 = 512;

/// Options for one photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PhotoRequest {
    /// The overlay to draw, if any.
    pub overlay: Option<Overlay>,
    /// How the light is estimated.
    pub white_balance: WhiteBalance,
    /// Which head to measure, counted from 0, the largest.
    pub head: usize,
}

/// A head in a photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadPlace {
    /// Left edge, top edge, width, and height of the box around its hair, in shares of the upright photo, 0 to 1.
    pub place: [f32; 4],
    /// Its share of the hair of all heads, 0 to 1.
    pub share: f32,
}

/// A measured photo.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredPhoto {
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// The color space that its samples were in.
    pub color_space: ColorSpace,
    /// What was measured.
    pub measurement: Measurement,
    /// How the hair looks; `None` if no hair was found.
    pub appearance: Option<Appearance>,
    /// The probability, 0 to 1, that it is hair of a head; 1 if the parser does not judge that.
    pub presence: f32,
    /// The probability that a hat, a scarf, or a hood covers the head, 0 to 1.
    pub covered: f32,
    /// How far a match can be trusted: the probability, 0 to 1, that this is hair of a head in its own colors.
    pub reliability: f32,
    /// The heads in it, the largest first. Only one of them was measured.
    pub heads: Vec<HeadPlace>,
    /// Photo-quality warnings, one sentence each.
    pub warnings: Vec<String>,
    /// How long measuring took, when it was done.
    pub times: StageTimes,
    /// The overlay that was drawn when the photo was measured, as a PNG.
    pub overlay: Option<(Overlay, Vec<u8>)>,
}

impl MeasuredPhoto {
    /// Approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let floats = |vector: Option<&Vec<f32>>| vector.map_or(0, |vector| size_of_val(vector.as_slice()));
        let signature = self.measurement.signature.as_ref();
        size_of::<Self>()
            + self.sha256.len()
            + floats(signature.map(|signature| &signature.descriptor))
            + floats(self.measurement.embedding.as_ref())
            + signature.map_or(0, |signature| size_of_val(&*signature.colors))
            + size_of_val(self.heads.as_slice())
            + self.warnings.iter().map(String::len).sum::<usize>()
            + self.overlay.as_ref().map_or(0, |(_, png)| png.len())
    }

    /// The overlay, if this kind was drawn.
    pub(crate) fn overlay(&self, wanted: Overlay) -> Option<&[u8]> {
        let (kind, png) = self.overlay.as_ref()?;
        (*kind == wanted).then_some(png.as_slice())
    }

    fn answers(&self, request: PhotoRequest) -> bool {
        request
            .overlay
            .is_none_or(|wanted| self.overlay(wanted).is_some())
    }
}

/// Measures photos. A photo in the cache is not measured again.
pub struct Measuring {
    networks: Arc<dyn Networks>,
    workers: Arc<Workers>,
    cache: MeasurementCache,
    space: Arc<str>,
    /// Held while a stored photo waits for memory.
    turn: Arc<Semaphore>,
}

impl Measuring {
    /// Measures with `networks` on `workers`, for the feature space with the id `space`, and caches up to
    /// `cache_bytes`.
    pub fn new(networks: Arc<dyn Networks>, workers: Arc<Workers>, space: &str, cache_bytes: u64) -> Self {
        Self {
            networks,
            workers,
            cache: MeasurementCache::new(cache_bytes),
            space: space.into(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Measures a photo for a client that waits. The flag says whether the measurement came from the cache.
    ///
    /// # Errors
    /// [`LibraryError::Photo`], [`LibraryError::Overloaded`], and errors of the networks.
    pub async fn measure(
        &self,
        bytes: Vec<u8>,
        request: PhotoRequest,
    ) -> Result<(Arc<MeasuredPhoto>, bool), LibraryError> {
        // Up to 20 MB, so not on the thread that serves connections.
        let read = tokio::task::spawn_blocking(move || (hex_digest(&bytes), needed(&bytes), bytes)).await;
        let (sha256, needed, bytes) = read.map_err(LibraryError::internal)?;
        let key = self.key(sha256, request);
        if let Some(known) = self.cache.get(&key, |photo| photo.answers(request)) {
            return Ok((known, true));
        }
        let (networks, sha256) = (Arc::clone(&self.networks), key.sha256.clone());
        let work = move |memory| measured(&*networks, sha256, &bytes, memory, request);
        let photo = Arc::new(self.workers.run(needed?, work).await?);
        self.cache.put(key, Arc::clone(&photo));
        Ok((photo, false))
    }

    /// Measures a stored photo of so many bytes for training, which waits for a free worker as long as it takes. `read`
    /// is called only if the photo is not in the cache.
    ///
    /// # Errors
    /// Those of [`measure`](Self::measure) except [`LibraryError::Overloaded`], and those of `read`.
    pub async fn measure_stored(
        &self,
        sha256: &str,
        size: u64,
        read: impl Future<Output = Result<Vec<u8>, LibraryError>>,
    ) -> Result<Measurement, LibraryError> {
        let request = PhotoRequest::default();
        let key = self.key(sha256.to_owned(), request);
        if let Some(known) = self.cache.get(&key, |_| true) {
            return Ok(known.measurement.clone());
        }
        // One at a time holds memory and waits for more: two could wait for each other.
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let turn = turn.map_err(LibraryError::internal)?;
        let mut file = MEMORY.body();
        file.wait_for(size).await?;
        let bytes = read.await?;
        let weighed = tokio::task::spawn_blocking(move || (needed(&bytes), bytes)).await;
        let (needed, bytes) = weighed.map_err(LibraryError::internal)?;
        let (networks, sha256) = (Arc::clone(&self.networks), key.sha256.clone());
        let work = move |memory| {
            drop(turn);
            measured(&*networks, sha256, &bytes, memory, request)
        };
        let photo = Arc::new(self.workers.run_patiently(needed?, work).await?);
        self.cache.put(key, Arc::clone(&photo));
        Ok(photo.measurement.clone())
    }

    /// Statistics of the cache.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// Empties the cache; returns how many photos it held.
    pub fn clear_cache(&self) -> u64 {
        self.cache.clear()
    }

    fn key(&self, sha256: String, request: PhotoRequest) -> Key {
        Key {
            sha256,
            space: Arc::clone(&self.space),
            white_balance: request.white_balance,
            head: request.head,
        }
    }
}

const COVERED_WARNING: &str = "A hat or scarf seems to cover the head, and is hard to tell from the rest; take it off for a match to rely on.";

/// Leaves only the hair of one head in the mask.
fn choose(heads: &Heads, head: usize, mask: &mut HairMask) -> Result<(), LibraryError> {
    let count = heads.list().len();
    if head > 0 && head >= count && mask.shows_hair() {
        return Err(LibraryError::Invalid(format!(
            "The photo shows {}, so there is no head {}.",
            counted(count, "head"),
            head + 1
        )));
    }
    heads.keep(head, mask);
    Ok(())
}

/// A warning if there is more than one head.
fn several(heads: &Heads, head: usize) -> Option<String> {
    let count = heads.list().len();
    let about = if head == 0 {
        "the largest".to_owned()
    } else {
        format!("number {}", head + 1)
    };
    (count > 1).then(|| {
        format!(
            "The photo shows {count} heads; this is about {about}. Crop the photo to one head to be sure."
        )
    })
}

/// A head in the picture of a file, placed in the whole file.
fn placed(framed: &Framed, head: &Head) -> HeadPlace {
    let (width, height) = (framed.whole.width() as f32, framed.whole.height() as f32);
    let (region, inside) = (framed.region, head.region);
    HeadPlace {
        place: [
            (region.x + inside.x) as f32 / width,
            (region.y + inside.y) as f32 / height,
            inside.width as f32 / width,
            inside.height as f32 / height,
        ],
        share: head.share,
    }
}

/// The memory that decoding a photo takes.
fn needed(bytes: &[u8]) -> Result<u64, LibraryError> {
    Ok(Framed::memory(bytes, WORKING_SIDE)?)
}

/// Decodes a photo within `memory`, cuts off what is no picture, finds the hair, and measures that of one head.
fn measured(
    networks: &dyn Networks,
    sha256: String,
    bytes: &[u8],
    memory: Memory,
    request: PhotoRequest,
) -> Result<MeasuredPhoto, LibraryError> {
    let mut times = StageTimes::default();
    let framed = timed(&mut times.decode, || Framed::decode(bytes, WORKING_SIDE))?;
    // The rest works on some hundred kilobytes.
    drop(memory);
    let photo = framed.picture();
    let mut mask = timed(&mut times.find_hair, || networks.find_hair(&photo))?;
    let started = Instant::now();
    if let Some(opacity) = photo.opacity() {
        mask.see_through(opacity);
    }
    let heads = Heads::find(&photo, &mask);
    choose(&heads, request.head, &mut mask)?;
    let (signature, appearance) = measure(&photo, &mask, request.white_balance).unzip();
    let embedding = match &signature {
        Some(_) => networks.embed_hair(&photo, &mask)?,
        None => None,
    };
    let quality = signature
        .as_ref()
        .zip(appearance)
        .map(|(signature, appearance)| quality(&photo, &mask, signature, appearance.daylight));
    let (coloring, mut warnings) = quality.map_or((Coloring::Full, Vec::new()), |quality| {
        (quality.coloring, quality.warnings)
    });
    if signature.is_some() {
        warnings.extend(several(&heads, request.head));
        warnings.extend(mask.is_covered().then(|| COVERED_WARNING.to_owned()));
    }
    times.measure = started.elapsed();
    let draw = |overlay: Overlay| {
        let drawn = overlay.draw(&framed.whole, &framed.whole_mask(&mask))?;
        Ok::<_, LibraryError>((overlay, drawn))
    };
    Ok(MeasuredPhoto {
        sha256,
        color_space: framed.whole.source().color_space,
        presence: mask.presence.unwrap_or(1.0),
        covered: mask.covered.unwrap_or(0.0),
        reliability: mask.trust() * coloring.trust(),
        heads: heads.list().iter().map(|head| placed(&framed, head)).collect(),
        warnings,
        times,
        overlay: request.overlay.map(draw).transpose()?,
        measurement: Measurement { signature, embedding },
        appearance,
    })
}
