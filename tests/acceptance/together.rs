//! Several photos of one head.

use serde_json::{Value, json};
use strand_tests::client::{number, text};
use strand_tests::server::shared;

use crate::fixtures::{back, hairless, trained};

#[tokio::test]
async fn photos_of_one_head_get_one_answer() {
    let client = shared().client();
    let red = trained(&client, "Together", "130").await;
    trained(&client, "Apart", "24").await;
    let photos = [back("130", 18), hairless(), back("130", 25), back("24", 18)];
    let form = || {
        let files = photos.iter().map(|photo| ("head.jpg", photo.as_slice()));
        strand_tests::client::form("images", files)
    };
    let rows = client.post_form("/analyze", form()).await.expect(200);
    assert!(rows.get("together").is_none(), "{rows}");
    let warning = text(&rows["warnings"][0]);
    assert!(
        warning.starts_with("The photos disagree about the shade"),
        "{rows}"
    );

    let answer = client
        .post_form("/analyze?together=true", form())
        .await
        .expect(200);
    assert_eq!(
        answer["results"][3]["best_matches"],
        rows["results"][3]["best_matches"]
    );
    let together = &answer["together"];
    assert_eq!(together["images"], json!([1, 3, 4]), "{together}");
    let first = |row: &Value| row["best_matches"][0]["color_id"].clone();
    let own = first(&answer["results"][0]);
    assert_eq!(first(together), own, "{together}");
    assert!(
        together["best_matches"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["color_id"] == red))
    );
    let scores = together["best_matches"].as_array().expect("an array");
    let total: f64 = scores.iter().map(|one| number(&one["combined_score"])).sum();
    assert!(total + number(&together["no_match_score"]) <= 1.001, "{together}");

    let disagreeing = &together["disagreeing"][0];
    assert_eq!(
        (&disagreeing["image_index"], &disagreeing["color_id"]),
        (&json!(4), &first(&answer["results"][3]))
    );
    let warning = text(&together["warnings"][0]);
    assert!(warning.starts_with("Photo 4 looks more like"), "{warning}");
}

#[tokio::test]
async fn without_hair_there_is_no_common_answer() {
    let client = shared().client();
    let photo = hairless();
    let form = strand_tests::client::form("images", [("bald.jpg", photo.as_slice())]);
    let answer = client.post_form("/analyze?together=true", form).await.expect(200);
    assert_eq!(answer.get("together"), Some(&Value::Null), "{answer}");
    let form = strand_tests::client::form("images", [("bald.jpg", photo.as_slice())]);
    let detail = client
        .post_form("/analyze?together=maybe", form)
        .await
        .problem(400);
    assert_eq!(detail, "\"maybe\" is not a value of together; use true or false.");
}
