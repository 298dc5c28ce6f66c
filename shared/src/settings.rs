//! The settings of every Strand binary: the environment, checked.

use crate::http::{Access, AllowedOrigins, ApiKey, BasePath, Keys, TrustedProxies};
use crate::library::Quotas;
use crate::models::ModelsConfig;
#[cfg(feature = "aws")]
use crate::store::aws::AwsConfig;
use std::env::{self, VarError};
use std::io::IsTerminal;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;
use std::thread::available_parallelism;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The checked settings.
pub struct Settings {
    /// Where the library is stored.
    pub store: StoreSettings,
    /// Which models to use, and where they are.
    pub models: ModelsConfig,
    /// Threads per inference, and photos measured concurrently.
    pub threads: usize,
    /// Whether the networks load at startup instead of at the first photo.
    pub preload: bool,
    /// Which keys there are, and what is open without one.
    pub access: Access,
    /// Web origins that may call the API.
    pub origins: AllowedOrigins,
    /// The most that the library may hold.
    pub quotas: Quotas,
    /// How many requests a second a key or an address may send in the long run; any number if there is no rate.
    pub rate: Option<NonZeroU32>,
    /// The path before ours, unless a proxy says another.
    pub base_path: BasePath,
    /// Whose `X-Forwarded-*` headers are believed.
    pub trusted: TrustedProxies,
    log: Targets,
}

/// Where the library is stored.
pub enum StoreSettings {
    /// In a directory on this machine.
    Embedded {
        /// The directory.
        data_dir: PathBuf,
    },
    /// In DynamoDB and S3.
    #[cfg(feature = "aws")]
    Aws(AwsConfig),
}

/// Every variable that Strand defines, so that a misspelled one is noticed.
pub const VARIABLES: [&str; 23] = [
    "STRAND_API_KEY",
    "STRAND_BACKBONE",
    "STRAND_BASE_PATH",
    "STRAND_BUCKET",
    "STRAND_DATA_DIR",
    "STRAND_KEYS",
    "STRAND_KEYS_FILE",
    "STRAND_LISTEN",
    "STRAND_MATCH_KEY",
    "STRAND_MAX_MEGABYTES",
    "STRAND_MAX_PHOTOS",
    "STRAND_MAX_SHADES",
    "STRAND_MODELS_DIR",
    "STRAND_MODELS_MIRROR",
    "STRAND_PARSER",
    "STRAND_PRELOAD",
    "STRAND_PUBLIC_READS",
    "STRAND_QUEUE_URL",
    "STRAND_RATE_LIMIT",
    "STRAND_STORE",
    "STRAND_TABLE",
    "STRAND_THREADS",
    "STRAND_TRUSTED_PROXIES",
];

/// A variable, the option of the command line that says the same, and the value that it gave.
pub type Said = (&'static str, &'static str, String);

/// What the command line said. It counts before the environment.
static SAID: OnceLock<Vec<Said>> = OnceLock::new();

/// Takes over what the command line said. Only the first call counts.
pub fn take_over(said: Vec<Said>) {
    let _ = SAID.set(said);
}

fn said(name: &str) -> Option<&'static Said> {
    SAID.get()?.iter().find(|(variable, _, _)| *variable == name)
}

/// Requests per second of a key or an address, in the long run: far more than a page or a person sends.
const RATE: u32 = 200;
const THREADS_LIMIT: usize = 256;
/// Lambda provides one core per 1,769 MB of memory (docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
const LAMBDA_MEGABYTES_PER_CORE: usize = 1769;

/// The stores in this binary, by their names in `STRAND_STORE`.
#[cfg(feature = "aws")]
const STORES: &str = "embedded or aws";
#[cfg(not(feature = "aws"))]
const STORES: &str = "embedded";

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// One line that names the variable, the wrong value, and what is allowed.
    pub fn from_env() -> Result<Self, String> {
        let threads = parse("STRAND_THREADS", "a number of threads from 1 to 256", |text| {
            text.parse()
                .ok()
                .filter(|threads| (1..=THREADS_LIMIT).contains(threads))
        })?;
        let origins =
            "* or origins such as https://shop.example and https://*.shop.example, separated by commas";
        let rate = "requests per second, 0 for any number";
        let base_path = "a path such as /strand: up to eight segments of letters, digits, and . _ ~ -";
        Ok(Self {
            store: StoreSettings::from_env()?,
            models: ModelsConfig {
                models_dir: models_dir()?,
                parser: text("STRAND_PARSER")?,
                backbone: text("STRAND_BACKBONE")?,
            },
            threads: threads.unwrap_or_else(cores),
            preload: parse("STRAND_PRELOAD", "on or off", switch)?.unwrap_or_else(in_lambda),
            access: access()?,
            quotas: quotas()?,
            rate: NonZeroU32::new(
                parse("STRAND_RATE_LIMIT", rate, |text| text.parse().ok())?.unwrap_or(RATE),
            ),
            origins: parse("ALLOWED_ORIGINS", origins, |text| {
                AllowedOrigins::from_str(text).ok()
            })?
            .unwrap_or_default(),
            base_path: parse("STRAND_BASE_PATH", base_path, |text| text.parse().ok())?.unwrap_or_default(),
            trusted: trusted_proxies()?,
            log: parse("RUST_LOG", "a filter such as info or strand=debug,info", |text| {
                text.parse().ok()
            })?
            .unwrap_or_else(|| log_of(LevelFilter::INFO, LevelFilter::WARN)),
        })
    }

    /// Reads the environment, but logs only warnings unless `RUST_LOG` says otherwise. For commands that print their
    /// own output.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        if matches!(text("RUST_LOG"), Ok(None)) {
            self.log = log_of(LevelFilter::WARN, LevelFilter::ERROR);
        }
        self
    }

    /// Starts the log: JSON for machines, plain lines on a terminal. Its first lines name blank variables.
    pub fn start_log(&self) {
        log_to_stderr(self.log.clone());
        for name in VARIABLES.iter().chain(&["ALLOWED_ORIGINS", "PORT", "RUST_LOG"]) {
            match env::var(name) {
                // Compose files and templates cannot leave a variable out; blanks are rather a mistake.
                Ok(value) if value.is_empty() => {
                    tracing::info!("{name} is empty, which counts as unset.");
                }
                Ok(value) if value.trim().is_empty() => {
                    tracing::warn!("{name} is blank, which counts as unset.");
                }
                _ => {}
            }
        }
    }
}

impl StoreSettings {
    fn from_env() -> Result<Self, String> {
        let store = parse("STRAND_STORE", STORES, |name| {
            STORES
                .split(" or ")
                .any(|known| known == name)
                .then(|| name.to_owned())
        })?;
        match store.as_deref() {
            #[cfg(feature = "aws")]
            Some("aws") => Ok(Self::Aws(aws_config()?)),
            _ => Ok(Self::Embedded {
                data_dir: text("STRAND_DATA_DIR")?.map_or_else(|| "data".into(), PathBuf::from),
            }),
        }
    }

    /// On AWS, stops this process from rewriting a library snapshot with more bytes than this.
    #[cfg(feature = "aws")]
    pub fn limit_snapshot(&mut self, bytes: u64) {
        if let Self::Aws(config) = self {
            config.snapshot_limit = bytes;
        }
    }

    /// The directory of an embedded library.
    pub fn data_dir(&self) -> Option<&Path> {
        match self {
            Self::Embedded { data_dir } => Some(data_dir),
            #[cfg(feature = "aws")]
            Self::Aws(_) => None,
        }
    }

    /// The name of the store in `/health`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Embedded { .. } => "embedded",
            #[cfg(feature = "aws")]
            Self::Aws(_) => "aws",
        }
    }

    /// A directory with enough space for a whole library. The directory for temporary files is often small and in
    /// memory.
    pub fn spool_dir(&self) -> PathBuf {
        self.data_dir().map_or_else(env::temp_dir, PathBuf::from)
    }
}

/// The store on AWS that the environment names.
///
/// # Errors
/// One line that names the variable and what is allowed.
#[cfg(feature = "aws")]
pub fn aws_config() -> Result<AwsConfig, String> {
    let table = "the name of a DynamoDB table: 3 to 255 letters, digits, dots, dashes and underscores";
    let bucket = "the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and dashes";
    let queue = "the URL of an SQS queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/jobs";
    let name = |text: &str, most: usize, allowed: fn(char) -> bool| {
        ((3..=most).contains(&text.len()) && text.chars().all(allowed)).then(|| text.to_owned())
    };
    let is_table = |text: &str| name(text, 255, |c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let is_bucket = |text: &str| {
        name(text, 63, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c)
        })
    };
    let is_url = |text: &str| {
        ["https://", "http://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
            .then(|| text.to_owned())
    };
    let missing =
        |name: &str, what: &str| format!("{name} is not set; with STRAND_STORE=aws it must be {what}.");
    Ok(AwsConfig {
        table: parse("STRAND_TABLE", table, is_table)?.ok_or_else(|| missing("STRAND_TABLE", table))?,
        bucket: parse("STRAND_BUCKET", bucket, is_bucket)?.ok_or_else(|| missing("STRAND_BUCKET", bucket))?,
        queue_url: parse("STRAND_QUEUE_URL", queue, is_url)?,
        snapshot_limit: u64::MAX,
    })
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "true" | "on" => Some(true),
        "0" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// The most that the library may hold (`STRAND_MAX_SHADES`, `STRAND_MAX_PHOTOS`, and `STRAND_MAX_MEGABYTES`).
fn quotas() -> Result<Quotas, String> {
    let most = |name| {
        parse(name, "a whole number", |text| {
            text.parse::<u32>().ok().map(u64::from)
        })
    };
    Ok(Quotas {
        shades: most("STRAND_MAX_SHADES")?,
        photos: most("STRAND_MAX_PHOTOS")?,
        bytes: most("STRAND_MAX_MEGABYTES")?.map(|megabytes| megabytes * 1_000_000),
    })
}

/// Which keys there are (`STRAND_API_KEY`, `STRAND_KEYS_FILE`, and `STRAND_KEYS`), and what is open without one.
fn access() -> Result<Access, String> {
    let file = text("STRAND_KEYS_FILE")?.map(PathBuf::from);
    let list = text("STRAND_KEYS")?;
    // The errors of lists do not repeat them, for they may hold a key by mistake.
    let keys = match (list, file) {
        (Some(_), Some(_)) => {
            return Err("STRAND_KEYS and STRAND_KEYS_FILE are both set; set one of them.".to_owned());
        }
        (Some(list), None) => {
            let keys = Keys::new(api_key()?, Some(&list), None);
            keys.map_err(|error| format!("STRAND_KEYS is not a list of keys: {error}."))?
        }
        (None, file) => {
            let keys = Keys::new(api_key()?, None, file);
            keys.map_err(|error| format!("STRAND_KEYS_FILE does not name a list of keys: {error}."))?
        }
    };
    let matching = parse("STRAND_MATCH_KEY", "required or open", |text| match text {
        "required" => Some(true),
        "open" => Some(false),
        _ => None,
    })?;
    Ok(Access {
        keys,
        public_reads: parse("STRAND_PUBLIC_READS", "on or off", switch)?.unwrap_or_default(),
        match_key: matching.unwrap_or_default(),
    })
}

/// The key (`STRAND_API_KEY`). The error does not repeat it.
fn api_key() -> Result<Option<ApiKey>, String> {
    let wrong =
        "STRAND_API_KEY has characters that a header cannot carry; it must be printable ASCII characters.";
    let key = |text: String| ApiKey::new(&text).ok_or_else(|| wrong.to_owned());
    text("STRAND_API_KEY")?.map(key).transpose()
}

/// Whose `X-Forwarded-*` headers are believed (`STRAND_TRUSTED_PROXIES`). In Lambda, the gateway alone can send events.
fn trusted_proxies() -> Result<TrustedProxies, String> {
    let allowed = "* or addresses and networks such as 10.0.0.0/8, separated by commas";
    let listed = parse("STRAND_TRUSTED_PROXIES", allowed, |text| text.parse().ok())?;
    Ok(match listed {
        None if in_lambda() => TrustedProxies::Any,
        listed => listed.unwrap_or_default(),
    })
}

/// Whether this process is a Lambda function.
pub(crate) fn in_lambda() -> bool {
    env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some()
}

/// The cores that this process may use: limited by the cgroup, or in Lambda by the memory setting. Lambda reports at
/// least two cores and throttles a process that uses more than its share, which costs more than one thread less.
fn cores() -> usize {
    let megabytes = in_lambda().then(|| env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok());
    match megabytes.flatten().and_then(|text| text.parse::<usize>().ok()) {
        Some(megabytes) => (megabytes / LAMBDA_MEGABYTES_PER_CORE).max(1),
        None => available_parallelism().map_or(1, usize::from),
    }
}

/// The port to listen on (`PORT`); 0 lets the system choose a free one.
///
/// # Errors
/// One line that says what a port is.
pub fn port() -> Result<u16, String> {
    let allowed = "a port number from 1 to 65535, or 0 for any free one";
    let port = parse("PORT", allowed, |text| text.parse().ok())?;
    Ok(port.unwrap_or(8000))
}

/// The address to listen on (`STRAND_LISTEN`), if it is set.
///
/// # Errors
/// One line that says what an address is.
pub fn listen() -> Result<Option<IpAddr>, String> {
    let allowed = "an address such as 127.0.0.1, for this machine only, or 0.0.0.0, for all that reach it";
    parse("STRAND_LISTEN", allowed, |text| text.parse().ok())
}

/// The models directory (`STRAND_MODELS_DIR`). The default is `models` next to the binary, or in a checkout, where the
/// binary is in `target/release`, that of the checkout.
///
/// # Errors
/// One line, if the variable is not UTF-8 or the path of the binary is unknown.
pub fn models_dir() -> Result<PathBuf, String> {
    if let Some(dir) = text("STRAND_MODELS_DIR")? {
        return Ok(dir.into());
    }
    let binary =
        env::current_exe().map_err(|error| format!("the binary cannot tell where it is: {error}"))?;
    let beside = |folder: &Path| folder.join("models");
    let is_ours = |models: &PathBuf| {
        ["manifest.toml", "onnxruntime"]
            .iter()
            .any(|name| models.join(name).exists())
    };
    // `target/release`, `target`, and the checkout.
    let folders = binary.ancestors().skip(1).take(3);
    let found = folders.map(beside).find(is_ours);
    Ok(found.unwrap_or_else(|| binary.with_file_name("models")))
}

/// The value of a variable. A blank variable counts as unset, because Compose files and dashboards cannot unset one.
///
/// # Errors
/// One line, if it is not UTF-8.
pub fn text(name: &str) -> Result<Option<String>, String> {
    if let Some((_, _, value)) = said(name) {
        return Ok(Some(value.clone()));
    }
    match env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(value)) => {
            Err(format!("{name} is {}; it must be UTF-8 text.", value.display()))
        }
    }
}

fn parse<T>(name: &str, allowed: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, String> {
    let shown = said(name).map_or(name, |(_, option, _)| option);
    let wrong = |value: &str| format!("{shown} is \"{}\"; it must be {allowed}.", value.escape_debug());
    text(name)?
        .map(|value| read(value.trim()).ok_or_else(|| wrong(&value)))
        .transpose()
}

/// The log filter: one level for everything, and a separate one for ONNX Runtime, which is verbose.
fn log_of(all: LevelFilter, onnx_runtime: LevelFilter) -> Targets {
    Targets::new().with_default(all).with_target("ort", onnx_runtime)
}

fn log_to_stderr(filter: Targets) {
    let builder = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).finish().with(filter).init();
    } else {
        let json = builder.json().flatten_event(true).with_span_list(false);
        json.finish().with(filter).init();
    }
}
