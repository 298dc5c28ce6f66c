//! The command line, by the real binary.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use strand_tests::client::{number, text};
use strand_tests::server::{binary, deployment, not_run, private, root};
use tempfile::TempDir;

use crate::fixtures::{back, hairless, speck};

/// A folder to work in, with a library in `data`.
struct Desk(TempDir);

impl Desk {
    /// `None`, and a word about it, where a deployment is tested: it has no command line.
    fn new(test: &str) -> Option<Self> {
        if deployment().is_some() {
            not_run(
                test,
                "STRAND_BASE_URL names a deployment, which has no command line",
            );
            return None;
        }
        Some(Self(tempfile::tempdir().expect("a temporary folder")))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let models = std::env::var_os("STRAND_MODELS_DIR").unwrap_or_else(|| root().join("models").into());
        let mut command = Command::new(binary());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("STRAND_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.path())
            .env("STRAND_MODELS_DIR", models)
            .env("STRAND_DATA_DIR", self.path().join("data"))
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Runs a command that is to end so, and gives what it printed and what it said.
    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> (String, String) {
        told(code, &self.run(arguments))
    }

    /// Two shades to learn, and things that are none.
    fn lessons(&self) {
        for seed in [4, 11] {
            self.write(&format!("shades/Chestnut/{seed}.jpg"), &back("6", seed));
            self.write(&format!("shades/Platinum/{seed}.jpg"), &back("60A", seed));
        }
        self.write("shades/Chestnut/notes.txt", b"warm");
        self.write("shades/Chestnut/bald.jpg", &hairless());
        self.write("shades/Chestnut/.hidden", b"no lesson");
        self.write("shades/readme.txt", b"no lesson");
    }
}

#[track_caller]
fn told(code: i32, output: &Output) -> (String, String) {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    (out, err)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn help_has_examples_and_wrong_usage_ends_with_2() {
    let Some(desk) = Desk::new("cli::help") else {
        return;
    };
    let (help, _) = desk.ends(0, &["--help"]);
    for command in [
        "serve", "analyze", "train", "export", "import", "models", "doctor",
    ] {
        assert!(help.contains(command), "{command} is missing in {help}");
    }
    assert!(help.contains("Examples:"), "{help}");
    desk.ends(2, &["analyse"]);
    desk.ends(2, &["analyze"]);
    desk.ends(2, &["export"]);
    assert!(
        !desk.path().join("data").exists(),
        "none of these needs a library"
    );
}

#[test]
fn folders_of_photos_become_shades_that_match() {
    let Some(desk) = Desk::new("cli::folders_of_photos_become_shades_that_match") else {
        return;
    };
    desk.lessons();
    let (report, _) = desk.ends(0, &["train", "shades"]);
    for part in [
        "Chestnut",
        "Platinum",
        "2 photo(s)",
        "notes.txt",
        "bald.jpg",
        "No hair",
    ] {
        assert!(report.contains(part), "{part} is missing in {report}");
    }
    assert!(
        !report.contains("readme.txt") && !report.contains(".hidden"),
        "{report}"
    );
    // As JSON where nobody looks, in the shape of POST /analyze.
    desk.write("a.jpg", &back("6", 2));
    desk.write("b.jpg", &back("60A", 2));
    let (answer, _) = desk.ends(0, &["analyze", "a.jpg", "b.jpg"]);
    let answer = json(&answer);
    assert_eq!(answer["num_images"], 2);
    for (row, name, shade) in [(0, "a.jpg", "Chestnut"), (1, "b.jpg", "Platinum")] {
        let row = &answer["results"][row];
        assert_eq!(row["filename"], name);
        assert_eq!(row["best_matches"][0]["name"], shade, "{row}");
        assert_eq!(row["best_matches"][0]["basis"], "model");
        assert!(number(&row["dominant_hair_colors"][0]["percentage"]) > 0.0);
    }
    let (table, _) = desk.ends(0, &["analyze", "--table", "a.jpg"]);
    assert!(
        table.contains("a.jpg") && table.contains("Chestnut") && table.contains("ΔE"),
        "{table}"
    );
    assert!(
        !table.contains('\u{1b}'),
        "no colors where it is no terminal: {table}"
    );
    // A second time there is nothing new.
    let (again, _) = desk.ends(0, &["train", "shades"]);
    assert!(again.contains("0 of them new"), "{again}");
    // A shade that cannot be learnt is told, and the others are.
    desk.write("more/Bald/a.jpg", &hairless());
    desk.write("more/Copper/a.jpg", &back("130", 4));
    let (report, _) = desk.ends(1, &["train", "more"]);
    assert!(
        report.contains("No hair was found") && report.contains("Copper"),
        "{report}"
    );
    let (_, said) = desk.ends(1, &["train", "more/Copper"]);
    assert!(said.contains("no folders"), "{said}");
}

#[test]
fn a_photo_is_analyzed_without_any_library() {
    let Some(desk) = Desk::new("cli::a_photo_is_analyzed_without_any_library") else {
        return;
    };
    desk.write("a.jpg", &back("6", 2));
    desk.write("b.txt", b"no photo");
    let (answer, said) = desk.ends(1, &["analyze", "a.jpg", "b.txt", "none.jpg"]);
    let rows = &json(&answer)["results"];
    assert!(!text(&rows[0]["best_matches"][0]["name"]).is_empty(), "{rows}");
    assert!(text(&rows[1]["error"]).contains("not an image"), "{rows}");
    assert!(text(&rows[2]["error"]).contains("cannot be read"), "{rows}");
    assert!(said.contains("palette"), "{said}");
    assert!(
        !desk.path().join("data").exists(),
        "looking leaves nothing behind"
    );
}

#[test]
fn a_library_moves_by_file_and_by_pipe() {
    let (Some(here), Some(there)) = (
        Desk::new("cli::a_library_moves"),
        Desk::new("cli::a_library_moves"),
    ) else {
        return;
    };
    here.lessons();
    here.ends(0, &["train", "shades"]);
    let (_, said) = here.ends(0, &["export", "library.tar"]);
    assert!(said.contains("2 shade(s) with 5 photo(s)"), "{said}");
    let file = here.path().join("library.tar");
    let unpacked = Command::new("sh")
        .args([
            "-c",
            "mkdir x && tar -xf library.tar -C x && cd x && sha256sum -c --quiet SHA256SUMS",
        ])
        .current_dir(here.path())
        .status();
    assert!(
        unpacked.expect("a shell").success(),
        "any tar program opens it, and the sums are right"
    );

    // By pipe, as between two machines.
    let piped = here.run(&["export", "-"]);
    assert!(piped.status.success());
    let mut importing = there
        .command(&["import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut pipe = importing.stdin.take().expect("a pipe");
    pipe.write_all(&piped.stdout).expect("all of it is read");
    drop(pipe);
    let (_, said) = told(0, &importing.wait_with_output().expect("it ends"));
    assert!(said.contains("2 of them new, with 5 photo(s)"), "{said}");
    assert!(said.contains("2 shade(s) are ready"), "{said}");
    let (_, said) = there.ends(0, &["import", &file.display().to_string()]);
    assert!(
        said.contains("0 of them new, with 5 photo(s), 0 of them new"),
        "{said}"
    );

    there.write("a.jpg", &back("6", 2));
    let (answer, _) = there.ends(0, &["analyze", "a.jpg"]);
    assert_eq!(json(&answer)["results"][0]["best_matches"][0]["name"], "Chestnut");
}

#[test]
fn what_cannot_be_moved_is_told_in_a_line() {
    let Some(desk) = Desk::new("cli::what_cannot_be_moved_is_told_in_a_line") else {
        return;
    };
    desk.write("photo.jpg", &speck(1));
    std::fs::create_dir(desk.path().join("folder")).expect("a folder");
    for (arguments, word) in [
        (["import", "none.tar"], "none.tar"),
        (["import", "photo.jpg"], "no library file"),
        (["import", "folder"], "strand-server train"),
        (["export", "no/such/folder.tar"], "cannot be written"),
    ] {
        let (_, said) = desk.ends(1, &arguments);
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    }
    // A file of yesterday is not touched by an export that fails, nor is a half one left.
    desk.write("kept.tar", b"yesterday's");
    let failed = desk
        .command(&["export", "kept.tar"])
        .env("STRAND_DATA_DIR", "/proc/none")
        .output()
        .expect("the binary runs");
    told(1, &failed);
    assert_eq!(
        std::fs::read(desk.path().join("kept.tar")).expect("still there"),
        b"yesterday's"
    );
}

#[test]
fn a_running_server_is_named_with_what_to_ask_it() {
    let Some(desk) = Desk::new("cli::a_running_server_is_named") else {
        return;
    };
    let Some(server) = private("cli::a_running_server_is_named") else {
        return;
    };
    desk.write("a.jpg", &back("6", 2));
    desk.lessons();
    let port = server.base().rsplit(':').next().unwrap_or_default();
    for (arguments, route) in [
        (["export", "library.tar"], "/export"),
        (["import", "a.jpg"], "/import"),
        (["analyze", "a.jpg"], "/analyze"),
        (["train", "shades"], "/images"),
    ] {
        let output = desk
            .command(&arguments)
            .env("STRAND_DATA_DIR", server.data())
            .env("PORT", port)
            .output()
            .expect("the binary runs");
        let (_, said) = told(1, &output);
        assert!(said.contains("running server") && said.contains(route), "{said}");
        assert!(said.contains(&format!("localhost:{port}")), "{said}");
    }
}

#[test]
fn the_doctor_finds_what_is_missing() {
    let Some(desk) = Desk::new("cli::the_doctor_finds_what_is_missing") else {
        return;
    };
    let doctor = |environment: &[(&str, &str)]| {
        let mut command = desk.command(&["doctor"]);
        // A port that nothing listens on, most likely.
        command.env("PORT", "58431").envs(environment.iter().copied());
        command.output().expect("the binary runs")
    };
    let (report, _) = told(0, &doctor(&[]));
    for part in [
        "ONNX Runtime",
        "hair-parser",
        "memory",
        "core",
        "58431 is free",
        "not there yet",
    ] {
        assert!(report.contains(part), "{part} is missing in {report}");
    }
    assert!(
        !desk.path().join("data").exists(),
        "looking leaves nothing behind"
    );
    for (variable, value, finding, advice) in [
        (
            "ORT_DYLIB_PATH",
            "/none/libonnxruntime.so",
            "does not load",
            "fetch-onnxruntime",
        ),
        ("STRAND_PARSER", "no-such-parser", "no-such-parser", "models list"),
        ("PORT", "eighty", "eighty", "PORT"),
        ("STRAND_THREADS", "none", "STRAND_THREADS", "right"),
    ] {
        let (report, _) = told(1, &doctor(&[(variable, value)]));
        assert!(
            report.contains(finding) && report.contains(advice),
            "{variable}={value}: {report}"
        );
        assert!(report.contains('✗'), "{report}");
    }
    let (report, _) = told(0, &doctor(&[("STRAND_TREADS", "2")]));
    assert!(
        report.contains("STRAND_TREADS") && report.contains("STRAND_THREADS"),
        "{report}"
    );
    let taken = std::net::TcpListener::bind(("0.0.0.0", 0)).expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let (report, _) = told(1, &doctor(&[("PORT", &port)]));
    assert!(report.contains("cannot be listened on"), "{report}");
}
