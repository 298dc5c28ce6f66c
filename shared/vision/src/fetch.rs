//! Gets a model's file into the models directory and verifies it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use ureq::tls::{RootCerts, TlsConfig};

use crate::{VisionError, embedded};
use strand_models::Model;

/// The maximum size in bytes of a file whose size the manifest does not have. No model here will be larger.
const LARGEST: u64 = 4 << 30;

/// Where [`fetch`] found the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// In the binary.
    Embedded,
    /// Already in the models directory, at this path.
    Present(PathBuf),
    /// Copied from this path in the mirror.
    Mirror(PathBuf),
    /// Downloaded from this URL.
    Downloaded(String),
}

/// Makes sure that `models_dir` has the file of `model`. The sources are, in this order: the file that is already
/// there, the directory `mirror`, and the first of the model's URLs that works. Size and SHA-256 are always checked. A
/// new file gets its name only when it is complete and correct, so a crash or a wrong file leaves nothing behind.
/// During a download, `progress` receives the number of bytes so far and the expected total.
///
/// # Errors
/// - [`VisionError::WrongSize`] or [`VisionError::WrongChecksum`] if the file is not the one in the manifest. A file
///   that was already in the models directory stays there for you to inspect.
/// - [`VisionError::NoSource`] if there is no source for the file.
/// - [`VisionError::Download`] if the network fails.
/// - [`VisionError::Manifest`] if the manifest has no checksum.
/// - [`VisionError::Io`] if the models directory cannot be written.
pub fn fetch(
    model: &Model,
    models_dir: &Path,
    mirror: Option<&Path>,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, VisionError> {
    if model.embedded && embedded::bytes(&model.name).is_some() {
        return Ok(Fetched::Embedded);
    }
    let target = model.path(models_dir);
    if let Some(file) = open(&target)? {
        model.id()?;
        take(
            model,
            &target.display().to_string(),
            file,
            &mut std::io::sink(),
            &mut |_| (),
        )?;
        return Ok(Fetched::Present(target));
    }
    if let Some(source) = mirror.map(|dir| dir.join(&model.file))
        && let Some(file) = open(&source)?
    {
        model.id()?;
        install(model, &source.display().to_string(), file, &target, &mut |_| ())?;
        return Ok(Fetched::Mirror(source));
    }
    download(model, &target, progress).map(Fetched::Downloaded)
}

/// Compares `bytes`, which came from `from`, with the manifest: the length and the SHA-256.
pub(super) fn check(model: &Model, from: &str, bytes: &[u8]) -> Result<(), VisionError> {
    check_size(model, from, bytes.len() as u64)?;
    check_sum(model, from, format!("{:x}", Sha256::digest(bytes)))
}

fn check_size(model: &Model, from: &str, found: u64) -> Result<(), VisionError> {
    match model.size {
        Some(expected) if expected != found => Err(VisionError::WrongSize {
            from: from.to_owned(),
            expected,
            found,
        }),
        _ => Ok(()),
    }
}

fn check_sum(model: &Model, from: &str, found: String) -> Result<(), VisionError> {
    match &model.sha256 {
        Some(expected) if *expected != found => Err(VisionError::WrongChecksum {
            from: from.to_owned(),
            expected: expected.clone(),
            found,
        }),
        _ => Ok(()),
    }
}

fn open(path: &Path) -> Result<Option<File>, VisionError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(VisionError::io(path)(e)),
    }
}

fn download(
    model: &Model,
    target: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<String, VisionError> {
    let mut failure = VisionError::NoSource {
        name: model.name.clone(),
        file: model.file.display().to_string(),
        reason: "it is not fetched from the network (models/README.md tells how to make it).".to_owned(),
    };
    let agent = agent();
    for url in &model.urls {
        let body = agent
            .get(url)
            .call()
            .map(|response| response.into_body().into_reader());
        let body = body.map_err(|e| VisionError::Download {
            url: url.clone(),
            reason: e.to_string(),
        });
        let mut told = |bytes| progress(bytes, model.size);
        match body.and_then(|body| install(model, url, body, target, &mut told)) {
            Ok(()) => return Ok(url.clone()),
            Err(e) => failure = e,
        }
    }
    Err(failure)
}

/// A client with timeouts: 15 s to connect, 30 s for a response, half an hour for a body.
fn agent() -> ureq::Agent {
    // Uses the operating system's certificates, because a company's proxy has its own.
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .user_agent(concat!("strand/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_recv_body(Some(Duration::from_mins(30)));
    config.build().into()
}

/// Writes `source` next to `target`, and renames it to `target` if it is correct.
fn install(
    model: &Model,
    from: &str,
    source: impl Read,
    target: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), VisionError> {
    let dir = target.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(VisionError::io(dir))?;
    let mut file = scratch(dir).map_err(VisionError::io(dir))?;
    take(model, from, source, &mut file, progress)?;
    file.as_file().sync_all().map_err(VisionError::io(target))?;
    file.persist(target)
        .map_err(|e| VisionError::io(target)(e.error))?;
    Ok(())
}

/// A temporary file that is removed unless it is renamed. After renaming, other users can read it.
fn scratch(dir: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fetching-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.tempfile_in(dir)
}

/// Copies `source` to `target`. Fails if it does not match the manifest.
fn take(
    model: &Model,
    from: &str,
    source: impl Read,
    target: &mut impl Write,
    progress: &mut dyn FnMut(u64),
) -> Result<(), VisionError> {
    // One byte more than expected is enough to detect a file that is too long.
    let mut source = source.take(model.size.unwrap_or(LARGEST).saturating_add(1));
    let (mut hash, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let failed = |e: std::io::Error| VisionError::Download {
            url: from.to_owned(),
            reason: e.to_string(),
        };
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(failed(e)),
        };
        hash.update(&buffer[..count]);
        target
            .write_all(&buffer[..count])
            .map_err(VisionError::io(&model.file))?;
        length += count as u64;
        progress(length);
    }
    check_size(model, from, length)?;
    check_sum(model, from, format!("{:x}", hash.finalize()))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::path::Path;

    use super::{Fetched, fetch};
    use crate::VisionError;
    use strand_models::{Manifest, Model};

    const BODY: &[u8] = b"the weights of a model";

    /// A model with the content [`BODY`], available at `urls`.
    fn model(urls: &[String]) -> Model {
        use sha2::Digest;
        let mut model = Manifest::builtin()
            .expect("valid")
            .model("hair-parser-pan")
            .expect("known")
            .clone();
        model.name = "test".to_owned();
        model.file = "test.onnx".into();
        model.size = Some(BODY.len() as u64);
        model.sha256 = Some(format!("{:x}", sha2::Sha256::digest(BODY)));
        model.urls = urls.to_vec();
        model
    }

    /// Serves `answer` to each request; returns the URL.
    fn server(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/test.onnx", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
                lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .for_each(drop);
                stream.write_all(&answer).expect("sent");
            }
        });
        url
    }

    fn ok(body: &[u8]) -> Vec<u8> {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("a directory");
        entries
            .map(|e| e.expect("an entry").file_name().into_string().expect("text"))
            .collect()
    }

    #[test]
    fn the_order_is_models_directory_mirror_url() {
        let (dir, mirror) = (
            tempfile::tempdir().expect("one"),
            tempfile::tempdir().expect("two"),
        );
        let url = server(ok(BODY));
        let model = model(std::slice::from_ref(&url));
        let mut calls = Vec::new();
        let mut run = |mirror| {
            fetch(&model, dir.path(), mirror, &mut |done, total| {
                calls.push((done, total));
            })
        };
        let file = dir.path().join("test.onnx");
        assert_eq!(
            run(Some(mirror.path())).expect("fetched"),
            Fetched::Downloaded(url)
        );
        assert_eq!(std::fs::read(&file).expect("there"), BODY);
        assert_eq!(run(None).expect("there"), Fetched::Present(file.clone()));
        std::fs::rename(&file, mirror.path().join("test.onnx")).expect("moved");
        let source = mirror.path().join("test.onnx");
        assert_eq!(
            run(Some(mirror.path())).expect("fetched"),
            Fetched::Mirror(source)
        );
        assert_eq!(names(dir.path()), ["test.onnx"]);
        let size = BODY.len() as u64;
        assert_eq!(calls.last(), Some(&(size, Some(size))));
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&file.metadata().expect("there").permissions());
            assert_eq!(mode & 0o444, 0o444, "others may read it: {mode:o}");
        }
    }

    #[test]
    fn a_wrong_file_is_refused_with_both_sums_and_leaves_nothing() {
        let (dir, mirror) = (
            tempfile::tempdir().expect("one"),
            tempfile::tempdir().expect("two"),
        );
        let other = BODY.to_ascii_uppercase();
        std::fs::write(mirror.path().join("test.onnx"), &other).expect("written");
        for mirror in [Some(mirror.path()), None] {
            let model = model(&[server(ok(&other))]);
            let error = fetch(&model, dir.path(), mirror, &mut |_, _| ()).expect_err("wrong");
            let VisionError::WrongChecksum { expected, found, .. } = &error else {
                panic!("{error}")
            };
            assert!(
                error.to_string().contains(expected) && error.to_string().contains(found),
                "{error}"
            );
            assert_eq!(names(dir.path()), [""; 0]);
        }
    }

    #[test]
    fn a_wrong_length_is_refused_without_reading_on() {
        let dir = tempfile::tempdir().expect("one");
        for (body, length) in [
            (BODY[..5].to_vec(), 5),
            (BODY.repeat(1000), BODY.len() as u64 + 1),
        ] {
            let error =
                fetch(&model(&[server(ok(&body))]), dir.path(), None, &mut |_, _| ()).expect_err("wrong");
            assert!(
                matches!(error, VisionError::WrongSize { found, .. } if found == length),
                "{error}"
            );
        }
        let cut_off = ok(BODY)[..60].to_vec();
        let error = fetch(&model(&[server(cut_off)]), dir.path(), None, &mut |_, _| ()).expect_err("cut off");
        assert!(
            matches!(
                error,
                VisionError::Download { .. } | VisionError::WrongSize { .. }
            ),
            "{error}"
        );
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[test]
    fn the_next_url_is_tried_and_the_last_failure_reported() {
        let dir = tempfile::tempdir().expect("one");
        let gone =
            server(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec());
        let error = fetch(
            &model(std::slice::from_ref(&gone)),
            dir.path(),
            None,
            &mut |_, _| (),
        )
        .expect_err("gone");
        assert!(
            error.to_string().contains("404") && error.to_string().contains(&gone),
            "{error}"
        );
        let good = server(ok(BODY));
        let fetched =
            fetch(&model(&[gone, good.clone()]), dir.path(), None, &mut |_, _| ()).expect("fetched");
        assert_eq!(fetched, Fetched::Downloaded(good));
    }

    #[test]
    fn a_model_without_url_or_checksum_says_what_to_do() {
        let dir = tempfile::tempdir().expect("one");
        let error = fetch(&model(&[]), dir.path(), None, &mut |_, _| ())
            .expect_err("nowhere")
            .to_string();
        assert!(error.contains("models/README.md"), "{error}");
        std::fs::write(dir.path().join("test.onnx"), BODY).expect("written");
        let mut unknown = model(&[]);
        unknown.sha256 = None;
        let error = fetch(&unknown, dir.path(), None, &mut |_, _| ())
            .expect_err("no checksum")
            .to_string();
        assert!(error.contains("sha256"), "{error}");
    }

    #[test]
    fn a_wrong_file_that_is_there_stays() {
        let dir = tempfile::tempdir().expect("one");
        std::fs::write(dir.path().join("test.onnx"), BODY.to_ascii_uppercase()).expect("written");
        let error = fetch(&model(&[server(ok(BODY))]), dir.path(), None, &mut |_, _| ()).expect_err("wrong");
        assert!(matches!(error, VisionError::WrongChecksum { .. }), "{error}");
        assert_eq!(names(dir.path()), ["test.onnx"]);
    }
}
