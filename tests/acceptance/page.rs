//! The web page and the palette it shows, over HTTP. `tests/browser` tests them in a browser.

use reqwest::{Method, header};
use strand_tests::client::{form, text};
use strand_tests::server::shared;

use crate::fixtures::back;

#[tokio::test]
async fn the_page_is_complete_compressed_and_has_its_policy() {
    let client = shared().client();
    let page = client.get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let html = String::from_utf8(page.body.clone()).expect("UTF-8");
    let files: Vec<&str> = html.split('"').filter(|part| part.starts_with("page/")).collect();
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let answer = client.get(&format!("/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{file}");
    }
    let squeezed = client
        .send(
            client
                .request(Method::GET, "/")
                .header(header::ACCEPT_ENCODING, "gzip"),
        )
        .await;
    assert_eq!(squeezed.header("content-encoding"), "gzip");
    assert!(squeezed.body.len() < page.body.len() / 2);
    let known = client.request(Method::GET, "/");
    let known = client
        .send(known.header(header::IF_NONE_MATCH, page.header("etag")))
        .await;
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
    let head = client.send(client.request(Method::HEAD, "/")).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    client.get("/page/none.js").await.problem(404);
}

#[tokio::test]
async fn the_palette_names_the_shades_of_the_legacy_analysis() {
    let client = shared().client();
    let palette = client.get("/palette").await.expect(200);
    let shades = palette.as_array().expect("an array");
    assert!(shades.len() > 100, "{} shades", shades.len());
    for (at, shade) in (1..).zip(shades) {
        assert_eq!(shade["id"], at, "{shade}");
        let parts = shade["parts"].as_array().expect("parts");
        let shares: f64 = parts
            .iter()
            .map(|part| part["percentage"].as_f64().expect("a share"))
            .sum();
        assert!((shares - 100.0).abs() < 0.5, "{shade}");
        for hex in parts.iter().map(|part| &part["hex"]).chain([&shade["hex"]]) {
            assert!(text(hex).starts_with('#') && text(hex).len() == 7, "{shade}");
        }
    }
    let photo = back("6", 4);
    let answer = client
        .post_form("/analyze-legacy", form("images", [("a.jpg", &photo[..])]))
        .await
        .expect(200);
    let best = &answer[0]["best_matches"][0];
    let id = best["color_id"].as_u64().expect("an id") as usize;
    assert_eq!(shades[id - 1]["name"], best["name"]);
}
