//! Use case: how well the shades of the library are told apart, and what would help.

use crate::ports::StoreError;
use crate::{Library, LibraryError, Matching, Shade, ShadeStatus};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use strand_learning::{Confusions, ShadeRecall};

/// How well the shades of the library are told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// The version of the library.
    pub version: String,
    /// What each photo is taken for.
    pub confusions: Confusions,
    /// What would help each shade, by its id. A shade that needs nothing is missing.
    pub advice: BTreeMap<u64, Vec<Advice>>,
}

/// What would help a shade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The kind of advice.
    pub kind: AdviceKind,
    /// The id of the photo that it is about; `None` if it is about the shade.
    pub photo_id: Option<u64>,
    /// The id of the other shade that it is about.
    pub other: Option<u64>,
    /// The advice in one sentence.
    pub sentence: String,
}

/// The kinds of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdviceKind {
    /// A photo looks like another shade.
    LooksLike,
    /// Another shade has the same photo.
    SamePhoto,
    /// A photo was taken in very different light, or shows different hair.
    DifferentLight,
    /// A photo shows no hair.
    NoHair,
    /// There is only one photo.
    OnlyPhoto,
}

impl Matching {
    /// How well the shades of `library` are told apart. It is worked out once for each version of the library, to the end
    /// even if nobody waits for it any more.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn health(self: &Arc<Self>, library: &Arc<Library>) -> Result<Arc<Health>, LibraryError> {
        let (matching, library) = (Arc::clone(self), Arc::clone(library));
        let health = tokio::spawn(async move { matching.examined(&library).await });
        health.await.map_err(LibraryError::internal)?
    }

    async fn examined(&self, library: &Library) -> Result<Arc<Health>, LibraryError> {
        // Concurrent callers wait here for the first one.
        let mut last = self.health.lock().await;
        let snapshot = self.snapshot().await?;
        if let Some(known) = &*last
            && known.version == snapshot.version()
        {
            return Ok(Arc::clone(known));
        }
        let version = snapshot.version().to_owned();
        let confusions = tokio::task::spawn_blocking(move || snapshot.confusions());
        let confusions = confusions.await.map_err(LibraryError::internal)?;
        let without_hair = library.without_hair(&confusions).await?;
        let advice = all_advice(&confusions, &without_hair);
        let health = Arc::new(Health {
            version,
            confusions,
            advice,
        });
        *last = Some(Arc::clone(&health));
        Ok(health)
    }
}

impl Library {
    /// The ids of the photos in which training found no hair, by shade.
    async fn without_hair(&self, confusions: &Confusions) -> Result<HashMap<u64, Vec<u64>>, LibraryError> {
        let shades = confusions.shades.iter();
        let known: HashMap<u64, &ShadeRecall> = shades.map(|shade| (shade.shade_id, shade)).collect();
        let has_others = |shade: &Shade| {
            let measured = known.get(&shade.id).map(|recall| recall.photos.len() as u64);
            self.status(shade) == ShadeStatus::Ready
                && measured.is_some_and(|count| count != shade.photo_count)
        };
        let mut found = HashMap::new();
        for shade in self.all_shades(has_others).await? {
            let photos = match self.stores.photos.photos(shade.id).await {
                // It was deleted meanwhile.
                Err(StoreError::NotFound) => continue,
                photos => photos?,
            };
            let is_measured = |id: &u64| known[&shade.id].photos.iter().any(|photo| photo.photo_id == *id);
            let ids = photos.iter().map(|photo| photo.id).filter(|id| !is_measured(id));
            found.insert(shade.id, ids.collect());
        }
        Ok(found)
    }
}

fn all_advice(confusions: &Confusions, without_hair: &HashMap<u64, Vec<u64>>) -> BTreeMap<u64, Vec<Advice>> {
    let names: HashMap<u64, &str> = confusions
        .shades
        .iter()
        .map(|shade| (shade.shade_id, shade.name.as_str()))
        .collect();
    let none = Vec::new();
    let of_shade = |shade: &ShadeRecall| {
        let without_hair = without_hair.get(&shade.shade_id).unwrap_or(&none);
        (shade.shade_id, advice(shade, without_hair, &names))
    };
    let all = confusions.shades.iter().map(of_shade);
    all.filter(|(_, advice)| !advice.is_empty()).collect()
}

/// What would help a shade. Photos are numbered from the oldest, from 1.
fn advice(shade: &ShadeRecall, without_hair: &[u64], names: &HashMap<u64, &str>) -> Vec<Advice> {
    let mut order: Vec<u64> = shade.photos.iter().map(|photo| photo.photo_id).collect();
    order.extend(without_hair);
    order.sort_unstable();
    let number = |id: u64| order.partition_point(|other| *other < id) + 1;
    let name = |id: u64| names.get(&id).copied().unwrap_or_default();
    let mut found = Vec::new();
    let mut say = |kind, photo_id, other, sentence| {
        found.push(Advice {
            kind,
            photo_id,
            other,
            sentence,
        });
    };
    for photo in &shade.photos {
        let (id, n) = (Some(photo.photo_id), number(photo.photo_id));
        if let Some(other) = photo.same_in {
            let sentence = format!(
                "Photo {n} is also in \"{}\"; delete it in one of the two.",
                name(other)
            );
            say(AdviceKind::SamePhoto, id, Some(other), sentence);
        } else if let Some(other) = photo.predicted.filter(|other| *other != shade.shade_id) {
            let sentence = format!(
                "Photo {n} looks like \"{}\"; compare the two, or take it again.",
                name(other)
            );
            say(AdviceKind::LooksLike, id, Some(other), sentence);
        } else if photo.is_apart {
            let sentence = format!("Photo {n} was taken in very different light; take it again in daylight.");
            say(AdviceKind::DifferentLight, id, None, sentence);
        }
    }
    for id in without_hair {
        let sentence = format!("No hair was found in photo {}; replace it.", number(*id));
        say(AdviceKind::NoHair, Some(*id), None, sentence);
    }
    if shade.photos.len() == 1 {
        let sentence = "There is only one photo with hair; add two more.".to_owned();
        say(AdviceKind::OnlyPhoto, None, None, sentence);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use strand_learning::LeftOutPhoto;

    fn photo(photo_id: u64, predicted: Option<u64>) -> LeftOutPhoto {
        LeftOutPhoto {
            photo_id,
            predicted,
            same_in: None,
            is_apart: false,
        }
    }

    fn shade(shade_id: u64, photos: Vec<LeftOutPhoto>) -> ShadeRecall {
        ShadeRecall {
            shade_id,
            name: format!("#{shade_id}"),
            photos,
        }
    }

    #[test]
    fn each_photo_that_hurts_gets_one_sentence() {
        let mut same = photo(21, Some(1));
        same.same_in = Some(3);
        let mut apart = photo(26, Some(2));
        apart.is_apart = true;
        let confusions = Confusions {
            shades: vec![
                shade(1, vec![photo(11, Some(1)), photo(12, Some(1))]),
                shade(2, vec![same, photo(24, Some(1)), photo(25, Some(2)), apart]),
                shade(3, vec![photo(31, None)]),
            ],
            pairs: Vec::new(),
        };
        let advice = all_advice(&confusions, &HashMap::from([(2, vec![22])]));
        let said = |id: u64| {
            advice[&id]
                .iter()
                .map(|one| one.sentence.as_str())
                .collect::<Vec<_>>()
        };
        assert!(!advice.contains_key(&1));
        assert_eq!(
            said(2),
            [
                "Photo 1 is also in \"#3\"; delete it in one of the two.",
                "Photo 3 looks like \"#1\"; compare the two, or take it again.",
                "Photo 5 was taken in very different light; take it again in daylight.",
                "No hair was found in photo 2; replace it.",
            ]
        );
        assert_eq!(said(3), ["There is only one photo with hair; add two more."]);
    }
}
