//! From the bytes of a photo to its colors and best matches.

use super::Library;
use super::cache::{CacheStats, Question};
use super::colors::hex_digest;
use super::error::LibraryError;
use super::ports::{Features, StoredShade};
use super::warnings::warnings;
use crate::color::{Lab, Summary, describe, palette};
use crate::learning::{Candidate, Match, Ranking, Shelf};
use crate::photo::{self, Photo};
use crate::signature::{DominantColor, WhiteBalance, feature_vector, measure};
use crate::vision::{HairMask, Vision};
use image::{ExtendedColorType, ImageEncoder};
use std::sync::{Arc, LazyLock};

/// Photos are measured at this long side, in pixels: what the parser sees, and plenty for color.
const WORKING_SIDE: u32 = 512;
/// Long side of the overlay.
const OVERLAY_SIDE: u32 = 256;
/// How many matches an answer has.
const BEST_MATCHES: usize = 5;
/// The palette never changes while the process runs.
const PALETTE_VERSION: &str = "palette";

/// How an answer shows what was taken for hair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overlay {
    /// A small picture of the photo with all that is not hair dimmed.
    Picture,
    /// The mask alone: gray, white where there is hair.
    Mask,
}

/// What is asked about a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AnalysisRequest {
    /// The picture of the mask that is wanted.
    pub overlay: Option<Overlay>,
    /// What the light is judged by.
    pub white_balance: WhiteBalance,
}

/// The answer for one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Tone, level and style.
    pub summary: Summary,
    /// Dominant colors by falling share.
    pub colors: Vec<DominantColor>,
    /// Best matches first.
    pub matches: Vec<Match>,
    /// Probability that the hair is of no shade of the library.
    pub no_match: f32,
    /// Share of the photo that is hair.
    pub coverage: f32,
    /// How sure the parser is of the hair it marked.
    pub confidence: f32,
    /// What the user should know before trusting the answer.
    pub warnings: Vec<String>,
    /// The overlay that was asked for, a PNG.
    pub overlay: Option<Vec<u8>>,
}

impl Analysis {
    /// Bytes it takes, about.
    pub(super) fn size(&self) -> usize {
        let texts = self
            .matches
            .iter()
            .map(|m| m.name.len() + size_of_val(&*m.color_differences))
            .chain(self.warnings.iter().map(String::len));
        size_of::<Self>()
            + size_of_val(&*self.colors)
            + size_of_val(&*self.matches)
            + texts.sum::<usize>()
            + self.overlay.as_ref().map_or(0, Vec::len)
    }
}

/// What photos are matched against: the shades as they were at one moment, or the palette.
#[derive(Clone)]
pub struct Snapshot {
    version: String,
    shelf: Arc<Shelf>,
}

impl Snapshot {
    /// The built-in palette of industry shades.
    pub fn palette() -> Self {
        Self {
            version: PALETTE_VERSION.to_owned(),
            shelf: Arc::clone(&PALETTE),
        }
    }

    /// The library version that it is of.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether there is nothing to match against.
    pub fn is_empty(&self) -> bool {
        self.shelf.is_empty()
    }
}

impl Library {
    /// The shades as they are now, for one or more photos to be matched against.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn snapshot(&self) -> Result<Snapshot, LibraryError> {
        let (version, shelf) = self.shelf().await?;
        Ok(Snapshot { version, shelf })
    }

    /// Analyzes a photo; the flag says whether the answer came from the cache.
    ///
    /// # Errors
    /// [`LibraryError::Photo`], [`LibraryError::NoHair`], [`LibraryError::Overloaded`], and failures of the networks
    /// or the store.
    pub async fn analyze(
        &self,
        against: &Snapshot,
        bytes: Vec<u8>,
        request: AnalysisRequest,
    ) -> Result<(Arc<Analysis>, bool), LibraryError> {
        let shelf = Arc::clone(&against.shelf);
        let question = Question {
            image: hex_digest(&bytes),
            library: against.version.clone(),
            request,
        };
        if let Some(answer) = self.cache.get(&question) {
            return Ok((answer, true));
        }
        let vision = Arc::clone(&self.vision);
        let answer = self
            .workbench
            .run(move || analyze(&vision, &shelf, &bytes, request))
            .await?;
        let answer = Arc::new(answer);
        self.cache.put(question, Arc::clone(&answer));
        Ok((answer, false))
    }

    /// How the cache of answers has done.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// Forgets all cached answers; returns how many there were.
    pub fn clear_cache(&self) -> u64 {
        self.cache.clear()
    }
}

/// A photo with its mask and what was measured of its hair.
pub(super) struct Measured {
    photo: Photo,
    mask: HairMask,
    pub features: Features,
}

/// Decodes a photo, finds its hair and measures it.
pub(super) fn measure_photo(
    vision: &Vision,
    bytes: &[u8],
    white_balance: WhiteBalance,
) -> Result<Measured, LibraryError> {
    let photo = photo::decode(bytes, WORKING_SIDE)?;
    let mask = vision.parser()?.parse(&photo)?;
    let signature = measure(&photo, &mask, white_balance);
    let embedding = match (&signature, vision.backbone()?) {
        (Some(_), Some(backbone)) => Some(backbone.embed(&photo, &mask)?),
        _ => None,
    };
    Ok(Measured {
        photo,
        mask,
        features: Features { signature, embedding },
    })
}

fn analyze(
    vision: &Vision,
    shelf: &Shelf,
    bytes: &[u8],
    request: AnalysisRequest,
) -> Result<Analysis, LibraryError> {
    let Measured {
        photo,
        mask,
        features,
    } = measure_photo(vision, bytes, request.white_balance)?;
    let signature = features.signature.ok_or(LibraryError::NoHair)?;
    let vector = feature_vector(&signature.descriptor, features.embedding.as_deref());
    let mut warnings = warnings(&photo, &mask, &signature);
    warnings.extend(stale_warning(shelf));
    let Ranking { matches, none } = shelf.rank(&signature, &vector, BEST_MATCHES);
    warnings.extend(doubt(&matches, none));
    let summary = describe(
        &signature
            .colors
            .iter()
            .map(|c| (c.lab, c.share))
            .collect::<Vec<_>>(),
    );
    Ok(Analysis {
        summary,
        matches,
        no_match: none,
        coverage: signature.coverage,
        confidence: signature.confidence,
        colors: signature.colors,
        warnings,
        overlay: match request.overlay {
            None => None,
            Some(Overlay::Picture) => Some(picture(&photo, &mask)?),
            Some(Overlay::Mask) => Some(png(
                &mask.probability,
                photo.width(),
                photo.height(),
                ExtendedColorType::L8,
            )?),
        },
    })
}

/// The second match is worth a look from this share of the first one's score on.
const CLOSE_SECOND: f32 = 0.6;

/// What to say where the first match may well be wrong.
fn doubt(matches: &[Match], none: f32) -> Option<String> {
    let first = matches.first()?;
    if none > first.combined {
        return Some("No shade of the library comes close; this hair may be of another shade.".to_owned());
    }
    let second = matches.get(1)?;
    (second.combined >= CLOSE_SECOND * first.combined).then(|| {
        format!(
            "\"{}\" and \"{}\" are hard to tell apart on this photo; compare both.",
            first.name, second.name
        )
    })
}

fn stale_warning(shelf: &Shelf) -> Option<String> {
    let count = shelf.of_other_spaces().count();
    let example = shelf.of_other_spaces().next()?;
    Some(format!(
        "{count} shade(s), \"{example}\" among them, were trained in another feature space and match by color alone; \
         train them again."
    ))
}

/// The photo with all that is not hair dimmed to a third, as a PNG.
fn picture(photo: &Photo, mask: &HairMask) -> Result<Vec<u8>, LibraryError> {
    let lit: Vec<u8> = photo
        .rgb()
        .chunks_exact(3)
        .zip(&mask.probability)
        .flat_map(|(pixel, p)| {
            let light = 85 + u32::from(*p) * 170 / 255;
            [pixel[0], pixel[1], pixel[2]].map(|v| (u32::from(v) * light / 255) as u8)
        })
        .collect();
    let whole = image::RgbImage::from_raw(photo.width(), photo.height(), lit)
        .ok_or_else(|| LibraryError::Internal("the overlay has another size than its photo".into()))?;
    let scale =
        f64::from(OVERLAY_SIDE) / f64::from(photo.width().max(photo.height())).max(f64::from(OVERLAY_SIDE));
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    let small = image::imageops::thumbnail(&whole, side(photo.width()), side(photo.height()));
    png(&small, small.width(), small.height(), ExtendedColorType::Rgb8)
}

fn png(pixels: &[u8], width: u32, height: u32, kind: ExtendedColorType) -> Result<Vec<u8>, LibraryError> {
    let mut png = Vec::new();
    image::codecs::png::PngEncoder::new(&mut png)
        .write_image(pixels, width, height, kind)
        .map_err(|error| LibraryError::Internal(error.to_string()))?;
    Ok(png)
}

/// A stored shade as matching wants it.
pub(super) fn candidate(shade: StoredShade) -> Candidate {
    Candidate {
        color_id: shade.color_id,
        name: shade.name,
        swatch: shade.hex.map(|hex| {
            vec![DominantColor {
                lab: Lab::from(hex),
                share: 1.0,
            }]
        }),
        model: shade.model,
    }
}

/// The built-in palette as a shelf; a shade's id is its place in the palette, from 1.
static PALETTE: LazyLock<Arc<Shelf>> = LazyLock::new(|| {
    let candidates = palette().iter().zip(1..).map(|(shade, color_id)| Candidate {
        color_id,
        name: shade.name.clone(),
        swatch: Some(
            shade
                .parts
                .iter()
                .map(|part| DominantColor {
                    lab: part.lab,
                    share: part.share,
                })
                .collect(),
        ),
        model: None,
    });
    Arc::new(Shelf::new(PALETTE_VERSION, candidates.collect()))
});
