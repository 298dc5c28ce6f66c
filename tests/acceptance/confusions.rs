//! Which colors are mistaken for each other, and what would help.

use serde_json::{Value, json};
use strand_tests::client::{Client, id, text};
use strand_tests::server::private;

use crate::fixtures::{back, hairless, trained, untrained};

async fn confusions(client: &Client) -> Value {
    client.get("/confusions").await.expect(200)
}

fn of(confusions: &Value, color: u64) -> &Value {
    let colors = confusions["colors"].as_array().expect("an array");
    let found = colors.iter().find(|one| one["color_id"] == color);
    found.unwrap_or_else(|| panic!("color {color} is missing in {confusions}"))
}

fn kinds(color: &Value) -> Vec<&str> {
    let advice = color["advice"].as_array().expect("an array");
    advice.iter().map(|one| text(&one["kind"])).collect()
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn photos_that_hurt_are_named_with_what_would_help() {
    let server = private();
    let client = server.client();
    let empty = confusions(&client).await;
    assert_eq!((&empty["images"], &empty["pairs"]), (&json!(0), &json!([])));

    let black = trained(&client, "Black", "1").await;
    let blonde = trained(&client, "Blonde", "60A").await;
    let healthy = confusions(&client).await;
    assert_eq!(
        (&healthy["images"], &healthy["recognized"]),
        (&json!(4), &json!(4))
    );
    assert_eq!(
        (
            &of(&healthy, black)["recall"],
            of(&healthy, blonde)["advice"].clone()
        ),
        (&json!(1.0), json!([]))
    );

    // A blonde photo among black ones, a photo without hair, and a shade with one photo, which another has too.
    client.upload(black, "c.jpg", &back("1", 18)).await.expect(201);
    let wrong = id(&client.upload(black, "d.jpg", &back("60A", 18)).await.expect(201));
    let bald = id(&client.upload(black, "e.jpg", &hairless()).await.expect(201));
    client.train(black).await;
    let copper = trained(&client, "Copper", "130").await;
    let lonely = untrained(&client, "Lonely", &[back("130", 4)]).await;
    client.train(lonely).await;
    let found = confusions(&client).await;
    assert_ne!(found["library_version"], healthy["library_version"]);
    let shade = of(&found, black);
    assert_eq!(
        (&shade["images"], &shade["recognized"], &shade["recall"]),
        (&json!(4), &json!(3), &json!(0.75))
    );
    assert_eq!(kinds(shade), ["looks_like", "no_hair"], "{shade}");
    let looks_like = &shade["advice"][0];
    assert_eq!(
        (&looks_like["image_id"], &looks_like["other_color_id"]),
        (&json!(wrong), &json!(blonde))
    );
    let detail = text(&looks_like["detail"]);
    assert!(detail.starts_with("Photo 4 looks like \"Blonde"), "{detail}");
    assert_eq!(shade["advice"][1]["image_id"], bald);
    assert_eq!(kinds(of(&found, lonely)), ["same_photo", "only_photo"]);
    assert_eq!(of(&found, lonely)["recall"], Value::Null);
    assert!(kinds(of(&found, copper)).contains(&"same_photo"));

    let pairs = found["pairs"].as_array().expect("an array");
    let sides = |pair: &Value| [&pair["colors"][0], &pair["colors"][1]].map(|side| side["color_id"].clone());
    let pair = pairs
        .iter()
        .find(|pair| sides(pair) == [json!(black), json!(blonde)]);
    let pair = pair.unwrap_or_else(|| panic!("{found}"));
    assert_eq!(
        (&pair["images"], &pair["colors"][0]["image_id"]),
        (&json!(1), &json!(wrong))
    );

    // What is deleted is forgotten at once.
    for gone in [
        format!("/colors/{black}/images/{wrong}"),
        format!("/colors/{lonely}"),
    ] {
        assert_eq!(client.delete(&gone).await.status, 204);
    }
    let mended = confusions(&client).await;
    assert_eq!(
        (&mended["pairs"], &of(&mended, black)["recognized"]),
        (&json!([]), &json!(3))
    );
}
