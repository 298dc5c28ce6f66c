//! Matching photos: the fields of the answer, and its correctness.

use std::io::Cursor;

use base64::Engine as _;
use image::{GrayImage, ImageFormat, Rgb as Pixel, RgbImage, imageops};
use serde_json::{Value, json};
use strand::color::{Lab, Rgb, ciede2000};
use strand_tests::client::{Client, assert_sentence, form, number, text};
use strand_tests::render::encode::{self, Jpeg};
use strand_tests::render::{Shade, View};
use strand_tests::server::{Server, alone, deployment};
use tokio::sync::Mutex;

use crate::fixtures::{WELL_SEPARATED, back, hairless, picture, trained, unique};
use crate::words::assert_summary;

/// A library of the five well-separated shades that no test changes, and their ids.
pub async fn library() -> (Client, Vec<u64>) {
    static LIBRARY: Mutex<Option<(Server, Vec<u64>)>> = Mutex::const_new(None);
    let mut library = LIBRARY.lock().await;
    if let Some((server, ids)) = &*library {
        let client = server.client();
        // On a deployment, another test may have emptied it.
        if client.get(&format!("/colors/{}", ids[0])).await.status == 200 {
            return (client, ids.clone());
        }
    }
    let server = deployment().unwrap_or_else(|| Server::start(&[]));
    let client = server.client();
    let mut ids = Vec::new();
    for shade in &WELL_SEPARATED {
        ids.push(trained(&client, shade.name, shade.code).await);
    }
    // Train all of them again: the first ones were trained before the others existed.
    for id in &ids {
        client.train(*id).await;
    }
    *library = Some((server, ids.clone()));
    (client, ids)
}

pub fn lab(value: &Value) -> Lab {
    let at = |i: usize| number(&value[i]) as f32;
    Lab {
        l: at(0),
        a: at(1),
        b: at(2),
    }
}

fn assert_row(row: &Value, index: usize, filename: &str) {
    assert_eq!(row["image_index"], index);
    assert_eq!(row["filename"], filename);
    assert_eq!(row["status"], "found");
    assert!(row["cached"].is_boolean(), "{row}");
    assert_summary(&row["analysis_summary"]);
    assert_colors(row["dominant_hair_colors"].as_array().expect("colors"));
    assert_matches(row["best_matches"].as_array().expect("matches"));
    for share in ["presence", "coverage", "confidence"] {
        assert!((0.0..=1.0).contains(&number(&row["hair"][share])), "{row}");
    }
    assert!(
        row["warnings"]
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_string)),
        "{row}"
    );
    assert!(
        row.get("error").is_none() && row.get("overlay").is_none(),
        "{row}"
    );
}

fn assert_colors(colors: &[Value]) {
    assert!(!colors.is_empty());
    let shares: Vec<f64> = colors.iter().map(|color| number(&color["percentage"])).collect();
    assert!(
        shares.is_sorted_by(|a, b| a >= b),
        "shares are not in descending order: {shares:?}"
    );
    let rounding = 0.06 * shares.len() as f64;
    assert!(
        (shares.iter().sum::<f64>() - 100.0).abs() <= rounding,
        "shares do not sum to 100: {shares:?}"
    );
    for color in colors {
        let hex: Rgb = text(&color["hex"]).parse().expect("a hex value");
        assert_eq!(color["rgb"], json!([hex.r, hex.g, hex.b]), "{color}");
        assert!(
            ciede2000(Lab::from(hex), lab(&color["lab"])) < 1.0,
            "lab and hex differ: {color}"
        );
        assert!((0.0..=100.0).contains(&lab(&color["lab_daylight"]).l), "{color}");
    }
}

fn assert_matches(matches: &[Value]) {
    for found in matches {
        assert!(
            found["color_id"].is_u64() && !text(&found["name"]).is_empty(),
            "{found}"
        );
        for score in ["svm_score", "combined_score"] {
            assert!((0.0..=1.0).contains(&number(&found[score])), "{found}");
        }
        assert!(number(&found["lab_difference_score"]) >= 0.0, "{found}");
    }
    let falls = matches.is_sorted_by(|a, b| number(&a["combined_score"]) >= number(&b["combined_score"]));
    assert!(falls, "best matches are not in descending order: {matches:?}");
}

/// The best match among the test's own colors, because a deployment may have others.
fn best_of(row: &Value, ids: &[u64]) -> u64 {
    let known = row["best_matches"]
        .as_array()
        .expect("matches")
        .iter()
        .filter_map(|m| m["color_id"].as_u64());
    known
        .into_iter()
        .find(|id| ids.contains(id))
        .unwrap_or_else(|| panic!("none of {ids:?} in {row}"))
}

#[tokio::test]
async fn the_answer_has_every_field_of_the_contract() {
    let (client, _) = library().await;
    let (one, two) = (back("6", 2), back("24", 2));
    let answer = client
        .analyze([("a.jpg", &one[..]), ("b.jpg", &two[..])])
        .await
        .expect(200);
    assert_eq!(answer["num_images"], 2);
    assert!(!text(&answer["library_version"]).is_empty());
    let rows = answer["results"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    assert_row(&rows[0], 1, "a.jpg");
    assert_row(&rows[1], 2, "b.jpg");
}

#[tokio::test]
async fn the_answer_says_how_long_each_stage_took() {
    let (client, _) = library().await;
    let photo = back("6", 77);
    let send = async || {
        let answer = client.analyze([("a.jpg", &photo[..])]).await;
        let timing = answer.header("server-timing").to_owned();
        answer.expect(200);
        let stage = |entry: &str| {
            let (name, time) = entry.split_once(";dur=").expect("a time");
            (name.to_owned(), time.parse::<f64>().expect("milliseconds"))
        };
        timing.split(", ").map(stage).collect::<Vec<_>>()
    };
    let first = send().await;
    let names: Vec<_> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["read", "decode", "find_hair", "measure", "match"]);
    assert!(first[1..4].iter().all(|(_, time)| *time > 0.0), "{first:?}");
    // The photo is in the cache now.
    let second = send().await;
    assert!(second[1..4].iter().all(|(_, time)| *time == 0.0), "{second:?}");
}

#[tokio::test]
async fn the_right_shade_comes_first() {
    let (client, ids) = library().await;
    for (shade, id) in WELL_SEPARATED.iter().zip(&ids) {
        for seed in [2, 9, 15] {
            let row = client.analyze_one(&back(shade.code, seed)).await;
            assert_eq!(best_of(&row, &ids), *id, "{} {seed}: {row}", shade.name);
        }
    }
}

#[tokio::test]
async fn scores_separate_the_right_shade_from_the_others() {
    let (client, ids) = library().await;
    let row = client.analyze_one(&back("60A", 2)).await;
    let of = |id: u64| {
        row["best_matches"]
            .as_array()
            .and_then(|all| all.iter().find(|m| m["color_id"] == id))
    };
    let right = of(ids[4]).expect("the right shade");
    assert_eq!(
        right["name"]
            .as_str()
            .map(|name| name.starts_with("Ash platinum")),
        Some(true),
        "{right}"
    );
    assert!(
        number(&right["combined_score"]) > 0.5 && number(&right["svm_score"]) > 0.5,
        "{right}"
    );
    assert!(number(&right["lab_difference_score"]) < 10.0, "{right}");
    if let Some(black) = of(ids[0]) {
        assert!(
            number(&black["combined_score"]) < 0.3 && number(&black["lab_difference_score"]) > 30.0,
            "{black}"
        );
    }
}

#[tokio::test]
async fn the_dominant_colors_are_those_of_the_hair() {
    let (client, _) = library().await;
    for shade in &WELL_SEPARATED {
        let row = client.analyze_one(&back(shade.code, 2)).await;
        let asked = Shade::of_palette(shade.code).tones[0].lab;
        let colors = row["dominant_hair_colors"].as_array().expect("colors");
        let nearest = colors
            .iter()
            .map(|color| ciede2000(asked, lab(&color["lab"])))
            .fold(f32::MAX, f32::min);
        assert!(nearest < 6.0, "{}: {nearest} from {asked:?}: {row}", shade.name);
        let mean = mean(&row);
        assert!(
            ciede2000(asked, mean) < 8.0,
            "{}: mean {mean:?}, asked {asked:?}",
            shade.name
        );
    }
}

#[tokio::test]
async fn a_rooted_shade_shows_both_its_colors() {
    let (client, _) = library().await;
    let row = client.analyze_one(&back("2BT18", 2)).await;
    for tone in Shade::of_palette("2BT18").tones {
        let colors = row["dominant_hair_colors"].as_array().expect("colors").iter();
        let nearest = colors
            .map(|color| ciede2000(tone.lab, lab(&color["lab"])))
            .fold(f32::MAX, f32::min);
        assert!(nearest < 12.0, "{tone:?} is not among {row}");
    }
}

#[tokio::test]
async fn coverage_is_the_share_of_hair() {
    let (client, _) = library().await;
    for seed in [2, 4, 9] {
        let picture = picture(View::Back, "1", seed);
        let exact = picture
            .mask
            .pixels()
            .map(|p| f64::from(p.0[0]) / 255.0)
            .sum::<f64>()
            / (512.0 * 512.0);
        let row = client.analyze_one(&encode::jpeg(&picture.rgb)).await;
        let told = number(&row["hair"]["coverage"]);
        assert!(
            (told - exact).abs() < 0.15 * exact + 0.02,
            "{seed}: {told} of {exact}"
        );
    }
}

/// The warnings but for those about shades, which other tests create and delete meanwhile.
fn about_the_photo(row: &Value) -> Vec<&Value> {
    let warnings = row["warnings"].as_array().expect("an array").iter();
    let about_shades = |warning: &&Value| {
        let warning = text(warning);
        warning.contains("hard to tell apart") || warning.contains("No shade")
    };
    warnings.filter(|warning| !about_shades(warning)).collect()
}

#[tokio::test]
async fn bars_around_a_photo_change_nothing() {
    let (client, ids) = library().await;
    let bare = picture(View::Back, "6", 4).rgb.clone();
    let row = client.analyze_one(&encode::jpeg(&bare)).await;
    for color in [[0; 3], [255; 3]] {
        for (width, height) in [(512, 910), (910, 512), (660, 660)] {
            let mut framed = RgbImage::from_pixel(width, height, Pixel(color));
            let (x, y) = ((width - 512) / 2, (height - 512) / 2);
            imageops::replace(&mut framed, &bare, i64::from(x), i64::from(y));
            let found = client.analyze_one(&encode::jpeg(&framed)).await;
            let difference = ciede2000(mean(&row), mean(&found));
            assert!(
                difference < 1.0 && best_of(&found, &ids) == best_of(&row, &ids),
                "{color:?} {width}x{height}: {difference} {found}"
            );
            let [before, after] = [&row, &found].map(|row| number(&row["hair"]["coverage"]));
            assert!(
                (before - after).abs() < 0.03,
                "{color:?} {width}x{height}: {before} {after}"
            );
            let [before, after] = [&row, &found].map(about_the_photo);
            assert_eq!(before, after, "{color:?} {width}x{height}");
        }
    }
}

#[tokio::test]
async fn the_overlay_shows_the_whole_photo_with_its_bars() {
    let (client, _) = library().await;
    let mut framed = RgbImage::from_pixel(512, 1024, Pixel([0; 3]));
    imageops::replace(&mut framed, &picture(View::Back, "6", 4).rgb, 0, 256);
    let mask = mask_of(&client, &encode::jpeg(&framed)).await;
    assert_eq!(mask.height(), 2 * mask.width());
    let side = mask.width();
    let marked = |rows: std::ops::Range<u32>| {
        rows.flat_map(|y| (0..side).map(move |x| (x, y)))
            .filter(|(x, y)| mask.get_pixel(*x, *y).0[0] > 127)
            .count()
    };
    assert_eq!(marked(0..side / 2) + marked(side * 3 / 2..side * 2), 0);
    assert!(marked(side / 2..side * 3 / 2) > 0);
}

#[tokio::test]
async fn a_photo_without_color_is_never_a_confident_match() {
    let (client, ids) = library().await;
    let color = picture(View::Back, "6", 4);
    let mut gray = color.rgb.clone();
    for pixel in gray.pixels_mut() {
        let [r, g, b] = pixel.0.map(u32::from);
        pixel.0 = [((299 * r + 587 * g + 114 * b) / 1000) as u8; 3];
    }
    let row = client.analyze_one(&encode::jpeg(&gray)).await;
    let warned = |row: &Value| row["warnings"].to_string().contains("black and white");
    assert!(warned(&row), "{row}");
    assert!(number(&row["best_matches"][0]["combined_score"]) < 0.5, "{row}");
    assert!(number(&row["no_match_score"]) > 0.5, "{row}");
    let row = client.analyze_one(&encode::jpeg(&color.rgb)).await;
    assert!(!warned(&row) && best_of(&row, &ids) == ids[1], "{row}");
}

#[tokio::test]
async fn rows_are_in_upload_order() {
    let (client, ids) = library().await;
    let order = [4, 0, 3, 1, 2];
    let photos: Vec<Vec<u8>> = order
        .iter()
        .map(|i: &usize| back(WELL_SEPARATED[*i].code, 9))
        .collect();
    let names: Vec<String> = order.iter().map(|i| format!("{i}.jpg")).collect();
    let parts = names
        .iter()
        .map(String::as_str)
        .zip(photos.iter().map(Vec::as_slice));
    let answer = client.analyze(parts).await.expect(200);
    assert_eq!(answer["num_images"], 5);
    for (row, i) in answer["results"].as_array().expect("rows").iter().zip(order) {
        assert_eq!(row["filename"], format!("{i}.jpg"));
        assert_eq!(best_of(row, &ids), ids[i]);
    }
}

#[tokio::test]
async fn a_bad_photo_fails_only_its_own_row() {
    let (client, _) = library().await;
    let (good, bald) = (back("6", 2), hairless());
    let parts: [(&str, &[u8]); 4] = [
        ("text.jpg", b"not a photo"),
        ("good.jpg", &good),
        ("bald.jpg", &bald),
        ("cut.jpg", &good[..400]),
    ];
    let answer = client.analyze(parts).await.expect(200);
    assert_eq!(answer["num_images"], 4);
    let rows = answer["results"].as_array().expect("rows");
    assert_row(&rows[1], 2, "good.jpg");
    assert_eq!(rows[1]["status"], "found");
    for (i, name, code) in [
        (0, "text.jpg", "not_an_image"),
        (2, "bald.jpg", "no_hair"),
        (3, "cut.jpg", "photo_damaged"),
    ] {
        assert_eq!(
            (&rows[i]["status"], &rows[i]["code"]),
            (&json!("failed"), &json!(code)),
            "{}",
            rows[i]
        );
        assert_eq!(
            (&rows[i]["image_index"], &rows[i]["filename"]),
            (&json!(i + 1), &json!(name))
        );
        assert_sentence(text(&rows[i]["error"]));
        assert!(rows[i].get("best_matches").is_none(), "{}", rows[i]);
    }
    assert!(
        text(&rows[2]["error"]).starts_with("No hair detected in the image."),
        "{}",
        rows[2]
    );
    assert!(
        text(&rows[2]["error"]).len() > "No hair detected in the image.".len() + 10,
        "does not say what to try"
    );
}

#[tokio::test]
async fn a_bad_photo_is_a_row_also_if_it_is_the_only_one() {
    let (client, _) = library().await;
    let bald = hairless();
    let answer = client.analyze([("bald.jpg", &bald[..])]).await.expect(200);
    assert_eq!(answer["num_images"], 1);
    let row = &answer["results"][0];
    assert_eq!(
        (&row["status"], &row["filename"]),
        (&json!("failed"), &json!("bald.jpg"))
    );
    assert!(
        text(&row["error"]).starts_with("No hair detected in the image."),
        "{row}"
    );
    let mixed = [("a.jpg", &b"text"[..]), ("b.jpg", &bald[..])];
    let mixed = client.analyze(mixed).await.expect(200);
    for row in mixed["results"].as_array().expect("rows") {
        assert_eq!(row["status"], "failed", "{mixed}");
    }
    let legacy = form("image", [("bald.jpg", &bald[..])]);
    let legacy = client.post_form("/analyze-legacy", legacy).await.expect(200);
    assert_eq!(legacy[0]["status"], "failed", "{legacy}");
}

#[tokio::test]
async fn one_to_five_photos_are_accepted() {
    let (client, _) = library().await;
    let photo = back("6", 2);
    let detail = client.analyze([("a.jpg", &photo[..]); 6]).await.problem(422);
    assert!(detail.contains('5'), "does not say how many: {detail}");
    client.analyze([]).await.problem(400);
    client
        .post_form("/analyze", form("pictures", [("a.jpg", &photo[..])]))
        .await
        .problem(422);
    client.post("/analyze").await.problem(400);
}

/// The hair mask of a photo.
async fn mask_of(client: &Client, photo: &[u8]) -> GrayImage {
    let mask = client
        .post_form("/analyze?overlay=mask", form("images", [("a.jpg", photo)]))
        .await
        .expect(200);
    let mask = text(&mask["results"][0]["overlay"]).to_owned();
    let mask = base64::engine::general_purpose::STANDARD
        .decode(mask.trim_start_matches("data:image/png;base64,"))
        .expect("base64");
    let mask = image::load_from_memory_with_format(&mask, ImageFormat::Png).expect("a PNG");
    let image::DynamicImage::ImageLuma8(mask) = mask else {
        panic!("the mask is {:?}, not gray", mask.color());
    };
    mask
}

#[tokio::test]
async fn the_overlay_is_a_small_png() {
    let (client, _) = library().await;
    let photo = back("24", 9);
    let answer = client
        .post_form("/analyze?overlay=true", form("images", [("a.jpg", &photo[..])]))
        .await
        .expect(200);
    let url = text(&answer["results"][0]["overlay"]).to_owned();
    let encoded = url
        .strip_prefix("data:image/png;base64,")
        .unwrap_or_else(|| panic!("{}", &url[..60]));
    let png = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .expect("base64");
    let overlay = image::load_from_memory_with_format(&png, ImageFormat::Png).expect("a PNG");
    assert!((32..=640).contains(&overlay.width()) && (32..=640).contains(&overlay.height()));
    assert!(png.len() < 500_000, "{} bytes are not small", png.len());
    let mask = mask_of(&client, &photo).await;
    // In these photos the hair is in the middle, and a corner is wall.
    assert!(mask.get_pixel(mask.width() / 2, mask.height() / 3).0[0] > 200);
    assert!(mask.get_pixel(1, 1).0[0] < 50);
    let plain = client
        .post_form("/analyze?overlay=false", form("images", [("a.jpg", &photo[..])]))
        .await
        .expect(200);
    assert!(plain["results"][0].get("overlay").is_none());
}

/// The mean colors of the hair in two photos.
async fn mean_colors(client: &Client, one: &[u8], two: &[u8]) -> (Lab, Lab) {
    let mean = async |photo: &[u8]| mean(&client.analyze_one(photo).await);
    (mean(one).await, mean(two).await)
}

/// The mean of a row's dominant colors, weighted by their shares.
fn mean(row: &Value) -> Lab {
    let colors = row["dominant_hair_colors"].as_array().expect("colors");
    let of = |i: usize| {
        colors
            .iter()
            .map(|c| number(&c["lab"][i]) * number(&c["percentage"]) / 100.0)
            .sum::<f64>()
    };
    Lab {
        l: of(0) as f32,
        a: of(1) as f32,
        b: of(2) as f32,
    }
}

#[tokio::test]
async fn every_format_gives_the_same_colors() {
    let (client, _) = library().await;
    let picture = picture(View::Back, "24", 2);
    let png = encode::file(&picture.rgb, ImageFormat::Png);
    for (format, tolerance) in [
        (ImageFormat::WebP, 0.2),
        (ImageFormat::Bmp, 0.2),
        (ImageFormat::Tiff, 0.2),
        (ImageFormat::Gif, 5.0),
    ] {
        let (one, other) = mean_colors(&client, &png, &encode::file(&picture.rgb, format)).await;
        assert!(ciede2000(one, other) < tolerance, "{format:?}: {one:?} {other:?}");
    }
    let (one, other) = mean_colors(&client, &png, &encode::jpeg(&picture.rgb)).await;
    assert!(ciede2000(one, other) < 2.0, "JPEG: {one:?} {other:?}");
}

#[tokio::test]
async fn the_first_frame_of_an_animation_counts() {
    let (client, _) = library().await;
    let frames = ["24", "1"].map(|code| {
        let small = image::imageops::thumbnail(&picture(View::Back, code, 2).rgb, 256, 256);
        image::Frame::new(image::DynamicImage::from(small).into_rgba8())
    });
    let mut gif = Cursor::new(Vec::new());
    image::codecs::gif::GifEncoder::new(&mut gif)
        .encode_frames(frames)
        .expect("a GIF");
    let row = client.analyze_one(gif.get_ref()).await;
    assert_eq!(row["analysis_summary"]["estimated_style"], "Blonde", "{row}");
}

#[tokio::test]
async fn the_exif_orientation_is_applied() {
    let (client, _) = library().await;
    let upright = &picture(View::Back, "130", 2).rgb;
    let expected = number(&client.analyze_one(&encode::jpeg(upright)).await["hair"]["coverage"]);
    // What a camera held sideways writes: the stored pixels are rotated, and the tag says how to turn them.
    let turned: [(u8, RgbImage); 3] = [
        (6, image::imageops::rotate270(upright)),
        (8, image::imageops::rotate90(upright)),
        (3, image::imageops::rotate180(upright)),
    ];
    for (orientation, stored) in turned {
        let photo = Jpeg {
            orientation,
            ..Jpeg::default()
        }
        .encode(&stored);
        let told = number(&client.analyze_one(&photo).await["hair"]["coverage"]);
        assert!(
            (told - expected).abs() < 0.02,
            "orientation {orientation}: {told}, upright {expected}"
        );
    }
}

#[tokio::test]
async fn an_embedded_profile_is_converted() {
    let (client, _) = library().await;
    let srgb = &picture(View::Back, "130", 2).rgb;
    let wide = display_p3(srgb);
    let profile = moxcms::ColorProfile::new_display_p3()
        .encode()
        .expect("a profile");
    let tagged = Jpeg {
        profile: Some(profile),
        quality: 95,
        ..Jpeg::default()
    }
    .encode(&wide);
    let plain = Jpeg {
        quality: 95,
        ..Jpeg::default()
    };
    let (expected, converted) = mean_colors(&client, &plain.encode(srgb), &tagged).await;
    assert!(ciede2000(expected, converted) < 1.0, "{expected:?} {converted:?}");
    for (photo, space) in [(&plain.encode(srgb), "srgb"), (&tagged, "icc")] {
        assert_eq!(client.analyze_one(photo).await["photo"]["color_space"], space);
    }
    let (_, ignored) = mean_colors(&client, &tagged, &plain.encode(&wide)).await;
    assert!(
        ciede2000(expected, ignored) > 2.0,
        "this test would not notice an ignored profile: {expected:?} {ignored:?}"
    );
}

/// The same colors encoded in Display P3.
fn display_p3(picture: &RgbImage) -> RgbImage {
    let (srgb, p3) = (
        moxcms::ColorProfile::new_srgb(),
        moxcms::ColorProfile::new_display_p3(),
    );
    let layout = moxcms::Layout::Rgb;
    let transform = srgb.create_transform_8bit(layout, &p3, layout, moxcms::TransformOptions::default());
    let mut out = picture.clone();
    transform
        .expect("RGB to RGB")
        .transform(picture.as_raw(), &mut out)
        .expect("equal sizes");
    out
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn with_no_trained_color_there_are_no_matches() {
    let server = alone().await;
    let client = server.client();
    client.color(&json!({ "name": "Without swatch or photo" })).await;
    let row = client.analyze_one(&back("6", 2)).await;
    assert_eq!(row["best_matches"], json!([]));
    assert!(!row["dominant_hair_colors"].as_array().expect("colors").is_empty());
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn swatches_match_without_any_training() {
    let server = alone().await;
    let client = server.client();
    let mut ids = Vec::new();
    for shade in &WELL_SEPARATED {
        let hex = Shade::of_palette(shade.code).tones[0].lab.to_rgb().to_string();
        ids.push(
            client
                .color(&json!({ "name": unique(shade.name), "hex": hex }))
                .await,
        );
    }
    for (shade, id) in WELL_SEPARATED.iter().zip(&ids) {
        let row = client.analyze_one(&back(shade.code, 9)).await;
        assert_eq!(best_of(&row, &ids), *id, "{}: {row}", shade.name);
        assert_matches(row["best_matches"].as_array().expect("matches"));
    }
}

#[tokio::test]
async fn figures_and_swatches_are_matched_like_back_views() {
    let (client, ids) = library().await;
    for (view, seed) in [(View::Figure, 2), (View::Swatch, 4)] {
        for shade in [0, 1] {
            let photo = encode::jpeg(&picture(view, WELL_SEPARATED[shade].code, seed).rgb);
            let row = client.analyze_one(&photo).await;
            assert_eq!(best_of(&row, &ids), ids[shade], "{view:?}: {row}");
        }
    }
}
