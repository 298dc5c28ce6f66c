//! Opens data directories that earlier versions wrote; see `tests/libraries`.

use std::fs;
use std::path::{Path, PathBuf};
use strand_library::{ShadeStatus, hex_digest};
use strand_store_embedded::Embedded;
use tempfile::TempDir;

/// The feature space of the library of November 2026.
const SPACE: &str = "shade6+hair-parser-ea442195";

fn libraries() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/libraries")
}

/// Copies a data directory, because opening it upgrades it.
fn copy(from: &Path) -> TempDir {
    fn copy_into(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy_into(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let directory = tempfile::tempdir().unwrap();
    copy_into(from, directory.path());
    directory
}

#[tokio::test]
async fn the_library_of_november_2026_opens_completely() {
    let directory = copy(&libraries().join("2026-11/data"));
    let stores = Embedded::open(directory.path()).unwrap().stores();
    let shades = stores.shades.shades(None, usize::MAX).await.unwrap();
    let names: Vec<_> = shades.iter().map(|shade| shade.name.as_str()).collect();
    assert_eq!(names, ["#60 Platinum Blonde", "#1 Natural Black"]);
    let (_, models) = stores.models.models().await.unwrap();
    for shade in &shades {
        assert_eq!(shade.status(SPACE, false), ShadeStatus::Ready, "{}", shade.name);
        let photos = stores.photos.photos(shade.id).await.unwrap();
        assert_eq!(photos.len(), 2);
        let features = stores.features.features(shade.id, SPACE).await.unwrap();
        assert!(features.iter().all(|(_, found)| found.signature.is_some()) && features.len() == 2);
        let model = models.iter().find(|found| found.shade_id == shade.id).unwrap();
        let references = &model.model.as_ref().unwrap().references;
        for photo in &photos {
            let bytes = stores.photos.photo_bytes(photo).await.unwrap();
            assert_eq!(hex_digest(&bytes), photo.sha256);
            // Models of that time had no digests of their photos.
            let reference = references.iter().find(|reference| reference.photo_id == photo.id);
            assert_eq!(reference.unwrap().sha256.as_ref(), Some(&photo.sha256));
        }
    }
}

#[test]
fn a_library_of_a_newer_version_is_refused_in_one_sentence() {
    let directory = copy(&libraries().join("2026-11/data"));
    let database = rusqlite::Connection::open(directory.path().join("strand.db")).unwrap();
    database.pragma_update(None, "user_version", 9_999).unwrap();
    drop(database);
    let error = Embedded::open(directory.path()).err().unwrap().to_string();
    assert!(error.contains("newer Strand") && !error.contains('\n'), "{error}");
}

#[tokio::test]
async fn the_photos_of_november_2026_alone_rebuild_the_library() {
    let directory = copy(&libraries().join("2026-11/data"));
    // The first start writes the cards that libraries of that time lack.
    drop(Embedded::open(directory.path()).unwrap());
    let rest = tempfile::tempdir().unwrap();
    fs::rename(directory.path().join("photos"), rest.path().join("photos")).unwrap();
    let store = Embedded::open(rest.path()).unwrap();
    assert_eq!(
        (store.set_aside().photos, store.recover().unwrap().photos),
        (4, 4)
    );
    let stores = store.stores();
    let shades = stores.shades.shades(None, usize::MAX).await.unwrap();
    let names: Vec<_> = shades.iter().map(|shade| shade.name.as_str()).collect();
    assert_eq!(names, ["#60 Platinum Blonde", "#1 Natural Black"]);
    for shade in &shades {
        for photo in stores.photos.photos(shade.id).await.unwrap() {
            assert_eq!(
                hex_digest(&stores.photos.photo_bytes(&photo).await.unwrap()),
                photo.sha256
            );
        }
    }
}
