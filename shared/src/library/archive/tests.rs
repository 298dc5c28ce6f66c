//! Archives of real libraries in the embedded store; the networks are not needed.

use super::*;
use crate::color::Lab;
use crate::learning::{Reference, fit};
use crate::library::ports::{ColorChange, Features, NewColor, NewModel, Store};
use crate::library::types::{Color, Image, Status};
use crate::library::{Library, LibraryConfig, LibraryError};
use crate::signature::{DESCRIPTOR_DIMENSION, DominantColor, Signature};
use crate::store::embedded::Embedded;
use crate::vision::{Vision, VisionConfig};
use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_stream::StreamExt;

struct Place {
    library: Arc<Library>,
    store: Arc<Embedded>,
    directory: TempDir,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(Embedded::open(directory.path()).unwrap());
    let vision = Vision::new(VisionConfig {
        models_dir: directory.path().join("no models"),
        ..VisionConfig::default()
    });
    let config = LibraryConfig {
        threads: 2,
        cache_bytes: 1 << 20,
    };
    let library = Library::new(
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::new(vision.unwrap()),
        config,
    );
    Place {
        library: Arc::new(library),
        store,
        directory,
    }
}

/// A photo that decodes; each seed is another one.
fn photo(seed: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 90)
        .encode(&[seed; 8 * 8 * 3], 8, 8, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    bytes
}

fn color(name: &str) -> NewColor {
    NewColor {
        name: name.into(),
        description: Some(format!("{name} in words")),
        hex: None,
    }
}

fn features(seed: u8, has_hair: bool) -> Features {
    let lab = Lab {
        l: f32::from(seed),
        a: 5.0,
        b: 10.0,
    };
    let mut descriptor = vec![0.0; DESCRIPTOR_DIMENSION];
    descriptor[usize::from(seed) % DESCRIPTOR_DIMENSION] = 1.0;
    let signature = has_hair.then(|| Signature {
        colors: vec![DominantColor { lab, share: 1.0 }],
        mean: lab,
        descriptor,
        coverage: 0.3,
        confidence: 0.9,
    });
    Features {
        signature,
        embedding: None,
    }
}

impl Place {
    /// A shade with a photo for each seed, measured in this feature space; odd seeds show hair.
    async fn measured(&self, name: &str, seeds: &[u8]) -> Color {
        let id = self.library.create_color(color(name)).await.unwrap().id;
        for seed in seeds {
            let (image, _) = self.library.add_image(id, photo(*seed)).await.unwrap();
            let features = features(*seed, seed % 2 == 1);
            self.store
                .put_features(id, self.library.space(), &[(image.id, features)])
                .await
                .unwrap();
        }
        self.library.color(id).await.unwrap()
    }

    /// The same, with a model that knows the photos.
    async fn trained(&self, name: &str, seeds: &[u8]) -> Color {
        let color = self.measured(name, seeds).await;
        self.teach(&color, self.library.space(), |weights| weights).await;
        self.library.color(color.id).await.unwrap()
    }

    async fn teach(&self, color: &Color, space: &str, bend: impl Fn(Vec<f32>) -> Vec<f32>) {
        let known = self
            .store
            .features_of(color.id, self.library.space())
            .await
            .unwrap();
        let with_hair = || {
            known
                .iter()
                .filter_map(|f| Some((f.image_id, f.features.signature.as_ref()?)))
        };
        let own: Vec<&[f32]> = with_hair().map(|(_, s)| s.descriptor.as_slice()).collect();
        let other = features(201, true).signature.unwrap().descriptor;
        let references = with_hair().map(|(image_id, s)| Reference {
            image_id,
            colors: s.colors.clone(),
        });
        let mut model = fit(&own, &[&other])
            .unwrap()
            .into_model(space, references.collect());
        model.weights = bend(model.weights);
        let images_revision = color.images_revision;
        let new = NewModel {
            model,
            images_revision,
        };
        self.store.put_model(color.id, new).await.unwrap();
    }

    async fn export(&self) -> Vec<u8> {
        let mut pieces = self.library.export().await.unwrap().pieces;
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.unwrap();
            assert_eq!(piece.left_out, None);
            bytes.extend(piece.bytes);
        }
        bytes
    }

    async fn import(&self, bytes: &[u8]) -> Result<Imported, LibraryError> {
        let mut file: File = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        self.library.import(file, Arc::new(|_| {})).await
    }

    async fn named(&self, name: &str) -> Color {
        let colors = self.library.colors(None, usize::MAX).await.unwrap();
        colors.into_iter().find(|color| color.name == name).unwrap()
    }

    async fn images(&self, color: &Color) -> Vec<Image> {
        self.library.images(color.id).await.unwrap()
    }

    fn status(&self, color: &Color) -> Status {
        self.library.status(color)
    }

    /// All that a library shows of itself besides ids and times.
    async fn content(&self) -> Vec<(String, Option<String>, Status, Vec<Vec<u8>>)> {
        let mut content = Vec::new();
        for color in self.library.colors(None, usize::MAX).await.unwrap() {
            let mut photos = Vec::new();
            for image in self.images(&color).await {
                photos.push(self.library.photo(color.id, image.id).await.unwrap().1);
            }
            content.push((
                color.name.clone(),
                color.description.clone(),
                self.status(&color),
                photos,
            ));
        }
        content
    }
}

#[tokio::test]
async fn a_library_moves_whole_and_needs_no_training() {
    let (here, there) = (place(), place());
    here.trained("Ash", &[1, 3, 4]).await;
    here.trained("Gold", &[5, 7]).await;
    here.measured("Untrained", &[9]).await;
    here.library.create_color(color("Empty")).await.unwrap();
    // Ids there are others than here.
    let gone = there.measured("Gone", &[9, 11]).await;
    there.library.delete_color(gone.id).await.unwrap();

    let file = here.export().await;
    let imported = there.import(&file).await.unwrap();
    assert_eq!(
        (
            imported.shades,
            imported.shades_created,
            imported.photos,
            imported.photos_added
        ),
        (4, 4, 6, 6)
    );
    assert_eq!((imported.models_added, imported.left_out.len()), (2, 0));
    assert_eq!(there.content().await, here.content().await);

    let ash = there.named("Ash").await;
    assert_eq!(there.status(&ash), Status::Ready);
    let (_, shades) = there.store.shades().await.unwrap();
    let model = shades
        .into_iter()
        .find(|s| s.color_id == ash.id)
        .unwrap()
        .model
        .unwrap();
    let own: Vec<u64> = there.images(&ash).await.iter().map(|image| image.id).collect();
    assert_eq!(model.references.len(), 2);
    assert!(model.references.iter().all(|r| own.contains(&r.image_id)));
    let known = there.library.known_features(ash.id).await.unwrap();
    assert_eq!(known.len(), 3, "the photos need not be measured again");
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let (here, there) = (place(), place());
    here.trained("Ash", &[1, 3]).await;
    let file = here.export().await;
    there.import(&file).await.unwrap();
    let before = (
        there.content().await,
        there.store.library_version().await.unwrap(),
    );
    let again = there.import(&file).await.unwrap();
    assert_eq!(
        (again.shades_created, again.photos_added, again.models_added),
        (0, 0, 0)
    );
    assert_eq!((again.shades, again.photos), (1, 2));
    assert_eq!(
        (
            there.content().await,
            there.store.library_version().await.unwrap()
        ),
        before
    );
    // Into itself, too.
    let content = here.content().await;
    here.import(&file).await.unwrap();
    assert_eq!(here.content().await, content);
}

#[tokio::test]
async fn names_that_exist_are_merged() {
    let (here, there) = (place(), place());
    here.trained("Ash Blonde", &[1, 3]).await;
    let known = there.trained("ASH blonde", &[3, 5]).await;
    let cleared = ColorChange {
        description: Some(None),
        ..ColorChange::default()
    };
    there.library.update_color(known.id, cleared).await.unwrap();
    let imported = there.import(&here.export().await).await.unwrap();
    assert_eq!(
        (
            imported.shades_created,
            imported.photos_added,
            imported.models_added
        ),
        (0, 1, 0)
    );
    let merged = there.named("ASH blonde").await;
    assert_eq!((merged.id, merged.image_count), (known.id, 3));
    assert_eq!(merged.description.as_deref(), Some("Ash Blonde in words"));
    assert_eq!(
        there.status(&merged),
        Status::Stale,
        "its model does not know the new photo"
    );
    assert_eq!(
        merged.model.unwrap().version,
        1,
        "and the other model knows fewer"
    );
}

#[tokio::test]
async fn a_model_that_does_not_know_its_photos_is_stale() {
    let (here, there) = (place(), place());
    let added = here.trained("Photo added", &[1, 3]).await;
    here.library.add_image(added.id, photo(5)).await.unwrap();
    let removed = here.trained("Photo removed", &[1, 3]).await;
    let gone = here.images(&removed).await[0].id;
    here.library.delete_image(removed.id, gone).await.unwrap();
    let elsewhere = here.measured("Of another space", &[1, 3]).await;
    here.teach(&elsewhere, "another space", |weights| weights).await;
    let imported = there.import(&here.export().await).await.unwrap();
    assert_eq!((imported.shades, imported.models_added), (3, 0));
    for name in ["Photo added", "Photo removed", "Of another space"] {
        let color = there.named(name).await;
        assert_eq!(there.status(&color), Status::Stale, "{name}");
        assert!(
            color.model.is_some(),
            "{name} matches by its references until it is trained"
        );
    }
}

#[tokio::test]
async fn what_does_not_fit_the_feature_space_is_not_taken() {
    let (here, there) = (place(), place());
    let cut = here.measured("Cut", &[1, 3]).await;
    here.teach(&cut, here.library.space(), |weights| weights[..7].to_vec())
        .await;
    let wild = here.measured("Wild", &[1, 3]).await;
    here.teach(&wild, here.library.space(), |mut weights| {
        weights[3] = f32::NAN;
        weights
    })
    .await;
    let imported = there.import(&here.export().await).await.unwrap();
    assert_eq!(
        (imported.shades, imported.photos_added, imported.models_added),
        (2, 4, 0)
    );
    for name in ["Cut", "Wild"] {
        assert_eq!(there.named(name).await.model, None, "{name}");
    }
}

#[tokio::test]
async fn damage_is_refused_and_nothing_is_imported() {
    let here = place();
    here.trained("Ash", &[1, 3]).await;
    here.measured("Gold", &[5]).await;
    let file = here.export().await;
    let whole = here.content().await;
    let there = place();
    // Some 400 places all over the file.
    for at in (0..file.len()).step_by(file.len() / 400) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        match there.import(&damaged).await {
            Err(LibraryError::Archive(error)) => {
                assert!(
                    there.content().await.is_empty(),
                    "half a library after damage at {at}: {error}"
                );
                assert!(error.to_string().ends_with('.'), "{error}");
            }
            // Padding and the owner of an entry mean nothing.
            Ok(_) => {
                assert_eq!(there.content().await, whole, "damage at {at} went unseen");
                for color in there.library.colors(None, usize::MAX).await.unwrap() {
                    there.library.delete_color(color.id).await.unwrap();
                }
            }
            Err(other) => panic!("damage at {at}: {other}"),
        }
    }
    let end = file
        .windows(SUMS.len())
        .rposition(|name| name == SUMS.as_bytes())
        .unwrap();
    for cut in (0..=end).step_by(file.len() / 100) {
        let refused = there.import(&file[..cut]).await;
        assert!(
            matches!(
                refused,
                Err(LibraryError::Archive(
                    ArchiveError::CutShort | ArchiveError::NotOne
                ))
            ),
            "cut at {cut}: {refused:?}"
        );
        assert!(there.content().await.is_empty());
    }
}

/// An archive of these entries, with the sums that fit them.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut append = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes).unwrap();
    };
    let mut sums = String::new();
    for (path, bytes) in entries {
        append(path, bytes);
        sums += &read::sum_line(&crate::library::colors::hex_digest(bytes), path);
    }
    append(SUMS, sums.as_bytes());
    tar.into_inner().unwrap()
}

fn manifest(version: u32) -> Vec<u8> {
    let manifest = Manifest {
        format: FORMAT.into(),
        version,
        strand: "9.9.9".into(),
        exported_at: Timestamp::UNIX_EPOCH,
        shades: 1,
        photos: 1,
    };
    serde_json::to_vec(&manifest).unwrap()
}

#[tokio::test]
async fn other_files_and_newer_ones_are_told_apart() {
    let there = place();
    let refusal = async |bytes: &[u8]| match there.import(bytes).await {
        Err(LibraryError::Archive(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(b"").await, ArchiveError::NotOne);
    assert_eq!(refusal(&photo(1)).await, ArchiveError::NotOne);
    assert_eq!(refusal(&[b'x'; 4096]).await, ArchiveError::NotOne);
    assert_eq!(
        refusal(&archive(&[("notes.txt", b"hello")])).await,
        ArchiveError::NotOne
    );
    assert_eq!(
        refusal(&archive(&[(MANIFEST, b"{}")])).await,
        ArchiveError::NotOne
    );
    assert_eq!(
        refusal(&archive(&[(MANIFEST, &manifest(2))])).await,
        ArchiveError::Newer(2)
    );
    assert_eq!(
        there.import(&archive(&[(MANIFEST, &manifest(1))])).await.unwrap(),
        Imported::default()
    );
}

#[tokio::test]
async fn entries_made_up_by_hand_are_checked() {
    let there = place();
    let card =
        br##"{"name": "Ash", "description": null, "hex": "#102030", "created_at": "2026-11-23T06:00:00Z"}"##;
    let nameless =
        br#"{"name": " ", "description": null, "hex": null, "created_at": "2026-11-23T06:00:00Z"}"#;
    let manifest = manifest(1);
    let head: (&str, &[u8]) = (MANIFEST, &manifest);
    let text: &[u8] = b"no photo at all";
    let text_path = format!("shades/1/photos/{}.jpg", crate::library::colors::hex_digest(text));
    for wrong in [
        &[head, ("shades/2/shade.json", card)][..],
        &[head, ("shades/1/shade.json", nameless)],
        &[head, ("shades/1/shade.json", b"[]")],
        &[head, ("shades/1/model", text)],
        &[head, (&text_path, text)],
        &[
            head,
            ("shades/1/shade.json", card),
            ("shades/1/photos/0.jpg", text),
        ],
        &[
            head,
            ("shades/1/shade.json", card),
            ("shades/1/photos/0.features", text),
        ],
        &[head, ("shades/1/shade.json", card), ("shades/1/model", text)],
        &[
            head,
            ("shades/1/shade.json", card),
            ("shades/1/shade.json/x", text),
        ],
        &[head, ("elsewhere", text)],
    ] {
        let refused = there.import(&archive(wrong)).await;
        assert!(
            matches!(refused, Err(LibraryError::Archive(ArchiveError::Damaged(_)))),
            "{refused:?}"
        );
        assert!(there.content().await.is_empty());
    }
    // A whole file with something in it that is no photo: the rest comes in, and it is named.
    let good = photo(1);
    let good_path = format!(
        "shades/1/photos/{}.jpg",
        crate::library::colors::hex_digest(&good)
    );
    let mixed = archive(&[
        head,
        ("shades/1/shade.json", card),
        (&text_path, text),
        (&good_path, &good),
    ]);
    let imported = there.import(&mixed).await.unwrap();
    assert_eq!((imported.photos, imported.photos_added), (2, 1));
    assert_eq!(imported.left_out.len(), 1);
    assert_eq!(imported.left_out[0].color, "Ash");
    assert!(text_path.ends_with(&imported.left_out[0].photo));
    assert_eq!(there.named("Ash").await.hex.unwrap().to_string(), "#102030");
}

#[tokio::test]
async fn a_photo_that_rots_in_the_store_is_named_and_left_out() {
    let here = place();
    let ash = here.measured("Ash", &[1, 3]).await;
    let images = here.images(&ash).await;
    let file = |image: &Image| {
        let name = format!("photos/{}/{}.jpg", ash.id, image.id);
        here.directory.path().join(name)
    };
    std::fs::write(file(&images[0]), b"rotten").unwrap();
    std::fs::remove_file(file(&images[1])).unwrap();
    let mut pieces = here.library.export().await.unwrap().pieces;
    let (mut bytes, mut left_out) = (Vec::new(), Vec::new());
    while let Some(piece) = pieces.next().await {
        let piece = piece.unwrap();
        bytes.extend(piece.bytes);
        left_out.extend(piece.left_out.map(|photo| photo.reason));
    }
    assert!(
        left_out[0].contains("missing") && left_out[1].contains("damaged"),
        "{left_out:?}"
    );
    let imported = place().import(&bytes).await.unwrap();
    assert_eq!((imported.shades, imported.photos), (1, 0));
}
