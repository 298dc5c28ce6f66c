//! The portraits in `../shared`: coarse color labels, real variety. A clone does not have them, so `make test` ignores
//! these tests and `make test-portraits` runs them.

use std::path::PathBuf;

use serde_json::Value;
use strand_tests::client::{id, text};
use strand_tests::server::{Server, deployment, root};

use crate::fixtures::unique;

struct Portrait {
    color: String,
    bytes: Vec<u8>,
}

/// The labeled portraits.
fn portraits() -> Vec<Portrait> {
    let folder: PathBuf = root().join("../shared/data/portraits");
    let read = |file: &str| {
        let path = folder.join(file);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let rows: Vec<Value> = serde_json::from_slice(&read("index.json")).expect("the index is JSON");
    let labelled = rows.iter().filter_map(|row| {
        let color = row["hair_color"].as_str()?.to_owned();
        let bytes = read(text(&row["file"]));
        Some(Portrait { color, bytes })
    });
    labelled.collect()
}

#[tokio::test]
#[ignore = "needs ../shared beside the clone: make test-portraits"]
async fn portraits_match_their_coarse_color() {
    let portraits = portraits();
    let server = deployment().unwrap_or_else(|| Server::start(&[]));
    let client = server.client();
    let of = |color: &str| portraits.iter().filter(|p| p.color == color).collect::<Vec<_>>();
    let classes = ["black", "blonde", "red", "green", "blue", "pink"];
    let mut ids = Vec::new();
    for class in classes {
        let color = client.color(&serde_json::json!({ "name": unique(class) })).await;
        for portrait in of(class).iter().take(6) {
            client
                .upload(color, "portrait.jpg", &portrait.bytes)
                .await
                .expect(201);
        }
        ids.push(color);
    }
    for color in &ids {
        client.train(*color).await;
    }
    let (mut right, mut asked) = (0, 0);
    for (class, color) in classes.iter().zip(&ids) {
        for portrait in of(class).iter().skip(6).take(8) {
            let answer = client.analyze([("portrait.jpg", &portrait.bytes[..])]).await;
            let row = answer.expect(200)["results"][0].take();
            if row["status"] == "failed" {
                assert_eq!(row["code"], "no_hair", "{row}");
                continue;
            }
            let found = row["best_matches"].as_array().expect("matches").iter();
            let best = found
                .filter_map(|m| m["color_id"].as_u64())
                .find(|id| ids.contains(id));
            asked += 1;
            right += i32::from(best == Some(*color));
        }
    }
    // The labels are coarse and the light varies widely; chance would be one in six.
    assert!(asked >= 36, "hair was found in {asked} of 48 portraits");
    assert!(
        right * 10 >= asked * 7,
        "{right} of {asked} portraits were matched right"
    );
}

#[tokio::test]
#[ignore = "needs ../shared beside the clone: make test-portraits"]
async fn bald_portraits_show_little_or_no_hair() {
    let portraits = portraits();
    let server = deployment().unwrap_or_else(|| Server::start(&[]));
    let client = server.client();
    let bald: Vec<&Portrait> = portraits.iter().filter(|p| p.color == "bald").collect();
    assert!(!bald.is_empty(), "there are no bald portraits");
    let mut wrong = 0;
    for portrait in &bald {
        let answer = client.analyze([("bald.jpg", &portrait.bytes[..])]).await;
        let row = answer.expect(200)["results"][0].take();
        if row["status"] == "found" {
            let coverage = row["hair"]["coverage"].as_f64().unwrap_or(1.0);
            wrong += i32::from(coverage > 0.1);
        } else {
            assert_eq!(row["code"], "no_hair", "{row}");
        }
    }
    assert!(
        wrong * 4 <= bald.len() as i32,
        "{wrong} of {} bald heads have much hair",
        bald.len()
    );
    id(&client
        .post_json("/colors", &serde_json::json!({ "name": unique("Alive") }))
        .await
        .expect(201));
}
