//! From a measured photo to its description and best matches.

use crate::measuring::{HeadPlace, MeasuredPhoto, Measuring, PhotoRequest};
use crate::stages::{StageTimes, timed};
use crate::{CacheStats, Catalog, Health, LibraryError};
use std::sync::{Arc, LazyLock};
use strand_color::{Summary, palette};
use strand_learning::{LibrarySnapshot, Match, Query, Ranking, SnapshotShade};
use strand_photo::ColorSpace;
use strand_signature::{Daylight, DominantColor, Technique, ZONE_COUNT, Zone};

/// Number of matches in an answer.
pub(crate) const BEST_MATCHES: usize = 5;
/// The version of the standard palette, which never changes while the process runs.
const PALETTE_VERSION: &str = "palette";

/// The answer for one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The color space that the photo's samples were in.
    pub color_space: ColorSpace,
    /// Tone, level, and style, as in a usual, neutral photo.
    pub summary: Summary,
    /// Share of the hair that is gray or white, 0 to 1.
    pub gray: f32,
    /// Roots, lengths, and ends: the words for each, with its share and its color, as in a usual, neutral photo.
    pub zones: [(Summary, Zone); ZONE_COUNT],
    /// How it seems to be colored, by how its lightness runs.
    pub technique: Technique,
    /// The light of the photo.
    pub daylight: Daylight,
    /// Dominant colors, largest share first.
    pub colors: Vec<DominantColor>,
    /// Best matches first.
    pub matches: Vec<Match>,
    /// Probability that the photo shows no hair, or hair of no shade in the library.
    pub no_match: f32,
    /// Probability that the photo shows hair of a head, 0 to 1.
    pub presence: f32,
    /// The probability that a hat, a scarf, or a hood covers the head, 0 to 1.
    pub covered: f32,
    /// The heads in the photo, the largest first.
    pub heads: Vec<HeadPlace>,
    /// Which of them the answer is about, from 0.
    pub head: usize,
    /// Share of the photo that is hair of that head, 0 to 1.
    pub coverage: f32,
    /// Mean probability of the hair pixels, 0.5 to 1.
    pub confidence: f32,
    /// Warnings that affect how far to trust the answer, one sentence each.
    pub warnings: Vec<String>,
    /// The requested overlay, as a PNG.
    pub overlay: Option<Vec<u8>>,
    /// Whether the measurement came from the cache, so that no network ran.
    pub cached: bool,
    /// How long the stages took for this answer.
    pub times: StageTimes,
    /// The photo as it was measured.
    pub photo: Arc<MeasuredPhoto>,
}

/// Matches photos against the library or the standard palette.
pub struct Matching {
    catalog: Arc<Catalog>,
    measuring: Arc<Measuring>,
    /// How well the shades of the last version that was asked about are told apart.
    pub(crate) health: tokio::sync::Mutex<Option<Arc<Health>>>,
}

impl Matching {
    /// Matches what `measuring` measures against the snapshots of `catalog`.
    pub fn new(catalog: Arc<Catalog>, measuring: Arc<Measuring>) -> Self {
        Self {
            catalog,
            measuring,
            health: tokio::sync::Mutex::default(),
        }
    }

    /// A snapshot of the current shades, to match one or more photos against.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn snapshot(&self) -> Result<Arc<LibrarySnapshot>, LibraryError> {
        self.catalog.snapshot().await
    }

    /// Analyzes a photo.
    ///
    /// # Errors
    /// [`LibraryError::Photo`], [`LibraryError::NoHair`], [`LibraryError::Overloaded`], and errors of the networks.
    pub async fn analyze(
        &self,
        against: &LibrarySnapshot,
        bytes: Vec<u8>,
        request: PhotoRequest,
    ) -> Result<Analysis, LibraryError> {
        let (photo, cached) = self.measuring.measure(bytes, request).await?;
        let mut times = if cached {
            StageTimes::default()
        } else {
            photo.times
        };
        let analysis = timed(&mut times.rank, || answer(&photo, against, request))?;
        Ok(Analysis {
            cached,
            times,
            ..analysis
        })
    }

    /// Statistics of the cache of measured photos.
    pub fn cache_stats(&self) -> CacheStats {
        self.measuring.cache_stats()
    }

    /// Empties the cache of measured photos; returns how many it held.
    pub fn clear_cache(&self) -> u64 {
        self.measuring.clear_cache()
    }
}

/// Ranks a measured photo and describes its colors. Takes less than a millisecond in a library of thousands of shades.
fn answer(
    photo: &Arc<MeasuredPhoto>,
    against: &LibrarySnapshot,
    request: PhotoRequest,
) -> Result<Analysis, LibraryError> {
    let measurement = &photo.measurement;
    let signature = measurement.signature.as_ref().ok_or(LibraryError::NoHair)?;
    let appearance = photo.appearance.ok_or(LibraryError::NoHair)?;
    let query = Query {
        signature,
        features: &measurement.vector().unwrap_or_default(),
        sha256: Some(&photo.sha256),
    };
    let ranking = against.rank(query, BEST_MATCHES);
    let is_none_close = none_is_close(&ranking);
    let Ranking { matches, none, .. } = ranking.given(photo.reliability);
    let doubt = if is_none_close {
        Some("No shade in the library is close; this hair may be of another shade.".to_owned())
    } else {
        close_second(&matches)
    };
    let mut warnings = photo.warnings.clone();
    warnings.extend(stale_warning(against));
    warnings.extend(doubt);
    if photo.presence < DOUBTFUL_PRESENCE {
        warnings.push("This may not be hair; use a photo that shows more of the head.".to_owned());
    }
    Ok(Analysis {
        color_space: photo.color_space,
        summary: appearance.summary(),
        gray: appearance.gray,
        zones: appearance.zones(),
        technique: appearance.technique,
        daylight: appearance.daylight,
        colors: signature.colors.clone(),
        matches,
        no_match: none,
        presence: photo.presence,
        covered: photo.covered,
        heads: photo.heads.clone(),
        head: request.head,
        coverage: signature.coverage,
        confidence: signature.confidence,
        warnings,
        overlay: request
            .overlay
            .and_then(|wanted| photo.overlay(wanted))
            .map(<[u8]>::to_vec),
        cached: false,
        times: StageTimes::default(),
        photo: Arc::clone(photo),
    })
}

/// The second match is mentioned if it scores at least this share of the first one's score.
const CLOSE_SECOND: f32 = 0.6;

/// The score from which a first match is worth comparing: of lower ones, three in four are wrong.
const LIKELY: f32 = 0.25;

/// The presence of hair below which it may be something else.
const DOUBTFUL_PRESENCE: f32 = 0.8;

/// Whether no shade is likely even if the photo shows hair in its own colors.
fn none_is_close(Ranking { matches, none, .. }: &Ranking) -> bool {
    matches.first().is_some_and(|first| *none > first.combined)
}

/// A warning if the second match may well be the right one. Of two unlikely shades, neither is.
fn close_second(matches: &[Match]) -> Option<String> {
    let [first, second, ..] = matches else {
        return None;
    };
    let is_close = first.combined >= LIKELY && second.combined >= CLOSE_SECOND * first.combined;
    is_close.then(|| {
        format!(
            "\"{}\" and \"{}\" are hard to tell apart in this photo; compare both.",
            first.name, second.name
        )
    })
}

fn stale_warning(snapshot: &LibrarySnapshot) -> Option<String> {
    let count = snapshot.of_other_spaces().count();
    let example = snapshot.of_other_spaces().next()?;
    Some(match count {
        1 => format!(
            "\"{example}\" was trained in another feature space and matches by color alone; train it again."
        ),
        _ => format!(
            "{count} shades, including \"{example}\", were trained in another feature space and match by color alone; \
             train them again."
        ),
    })
}

/// The built-in standard palette as a snapshot. The id of a shade is its position in the palette, from 1.
pub fn standard_palette() -> Arc<LibrarySnapshot> {
    static PALETTE: LazyLock<Arc<LibrarySnapshot>> = LazyLock::new(|| {
        let shades = (1..).zip(palette()).map(|(shade_id, shade)| SnapshotShade {
            shade_id,
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
        Arc::new(LibrarySnapshot::new(
            PALETTE_VERSION,
            PALETTE_VERSION,
            shades.collect(),
        ))
    });
    Arc::clone(&PALETTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strand_learning::Basis;

    #[test]
    fn only_likely_shades_are_hard_to_tell_apart() {
        let found = |name: &str, combined| Match {
            shade_id: 1,
            name: name.into(),
            svm_score: 0.0,
            difference: 3.0,
            combined,
            basis: Basis::Model,
            nearest_photo: None,
            color_differences: Vec::new(),
        };
        let warned = |first, second| close_second(&[found("Ash", first), found("Sand", second)]);
        assert!(warned(0.4, 0.3).is_some_and(|text| text.contains("\"Ash\" and \"Sand\"")));
        assert_eq!(warned(0.4, 0.2), None);
        assert_eq!(warned(0.02, 0.02), None);
        assert_eq!(close_second(&[found("Ash", 0.9)]), None);
    }
}
