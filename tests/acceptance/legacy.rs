//! `/analyze-legacy`: one photo against the built-in palette.

use serde_json::{Value, json};
use strand_tests::client::{Answer, form, number, text};
use strand_tests::server::{alone, shared};

use crate::fixtures::{back, hairless};

async fn legacy(photo: &[u8]) -> Answer {
    shared()
        .client()
        .post_form("/analyze-legacy", form("images", [("a.jpg", photo)]))
        .await
}

#[tokio::test]
async fn the_answer_is_an_array_of_one_row() {
    let answer = legacy(&back("6", 2)).await.expect(200);
    let [row] = &answer.as_array().expect("an array")[..] else {
        panic!("not one row: {answer}")
    };
    assert_eq!(
        (&row["image_index"], &row["filename"]),
        (&Value::from(1), &Value::from("a.jpg"))
    );
    assert_eq!(row["analysis_summary"]["estimated_style"], "Brown");
    assert!(!row["dominant_hair_colors"].as_array().expect("colors").is_empty());
    let matches = row["best_matches"].as_array().expect("matches");
    assert!(!matches.is_empty());
    for found in matches {
        assert!(
            found["color_id"].is_u64() && !text(&found["name"]).is_empty(),
            "{found}"
        );
        assert!((0.0..=1.0).contains(&number(&found["combined_score"])), "{found}");
        assert!(number(&found["lab_difference_score"]) >= 0.0, "{found}");
    }
    assert!(matches.is_sorted_by(|a, b| number(&a["combined_score"]) >= number(&b["combined_score"])));
    assert!(row["hair"].is_object() && row["warnings"].is_array(), "{row}");
}

#[tokio::test]
#[cfg_attr(
    all(feature = "deployment", not(feature = "wipe")),
    ignore = "needs an empty library: --features strand-tests/wipe"
)]
async fn the_palette_needs_no_library() {
    let server = alone().await;
    let photo = back("1", 2);
    let answer = server
        .client()
        .post_form("/analyze-legacy", form("images", [("a.jpg", &photo[..])]))
        .await;
    let best = answer.expect(200)[0]["best_matches"][0].clone();
    assert!(text(&best["name"]).contains("Black"), "{best}");
}

#[tokio::test]
async fn the_photo_may_be_named_by_its_upload() {
    let client = shared().client();
    let photo = back("6", 2);
    let terms = json!({ "filename": "b.jpg", "content_type": "image/jpeg", "size": photo.len() });
    let upload = client.post_json("/uploads", &terms).await.expect(201);
    client.send_upload(&upload, &photo).await;
    let named = json!({ "upload": upload["key"] });
    let answer = client.post_json("/analyze-legacy", &named).await.expect(200);
    let sent = legacy(&photo).await.expect(200);
    assert_eq!(answer[0]["filename"], "b.jpg");
    assert_eq!(answer[0]["best_matches"], sent[0]["best_matches"]);
    let unknown = json!({ "upload": "0" });
    let answer = client.post_json("/analyze-legacy", &unknown).await.expect(200);
    assert_eq!(answer[0]["code"], "upload_not_found");
}

#[tokio::test]
async fn the_nearest_standard_shades_come_first() {
    for (code, words) in [
        ("60A", &["Platinum", "White", "Pearl"][..]),
        ("130", &["Copper", "Auburn", "Rust"]),
    ] {
        let answer = legacy(&back(code, 2)).await.expect(200);
        let best = text(&answer[0]["best_matches"][0]["name"]).to_owned();
        assert!(
            words.iter().any(|word| best.contains(word)),
            "{code} is taken for {best}"
        );
    }
}

#[tokio::test]
async fn exactly_one_photo_is_accepted() {
    let photo = back("6", 2);
    let client = shared().client();
    let two = form("images", [("a.jpg", &photo[..]), ("b.jpg", &photo[..])]);
    client.post_form("/analyze-legacy", two).await.problem(422);
    client
        .post_form("/analyze-legacy", form("images", []))
        .await
        .problem(400);
    for (bad, code) in [(&b"text"[..], "not_an_image"), (&hairless(), "no_hair")] {
        let answer = legacy(bad).await.expect(200);
        assert_eq!(
            (&answer[0]["status"], &answer[0]["code"]),
            (&"failed".into(), &code.into())
        );
    }
}
