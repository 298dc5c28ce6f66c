//! The ratio of an analysis to what it cannot do without: decoding the photo, and one run of the network.
//!
//! Both floors are measured in the same run, on one thread: decoding by the libraries that viewers use (`floors.py`), and
//! bare runs of the parser's session. All times are the least of several, because other work on the machine only adds.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use image::ImageFormat;
use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;
use serde_json::Value;
use strand_tests::client::Client;
use strand_tests::render::encode::{Jpeg, file};
use strand_tests::server::Server;

use crate::photos;

/// Name, width, and height of the photos.
const SIZES: [(&str, u32, u32); 5] = [
    ("0.25", 577, 433),
    ("1", 1024, 1024),
    ("12", 4000, 3000),
    ("24", 6000, 4000),
    ("48", 8000, 6000),
];
/// The kinds of files, and the ends of their names.
const KINDS: [(&str, &str); 4] = [
    ("JPEG", ".jpg"),
    ("progressive JPEG", "-progressive.jpg"),
    ("PNG", ".png"),
    ("HEIC", ".heic"),
];
/// The long side to which Strand decodes.
const SIDE: u32 = 512;
/// Analyses of one photo, and runs of the network.
const ANALYSES: usize = 9;
const RUNS: usize = 60;
/// The project's parser, and its input.
const PARSER: &[u8] = include_bytes!("../../models/hair-parser/hair-parser.onnx");
const INPUT: [i64; 4] = [1, 3, 384, 384];
/// The most that an analysis may take, in floors.
const LIMIT: f64 = 1.25;
/// The photos that the limit is for.
const LIMITED: [&str; 2] = ["1.jpg", "12.jpg"];

/// What one photo takes.
struct Row {
    what: String,
    megabytes: f64,
    /// The time of an analysis, or why there is none.
    analysis: Result<f64, String>,
    /// The time of another decoder, or why it is unknown.
    decoding: Result<f64, String>,
    limit: Option<f64>,
}

/// The table of ratios.
pub struct Ratios {
    network: f64,
    rows: Vec<Row>,
}

/// Measures all photos. `work` is an empty folder for their files.
pub async fn measure(models_dir: &Path, work: &Path) -> Ratios {
    let made = draw(work);
    let network = network(models_dir);
    let server = Server::start(&[("STRAND_THREADS", "1")]);
    let client = server.client();
    let mut rows = Vec::new();
    for (kind, end) in KINDS {
        for (name, ..) in SIZES {
            let path = work.join(format!("{name}{end}"));
            let Ok(bytes) = std::fs::read(&path) else {
                let reason = made.clone().err().unwrap_or_else(|| "not written".to_owned());
                rows.push(Row::without_file(kind, name, reason));
                continue;
            };
            rows.push(Row {
                what: format!("{name} megapixels, {kind}"),
                megabytes: bytes.len() as f64 / 1e6,
                analysis: analysis(&client, end, &bytes).await,
                decoding: decoding(&path),
                limit: LIMITED
                    .contains(&format!("{name}{end}").as_str())
                    .then_some(LIMIT),
            });
        }
    }
    Ratios { network, rows }
}

/// Draws the photos as JPEG and PNG, and has `floors.py` write the other files; its reason if it cannot.
fn draw(work: &Path) -> Result<(), String> {
    for (name, width, height) in SIZES {
        let picture = photos::of_phone(width, height);
        let jpeg = Jpeg {
            quality: 85,
            ..Jpeg::default()
        };
        write(work.join(format!("{name}.jpg")), &jpeg.encode(&picture));
        write(
            work.join(format!("{name}.png")),
            &file(&picture, ImageFormat::Png),
        );
    }
    python(&["make".as_ref(), work.as_os_str()]).map(drop)
}

fn write(path: PathBuf, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a writable folder");
}

/// What `floors.py` prints, or its reason for printing nothing.
fn python(arguments: &[&std::ffi::OsStr]) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("floors.py");
    let run = Command::new("python3").arg(script).args(arguments).output();
    let run = run.map_err(|error| format!("python3: {error}"))?;
    let printed = String::from_utf8_lossy(&run.stdout).trim().to_owned();
    if run.status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&run.stderr).trim().to_owned();
    Err(if printed.is_empty() { complaint } else { printed })
}

fn decoding(path: &Path) -> Result<f64, String> {
    let side = SIDE.to_string();
    let printed = python(&["time".as_ref(), side.as_ref(), path.as_os_str()])?;
    printed.parse().map_err(|_| printed)
}

/// The least time of an analysis, each of a file that no cache knows.
async fn analysis(client: &Client, end: &str, bytes: &[u8]) -> Result<f64, String> {
    let mut least = Duration::MAX;
    for number in 0..ANALYSES as u32 {
        let file = [bytes, &unread(end, number)].concat();
        let before = Instant::now();
        let answer = client.analyze([("photo", file.as_slice())]).await;
        let time = before.elapsed();
        if let Some(reason) = refusal(&answer.json()) {
            return Err(reason);
        }
        least = least.min(time);
    }
    Ok(ms(least))
}

/// Why a photo was refused, in its row or as a whole; `None` if it was analyzed.
fn refusal(answer: &Value) -> Option<String> {
    let reason = answer["results"][0]["error"]
        .as_str()
        .or(answer["detail"].as_str());
    reason.map(str::to_owned)
}

/// Bytes that no decoder reads, different for each `number`: behind the end, in HEIC in a box of free space.
fn unread(end: &str, number: u32) -> Vec<u8> {
    let number = number.to_be_bytes();
    if end == ".heic" {
        [&12_u32.to_be_bytes(), b"free".as_slice(), &number].concat()
    } else {
        number.to_vec()
    }
}

/// The least time of a bare run of the parser, with the options of the server.
fn network(models_dir: &Path) -> f64 {
    let library = strand_vision::locate_runtime(models_dir);
    let builder = ort::init_from(library).expect("ONNX Runtime is fetched");
    let environment = builder
        .with_telemetry(false)
        .build()
        .expect("ONNX Runtime starts");
    let mut session = session(&environment).expect("the parser loads");
    let values = vec![0.25_f32; INPUT.iter().product::<i64>() as usize];
    let mut least = Duration::MAX;
    for _ in 0..RUNS {
        let before = Instant::now();
        let input = TensorRef::from_array_view((INPUT, values.as_slice())).expect("the shape of the input");
        session.run(ort::inputs![input]).expect("the parser runs");
        least = least.min(before.elapsed());
    }
    ms(least)
}

fn session(environment: &Environment) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(1)?
        .with_memory_pattern(false)?
        .commit_from_memory(PARSER)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Row {
    fn without_file(kind: &str, name: &str, reason: String) -> Self {
        Self {
            what: format!("{name} megapixels, {kind}"),
            megabytes: 0.0,
            analysis: Err(reason.clone()),
            decoding: Err(reason),
            limit: None,
        }
    }

    fn ratio(&self, network: f64) -> Option<f64> {
        let (analysis, decoding) = (self.analysis.as_ref().ok()?, self.decoding.as_ref().ok()?);
        Some(analysis / (decoding + network))
    }
}

impl Ratios {
    /// The number of missed limits.
    pub fn missed(&self) -> usize {
        let missed = |row: &&Row| {
            row.limit
                .zip(row.ratio(self.network))
                .is_some_and(|(limit, ratio)| ratio > limit)
        };
        self.rows.iter().filter(missed).count()
    }
}

impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A bare run of the network: {:.1} ms.\n", self.network)?;
        writeln!(
            f,
            "| photo | MB | /analyze, ms | bare decoding, ms | / (decoding + network) | limit |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        for row in &self.rows {
            let time = |time: &Result<f64, String>| match time {
                Ok(time) => format!("{time:.1}"),
                Err(reason) => reason.clone(),
            };
            let ratio = row
                .ratio(self.network)
                .map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let limit = row.limit.map_or_else(String::new, |limit| limit.to_string());
            let (analysis, decoding) = (time(&row.analysis), time(&row.decoding));
            writeln!(
                f,
                "| {} | {:.2} | {analysis} | {decoding} | {ratio} | {limit} |",
                row.what, row.megabytes
            )?;
        }
        Ok(())
    }
}
