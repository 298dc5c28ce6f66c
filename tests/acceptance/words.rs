//! The words for a photo: tone, level, style, family, and gray hair.

use serde_json::Value;
use strand::color::ciede2000;
use strand_tests::client::{number, text};
use strand_tests::render::{Camera, Random, View, encode};
use strand_tests::server::shared;

use crate::analysis::lab;
use crate::fixtures::{back, picture};

/// Whether each word is one of the contract, and none contradicts another.
pub fn assert_summary(summary: &Value) {
    let one_of = |field: &str, allowed: &[&str]| {
        assert!(allowed.contains(&text(&summary[field])), "{field}: {summary}");
    };
    one_of(
        "estimated_tone",
        &["Neutral", "Warm/Red", "Cool/Green", "Golden/Yellow", "Ash/Blue"],
    );
    one_of("estimated_level", &["Dark", "Medium", "Light", "Very Light"]);
    one_of("estimated_style", &["Black", "Brown", "Blonde"]);
    one_of(
        "family",
        &[
            "black", "brown", "blonde", "red", "gray", "pink", "blue", "green", "violet",
        ],
    );
    assert!(
        (0.0..=100.0).contains(&number(&summary["gray_percentage"])),
        "{summary}"
    );
    let level = professional_level(summary);
    match text(&summary["estimated_style"]) {
        "Black" => assert!(level <= 2, "{summary}"),
        "Brown" => assert!(level >= 3, "{summary}"),
        _ => assert!(level >= 6, "{summary}"),
    }
}

fn professional_level(summary: &Value) -> u64 {
    let level = summary["professional_level"].as_u64();
    let level = level.unwrap_or_else(|| panic!("no professional level in {summary}"));
    assert!((1..=10).contains(&level), "{summary}");
    level
}

#[tokio::test]
async fn words_and_levels_fit_the_shade() {
    let client = shared().client();
    let black = client.analyze_one(&back("1", 2)).await["analysis_summary"].take();
    assert_eq!(
        (text(&black["estimated_style"]), text(&black["estimated_level"])),
        ("Black", "Dark")
    );
    assert!(professional_level(&black) <= 2, "{black}");
    let brown = client.analyze_one(&back("6", 2)).await["analysis_summary"].take();
    assert_eq!(brown["estimated_style"], "Brown", "{brown}");
    let blonde = client.analyze_one(&back("24", 2)).await["analysis_summary"].take();
    assert_eq!(blonde["estimated_style"], "Blonde", "{blonde}");
    assert_eq!(blonde["estimated_tone"], "Golden/Yellow", "{blonde}");
    let platinum = client.analyze_one(&back("60A", 2)).await["analysis_summary"].take();
    assert_eq!(platinum["estimated_style"], "Blonde", "{platinum}");
    assert!(
        ["Light", "Very Light"].contains(&text(&platinum["estimated_level"])),
        "{platinum}"
    );
    assert!(professional_level(&platinum) >= 9, "{platinum}");
    let copper = client.analyze_one(&back("130", 2)).await["analysis_summary"].take();
    assert!(
        ["Warm/Red", "Golden/Yellow"].contains(&text(&copper["estimated_tone"])),
        "{copper}"
    );
}

#[tokio::test]
async fn gray_and_dyed_hair_have_families() {
    let client = shared().client();
    for (code, family) in [
        ("Silver", "gray"),
        ("Blue", "blue"),
        ("Red", "red"),
        ("6", "brown"),
    ] {
        let summary = client.analyze_one(&back(code, 2)).await["analysis_summary"].take();
        assert_eq!(summary["family"], family, "{code}: {summary}");
        let gray = number(&summary["gray_percentage"]);
        assert!(
            if code == "Silver" {
                gray > 50.0
            } else {
                gray < 25.0
            },
            "{code}: {summary}"
        );
    }
}

/// The same picture one stop darker and in lamplight.
#[tokio::test]
async fn the_words_hold_when_the_light_changes() {
    let client = shared().client();
    let picture = &picture(View::Back, "8", 2).rgb;
    let words = async |exposure: f32, kelvin: f32| {
        let camera = Camera {
            exposure,
            kelvin,
            ..Camera::default()
        };
        let photo = camera.photograph(picture, &mut Random::new(1));
        client.analyze_one(&encode::jpeg(&photo)).await
    };
    let usual = words(0.0, 6500.0).await;
    let first_lab = |row: &Value, field: &str| lab(&row["dominant_hair_colors"][0][field]);
    for (exposure, kelvin) in [(-1.0, 6500.0), (0.0, 3500.0)] {
        let row = words(exposure, kelvin).await;
        let of = |field| ciede2000(first_lab(&row, field), first_lab(&usual, field));
        assert!(
            of("lab_daylight") < 0.8 * of("lab"),
            "{exposure} {kelvin}: {usual} {row}"
        );
        let level = |row: &Value| professional_level(&row["analysis_summary"]);
        assert!(
            level(&row).abs_diff(level(&usual)) <= 1,
            "{exposure} {kelvin}: {usual} {row}"
        );
    }
}

#[tokio::test]
async fn roots_lengths_and_ends_have_words_of_their_own() {
    let client = shared().client();
    let words = async |code| client.analyze_one(&back(code, 2)).await["analysis_summary"].take();
    let level = |zones: &Value, place: usize| number(&zones[place]["professional_level"]);
    let dark_roots = words("4T613").await;
    assert_eq!(dark_roots["technique"], "rooted", "{dark_roots}");
    let rooted = &dark_roots["zones"];
    assert_eq!(dark_roots["natural_level"], rooted[0]["professional_level"]);
    let names: Vec<&str> = (0..3).map(|place| text(&rooted[place]["zone"])).collect();
    assert_eq!(names, ["roots", "lengths", "ends"]);
    let shares: f64 = (0..3).map(|place| number(&rooted[place]["percentage"])).sum();
    assert!((shares - 100.0).abs() < 0.3, "{rooted}");
    assert!(level(rooted, 2) >= level(rooted, 0) + 2.0, "{rooted}");
    let one_color = words("6").await;
    assert_eq!(one_color["technique"], "solid", "{one_color}");
    let solid = &one_color["zones"];
    assert!((level(solid, 2) - level(solid, 0)).abs() <= 1.0, "{solid}");
}
