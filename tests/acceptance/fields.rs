//! Photos in every form that clients send them: field names, encodings, and forms with more than one photo. No photo is
//! dropped silently.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use strand_tests::client::{Answer, Client, form, text};
use strand_tests::server::shared;

use crate::fixtures::{back, hairless, unique};

/// The three routes that take photos, for a color of its own.
async fn routes(client: &Client) -> [String; 3] {
    let color = client.color(&json!({ "name": unique("Fields") })).await;
    [
        "/analyze".into(),
        "/analyze-legacy".into(),
        format!("/colors/{color}/images"),
    ]
}

fn photo() -> Vec<u8> {
    back("6", 4)
}

/// Sends a body as it is written.
async fn send(client: &Client, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    let request = client.request(Method::POST, path).header("content-type", kind);
    client.send(request.body(body)).await
}

/// A form of one part with these headers.
fn part(headers: &str, bytes: &[u8]) -> Vec<u8> {
    [
        b"--b\r\n",
        headers.as_bytes(),
        b"\r\n\r\n",
        bytes,
        b"\r\n--b--\r\n",
    ]
    .concat()
}

const KIND: &str = "multipart/form-data; boundary=b";

#[tokio::test]
async fn one_list_of_names_works_on_every_route() {
    let client = shared().client();
    for route in routes(&client).await {
        for name in [
            "images", "image", "file", "photo", "images[]", "image[0]", "photo1", "file-2", "image_3",
            "Image",
        ] {
            let answer = client
                .post_form(&route, form(name, [("a.jpg", &photo()[..])]))
                .await;
            assert!(answer.status.is_success(), "{route} {name}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_file_in_another_field_is_named() {
    let client = shared().client();
    for route in routes(&client).await {
        for name in ["upload", "files", "photos[]", "picture", "images[a]"] {
            let alone = form(name, [("a.jpg", &photo()[..])]);
            let beside = form("image", [("a.jpg", &photo()[..])]);
            let beside = beside.part(name, Part::bytes(photo()).file_name("b.jpg"));
            for form in [alone, beside] {
                let answer = client.post_form(&route, form).await;
                let detail = answer.problem(422);
                assert_eq!(answer.json()["code"], "field_unknown");
                assert!(
                    detail.contains(&format!("\"{name}\"")) && detail.contains("\"image\""),
                    "{detail}"
                );
            }
        }
    }
}

#[tokio::test]
async fn texts_are_ignored_unless_they_are_photos() {
    let client = shared().client();
    let url = format!("data:image/jpeg;base64,{}", STANDARD.encode(photo()));
    for route in routes(&client).await {
        let with =
            |name: &'static str, text: String| form("image", [("a.jpg", &photo()[..])]).text(name, text);
        let noted = with("note", "for Friday".into()).text("image", "a caption");
        let answer = client.post_form(&route, noted).await;
        assert!(answer.status.is_success(), "{route}: {answer:?}");
        let encoded = STANDARD.encode(photo());
        for form in [
            with("note", url.clone()),
            with("image", url.clone()),
            with("image", encoded),
            Form::new().text("image", url.clone()),
        ] {
            let answer = client.post_form(&route, form).await;
            let detail = answer.problem(422);
            assert_eq!(answer.json()["code"], "photo_as_text");
            assert!(detail.contains("as a file"), "{detail}");
        }
    }
    let body = json!({ "image": url });
    for route in ["/analyze", "/colors/1/images"] {
        let answer = client.post_json(route, &body).await;
        let status = answer.status.as_u16();
        assert!(answer.problem(status).contains("as a file"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_second_photo_is_never_dropped() {
    let client = shared().client();
    let [_, legacy, images] = routes(&client).await;
    for route in [legacy, images.clone()] {
        let two = form("image", [("a.jpg", &photo()[..])]);
        let two = two.part("images", Part::bytes(hairless()).file_name("b.jpg"));
        let answer = client.post_form(&route, two).await;
        answer.problem(422);
        assert_eq!(answer.json()["code"], "too_many_photos");
    }
    assert_eq!(client.get(&images).await.expect(200), json!([]));
    let mixed = form("image", [("a.jpg", &photo()[..])]);
    let mixed = mixed.part("photo[1]", Part::bytes(photo()).file_name("b.jpg"));
    let answer = client.post_form("/analyze", mixed).await.expect(200);
    assert_eq!(answer["num_images"], 2);
    assert_eq!(answer["results"][1]["filename"], "b.jpg");
}

#[tokio::test]
async fn a_file_input_that_was_left_empty_is_no_photo() {
    let client = shared().client();
    let empty = || Part::bytes(Vec::new()).file_name("");
    for route in routes(&client).await {
        let detail = client
            .post_form(&route, Form::new().part("image", empty()))
            .await
            .problem(422);
        assert!(detail.contains("no photo"), "{detail}");
        let beside = form("image", [("a.jpg", &photo()[..])]).part("other", empty());
        let answer = client.post_form(&route, beside).await;
        assert!(answer.status.is_success(), "{route}: {answer:?}");
    }
    // An empty file with a name is a photo that is broken.
    let named = form("image", [("a.jpg", &b""[..])]);
    let answer = client.post_form("/analyze", named).await.expect(200);
    assert_eq!(answer["results"][0]["status"], "failed");
}

#[tokio::test]
async fn file_names_are_read_as_clients_write_them() {
    let client = shared().client();
    for (disposition, name) in [
        (
            "form-data; name=\"image\"; filename=\"Strähne.jpg\"",
            "Strähne.jpg",
        ),
        (
            "form-data; name=image; filename*=UTF-8''Str%C3%A4hne.jpg",
            "Strähne.jpg",
        ),
        (
            "form-data; name=image; filename=a.jpg; filename*=UTF-8''%C3%A4.jpg",
            "ä.jpg",
        ),
        ("Form-Data; Name=\"image\"; Filename=\"a.jpg\"", "a.jpg"),
        ("form-data; name=\"image\"; filename=\"a\\\"b.jpg\"", "a\"b.jpg"),
        ("form-data; name=\"image\"; filename=\"\"", "image 1"),
    ] {
        let body = part(&format!("Content-Disposition: {disposition}"), &photo());
        let answer = send(&client, "/analyze", KIND, body).await.expect(200);
        assert_eq!(answer["results"][0]["filename"], name, "{disposition}");
    }
}

#[tokio::test]
async fn boundaries_are_read_as_clients_write_them() {
    let client = shared().client();
    let head = "Content-Disposition: form-data; name=image; filename=a.jpg\r\n\r\n";
    for boundary in ["a=b", "a/b", "=====WebKit=", "'()+_,-./:=?"] {
        let start = format!("--{boundary}\r\n{head}");
        let body = [
            start.as_bytes(),
            &photo(),
            format!("\r\n--{boundary}--\r\n").as_bytes(),
        ]
        .concat();
        for written in [boundary.to_owned(), format!("\"{boundary}\"")] {
            let kind = format!("Multipart/Form-Data; charset=UTF-8; Boundary={written}");
            let answer = send(&client, "/analyze", &kind, body.clone()).await.expect(200);
            assert_eq!(answer["results"][0]["filename"], "a.jpg", "{kind}");
        }
    }
    for wrong in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b",
    ] {
        let body = part("Content-Disposition: form-data; name=image", &photo());
        send(&client, "/analyze", wrong, body).await.problem(400);
    }
}

#[tokio::test]
async fn the_limits_of_a_parts_headers_are_explained() {
    let client = shared().client();
    let many: String = (0..40).fold("Content-Disposition: form-data; name=image".into(), |all, i| {
        format!("{all}\r\nX-{i}: x")
    });
    let detail = send(&client, "/analyze", KIND, part(&many, &photo()))
        .await
        .problem(400);
    assert!(detail.contains("32"), "{detail}");
}

#[tokio::test]
async fn encodings_are_decoded_or_refused_by_their_name() {
    let client = shared().client();
    let head = "Content-Disposition: form-data; name=image; filename=a.jpg";
    let encoded = STANDARD.encode(photo());
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    let body = part(
        &format!("{head}\r\nContent-Transfer-Encoding: BASE64"),
        lines.join("\r\n").as_bytes(),
    );
    let answer = send(&client, "/analyze", KIND, body).await.expect(200);
    assert_eq!(answer["results"][0]["status"], "found");
    let body = part(
        &format!("{head}\r\nContent-Transfer-Encoding: quoted-printable"),
        &photo(),
    );
    let detail = send(&client, "/analyze", KIND, body).await.problem(415);
    assert!(detail.contains("quoted-printable"), "{detail}");

    let squeezed = gzip(json!({ "name": unique("Squeezed") }).to_string().as_bytes());
    let request = |encoding: &str| {
        let request = client.request(Method::POST, "/colors");
        let request = request.header("content-type", "application/json");
        request
            .header("content-encoding", encoding)
            .body(squeezed.clone())
    };
    client.send(request("gzip")).await.expect(201);
    let detail = client.send(request("zstd")).await.problem(415);
    assert!(detail.contains("\"zstd\""), "{detail}");
    let request = client
        .request(Method::POST, "/analyze")
        .header("content-type", KIND);
    let request = request.header("content-encoding", "gzip");
    let answer = client
        .send(request.body(gzip(&part(head, &photo()))))
        .await
        .expect(200);
    assert_eq!(answer["results"][0]["status"], "found");
}

/// The bytes in one gzip member of stored blocks, which needs no compressor.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks: Vec<&[u8]> = bytes.chunks(0xffff).collect();
    for (at, block) in blocks.iter().enumerate() {
        let length = block.len() as u16;
        file.push(u8::from(at + 1 == blocks.len()));
        file.extend(length.to_le_bytes());
        file.extend((!length).to_le_bytes());
        file.extend_from_slice(block);
    }
    let checksum = bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    });
    file.extend((!checksum).to_le_bytes());
    file.extend((bytes.len() as u32).to_le_bytes());
    file
}

#[tokio::test]
async fn json_is_utf_8_and_says_so_otherwise() {
    let client = shared().client();
    let name = unique("Blondé");
    let body = json!({ "name": name }).to_string();
    let with_mark = [b"\xef\xbb\xbf", body.as_bytes()].concat();
    let created = send(&client, "/colors", "application/json", with_mark)
        .await
        .expect(201);
    assert_eq!(text(&created["name"]), name);
    let utf16: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe], &utf16[..]].concat();
    for utf16 in [utf16, marked] {
        let detail = send(&client, "/colors", "application/json", utf16)
            .await
            .problem(415);
        assert!(detail.contains("UTF-16") && detail.contains("UTF-8"), "{detail}");
    }
    let latin = b"{\"name\":\"Blond\xe9\"}".to_vec();
    let detail = send(&client, "/colors", "application/json", latin.clone())
        .await
        .problem(400);
    assert!(detail.contains("UTF-8"), "{detail}");
    let kind = "application/json; charset=ISO-8859-1";
    let detail = send(&client, "/colors", kind, latin).await.problem(415);
    assert!(detail.contains("\"ISO-8859-1\""), "{detail}");
    // Of plain ASCII, every charset says the same.
    let plain = json!({ "name": unique("Plain") }).to_string();
    send(&client, "/colors", kind, plain.into_bytes())
        .await
        .expect(201);
}
