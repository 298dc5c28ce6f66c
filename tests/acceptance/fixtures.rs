//! The photos that the tests send, each drawn only once, and helpers that several areas share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use strand_tests::client::Client;
use strand_tests::render::{Ground, Picture, Scene, Shade, View, draw, encode};

/// A shade that is easy to tell from the others, with the name that the tests give it.
pub struct Taught {
    /// The palette's code.
    pub code: &'static str,
    /// Its name in the library.
    pub name: &'static str,
}

/// Five shades that are easy to distinguish.
pub const WELL_SEPARATED: [Taught; 5] = [
    Taught {
        code: "1",
        name: "Jet black",
    },
    Taught {
        code: "6",
        name: "Chestnut brown",
    },
    Taught {
        code: "130",
        name: "Copper red",
    },
    Taught {
        code: "24",
        name: "Golden blonde",
    },
    Taught {
        code: "60A",
        name: "Ash platinum",
    },
];

/// A name that no other test uses, in this run or in an earlier one against the same deployment.
pub fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static RUN: LazyLock<u128> = LazyLock::new(|| {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        since.as_millis() ^ u128::from(std::process::id())
    });
    format!("{name} {:x}-{}", *RUN, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A picture of hair in a shade of the palette.
pub fn picture(view: View, code: &'static str, seed: u64) -> Arc<Picture> {
    type Key = (u8, &'static str, u64);
    static DRAWN: LazyLock<Mutex<HashMap<Key, Arc<Picture>>>> = LazyLock::new(Mutex::default);
    let key = (view as u8, code, seed);
    if let Some(picture) = DRAWN
        .lock()
        .expect("no test panics while it holds this")
        .get(&key)
    {
        return Arc::clone(picture);
    }
    // Draw outside the lock, so that the other test thread does not wait.
    let ground = if seed.is_multiple_of(2) {
        Ground::Plain
    } else {
        Ground::Cluttered
    };
    let picture = Arc::new(draw(&Scene::new(view, Shade::of_palette(code), seed).on(ground)));
    DRAWN
        .lock()
        .expect("no test panics while it holds this")
        .insert(key, Arc::clone(&picture));
    picture
}

/// A back view of hair in a shade, as a JPEG.
pub fn back(code: &'static str, seed: u64) -> Vec<u8> {
    encode::jpeg(&picture(View::Back, code, seed).rgb)
}

/// A photo of a person without hair.
pub fn hairless() -> Vec<u8> {
    encode::jpeg(&picture(View::Bald, "1", 4).rgb)
}

/// A JPEG of a few kilobytes without any hair; each `seed` gives different bytes.
pub fn speck(seed: u8) -> Vec<u8> {
    let color = |x: u32, y: u32| image::Rgb([(x * 3) as u8, (y * 5) as u8, seed]);
    encode::jpeg(&image::RgbImage::from_fn(48, 32, color))
}

/// Creates a color with `photos`, untrained.
pub async fn untrained(client: &Client, name: &str, photos: &[Vec<u8>]) -> u64 {
    let color = client.color(&serde_json::json!({ "name": unique(name) })).await;
    for (i, photo) in photos.iter().enumerate() {
        client.upload(color, &format!("{i}.jpg"), photo).await.expect(201);
    }
    color
}

/// Creates a color and trains it on two photos of a shade of the palette.
pub async fn trained(client: &Client, name: &str, code: &'static str) -> u64 {
    let color = untrained(client, name, &[back(code, 4), back(code, 11)]).await;
    client.train(color).await;
    color
}
