//! The environment, checked at the start.

use std::env::{self, VarError};
use std::path::PathBuf;
use std::str::FromStr;
use std::thread::available_parallelism;
use strand::http::{AllowedOrigins, ApiKey};
use strand::vision::VisionConfig;
use tracing_subscriber::EnvFilter;

/// What the environment asks for.
pub struct Settings {
    pub port: u16,
    pub data_dir: PathBuf,
    pub vision: VisionConfig,
    pub preload: bool,
    pub api_key: Option<ApiKey>,
    pub origins: AllowedOrigins,
    pub log: EnvFilter,
}

const THREADS_LIMIT: usize = 256;

impl Settings {
    /// Reads the environment. A wrong value is an error of one line that names the variable, the value and what is
    /// allowed.
    pub fn from_env() -> Result<Self, String> {
        let allowed = "embedded (the only store of this build)";
        parse("STRAND_STORE", allowed, |text| (text == "embedded").then_some(()))?;
        let cores = available_parallelism().map_or(1, usize::from);
        let threads = parse("STRAND_THREADS", "a number of threads from 1 to 256", |text| {
            text.parse()
                .ok()
                .filter(|threads| (1..=THREADS_LIMIT).contains(threads))
        })?;
        let switch = |text: &str| match text {
            "1" | "true" | "on" => Some(true),
            "0" | "false" | "off" => Some(false),
            _ => None,
        };
        let origins = "* or origins such as https://shop.example, separated by commas";
        Ok(Self {
            port: port()?,
            data_dir: text("STRAND_DATA_DIR")?.map_or_else(|| "data".into(), PathBuf::from),
            vision: VisionConfig {
                models_dir: models_dir()?,
                threads: threads.unwrap_or(cores),
                parser: text("STRAND_PARSER")?,
                backbone: text("STRAND_BACKBONE")?,
            },
            preload: parse("STRAND_PRELOAD", "on or off", switch)?.unwrap_or(false),
            api_key: text("STRAND_API_KEY")?.as_deref().map(ApiKey::new),
            origins: parse("ALLOWED_ORIGINS", origins, |text| {
                AllowedOrigins::from_str(text).ok()
            })?
            .unwrap_or_default(),
            log: parse("RUST_LOG", "a filter such as info or strand=debug,info", |text| {
                EnvFilter::try_new(text).ok()
            })?
            .unwrap_or_else(|| EnvFilter::new("info,ort=warn")),
        })
    }
}

/// The port to listen on.
pub fn port() -> Result<u16, String> {
    let port = parse("PORT", "a port number from 1 to 65535", |text| {
        text.parse().ok().filter(|port| *port > 0)
    })?;
    Ok(port.unwrap_or(8000))
}

/// Where the models are: `models` beside the binary unless the environment says otherwise.
pub fn models_dir() -> Result<PathBuf, String> {
    if let Some(dir) = text("STRAND_MODELS_DIR")? {
        return Ok(dir.into());
    }
    let binary =
        env::current_exe().map_err(|error| format!("the binary cannot tell where it is: {error}"))?;
    Ok(binary.with_file_name("models"))
}

/// A variable's text; unset and empty are the same, as Compose files and dashboards set what they do not set.
pub fn text(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(value)) => {
            Err(format!("{name} is {}; it must be UTF-8 text.", value.display()))
        }
    }
}

fn parse<T>(name: &str, allowed: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, String> {
    let wrong = |value: &str| format!("{name} is \"{}\"; it must be {allowed}.", value.escape_debug());
    text(name)?
        .map(|value| read(value.trim()).ok_or_else(|| wrong(&value)))
        .transpose()
}
