//! The command line, tested with the real binary.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use strand_tests::client::{number, text};
use strand_tests::server::{binary, private, root};
use tempfile::TempDir;

use crate::fixtures::{back, hairless, speck, untrained};

/// A working directory, with a library in `data`.
struct Workspace(TempDir);

impl Workspace {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
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

    /// Runs a command, checks its exit status, and returns its stdout and stderr.
    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> (String, String) {
        ended(code, &self.run(arguments))
    }

    /// Creates folders with photos of two shades, and files that are not photos of hair.
    fn shade_folders(&self) {
        for seed in [4, 11] {
            self.write(&format!("shades/Chestnut/{seed}.jpg"), &back("6", seed));
            self.write(&format!("shades/Platinum/{seed}.jpg"), &back("60A", seed));
        }
        self.write("shades/Chestnut/notes.txt", b"warm");
        self.write("shades/Chestnut/bald.jpg", &hairless());
        self.write("shades/Chestnut/.hidden", b"not a photo");
        self.write("shades/readme.txt", b"not a photo");
    }
}

#[track_caller]
fn ended(code: i32, output: &Output) -> (String, String) {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    (out, err)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn help_has_examples_and_wrong_usage_ends_with_2() {
    let workspace = Workspace::new();
    let (help, _) = workspace.ends(0, &["--help"]);
    for command in [
        "serve", "analyze", "train", "export", "import", "models", "doctor",
    ] {
        assert!(help.contains(command), "{command} is missing in {help}");
    }
    assert!(help.contains("Examples:"), "{help}");
    workspace.ends(2, &["analyse"]);
    workspace.ends(2, &["analyze"]);
    workspace.ends(2, &["export"]);
    assert!(
        !workspace.path().join("data").exists(),
        "none of these needs a library"
    );
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn folders_of_photos_become_shades_that_match() {
    let workspace = Workspace::new();
    workspace.shade_folders();
    let (report, _) = workspace.ends(1, &["train", "shades"]);
    for part in [
        "Chestnut",
        "Platinum",
        "trained on 2 photos",
        "notes.txt",
        "bald.jpg",
        "No hair",
        "readme.txt: It is in no shade's folder",
    ] {
        assert!(report.contains(part), "{part} is missing in {report}");
    }
    assert!(!report.contains(".hidden"), "{report}");
    // JSON when stdout is not a terminal, with the same fields as POST /analyze.
    workspace.write("a.jpg", &back("6", 2));
    workspace.write("b.jpg", &back("60A", 2));
    let (answer, _) = workspace.ends(0, &["analyze", "a.jpg", "b.jpg"]);
    let answer = json(&answer);
    assert_eq!(answer["num_images"], 2);
    for (row, name, shade) in [(0, "a.jpg", "Chestnut"), (1, "b.jpg", "Platinum")] {
        let row = &answer["results"][row];
        assert_eq!(row["filename"], name);
        assert_eq!(row["best_matches"][0]["name"], shade, "{row}");
        assert_eq!(row["best_matches"][0]["basis"], "model");
        assert!(number(&row["dominant_hair_colors"][0]["percentage"]) > 0.0);
    }
    let (table, _) = workspace.ends(0, &["analyze", "--table", "a.jpg"]);
    assert!(
        table.contains("a.jpg") && table.contains("Chestnut") && table.contains("ΔE"),
        "{table}"
    );
    assert!(
        !table.contains('\u{1b}'),
        "no colors when output is not a terminal: {table}"
    );
    // The second time, there is nothing new.
    let (again, _) = workspace.ends(1, &["train", "shades"]);
    assert!(again.contains("(0 new)"), "{again}");
    // A shade that cannot be trained is reported, and the others are trained.
    workspace.write("more/Bald/a.jpg", &hairless());
    workspace.write("more/Copper/a.jpg", &back("130", 4));
    let (report, _) = workspace.ends(1, &["train", "more"]);
    assert!(
        report.contains("No hair was found") && report.contains("Copper"),
        "{report}"
    );
    let (_, said) = workspace.ends(1, &["train", "more/Copper"]);
    assert!(said.contains("no subfolders"), "{said}");
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn a_photo_is_analyzed_without_any_library() {
    let workspace = Workspace::new();
    workspace.write("a.jpg", &back("6", 2));
    workspace.write("b.txt", b"not a photo");
    let (answer, said) = workspace.ends(1, &["analyze", "a.jpg", "b.txt", "none.jpg"]);
    let rows = &json(&answer)["results"];
    assert!(!text(&rows[0]["best_matches"][0]["name"]).is_empty(), "{rows}");
    assert!(text(&rows[1]["error"]).contains("not an image"), "{rows}");
    assert!(text(&rows[2]["error"]).contains("cannot be read"), "{rows}");
    assert!(said.contains("standard shades"), "{said}");
    assert!(
        !workspace.path().join("data").exists(),
        "looking leaves nothing behind"
    );
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn a_library_moves_by_file_and_by_pipe() {
    let (here, there) = (Workspace::new(), Workspace::new());
    here.shade_folders();
    here.ends(1, &["train", "shades"]);
    let (_, said) = here.ends(0, &["export", "library.tar"]);
    assert!(said.contains("2 shades with 5 photos"), "{said}");
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

    // Through a pipe, as between two machines.
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
    let (_, said) = ended(0, &importing.wait_with_output().expect("it exits"));
    assert!(said.contains("2 shades (2 new) with 5 photos (5 new)"), "{said}");
    assert!(said.contains("ready without training: 2 shades"), "{said}");
    let (_, said) = there.ends(0, &["import", &file.display().to_string()]);
    assert!(said.contains("Nothing new: 2 shades already here."), "{said}");

    there.write("a.jpg", &back("6", 2));
    let (answer, _) = there.ends(0, &["analyze", "a.jpg"]);
    assert_eq!(json(&answer)["results"][0]["best_matches"][0]["name"], "Chestnut");
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn a_failed_export_or_import_is_explained_in_one_line() {
    let workspace = Workspace::new();
    workspace.write("photo.jpg", &speck(1));
    std::fs::create_dir(workspace.path().join("folder")).expect("a folder");
    for (arguments, word) in [
        (["import", "none.tar"], "none.tar"),
        (["import", "photo.jpg"], "isn't a Strand library file"),
        (["import", "folder"], "strand-server train"),
        (["export", "no/such/folder.tar"], "cannot be written"),
    ] {
        let (_, said) = workspace.ends(1, &arguments);
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    }
    // A failed export leaves an earlier file as it was, and no partial file.
    workspace.write("kept.tar", b"yesterday's");
    let failed = workspace
        .command(&["export", "kept.tar"])
        .env("STRAND_DATA_DIR", "/proc/none")
        .output()
        .expect("the binary runs");
    ended(1, &failed);
    assert_eq!(
        std::fs::read(workspace.path().join("kept.tar")).expect("still there"),
        b"yesterday's"
    );
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn a_library_in_use_names_the_running_server_and_its_route() {
    let workspace = Workspace::new();
    let server = private();
    workspace.write("a.jpg", &back("6", 2));
    workspace.shade_folders();
    let port = server.base().rsplit(':').next().unwrap_or_default();
    for (arguments, route) in [
        (["export", "library.tar"], "/export"),
        (["import", "a.jpg"], "/import"),
        (["analyze", "a.jpg"], "/analyze"),
        (["train", "shades"], "/images"),
    ] {
        let output = workspace
            .command(&arguments)
            .env("STRAND_DATA_DIR", server.data())
            .env("PORT", port)
            .output()
            .expect("the binary runs");
        let (_, said) = ended(1, &output);
        assert!(said.contains("running server") && said.contains(route), "{said}");
        assert!(said.contains(&format!("localhost:{port}")), "{said}");
    }
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn the_doctor_finds_what_is_missing() {
    let workspace = Workspace::new();
    let doctor = |environment: &[(&str, &str)]| {
        let mut command = workspace.command(&["doctor"]);
        command.env("PORT", "0").envs(environment.iter().copied());
        command.output().expect("the binary runs")
    };
    let (report, _) = ended(0, &doctor(&[]));
    for part in [
        "ONNX Runtime",
        "hair-parser",
        "memory",
        "core",
        "any free port",
        "does not exist yet",
    ] {
        assert!(report.contains(part), "{part} is missing in {report}");
    }
    assert!(
        !workspace.path().join("data").exists(),
        "looking leaves nothing behind"
    );
    for (variable, value, finding, advice) in [
        (
            "ORT_DYLIB_PATH",
            "/none/libonnxruntime.so",
            "does not load: there is no such file.",
            "fetch-onnxruntime",
        ),
        ("STRAND_PARSER", "no-such-parser", "no-such-parser", "models list"),
        ("PORT", "eighty", "eighty", "PORT"),
        ("STRAND_THREADS", "none", "STRAND_THREADS", "correct the variable"),
    ] {
        let (report, _) = ended(1, &doctor(&[(variable, value)]));
        assert!(
            report.contains(finding) && report.contains(advice),
            "{variable}={value}: {report}"
        );
        assert!(report.contains('✗'), "{report}");
    }
    let (report, _) = ended(0, &doctor(&[("STRAND_TREADS", "2")]));
    assert!(
        report.contains("STRAND_TREADS") && report.contains("STRAND_THREADS"),
        "{report}"
    );
    let taken = std::net::TcpListener::bind(("0.0.0.0", 0)).expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let (report, _) = ended(1, &doctor(&[("PORT", &port)]));
    assert!(report.contains("cannot listen on port"), "{report}");
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
async fn the_doctor_checks_a_library_beside_its_server() {
    let workspace = Workspace::new();
    let server = private();
    let shade = untrained(&server.client(), "Looked at", &[back("6", 2), back("6", 3)]).await;
    let doctor = |code, port: &str| {
        let mut command = workspace.command(&["doctor"]);
        command.env("PORT", port).env("STRAND_DATA_DIR", server.data());
        ended(code, &command.output().expect("the binary runs")).0
    };
    let port = server.base().rsplit(':').next().unwrap_or_default();
    let report = doctor(0, port);
    for part in [
        "which is ready",
        "whole, as the cards beside them say: 2 photos",
        "backup",
    ] {
        assert!(report.contains(part), "{part} is missing in {report}");
    }
    let elsewhere = doctor(0, "0");
    assert!(elsewhere.contains("another port"), "{elsewhere}");
    let photos = server.data().join("photos").join(shade.to_string());
    let mut files = std::fs::read_dir(photos).expect("a folder").flatten();
    let photo = files.find(|file| file.path().extension().is_some_and(|end| end == "jpg"));
    std::fs::write(photo.expect("a photo").path(), b"rotten").expect("a file");
    let report = doctor(1, port);
    assert!(report.contains("has changed on the disk"), "{report}");
}

/// The shades of a workspace's library, with their photo counts.
fn shades(workspace: &Workspace) -> Vec<(String, u64)> {
    workspace.ends(0, &["export", "shades.tar"]);
    let script = "rm -rf x && mkdir x && tar -xf shades.tar -C x && find x -name shade.json";
    let unpacked = Command::new("sh")
        .args(["-c", script])
        .current_dir(workspace.path())
        .output()
        .expect("a shell");
    let files = String::from_utf8_lossy(&unpacked.stdout).into_owned();
    let mut shades: Vec<_> = files
        .lines()
        .map(|file| {
            let path = workspace.path().join(file);
            let shade = json(&std::fs::read_to_string(&path).expect("its text"));
            let photos = path.parent().expect("a folder").join("photos");
            let photos = std::fs::read_dir(photos).expect("a folder");
            let is_photo = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".jpg");
            let count = photos.filter(|entry| entry.as_ref().is_ok_and(|entry| is_photo(&entry.file_name())));
            (text(&shade["name"]).to_owned(), count.count() as u64)
        })
        .collect();
    shades.sort();
    shades
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn folders_from_anywhere_become_the_shades_that_are_meant() {
    let workspace = Workspace::new();
    workspace.write("first/#6:27 Brown/1.jpg", &back("6", 4));
    workspace.write(
        "first/shades.csv",
        b"folder,shade,hex\n#6:27 Brown,#6/27 Brown,#a9714b\n",
    );
    let (report, _) = workspace.ends(0, &["train", "first"]);
    assert!(report.contains("#6/27 Brown"), "{report}");
    // The name exists now, so it needs no manifest.
    workspace.write("second/#6:27 Brown/2.jpg", &back("6", 11));
    workspace.write("second/#7:3 Gold/1.jpg", &back("24", 4));
    workspace.write("second/__MACOSX/#6:27 Brown/._1.jpg", b"\0\x05\x16\x07");
    workspace.write("second/@eaDir/thumb.jpg", &back("24", 5));
    workspace.write("second/#recycle/old.jpg", &back("24", 6));
    std::fs::create_dir(workspace.path().join("second/Empty")).expect("a folder");
    let (report, said) = workspace.ends(0, &["train", "second"]);
    assert!(said.contains("is the shade \"#6/27 Brown\""), "{said}");
    assert!(
        said.contains("shades.csv") && said.contains("#7/3 Gold"),
        "{said}"
    );
    assert!(report.contains("Empty: no photos"), "{report}");
    let expected = [("#6/27 Brown", 2), ("#7:3 Gold", 1)].map(|(name, count)| (name.to_owned(), count));
    assert_eq!(shades(&workspace), expected);
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn one_bad_name_or_file_does_not_stop_the_rest() {
    let workspace = Workspace::new();
    let long = "N".repeat(130);
    workspace.write(&format!("shades/{long}/1.jpg"), &back("60A", 4));
    workspace.write("shades/Ash/1.jpg", &back("24", 4));
    workspace.write("shades/Ash/more/2.jpg", &back("24", 11));
    workspace.write("shades/Notes/a.txt", b"no photo");
    workspace.write("shades/loose.jpg", &back("6", 4));
    std::os::unix::fs::symlink("/nowhere", workspace.path().join("shades/Ash/link.jpg")).expect("a link");
    let (report, _) = workspace.ends(1, &["train", "shades"]);
    for part in [
        "at most 120",
        "Ash",
        "trained on 1 photo",
        "more: ",
        "a.txt: ",
        "loose.jpg: ",
        "link.jpg: ",
    ] {
        assert!(report.contains(part), "{part} is missing in {report}");
    }
    assert_eq!(shades(&workspace), [("Ash".to_owned(), 1)]);
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn a_photo_with_several_heads_is_taught_only_if_asked_for() {
    let workspace = Workspace::new();
    workspace.write("shades/Two/1.jpg", &crate::heads::collage());
    let (report, _) = workspace.ends(1, &["train", "shades"]);
    assert!(report.contains("2 heads") && report.contains("--yes"), "{report}");
    assert!(shades(&workspace).is_empty(), "no photo, no shade");
    let (report, _) = workspace.ends(0, &["train", "--yes", "shades"]);
    assert!(report.contains("trained on 1 photo"), "{report}");
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn options_say_what_variables_say_and_count_first() {
    let workspace = Workspace::new();
    let (help, _) = workspace.ends(0, &["--help"]);
    for (option, variable) in [
        ("--port", "PORT"),
        ("--data-dir", "STRAND_DATA_DIR"),
        ("--models-dir", "STRAND_MODELS_DIR"),
    ] {
        assert!(
            help.contains(option) && help.contains(&format!("variable: {variable}")),
            "{help}"
        );
    }
    workspace.write("shades/Ash/1.jpg", &back("24", 4));
    let (report, _) = workspace.ends(0, &["train", "--data-dir", "other", "shades"]);
    assert!(report.contains("trained on 1 photo"), "{report}");
    assert!(workspace.path().join("other/strand.db").exists());
    assert!(!workspace.path().join("data").exists());
    workspace.ends(2, &["--port", "eighty"]);
    // Of a binary in a checkout, the models are found without any variable.
    let whole = |path: std::path::PathBuf| path.canonicalize().expect("it exists");
    if !whole(binary()).starts_with(whole(root())) {
        return;
    }
    workspace.write("a.jpg", &back("24", 4));
    let mut plain = workspace.command(&["analyze", "a.jpg"]);
    let plain = plain.env_remove("STRAND_MODELS_DIR").env_remove("ORT_DYLIB_PATH");
    ended(0, &plain.output().expect("the binary runs"));
}

#[test]
#[cfg_attr(feature = "deployment", ignore = "needs the command line")]
fn shells_and_man_know_the_command_line() {
    let workspace = Workspace::new();
    for shell in ["bash", "zsh", "fish"] {
        let (script, _) = workspace.ends(0, &["completions", shell]);
        for word in ["strand-server", "analyze", "data-dir"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let (page, _) = workspace.ends(0, &["man"]);
    for word in [".TH strand", "analyze", "STRAND_DATA_DIR", "Exit status"] {
        assert!(page.contains(word), "{word} is missing in {page}");
    }
}
