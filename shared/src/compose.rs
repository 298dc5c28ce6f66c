//! From the settings to what a process serves. Each part is asked for by itself, so that a process links the networks,
//! the solver or a store only where it asks for them.

use crate::http::{HttpConfig, Routes};
use crate::library::ports::Stores;
use crate::library::{Library, Workers};
use crate::models::{FeatureSpace, Selection};
use crate::settings::{Settings, StoreSettings, in_lambda};
use crate::signature::{DESCRIPTOR_ID, MEASURING_REVISION};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// An event of Lambda has at most 6 MB, and a photo in it takes four bytes for three
/// (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const LAMBDA_BODY_LIMIT: u64 = 4_500_000;

/// A library that is open, and what its routes need besides.
pub struct Service {
    /// Shades, photos, uploads.
    pub library: Arc<Library>,
    /// What the routes need.
    pub http: HttpConfig,
    /// The models that this process uses.
    pub selection: Selection,
    /// A directory with room for a whole library.
    pub spool_dir: PathBuf,
    #[cfg_attr(
        not(feature = "vision"),
        expect(dead_code, reason = "what measures photos needs it")
    )]
    settings: Settings,
}

impl Service {
    /// Starts the log and opens the library that the settings name. Nothing is loaded yet.
    ///
    /// # Errors
    /// One line that names the variable behind what cannot be opened.
    pub async fn start(settings: Settings) -> Result<Self, String> {
        Self::start_within(settings, Duration::ZERO).await
    }

    /// Like [`start`](Self::start), and waits up to `patience` for another process that uses the library.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_within(settings: Settings, patience: Duration) -> Result<Self, String> {
        settings.start_log();
        let selection = Selection::new(&settings.models).map_err(|error| error.to_string())?;
        let (parser, backbone) = (selection.parser_id(), selection.backbone_id());
        let space = FeatureSpace::new(DESCRIPTOR_ID, MEASURING_REVISION, parser, backbone).id();
        let (stores, upload_origin) = open(&settings.store, patience).await?;
        let http = HttpConfig {
            origins: settings.origins.clone(),
            access: settings.access.clone(),
            loopback: false,
            rate: settings.rate,
            body_limit: in_lambda().then_some(LAMBDA_BODY_LIMIT),
            base_path: settings.base_path.clone(),
            trusted: settings.trusted.clone(),
            store: settings.store.word(),
            parser: parser.to_owned(),
            backbone: backbone.map(str::to_owned),
            loaded: None,
            missing: None,
            upload_origin,
        };
        let workers = Arc::new(Workers::new(settings.threads));
        Ok(Self {
            library: Arc::new(Library::new(stores, workers, space).with_quotas(settings.quotas)),
            http,
            selection,
            spool_dir: settings.store.spool_dir(),
            settings,
        })
    }

    /// The routes that every process serves; the others are added to them.
    pub fn routes(&self) -> Routes {
        Routes::new(Arc::clone(&self.library), self.http.clone())
    }
}

/// The ports of the store, and the web origin that takes uploads if they do not pass through this process.
#[cfg_attr(
    not(feature = "embedded"),
    expect(unused_variables, reason = "no other process keeps AWS from being used")
)]
async fn open(store: &StoreSettings, patience: Duration) -> Result<(Stores, Option<String>), String> {
    match store {
        #[cfg(feature = "embedded")]
        StoreSettings::Embedded { data_dir } => {
            let directory = data_dir.display();
            let store =
                crate::store::embedded::Embedded::open_within(data_dir, patience).map_err(|error| {
                    format!("STRAND_DATA_DIR is \"{directory}\", which cannot be used: {error}.")
                })?;
            let set_aside = store.set_aside();
            if set_aside.photos + set_aside.shades > 0 {
                tracing::warn!(
                    photos = set_aside.photos,
                    shades = set_aside.shades,
                    "Photos or shades were set aside. Stop the server and run `strand-server recover` to bring them back."
                );
            }
            if let Some(network) = crate::store::embedded::Embedded::network(data_dir) {
                tracing::warn!(
                    directory = %directory,
                    network,
                    "The library is on a network file system. A local disk is faster, and keeps what was acknowledged when the \
                     network fails."
                );
            }
            Ok((store.stores(), None))
        }
        #[cfg(not(feature = "embedded"))]
        StoreSettings::Embedded { .. } => {
            Err("STRAND_STORE is \"embedded\"; it must be aws, the only store that this binary has.".into())
        }
        #[cfg(feature = "aws")]
        StoreSettings::Aws(config) => open_aws(config).await,
    }
}

#[cfg(feature = "aws")]
async fn open_aws(config: &crate::store::aws::AwsConfig) -> Result<(Stores, Option<String>), String> {
    let (table, bucket) = (&config.table, &config.bucket);
    let store = crate::store::aws::AwsStore::connect(config.clone()).await;
    // A function is deployed with its table and bucket, and starts faster without asking for them.
    if !in_lambda() {
        store.check_table().await.map_err(|error| {
            format!("STRAND_TABLE is \"{table}\"; it must be a DynamoDB table that this process can read ({error}).")
        })?;
        store.check_bucket().await.map_err(|error| {
            format!(
                "STRAND_BUCKET is \"{bucket}\"; it must be an S3 bucket that this process can read ({error})."
            )
        })?;
    }
    let origin = store.upload_origin().await;
    Ok((store.stores(), origin))
}

#[cfg(feature = "vision")]
pub use measuring::Analyzer;

#[cfg(feature = "vision")]
mod measuring {
    use super::Service;
    use crate::library::{Catalog, Matching, Measuring};
    #[cfg(feature = "training")]
    use crate::library::{JobQueue, Training};
    use crate::networks::VisionNetworks;
    #[cfg(feature = "training")]
    use crate::training::LinearSvm;
    use crate::vision::Vision;
    use std::sync::Arc;

    /// Most bytes of measured photos that are kept: some 5,000 of them.
    const CACHE_BYTES: u64 = 16 * 1024 * 1024;

    /// What measures photos, with what rests on it.
    pub struct Analyzer {
        /// The networks.
        pub vision: Arc<Vision>,
        /// Answers photos.
        pub matching: Arc<Matching>,
        #[cfg(feature = "training")]
        catalog: Arc<Catalog>,
        #[cfg(feature = "training")]
        measuring: Arc<Measuring>,
    }

    impl Service {
        /// The networks, and the matching that rests on them; loads the networks where they are to load at the start.
        ///
        /// # Errors
        /// One line, where they are to load and cannot.
        pub fn analyzer(&mut self) -> Result<Analyzer, String> {
            let settings = &self.settings;
            let (models_dir, threads) = (&settings.models.models_dir, settings.threads);
            let vision = Arc::new(Vision::new(self.selection.clone(), models_dir, threads));
            if settings.preload {
                vision.preload().map_err(|error| error.to_string())?;
            }
            let loaded = Arc::clone(&vision);
            self.http.loaded = Some(Arc::new(move || loaded.loaded()));
            let lacking = Arc::clone(&vision);
            self.http.missing = Some(Arc::new(move || {
                lacking.missing().first().map(ToString::to_string)
            }));
            let (library, space) = (&self.library, self.library.space());
            let networks = Arc::new(VisionNetworks(Arc::clone(&vision)));
            let workers = Arc::clone(library.workers());
            let measuring = Arc::new(Measuring::new(networks, workers, space, CACHE_BYTES));
            let catalog = Arc::new(Catalog::new(Arc::clone(&library.stores().models), space));
            Ok(Analyzer {
                matching: Arc::new(Matching::new(Arc::clone(&catalog), Arc::clone(&measuring))),
                vision,
                #[cfg(feature = "training")]
                catalog,
                #[cfg(feature = "training")]
                measuring,
            })
        }

        /// Trainings and jobs, on what `analyzer` measures.
        #[cfg(feature = "training")]
        pub fn training(&self, analyzer: &Analyzer) -> (Arc<Training>, Arc<JobQueue>) {
            let training = Arc::new(Training::new(
                &self.library,
                Arc::clone(&analyzer.catalog),
                Arc::clone(&analyzer.measuring),
                Arc::new(LinearSvm),
            ));
            let jobs = JobQueue::new(Arc::clone(&self.library), Arc::clone(&training));
            (training, Arc::new(jobs))
        }

        /// Exports and imports of the library.
        #[cfg(feature = "archive")]
        pub fn archive(&self, analyzer: &Analyzer) -> Arc<crate::archive::Archive> {
            use crate::library::ports::Networks;
            let networks = VisionNetworks(Arc::clone(&analyzer.vision));
            let length = networks.embedding_length().ok();
            Arc::new(crate::archive::Archive::new(Arc::clone(&self.library), length))
        }
    }
}
