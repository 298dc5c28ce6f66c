//! `strand-server doctor`: checks the installation and says what to do.

use crate::Outcome;
use crate::serve::{ask, check_health, remedy};
use console::style;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Instant;
use strand::library::{ShadeStatus, counted};
use strand::models::{Manifest, ModelsConfig, Network, Selection};
use strand::settings::{self, Settings, VARIABLES};
use strand::store::embedded::{Embedded, Examination, SetAside};
use strand::vision::{Vision, locate_runtime};

/// The memory that a server needs to match photos of any size, with a margin. See `docs/performance.md`.
const MEMORY_NEEDED: u64 = 256 << 20;

/// The state of a thing that was checked.
enum State {
    Good,
    /// It works, but could be better.
    Note,
    Bad,
}

/// A finding, and what to do about it.
struct Finding {
    state: State,
    what: String,
    advice: Option<String>,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self {
            state: State::Good,
            what: what.into(),
            advice: None,
        }
    }

    fn note(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            what: what.into(),
            advice: Some(advice.into()),
        }
    }

    fn bad(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state: State::Bad,
            ..Self::note(what, advice)
        }
    }
}

pub fn run() -> Outcome {
    let mut well = true;
    let mut section = |title: &str, findings: Vec<Finding>| {
        println!("{}", style(title).bold());
        for Finding { state, what, advice } in findings {
            let mark = match state {
                State::Good => style("✓").green(),
                State::Note => style("!").yellow(),
                State::Bad => style("✗").red(),
            };
            well &= !matches!(state, State::Bad);
            println!("  {mark} {what}");
            if let Some(advice) = advice {
                println!("    → {advice}");
            }
        }
    };
    println!("strand-server {}", env!("CARGO_PKG_VERSION"));
    section("Environment", environment());
    section("Machine", vec![memory(), cores()]);
    match Settings::from_env() {
        Ok(settings) => {
            section("Networks", networks(&settings.models, settings.threads));
            section("Library", library(settings));
        }
        // The error is already reported above. What depends on it cannot be checked.
        Err(_) => section("Networks and library", Vec::new()),
    }
    section("Port", vec![port()]);
    if well {
        println!("Everything needed is installed.");
        return Outcome::Complete;
    }
    println!("Something is missing: follow the arrows above, then run strand-server doctor again.");
    Outcome::Partial
}

fn environment() -> Vec<Finding> {
    let mut findings = match Settings::from_env() {
        Ok(settings) => {
            let key = if settings.access.keys.are_set() {
                Finding::good("changes need an API key")
            } else {
                Finding::note(
                    "no API key is set: anyone who can reach the port can change the library",
                    "set STRAND_API_KEY where others reach it",
                )
            };
            vec![Finding::good("all variables have valid values"), key]
        }
        Err(message) => vec![Finding::bad(message, "correct the variable, or unset it")],
    };
    let ours = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown = ours.filter(|name| name.starts_with("STRAND_") && !VARIABLES.contains(&name.as_str()));
    findings.extend(unknown.map(|name| {
        let known = VARIABLES.join(", ");
        Finding::note(
            format!("{name} is not a Strand variable"),
            format!("the variables are {known}"),
        )
    }));
    findings
}

fn memory() -> Finding {
    let megabytes = |bytes: u64| bytes >> 20;
    let Some((limit, whose)) = memory_limit() else {
        return Finding::note("the memory limit is unknown", "only Linux reports it");
    };
    let what = format!("{} MB of memory ({whose})", megabytes(limit));
    if limit >= MEMORY_NEEDED {
        Finding::good(what)
    } else {
        let needed = megabytes(MEMORY_NEEDED);
        Finding::bad(what, format!("give the container {needed} MB or more"))
    }
}

/// The smallest of the limits of this process's cgroups (version 2, or the root of version 1) and the machine's memory.
fn memory_limit() -> Option<(u64, &'static str)> {
    let number = |path: &Path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    let own = Path::new("/sys/fs/cgroup").join(own.unwrap_or_default());
    let limits = own
        .ancestors()
        .take_while(|path| path.starts_with("/sys/fs/cgroup"))
        .filter_map(|path| number(&path.join("memory.max")))
        .chain(number(Path::new("/sys/fs/cgroup/memory/memory.limit_in_bytes")));
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let total = total.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10;
    let limit = limits.min().filter(|limit| *limit < total);
    Some(limit.map_or((total, "of the machine"), |limit| {
        (limit, "the limit of the cgroup")
    }))
}

fn cores() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Finding::good(format!(
        "cores available: {cores}; STRAND_THREADS sets the number that inference uses"
    ))
}

fn networks(config: &ModelsConfig, threads: usize) -> Vec<Finding> {
    let dir = &config.models_dir;
    let at = dir.display();
    let mut findings = vec![Finding::good(format!(
        "ONNX Runtime: {}",
        locate_runtime(dir).display()
    ))];
    let manifest = match Manifest::load(dir) {
        Ok(manifest) => manifest,
        Err(error) => {
            return vec![Finding::bad(
                error.to_string(),
                format!("correct the manifest in {at}"),
            )];
        }
    };
    let vision = match Selection::new(config) {
        Ok(selection) => Vision::new(selection, dir, threads),
        Err(error) => {
            let advice = "strand-server models list names what is known; set STRAND_PARSER and STRAND_BACKBONE to one of them";
            return vec![Finding::bad(error.to_string(), advice)];
        }
    };
    let started = Instant::now();
    match vision.preload() {
        Ok(()) => findings.push(Finding::good(format!(
            "{} loads, in {} ms",
            vision.loaded().join(" and "),
            started.elapsed().as_millis()
        ))),
        Err(error) => {
            let advice = format!("{} STRAND_MODELS_DIR is {at}.", remedy(&error));
            findings.push(Finding::bad(error.to_string(), advice.trim_start()));
        }
    }
    let best = manifest
        .models()
        .iter()
        .find(|model| matches!(model.network, Network::Segmenter(_)));
    if config.parser.is_none()
        && let Some(best) = best.filter(|model| !model.is_present(dir))
    {
        findings.push(Finding::note(
            format!("a better hair parser is known: {}", best.name),
            format!(
                "STRAND_MODELS_DIR={at} strand-server models fetch {}; then train the shades again",
                best.name
            ),
        ));
    }
    findings
}

fn library(settings: Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(dir) = settings.store.data_dir() {
        let at = dir.display().to_string();
        if Embedded::is_in_use(dir) {
            return served(dir);
        }
        if !dir.exists() {
            return vec![Finding::good(format!(
                "{at} does not exist yet; the first start creates it"
            ))];
        }
        if let Err(error) = Embedded::check_place(dir) {
            return vec![Finding::bad(
                error.to_string(),
                "do this, or set STRAND_DATA_DIR to another directory; then run doctor again",
            )];
        }
        if !Embedded::is_at(dir) {
            return vec![Finding::good(format!(
                "{at} holds no library yet; the first start creates it"
            ))];
        }
        match examined(dir) {
            Ok(examined) => findings = examined,
            Err(error) => return vec![Finding::bad(error, "fix this, then run doctor again")],
        }
    }
    let found = crate::session::with_settings(settings.quiet(), async |session| {
        let service = &session.service;
        let library = &service.library;
        let shades = library
            .shades(None, usize::MAX)
            .await
            .map_err(|error| error.to_string())?;
        let waiting =
            |shade: &&_| matches!(library.status(shade), ShadeStatus::Untrained | ShadeStatus::Stale);
        let photos: u64 = shades.iter().map(|shade| shade.photo_count).sum();
        let waiting = shades.iter().filter(waiting).count();
        findings.push(Finding::good(format!(
            "{} with {} in the {} store",
            counted(shades.len(), "shade"),
            counted(photos, "photo"),
            service.http.store
        )));
        findings.push(match library.ready().await {
            Ok(()) => Finding::good("the store takes changes"),
            Err(error) => Finding::bad(error.to_string(), "mend this, then run doctor again"),
        });
        if waiting > 0 {
            findings.push(Finding::note(
                format!("shades that need training: {waiting}"),
                "start the server, then send POST /train",
            ));
        }
        Ok(findings)
    });
    found.unwrap_or_else(|error| vec![Finding::bad(error, "fix this, then run doctor again")])
}

/// What the server that uses the library in `dir` says of it, and what can be checked beside it.
fn served(dir: &Path) -> Vec<Finding> {
    let mut findings = vec![asked(&dir.display().to_string())];
    if let Err(error) = Embedded::check_place(dir) {
        findings.push(Finding::bad(
            error.to_string(),
            "do this; the server notices within half a minute",
        ));
    }
    match Embedded::look(dir) {
        Ok(found) => {
            let whole = format!(
                "whole, as the cards beside them say: {}",
                counted(found.photos, "photo")
            );
            findings.extend(examination(found, whole));
            findings.push(Finding::good(
                "the server has checked its database at the start; stop it to have every page and row checked",
            ));
        }
        Err(error) => findings.push(Finding::bad(error.to_string(), "fix this, then run doctor again")),
    }
    findings
}

/// What the server that uses the library in `at` says of itself.
fn asked(at: &str) -> Finding {
    let in_use = format!("{at} is in use by a running server");
    match settings::port().and_then(|port| ask(port, "/ready")) {
        Ok((status, _)) if status.contains(" 200 ") => {
            Finding::good(format!("{in_use}, which is ready: its store takes changes"))
        }
        Ok((_, body)) => {
            let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            let detail = problem["detail"].as_str().unwrap_or("it does not say why");
            Finding::bad(
                format!("{in_use}, which is not ready: {detail}"),
                "its log says more",
            )
        }
        Err(_) => Finding::note(
            format!("{in_use}, which listens on another port than this command assumes"),
            "run doctor with the server's PORT to have the server asked",
        ),
    }
}

/// Checks every page, row, and photo of an embedded library.
fn examined(dir: &Path) -> Result<Vec<Finding>, String> {
    let store = Embedded::open(dir).map_err(|error| error.to_string())?;
    let found = store.examine().map_err(|error| error.to_string())?;
    let whole = format!("the database and {} are whole", counted(found.photos, "photo"));
    Ok(examination(found, whole))
}

/// What a check found; `whole` says that there is no damage.
fn examination(found: Examination, whole: String) -> Vec<Finding> {
    let mut findings = Vec::new();
    if found.damage.is_empty() {
        findings.push(Finding::good(whole));
    }
    let advice =
        "delete what is named and add it again if you have it, or import an exported library; then train";
    findings.extend(
        found
            .damage
            .into_iter()
            .map(|damage| Finding::bad(damage, advice)),
    );
    findings.extend(set_aside(&found.set_aside));
    findings.push(match found.backup {
        Some(date) => Finding::good(format!("the last good backup of the database is of {date}")),
        None => Finding::note(
            "there is no backup of the database yet",
            "a server makes one each day while it runs",
        ),
    });
    if !found.has_room {
        findings.push(Finding::bad(
            "the disk of the library is full",
            "free some space there",
        ));
    }
    if let Some(network) = found.network {
        findings.push(Finding::note(
            format!("the library is on a network file system ({network})"),
            "a local disk is faster, and keeps what was acknowledged when the network fails",
        ));
    }
    findings
}

/// What was set aside, and what to do about it.
fn set_aside(found: &SetAside) -> Vec<Finding> {
    let mut findings = Vec::new();
    let SetAside {
        photos,
        shades,
        rows,
        databases,
    } = *found;
    if photos + shades > 0 {
        findings.push(Finding::bad(
            format!(
                "set aside, because the library did not know them: {} and {} without photos",
                counted(photos, "photo"),
                counted(shades, "shade")
            ),
            "run strand-server recover to bring them back, or delete what you do not want from the folder lost",
        ));
    }
    if rows + databases > 0 {
        findings.push(Finding::note(
            format!(
                "damaged parts of the database were set aside: {} and {}",
                counted(rows, "row"),
                counted(databases, "file")
            ),
            "look for what is missing; then delete them from the folder lost",
        ));
    }
    findings
}

fn port() -> Finding {
    let port = match settings::port() {
        Ok(port) => port,
        Err(message) => return Finding::bad(message, "correct PORT, or unset it"),
    };
    match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(_) if port == 0 => Finding::good("any free port, as PORT is 0"),
        Ok(_) => Finding::good(format!("{port} is free")),
        Err(_) if check_health(port).is_ok() => Finding::good(format!("a healthy server listens on {port}")),
        Err(error) => Finding::bad(
            format!("cannot listen on port {port}: {error}"),
            "stop what listens there, or set PORT to another",
        ),
    }
}
