//! Photos with several heads.

use image::{RgbImage, imageops};
use serde_json::{Value, json};
use strand_tests::client::{form, number, text};
use strand_tests::render::View;
use strand_tests::render::encode::Jpeg;

use crate::analysis::library;
use crate::fixtures::picture;

/// Two photos side by side, as in a collage.
fn side_by_side(left: &RgbImage, right: &RgbImage) -> RgbImage {
    let mut both = RgbImage::new(left.width() + right.width(), left.height());
    imageops::replace(&mut both, left, 0, 0);
    imageops::replace(&mut both, right, left.width().into(), 0);
    both
}

/// A photo with two heads.
pub fn collage() -> Vec<u8> {
    let (dark, light) = (picture(View::Back, "1", 1), picture(View::Back, "613", 2));
    Jpeg::default().encode(&side_by_side(&dark.rgb, &light.rgb))
}

#[tokio::test]
async fn of_several_heads_one_is_measured_and_any_can_be_asked_for() {
    let (client, _) = library().await;
    let (dark, light) = (picture(View::Back, "1", 1), picture(View::Back, "613", 2));
    let both = Jpeg::default().encode(&side_by_side(&dark.rgb, &light.rgb));
    let first = client.analyze_one(&both).await;
    let heads = first["hair"]["heads"].as_array().expect("heads");
    assert_eq!((heads.len(), &first["hair"]["head"]), (2, &json!(1)), "{first}");
    let left_edge = |head: &Value| number(&head["box"]["x"]);
    assert!(
        (left_edge(&heads[0]) - left_edge(&heads[1])).abs() > 0.3,
        "{first}"
    );
    let warned = |row: &Value| {
        row["warnings"]
            .as_array()
            .is_some_and(|all| all.iter().any(|warning| text(warning).contains("2 heads")))
    };
    let path = "/analyze?head=2";
    let second = client
        .post_form(path, form("images", [("photo.jpg", both.as_slice())]))
        .await;
    let second = second.expect(200)["results"][0].take();
    assert!(warned(&first) && warned(&second), "{first} {second}");
    // One head is nearly black, and the other nearly white.
    let lightness = |row: &Value| number(&row["dominant_hair_colors"][0]["lab"][0]);
    let (l1, l2) = (lightness(&first), lightness(&second));
    assert!((l1 - l2).abs() > 40.0, "{l1} {l2}");

    let alone = client.analyze_one(&Jpeg::default().encode(&dark.rgb)).await;
    assert_eq!(
        alone["hair"]["heads"].as_array().map(Vec::len),
        Some(1),
        "{alone}"
    );
    assert!(!warned(&alone));
}

#[tokio::test]
async fn a_head_is_asked_for_in_one_photo_and_must_exist() {
    let (client, _) = library().await;
    let photo = Jpeg::default().encode(&picture(View::Back, "1", 1).rgb);
    let photo = photo.as_slice();
    let ask = async |head: &str, photos: &[&[u8]]| {
        let named = photos.iter().map(|photo| ("photo.jpg", *photo));
        let path = format!("/analyze?head={head}");
        client.post_form(&path, form("images", named)).await
    };
    let two = ask("1", &[photo, photo]).await;
    assert!(two.problem(422).contains("exactly one photo"), "{two:?}");
    for wrong in ["0", "-1", "largest"] {
        let refused = ask(wrong, &[photo]).await;
        assert!(refused.problem(400).contains("number from 1"), "{refused:?}");
    }
    let missing = ask("2", &[photo]).await.json();
    assert!(
        missing.to_string().contains("1 head, so there is no head 2"),
        "{missing}"
    );
}
