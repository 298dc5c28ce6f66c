//! Restarts and power loss: acknowledged writes survive, and nothing half-done is left.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use strand_tests::client::{Client, id, text};
use strand_tests::power_cut;
use strand_tests::server::{Server, binary, private, root};

use crate::fixtures::{back, speck, trained, unique, untrained};

/// Every file of the library except the database.
fn files(server: &Server) -> Vec<PathBuf> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                collect(&path, into);
            } else if !name.contains(".db") && !name.contains(".sqlite") && !name.contains("lock") {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&server.data(), &mut found);
    found
}

/// Checks that every row has its file, every photo file its row, and that no temporary file is left.
async fn assert_consistent(server: &Server) {
    let client = server.client();
    let mut listed: BTreeSet<Vec<u8>> = BTreeSet::new();
    for color in client
        .get("/colors")
        .await
        .expect(200)
        .as_array()
        .expect("an array")
    {
        let images = client.images(id(color)).await;
        assert_eq!(color["image_count"], images.len(), "{color}");
        assert_ne!(
            color["status"], "training",
            "nothing trains after a restart: {color}"
        );
        for image in images {
            let served = client.get(text(&image["image_path"])).await;
            assert_eq!(served.status, 200, "a row without its file: {image}");
            listed.insert(served.body);
        }
    }
    for file in files(server) {
        let inside = file.strip_prefix(server.data()).expect("a file of the library");
        let name = inside.display().to_string();
        assert!(!name.contains("tmp"), "a temporary file: {name}");
        let bytes = std::fs::read(&file).unwrap_or_default();
        let is_photo = bytes.starts_with(&[0xff, 0xd8, 0xff]);
        assert!(
            !is_photo || listed.contains(&bytes),
            "a photo without its row: {name}"
        );
        assert!(!bytes.is_empty(), "an empty file: {name}");
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_restart_keeps_everything() {
    let mut server = private();
    let client = server.client();
    let brown = trained(&client, "Kept", "6").await;
    let black = trained(&client, "Kept too", "1").await;
    let described = json!({ "name": unique("Described"), "description": "words", "hex": "#102030" });
    client.color(&described).await;
    let photo = back("6", 2);
    let before = snapshot(&client, brown).await;
    let answer = client.analyze_one(&photo).await;
    assert!(server.terminate().success());
    server.start_again();
    let client = server.client();
    assert_eq!(snapshot(&client, brown).await, before);
    let mut again = client.analyze_one(&photo).await;
    again["cached"] = answer["cached"].clone();
    assert_eq!(again, answer, "the models score as before");
    assert_eq!(answer["best_matches"][0]["color_id"], brown);
    let newer = client.color(&json!({ "name": unique("Newer") })).await;
    assert!(newer > black, "ids continue where they were");
    assert_consistent(&server).await;
}

async fn snapshot(client: &Client, color: u64) -> (Value, Vec<Value>) {
    (
        client.get("/colors").await.expect(200),
        client.images(color).await,
    )
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn deleting_everything_leaves_an_empty_folder() {
    let server = private();
    let client = server.client();
    let kept_image = trained(&client, "First", "6").await;
    let color = trained(&client, "Second", "24").await;
    assert!(!files(&server).is_empty());
    for image in client.images(kept_image).await {
        client
            .delete(&format!("/colors/{kept_image}/images/{}", id(&image)))
            .await;
    }
    client.delete(&format!("/colors/{color}")).await;
    client.delete(&format!("/colors/{kept_image}")).await;
    assert_eq!(files(&server), Vec::<PathBuf>::new());
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_kill_during_uploads_loses_nothing_acknowledged() {
    let mut server = private();
    for round in 0..3u8 {
        let client = server.client();
        let color = client.color(&json!({ "name": unique("Power cut") })).await;
        let photos: Vec<Vec<u8>> = (0..24).map(|i| speck(round * 24 + i)).collect();
        let after = 2 + usize::from(round) * 4;
        let acknowledged = power_cut::amid_uploads(&mut server, color, &photos, after).await;
        let acknowledged: Vec<u64> = acknowledged.iter().map(|answer| id(&answer.json())).collect();
        server.start_again();
        let kept: BTreeSet<u64> = server.client().images(color).await.iter().map(id).collect();
        let lost: Vec<&u64> = acknowledged.iter().filter(|id| !kept.contains(id)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert_consistent(&server).await;
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_kill_during_training_leaves_the_color_trainable() {
    let mut server = private();
    let client = server.client();
    let photos = [back("6", 4), back("6", 11), back("6", 2), back("6", 9)];
    let color = untrained(&client, "Interrupted", &photos).await;
    for events in [1, 3] {
        let request = server
            .client()
            .request(Method::GET, &format!("/train/{color}/stream"));
        let mut stream = request.send().await.expect("a stream");
        for _ in 0..events {
            let _ = stream.chunk().await;
        }
        server.kill();
        server.start_again();
        let status = server.client().status(color).await;
        assert!(
            ["untrained", "stale", "ready"].contains(&&*status),
            "{status} after a restart"
        );
        assert_consistent(&server).await;
        let added = speck(200 + events);
        server
            .client()
            .upload(color, "more.jpg", &added)
            .await
            .expect(201);
    }
    server.client().train(color).await;
    assert_eq!(server.client().status(color).await, "ready");
    assert_consistent(&server).await;
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_kill_during_deletion_leaves_whole_colors_or_none() {
    let mut server = private();
    let client = server.client();
    let mut colors = Vec::new();
    for i in 0..10u8 {
        colors.push(
            untrained(
                &client,
                "Doomed",
                &[speck(100 + i), speck(120 + i), speck(140 + i)],
            )
            .await,
        );
    }
    let gone = power_cut::amid_deletions(&mut server, &colors, 3).await;
    server.start_again();
    let client = server.client();
    for color in &gone {
        client.get(&format!("/colors/{color}")).await.problem(404);
    }
    for color in client
        .get("/colors")
        .await
        .expect(200)
        .as_array()
        .expect("an array")
    {
        assert_eq!(color["image_count"], 3, "half a color: {color}");
    }
    assert_consistent(&server).await;
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_deletion_during_training_wins() {
    let server = private();
    let client = server.client();
    let color = untrained(&client, "Contested", &[back("6", 4), back("6", 11), back("6", 2)]).await;
    let path = format!("/train/{color}");
    let mut stream = client
        .request(Method::GET, &format!("{path}/stream"))
        .send()
        .await
        .expect("a stream");
    stream.chunk().await.expect("a first event");
    assert_eq!(client.delete(&format!("/colors/{color}")).await.status, 204);
    while let Ok(Some(_)) = stream.chunk().await {}
    client.get(&format!("/colors/{color}")).await.problem(404);
    client.post(&path).await.problem(404);
    assert_eq!(
        files(&server),
        Vec::<PathBuf>::new(),
        "the training left something behind"
    );
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn concurrent_analyses_and_trainings_succeed() {
    let server = private();
    let client = server.client();
    let mut colors = Vec::new();
    for code in ["1", "6", "24"] {
        colors.push(untrained(&client, code, &[back(code, 4), back(code, 11)]).await);
    }
    let photo = back("6", 9);
    let paths: Vec<String> = colors.iter().map(|color| format!("/train/{color}")).collect();
    let trainings = join_all(paths.iter().map(|path| client.post(path)));
    let analyses = join_all((0..6).map(|_| client.analyze([("a.jpg", &photo[..])])));
    let (trained, analyzed) = tokio::join!(trainings, analyses);
    for answer in trained {
        answer.expect(200);
    }
    for answer in analyzed {
        answer.expect(200);
    }
    // Trained at once, the first of them may have seen no other shade. None keeps such a model.
    for color in colors {
        let shade = client.get(&format!("/colors/{color}")).await.expect(200);
        assert_eq!(shade["model"]["kind"], "linear_svm", "{shade}");
    }
    assert_consistent(&server).await;
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_lost_database_and_a_restart_cost_no_photo() {
    let mut server = private();
    let client = server.client();
    let photos = [speck(210), speck(211), speck(212)];
    let color = untrained(&client, "Ash", &photos).await;
    let name = client.get_color(color).await["name"].clone();
    server.kill();
    for file in ["strand.db", "strand.db-wal"] {
        let _ = std::fs::remove_file(server.data().join(file));
    }
    let _ = std::fs::remove_dir_all(server.data().join("backups"));
    server.start_again();
    server.wait_for_log("strand-server recover");
    let client = server.client();
    let new = client.color(&json!({ "name": unique("New") })).await;
    assert!(new > color, "the id {new} comes back");
    client.upload(new, "a.jpg", &speck(213)).await.expect(201);
    assert!(server.terminate().success());
    let ran = |command: &str| {
        let output = std::process::Command::new(binary())
            .arg(command)
            .env("PORT", "0")
            .env("STRAND_DATA_DIR", server.data())
            .env("STRAND_MODELS_DIR", root().join("models"))
            .output()
            .expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), said)
    };
    let (well, said) = ran("doctor");
    assert!(
        !well && said.contains("3 photos and 0 shades") && said.contains("strand-server recover"),
        "{said}"
    );
    let (well, said) = ran("recover");
    assert!(
        well && said.contains("Brought back 3 photos and 1 shade"),
        "{said}"
    );
    let (_, said) = ran("doctor");
    assert!(said.contains("the database and 4 photos are whole"), "{said}");
    server.start_again();
    let client = server.client();
    assert_eq!(client.get_color(color).await["name"], name);
    let mut back = Vec::new();
    for image in client.images(color).await {
        back.push(client.get(text(&image["image_path"])).await.body);
    }
    back.sort();
    let mut wanted = photos.to_vec();
    wanted.sort();
    assert_eq!(back, wanted);
    assert_consistent(&server).await;
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_deleted_shade_cannot_be_found_on_the_disk() {
    let server = private();
    let client = server.client();
    let color = trained(&client, "Qzxjk secret", "6").await;
    let name = text(&client.get_color(color).await["name"]).to_owned();
    let photo = {
        let image = client.images(color).await[0].clone();
        client.get(text(&image["image_path"])).await.body
    };
    let found = |needle: &[u8]| -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![server.data()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if std::fs::read(&path)
                    .unwrap_or_default()
                    .windows(needle.len())
                    .any(|window| window == needle)
                {
                    found.push(path);
                }
            }
        }
        found
    };
    assert!(!found(name.as_bytes()).is_empty() && !found(&photo).is_empty());
    assert_eq!(client.delete(&format!("/colors/{color}")).await.status, 204);
    for needle in [name.as_bytes(), name.to_lowercase().as_bytes(), &photo] {
        assert_eq!(found(needle), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn a_server_waits_for_the_one_that_stops() {
    let mut first = private();
    assert_eq!(first.client().get("/ready").await.expect(200)["status"], "ready");
    let place = tempfile::tempdir().expect("a temporary folder");
    let log = place.path().join("log");
    let output = std::fs::File::create(&log).expect("a log file");
    let mut second = std::process::Command::new(binary())
        .env("PORT", "0")
        .env("STRAND_DATA_DIR", first.data())
        .env_remove("RUST_LOG")
        .stdout(output.try_clone().expect("a second handle"))
        .stderr(output)
        .spawn()
        .expect("the binary runs");
    let mut said = |words: &str| {
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
        loop {
            let said = std::fs::read_to_string(&log).expect("a log");
            if said.contains(words) {
                break;
            }
            let ended = second.try_wait().expect("our own child can be asked");
            assert!(
                ended.is_none() && std::time::Instant::now() < deadline,
                "no {words}: {said}"
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    said("waiting for it");
    assert!(first.terminate().success());
    said("Listening on");
    second.kill().expect("our own child can be killed");
    second.wait().expect("a killed child ends");
}
