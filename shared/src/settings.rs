//! What every binary of Strand starts from: the environment, checked, and what it asks for, wired together.

use crate::http::{AllowedOrigins, ApiKey, HttpConfig};
use crate::library::ports::Store;
use crate::library::{Library, LibraryConfig};
use crate::store::aws::{Aws, AwsConfig};
use crate::store::embedded::Embedded;
use crate::vision::{Vision, VisionConfig};
use std::env::{self, VarError};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::thread::available_parallelism;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What the environment asks for.
pub struct Settings {
    /// Where the library is kept.
    pub store: StoreSettings,
    /// The networks.
    pub vision: VisionConfig,
    /// Whether the networks load at the start rather than at the first photo.
    pub preload: bool,
    /// The key that changing routes ask for, where one is set.
    pub api_key: Option<ApiKey>,
    /// Web pages that may call.
    pub origins: AllowedOrigins,
    log: Targets,
}

/// Where the library is kept.
pub enum StoreSettings {
    /// In a directory of this machine.
    Embedded {
        /// The directory.
        data_dir: PathBuf,
    },
    /// In DynamoDB and S3.
    Aws(AwsConfig),
}

/// What a binary serves.
pub struct Service {
    /// The use cases, over the store and the networks.
    pub library: Arc<Library>,
    /// What its routes need besides; without metrics.
    pub http: HttpConfig,
}

/// Every variable of Strand's own, to tell a misspelt one.
pub const VARIABLES: [&str; 12] = [
    "STRAND_API_KEY",
    "STRAND_BACKBONE",
    "STRAND_BUCKET",
    "STRAND_DATA_DIR",
    "STRAND_MODELS_DIR",
    "STRAND_MODELS_MIRROR",
    "STRAND_PARSER",
    "STRAND_PRELOAD",
    "STRAND_QUEUE_URL",
    "STRAND_STORE",
    "STRAND_TABLE",
    "STRAND_THREADS",
];

const THREADS_LIMIT: usize = 256;
/// Most bytes of cached answers: some 10,000 of them.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Lambda gives one core per so many megabytes of memory
/// (docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
const LAMBDA_MEGABYTES_PER_CORE: usize = 1769;

/// An event of Lambda has at most 6 MB, and a photo in it takes four bytes for three
/// (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const LAMBDA_BODY_LIMIT: u64 = 4_500_000;

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A wrong value is an error of one line that names the variable, the value and what is allowed.
    pub fn from_env() -> Result<Self, String> {
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
            store: StoreSettings::from_env()?,
            vision: VisionConfig {
                models_dir: models_dir()?,
                threads: threads.unwrap_or_else(cores),
                parser: text("STRAND_PARSER")?,
                backbone: text("STRAND_BACKBONE")?,
            },
            preload: parse("STRAND_PRELOAD", "on or off", switch)?.unwrap_or_else(in_lambda),
            api_key: text("STRAND_API_KEY")?.as_deref().map(ApiKey::new),
            origins: parse("ALLOWED_ORIGINS", origins, |text| {
                AllowedOrigins::from_str(text).ok()
            })?
            .unwrap_or_default(),
            log: parse("RUST_LOG", "a filter such as info or strand=debug,info", |text| {
                text.parse().ok()
            })?
            .unwrap_or_else(|| log_of(LevelFilter::INFO, LevelFilter::WARN)),
        })
    }

    /// The same with a log of warnings only, unless `RUST_LOG` asks for another: for commands that speak for themselves.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        if matches!(text("RUST_LOG"), Ok(None)) {
            self.log = log_of(LevelFilter::WARN, LevelFilter::ERROR);
        }
        self
    }

    /// Starts the log and opens what the settings name; loads the networks where they are to load at the start.
    ///
    /// # Errors
    /// One line that names the variable behind what cannot be opened.
    pub async fn start(self) -> Result<Service, String> {
        log_to_stderr(self.log);
        let spool_dir = self.store.spool_dir();
        let store = self.store.open().await?;
        let config = LibraryConfig {
            threads: self.vision.threads,
            cache_bytes: CACHE_BYTES,
        };
        let vision = Arc::new(Vision::new(self.vision).map_err(|error| error.to_string())?);
        if self.preload {
            vision.preload().map_err(|error| error.to_string())?;
        }
        Ok(Service {
            library: Arc::new(Library::new(store, vision, config)),
            http: HttpConfig {
                origins: self.origins,
                api_key: self.api_key,
                body_limit: in_lambda().then_some(LAMBDA_BODY_LIMIT),
                spool_dir,
                metrics: None,
            },
        })
    }
}

impl StoreSettings {
    fn from_env() -> Result<Self, String> {
        let known = |name: &str| ["embedded", "aws"].contains(&name).then(|| name.to_owned());
        let store = parse("STRAND_STORE", "embedded or aws", known)?;
        match store.as_deref() {
            Some("aws") => Ok(Self::Aws(aws_config()?)),
            _ => Ok(Self::Embedded {
                data_dir: text("STRAND_DATA_DIR")?.map_or_else(|| "data".into(), PathBuf::from),
            }),
        }
    }

    /// Has this process leave a library snapshot on AWS alone that has more bytes.
    pub fn limit_snapshot(&mut self, bytes: u64) {
        if let Self::Aws(config) = self {
            config.snapshot_limit = bytes;
        }
    }

    /// The directory of an embedded library.
    pub fn data_dir(&self) -> Option<&Path> {
        match self {
            Self::Embedded { data_dir } => Some(data_dir),
            Self::Aws(_) => None,
        }
    }

    /// A directory with room for a whole library. That of temporary files often is a small one in memory.
    fn spool_dir(&self) -> PathBuf {
        self.data_dir().map_or_else(env::temp_dir, PathBuf::from)
    }

    async fn open(self) -> Result<Arc<dyn Store>, String> {
        match self {
            Self::Embedded { data_dir } => {
                let store = Embedded::open(&data_dir).map_err(|error| {
                    let directory = data_dir.display();
                    format!("STRAND_DATA_DIR is \"{directory}\"; it must be a directory that can be written and that no other process uses ({error}).")
                })?;
                Ok(Arc::new(store))
            }
            Self::Aws(config) => {
                let (table, bucket) = (config.table.clone(), config.bucket.clone());
                let store = Aws::connect(config).await;
                // A function is deployed with its table and bucket, and starts faster without asking for them.
                if !in_lambda() {
                    store.check_table().await.map_err(|error| {
                        format!("STRAND_TABLE is \"{table}\"; it must be a DynamoDB table that this process can read ({error}).")
                    })?;
                    store.check_bucket().await.map_err(|error| {
                        format!("STRAND_BUCKET is \"{bucket}\"; it must be an S3 bucket that this process can read ({error}).")
                    })?;
                }
                Ok(Arc::new(store))
            }
        }
    }
}

/// The store on AWS that the environment names.
///
/// # Errors
/// One line that names the variable and what is allowed.
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

/// Whether this process is a Lambda function.
fn in_lambda() -> bool {
    env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some()
}

/// The cores that this process may use: what the cgroup allows, in Lambda what the memory setting buys. Lambda shows at
/// least two cores and holds the process back when it uses more than its share, which costs more than one thread less.
fn cores() -> usize {
    let megabytes = in_lambda().then(|| env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok());
    match megabytes.flatten().and_then(|text| text.parse::<usize>().ok()) {
        Some(megabytes) => (megabytes / LAMBDA_MEGABYTES_PER_CORE).max(1),
        None => available_parallelism().map_or(1, usize::from),
    }
}

/// The port to listen on (`PORT`).
///
/// # Errors
/// One line that says what a port is.
pub fn port() -> Result<u16, String> {
    let port = parse("PORT", "a port number from 1 to 65535", |text| {
        text.parse().ok().filter(|port| *port > 0)
    })?;
    Ok(port.unwrap_or(8000))
}

/// Where the models are: `models` beside the binary unless the environment says otherwise (`STRAND_MODELS_DIR`).
///
/// # Errors
/// One line, where the variable is no text or the binary does not know where it is.
pub fn models_dir() -> Result<PathBuf, String> {
    if let Some(dir) = text("STRAND_MODELS_DIR")? {
        return Ok(dir.into());
    }
    let binary =
        env::current_exe().map_err(|error| format!("the binary cannot tell where it is: {error}"))?;
    Ok(binary.with_file_name("models"))
}

/// A variable's text; unset and empty are the same, as Compose files and dashboards set what they do not set.
///
/// # Errors
/// One line, where it is not UTF-8.
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

/// What everything logs, and what of ONNX Runtime, which is chatty.
fn log_of(all: LevelFilter, onnx_runtime: LevelFilter) -> Targets {
    Targets::new().with_default(all).with_target("ort", onnx_runtime)
}

/// JSON for machines, plain lines for a person at a terminal.
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
