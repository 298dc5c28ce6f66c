//! `strand-server doctor`: what is found, what is missing, what to do.

use crate::Outcome;
use crate::serve::check_health;
use console::style;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Instant;
use strand::library::types::Status;
use strand::settings::{self, Settings, VARIABLES};
use strand::store::embedded::Embedded;
use strand::vision::{Manifest, Model, Network, Vision, VisionConfig, locate_runtime};

/// What a server needs to match photos of any size, and a little to spare: see the README's figures.
const MEMORY_NEEDED: u64 = 256 << 20;

/// How a thing is.
enum State {
    Good,
    /// It works; better is possible.
    Note,
    Bad,
}

/// What was found out, and what to do about it.
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
            section("Networks", networks(&settings.vision));
            section("Library", library(settings));
        }
        // Said above; what stands behind it cannot be looked at.
        Err(_) => section("Networks and library", Vec::new()),
    }
    section("Port", vec![port()]);
    if well {
        println!("All that is needed is there.");
        return Outcome::Complete;
    }
    println!("Something is missing: follow the arrows above, then run strand-server doctor again.");
    Outcome::Partial
}

fn environment() -> Vec<Finding> {
    let mut findings = match Settings::from_env() {
        Ok(settings) => {
            let key = if settings.api_key.is_some() {
                Finding::good("an API key guards what changes something")
            } else {
                Finding::note(
                    "no API key is set: whoever reaches the port can change the library",
                    "set STRAND_API_KEY where others reach it",
                )
            };
            vec![
                Finding::good("the variables that are set have values that are allowed"),
                key,
            ]
        }
        Err(message) => vec![Finding::bad(message, "set the variable right, or unset it")],
    };
    let ours = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown = ours.filter(|name| name.starts_with("STRAND_") && !VARIABLES.contains(&name.as_str()));
    findings.extend(unknown.map(|name| {
        let known = VARIABLES.join(", ");
        Finding::note(
            format!("{name} is set, and no variable of Strand has that name"),
            format!("the variables are {known}"),
        )
    }));
    findings
}

fn memory() -> Finding {
    let megabytes = |bytes: u64| bytes >> 20;
    let Some((limit, whose)) = memory_limit() else {
        return Finding::note("the memory limit cannot be told on this system", "Linux tells it");
    };
    let what = format!("{} MB of memory ({whose})", megabytes(limit));
    if limit >= MEMORY_NEEDED {
        Finding::good(what)
    } else {
        let needed = megabytes(MEMORY_NEEDED);
        Finding::bad(what, format!("give the container {needed} MB or more"))
    }
}

/// The least of the limits of this process's cgroups (version 2, or the root of version 1) and the machine's memory.
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
        "{cores} core(s) to use; STRAND_THREADS sets how many inference takes"
    ))
}

fn networks(config: &VisionConfig) -> Vec<Finding> {
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
                format!("mend the manifest in {at}"),
            )];
        }
    };
    let vision = match Vision::new(config.clone()) {
        Ok(vision) => vision,
        Err(error) => {
            let advice =
                "strand-server models list names what there is; set STRAND_PARSER and STRAND_BACKBONE so";
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
        // Each of these errors says what to run; it must run on the directory that is looked into.
        Err(error) => findings.push(Finding::bad(
            error.to_string(),
            format!("STRAND_MODELS_DIR={at} is where it is looked for and fetched to"),
        )),
    }
    let is_there = |model: &&Model| model.embedded || model.path(dir).is_file();
    let best = manifest
        .models()
        .iter()
        .find(|model| matches!(model.network, Network::Segmenter(_)));
    if config.parser.is_none()
        && let Some(best) = best.filter(|model| !is_there(model))
    {
        findings.push(Finding::note(
            format!("a more exact hair parser is known: {}", best.name),
            format!(
                "STRAND_MODELS_DIR={at} strand-server models fetch {}; train the shades again then",
                best.name
            ),
        ));
    }
    findings
}

fn library(settings: Settings) -> Vec<Finding> {
    if let Some(dir) = settings.store.data_dir() {
        let at = dir.display().to_string();
        if Embedded::is_in_use(dir) {
            return vec![Finding::good(format!(
                "{at} is in use by a running server, which knows what is in it"
            ))];
        }
        if !dir.exists() {
            return vec![Finding::good(format!(
                "{at} is not there yet; the first start makes it"
            ))];
        }
        if let Err(error) = tempfile::tempfile_in(dir) {
            let advice = format!("let this user write to {at}, or set STRAND_DATA_DIR to another directory");
            return vec![Finding::bad(format!("{at} cannot be written: {error}"), advice)];
        }
        if !Embedded::is_at(dir) {
            return vec![Finding::good(format!(
                "{at} holds no library yet; the first start makes one"
            ))];
        }
    }
    let found = crate::session::with_settings(settings.quiet(), async |library| {
        let colors = library
            .colors(None, usize::MAX)
            .await
            .map_err(|error| error.to_string())?;
        let waiting = |color: &&_| matches!(library.status(color), Status::Untrained | Status::Stale);
        let photos: u64 = colors.iter().map(|color| color.image_count).sum();
        let waiting = colors.iter().filter(waiting).count();
        let mut findings = vec![Finding::good(format!(
            "{} shade(s) with {photos} photo(s) in the {} store",
            colors.len(),
            library.store_kind()
        ))];
        if waiting > 0 {
            findings.push(Finding::note(
                format!("{waiting} shade(s) wait for training"),
                "POST /train trains them all",
            ));
        }
        Ok(findings)
    });
    found.unwrap_or_else(|error| vec![Finding::bad(error, "mend what it says")])
}

fn port() -> Finding {
    let port = match settings::port() {
        Ok(port) => port,
        Err(message) => return Finding::bad(message, "set PORT right, or unset it"),
    };
    match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(_) => Finding::good(format!("{port} is free")),
        Err(_) if check_health(port).is_ok() => Finding::good(format!("a healthy server listens on {port}")),
        Err(error) => Finding::bad(
            format!("{port} cannot be listened on: {error}"),
            "stop what listens there, or set PORT to another",
        ),
    }
}
