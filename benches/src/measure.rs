//! The measurements. Times are those of a client: they include HTTP and the upload over loopback.

use std::time::{Duration, Instant};

use image::ImageFormat;
use strand_tests::client::{Client, id};
use strand_tests::render::encode::{Jpeg, file};
use strand_tests::server::Server;

use crate::machine::{maps, peak, resident};
use crate::photos;
use crate::report::{Report, Unit};

const ONE_THREAD: [(&str, &str); 1] = [("STRAND_THREADS", "1")];

/// Startup time and memory before the first photo.
pub fn start(report: &mut Report) {
    let mut times = Vec::new();
    let mut memory = Vec::new();
    let mut clean = true;
    for _ in 0..7 {
        let before = Instant::now();
        let server = Server::start(&ONE_THREAD);
        times.push(before.elapsed());
        memory.push(resident(server.pid()));
        clean &= !maps(server.pid(), "onnxruntime");
    }
    memory.sort_by(f64::total_cmp);
    report.limited(
        "start to the first /health, median of 7",
        median(&mut times),
        300.0,
        Unit::Ms,
    );
    report.limited("resident memory then", memory[memory.len() / 2], 40.0, Unit::Mb);
    report.claim("ONNX Runtime not mapped then", clean);
}

/// Analysis, then training, on one server.
pub async fn analysis_and_training(report: &mut Report, analyses: usize) {
    let server = Server::start(&ONE_THREAD);
    let client = server.client();
    let photos = photos::of_1024_px(9 + 1 + analyses + 1);
    let (teaching, matching) = photos.split_at(9);
    let (new, matching) = matching.split_last().expect("photos");

    let first = analyze(&client, &matching[0]).await;
    report.plain("first /analyze, which loads the network", ms(first), Unit::Ms);
    let mut times = Vec::new();
    for photo in &matching[1..] {
        times.push(analyze(&client, photo).await);
    }
    let what = format!("/analyze of a 1,024-px JPEG, median of {analyses}");
    report.limited(what, median(&mut times), 80.0, Unit::Ms);
    report.plain(
        "  the same, 90th percentile",
        ms(times[times.len() * 9 / 10]),
        Unit::Ms,
    );
    report.limited(
        "resident memory afterward",
        resident(server.pid()),
        170.0,
        Unit::Mb,
    );

    let (mut first_times, mut again_times) = (Vec::new(), Vec::new());
    for (i, three) in teaching.chunks(3).enumerate() {
        let color = teach(&client, i, three).await;
        first_times.push(train(&client, color).await);
        for _ in 0..5 {
            again_times.push(train(&client, color).await);
        }
    }
    report.limited(
        "training a shade on three 1,024-px photos",
        median(&mut first_times),
        500.0,
        Unit::Ms,
    );
    report.limited(
        "training it again without new photos",
        median(&mut again_times),
        50.0,
        Unit::Ms,
    );
    report.plain("resident memory after training", resident(server.pid()), Unit::Mb);

    let new = analyze(&client, new).await;
    let measured = analyze(&client, &matching[1]).await;
    report.plain("/analyze against three shades", ms(new), Unit::Ms);
    report.plain(
        "/analyze of a photo measured before the training",
        ms(measured),
        Unit::Ms,
    );
}

/// Large photos, each on a new server, so that its peak memory is due to this photo.
pub async fn large_photos(report: &mut Report) {
    let phone = photos::of_phone(4000, 3000);
    let twelve = Jpeg {
        quality: 85,
        ..Jpeg::default()
    }
    .encode(&phone);
    large(report, "12-megapixel JPEG", &twelve).await;
    let small = image::imageops::thumbnail(&phone, 2000, 1500);
    large(report, "3-megapixel PNG", &file(&small, ImageFormat::Png)).await;
    drop((phone, small, twelve));
    let huge = Jpeg {
        quality: 75,
        ..Jpeg::default()
    }
    .encode(&photos::of_phone(8000, 6000));
    large(report, "48-megapixel JPEG", &huge).await;
}

async fn large(report: &mut Report, what: &str, photo: &[u8]) {
    let server = Server::start(&ONE_THREAD);
    let client = server.client();
    // Load the network with a small photo first, so that loading is not part of the time.
    analyze(&client, &photos::of_1024_px(1)[0]).await;
    let usual = peak(server.pid());
    let time = analyze(&client, photo).await;
    let size = photo.len() as f64 / 1e6;
    report.plain(
        format!("/analyze of a {what} of {size:.1} MB"),
        ms(time),
        Unit::Ms,
    );
    report.plain(
        format!("  peak memory ({usual:.0} MB before)"),
        peak(server.pid()),
        Unit::Mb,
    );
}

async fn analyze(client: &Client, photo: &[u8]) -> Duration {
    let before = Instant::now();
    let answer = client.analyze([("photo.jpg", photo)]).await;
    let time = before.elapsed();
    answer.expect(200);
    time
}

async fn teach(client: &Client, index: usize, photos: &[Vec<u8>]) -> u64 {
    let body = format!("{{\"name\": \"Shade {index}\"}}");
    let request = client.request("POST".parse().expect("a method"), "/colors");
    let request = request.header("content-type", "application/json").body(body);
    let color = id(&client.send(request).await.expect(201));
    for photo in photos {
        client.upload(color, "photo.jpg", photo).await.expect(201);
    }
    color
}

async fn train(client: &Client, color: u64) -> Duration {
    let before = Instant::now();
    let answer = client.post(&format!("/train/{color}")).await;
    let time = before.elapsed();
    answer.expect(200);
    time
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The median in milliseconds. Sorts `times`.
fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    ms(times[times.len() / 2])
}
