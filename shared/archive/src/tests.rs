//! Archives of real libraries in the embedded store. No networks are needed.

use super::*;
use std::fs::File;
use std::io::{Read as _, Seek, Write};
use strand_color::Lab;
use strand_learning::{Fit, Reference, ShadeModel};
use strand_library::ports::{NewModel, Stores};
use strand_library::{NewShade, Shade, ShadeChange, ShadeStatus, StoredPhoto, Workers, hex_digest};
use strand_models::FeatureSpace;
use strand_signature::{DESCRIPTOR_ID, DominantColor, Signature};
use strand_store_embedded::Embedded;
use strand_training::LinearSvm;
use tempfile::TempDir;
use tokio_stream::StreamExt;

struct Place {
    library: Arc<Library>,
    archive: Arc<Archive>,
    stores: Stores,
    directory: TempDir,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let stores = Embedded::open(directory.path()).unwrap().stores();
    let space = FeatureSpace::new(DESCRIPTOR_ID, 1, "a-parser", None).id();
    let library = Library::new(stores.clone(), Arc::new(Workers::new(2)), space);
    let library = Arc::new(library);
    Place {
        archive: Arc::new(Archive::new(Arc::clone(&library), Some(0))),
        library,
        stores,
        directory,
    }
}

/// A photo that decodes; each seed gives a different one.
fn photo(seed: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 90)
        .encode(&[seed; 8 * 8 * 3], 8, 8, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    bytes
}

fn shade(name: &str) -> NewShade {
    NewShade {
        name: name.into(),
        description: Some(format!("{name} in words")),
        hex: None,
    }
}

fn measurement(seed: u8, has_hair: bool) -> Measurement {
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
    Measurement {
        signature,
        embedding: None,
    }
}

impl Place {
    /// Adds a shade with one photo per seed, measured in this feature space; odd seeds show hair.
    async fn measured(&self, name: &str, seeds: &[u8]) -> Shade {
        let id = self.library.create_shade(shade(name)).await.unwrap().id;
        for seed in seeds {
            let (photo, _) = self.library.add_photo(id, photo(*seed)).await.unwrap();
            let measured = [(photo.id, measurement(*seed, seed % 2 == 1))];
            let features = &self.stores.features;
            features
                .put_features(id, self.library.space(), &measured)
                .await
                .unwrap();
        }
        self.library.shade(id).await.unwrap()
    }

    /// The same, with a model that is up to date.
    async fn trained(&self, name: &str, seeds: &[u8]) -> Shade {
        let shade = self.measured(name, seeds).await;
        self.train(&shade, self.library.space(), |weights| weights).await;
        self.library.shade(shade.id).await.unwrap()
    }

    async fn known(&self, shade: &Shade) -> Vec<(u64, Measurement)> {
        let features = &self.stores.features;
        features.features(shade.id, self.library.space()).await.unwrap()
    }

    async fn train(&self, shade: &Shade, space: &str, bend: impl Fn(Vec<f32>) -> Vec<f32>) {
        let known = self.known(shade).await;
        let with_hair = || {
            known
                .iter()
                .filter_map(|(id, found)| Some((*id, found.signature.as_ref()?)))
        };
        let own: Vec<&[f32]> = with_hair().map(|(_, s)| s.descriptor.as_slice()).collect();
        let other = measurement(201, true).signature.unwrap().descriptor;
        let references = with_hair().map(|(photo_id, s)| Reference {
            photo_id,
            sha256: None,
            colors: s.colors.clone(),
            vector: s.descriptor.clone(),
        });
        let fitted = LinearSvm.fit(&own, &[&other]).unwrap();
        let mut model = fitted.into_model(space, references.collect());
        model.weights = bend(model.weights);
        let new = NewModel {
            model,
            photos_revision: shade.photos_revision,
        };
        self.stores.models.put_model(shade.id, new).await.unwrap();
    }

    async fn version(&self) -> String {
        self.stores.models.library_version().await.unwrap()
    }

    async fn export(&self) -> Vec<u8> {
        let mut pieces = self.archive.export().await.unwrap().pieces;
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.unwrap();
            assert_eq!(piece.left_out, None);
            bytes.extend(piece.bytes);
        }
        bytes
    }

    async fn import(&self, bytes: &[u8]) -> Result<Imported, ArchiveError> {
        let mut file: File = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        self.archive.import(file, Arc::new(|_| {})).await
    }

    async fn shades(&self) -> Vec<Shade> {
        self.library.shades(None, usize::MAX).await.unwrap()
    }

    async fn named(&self, name: &str) -> Shade {
        let shades = self.shades().await;
        shades.into_iter().find(|shade| shade.name == name).unwrap()
    }

    async fn photos(&self, shade: &Shade) -> Vec<StoredPhoto> {
        self.library.photos(shade.id).await.unwrap()
    }

    async fn model(&self, shade: &Shade) -> ShadeModel {
        let (_, shades) = self.stores.models.models().await.unwrap();
        let found = shades.into_iter().find(|found| found.shade_id == shade.id);
        found.unwrap().model.unwrap()
    }

    fn status(&self, shade: &Shade) -> ShadeStatus {
        self.library.status(shade)
    }

    /// Everything that a library shows except ids and times.
    async fn content(&self) -> Vec<(String, Option<String>, ShadeStatus, Vec<Vec<u8>>)> {
        let mut content = Vec::new();
        for shade in self.shades().await {
            let mut photos = Vec::new();
            for photo in self.photos(&shade).await {
                let mut bytes = Vec::new();
                let mut file = self.library.photo(shade.id, photo.id).await.unwrap();
                file.bytes.read_to_end(&mut bytes).unwrap();
                photos.push(bytes);
            }
            content.push((
                shade.name.clone(),
                shade.description.clone(),
                self.status(&shade),
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
    here.library.create_shade(shade("Empty")).await.unwrap();
    // So that the ids there differ from those here.
    let gone = there.measured("Gone", &[9, 11]).await;
    there.library.delete_shade(gone.id).await.unwrap();

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
    assert_eq!(there.status(&ash), ShadeStatus::Ready);
    let model = there.model(&ash).await;
    let own: Vec<(u64, Option<String>)> = there
        .photos(&ash)
        .await
        .into_iter()
        .map(|photo| (photo.id, Some(photo.sha256)))
        .collect();
    assert_eq!(model.references.len(), 2);
    assert!(
        model
            .references
            .iter()
            .all(|r| own.contains(&(r.photo_id, r.sha256.clone())))
    );
    let known = there.known(&ash).await;
    assert_eq!(known.len(), 3, "the photos have been measured");
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let (here, there) = (place(), place());
    here.trained("Ash", &[1, 3]).await;
    let file = here.export().await;
    there.import(&file).await.unwrap();
    let before = (there.content().await, there.version().await);
    let again = there.import(&file).await.unwrap();
    assert_eq!(
        (again.shades_created, again.photos_added, again.models_added),
        (0, 0, 0)
    );
    assert_eq!((again.shades, again.photos), (1, 2));
    assert_eq!((there.content().await, there.version().await), before);
    // Also into itself.
    let content = here.content().await;
    here.import(&file).await.unwrap();
    assert_eq!(here.content().await, content);
}

#[tokio::test]
async fn names_that_exist_are_merged() {
    let (here, there) = (place(), place());
    here.trained("Ash Blonde", &[1, 3]).await;
    let known = there.trained("ASH blonde", &[3, 5]).await;
    let cleared = ShadeChange {
        description: Some(None),
        ..ShadeChange::default()
    };
    there.library.update_shade(known.id, cleared).await.unwrap();
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
    assert_eq!((merged.id, merged.photo_count), (known.id, 3));
    assert_eq!(merged.description.as_deref(), Some("Ash Blonde in words"));
    assert_eq!(
        there.status(&merged),
        ShadeStatus::Stale,
        "its model does not know the new photo"
    );
    assert_eq!(
        merged.model.unwrap().version,
        1,
        "the other model knows fewer photos"
    );
}

#[tokio::test]
async fn a_model_that_does_not_know_its_photos_is_stale() {
    let (here, there) = (place(), place());
    let added = here.trained("Photo added", &[1, 3]).await;
    here.library.add_photo(added.id, photo(5)).await.unwrap();
    let removed = here.trained("Photo removed", &[1, 3]).await;
    let gone = here.photos(&removed).await[0].id;
    here.library.delete_photo(removed.id, gone).await.unwrap();
    let elsewhere = here.measured("Of another space", &[1, 3]).await;
    here.train(&elsewhere, "another space", |weights| weights).await;
    let imported = there.import(&here.export().await).await.unwrap();
    assert_eq!((imported.shades, imported.models_added), (3, 0));
    for name in ["Photo added", "Photo removed", "Of another space"] {
        let shade = there.named(name).await;
        assert_eq!(there.status(&shade), ShadeStatus::Stale, "{name}");
        assert!(
            shade.model.is_some(),
            "{name} matches by its references until it is trained"
        );
    }
}

#[tokio::test]
async fn features_of_another_feature_space_are_not_imported() {
    let (here, there) = (place(), place());
    let cut = here.measured("Cut", &[1, 3]).await;
    here.train(&cut, here.library.space(), |weights| weights[..7].to_vec())
        .await;
    let wild = here.measured("Wild", &[1, 3]).await;
    here.train(&wild, here.library.space(), |mut weights| {
        weights[3] = f32::NAN;
        weights
    })
    .await;
    let huge = here.measured("Huge", &[1, 3]).await;
    here.train(&huge, here.library.space(), |mut weights| {
        weights[3] = 1e30;
        weights
    })
    .await;
    let imported = there.import(&here.export().await).await.unwrap();
    assert_eq!(
        (imported.shades, imported.photos_added, imported.models_added),
        (3, 6, 0)
    );
    for name in ["Cut", "Wild", "Huge"] {
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
    // About 400 places throughout the file.
    for at in (0..file.len()).step_by(file.len() / 400) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        match there.import(&damaged).await {
            Err(
                error @ (ArchiveError::NotAnArchive
                | ArchiveError::CutShort
                | ArchiveError::Damaged(_)
                | ArchiveError::TooNew(_)),
            ) => {
                assert!(
                    there.content().await.is_empty(),
                    "half a library after damage at {at}: {error}"
                );
                assert!(error.to_string().ends_with('.'), "{error}");
            }
            // Padding and the owner of an entry do not matter.
            Ok(_) => {
                assert_eq!(there.content().await, whole, "damage at {at} was not noticed");
                for shade in there.shades().await {
                    there.library.delete_shade(shade.id).await.unwrap();
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
            matches!(refused, Err(ArchiveError::CutShort | ArchiveError::NotAnArchive)),
            "cut at {cut}: {refused:?}"
        );
        assert!(there.content().await.is_empty());
    }
}

/// An archive of these entries, with matching checksums.
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
        sums += &read::sum_line(&hex_digest(bytes), path);
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
async fn other_files_and_newer_versions_are_distinguished() {
    let there = place();
    let refusal = async |bytes: &[u8]| there.import(bytes).await.unwrap_err();
    for other in [
        &b""[..],
        &photo(1),
        &[b'x'; 4096],
        &archive(&[("notes.txt", b"hello")]),
        &archive(&[(MANIFEST, b"{}")]),
    ] {
        assert!(matches!(refusal(other).await, ArchiveError::NotAnArchive));
    }
    let newer = archive(&[(MANIFEST, &manifest(VERSION + 1))]);
    assert!(matches!(refusal(&newer).await, ArchiveError::TooNew(version) if version == VERSION + 1));
    for version in 1..=VERSION {
        let empty = archive(&[(MANIFEST, &manifest(version))]);
        assert_eq!(there.import(&empty).await.unwrap(), Imported::default());
    }
}

#[tokio::test]
async fn links_in_a_library_file_are_refused() {
    let there = place();
    for kind in [
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Directory,
    ] {
        let mut file = archive(&[(MANIFEST, &manifest(VERSION))]);
        // Before the checksums: an entry of the manifest's two blocks comes first.
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, "shades/1/shade.json", "/etc/passwd")
            .unwrap();
        let link = tar.into_inner().unwrap();
        file.splice(1024..1024, link[..512].iter().copied());
        let refused = there.import(&file).await;
        assert!(
            matches!(refused, Err(ArchiveError::Damaged(_))),
            "{kind:?}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn handmade_entries_are_checked() {
    let there = place();
    let entry =
        br##"{"name": "Ash", "description": null, "hex": "#102030", "created_at": "2026-11-23T06:00:00Z"}"##;
    let nameless =
        br#"{"name": " ", "description": null, "hex": null, "created_at": "2026-11-23T06:00:00Z"}"#;
    let manifest = manifest(1);
    let head: (&str, &[u8]) = (MANIFEST, &manifest);
    let text: &[u8] = b"not a photo";
    let text_path = format!("shades/1/photos/{}.jpg", hex_digest(text));
    for wrong in [
        &[head, ("shades/2/shade.json", entry)][..],
        &[head, ("shades/1/shade.json", nameless)],
        &[head, ("shades/1/shade.json", b"[]")],
        &[head, ("shades/1/model", text)],
        &[head, (&text_path, text)],
        &[
            head,
            ("shades/1/shade.json", entry),
            ("shades/1/photos/0.jpg", text),
        ],
        &[
            head,
            ("shades/1/shade.json", entry),
            ("shades/1/photos/0.features", text),
        ],
        &[head, ("shades/1/shade.json", entry), ("shades/1/model", text)],
        &[
            head,
            ("shades/1/shade.json", entry),
            ("shades/1/shade.json/x", text),
        ],
        &[head, ("elsewhere", text)],
    ] {
        let refused = there.import(&archive(wrong)).await;
        assert!(matches!(refused, Err(ArchiveError::Damaged(_))), "{refused:?}");
        assert!(there.content().await.is_empty());
    }
    // A complete file that contains something that is not a photo: everything else is imported, and it is reported.
    let good = photo(1);
    let good_path = format!("shades/1/photos/{}.jpg", hex_digest(&good));
    let mixed = archive(&[
        head,
        ("shades/1/shade.json", entry),
        (&text_path, text),
        (&good_path, &good),
    ]);
    let imported = there.import(&mixed).await.unwrap();
    assert_eq!((imported.photos, imported.photos_added), (2, 1));
    assert_eq!(imported.left_out.len(), 1);
    assert_eq!(imported.left_out[0].shade, "Ash");
    assert!(text_path.ends_with(&imported.left_out[0].photo));
    assert_eq!(there.named("Ash").await.hex.unwrap().to_string(), "#102030");
}

#[tokio::test]
async fn a_photo_that_is_corrupt_in_the_store_is_named_and_left_out() {
    let here = place();
    let ash = here.measured("Ash", &[1, 3]).await;
    let photos = here.photos(&ash).await;
    let file = |photo: &StoredPhoto| {
        let name = format!("photos/{}/{}.jpg", ash.id, photo.id);
        here.directory.path().join(name)
    };
    std::fs::write(file(&photos[0]), b"corrupt").unwrap();
    std::fs::remove_file(file(&photos[1])).unwrap();
    let mut pieces = here.archive.export().await.unwrap().pieces;
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

#[tokio::test]
async fn the_archive_of_november_2026_imports_completely() {
    let directory = tempfile::tempdir().unwrap();
    let stores = Embedded::open(directory.path()).unwrap().stores();
    // The feature space of its model.
    let space = "shade6+hair-parser-ea442195";
    let library = Arc::new(Library::new(stores.clone(), Arc::new(Workers::new(2)), space));
    let archive = Archive::new(Arc::clone(&library), Some(0));
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/libraries/2026-11/library.tar"
    );
    let imported = archive
        .import(File::open(file).unwrap(), Arc::new(|_| {}))
        .await
        .unwrap();
    assert_eq!(
        (
            imported.shades_created,
            imported.photos_added,
            imported.models_added
        ),
        (2, 4, 2)
    );
    let (_, models) = stores.models.models().await.unwrap();
    let references = models
        .iter()
        .flat_map(|shade| &shade.model.as_ref().unwrap().references);
    assert!(references.clone().count() == 4 && references.into_iter().all(|r| r.sha256.is_some()));
}
