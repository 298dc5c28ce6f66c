//! The models that a process uses.

use crate::{Manifest, ManifestError, Model, Network, Role};
use std::path::{Path, PathBuf};

/// The model configuration of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelsConfig {
    /// The folder with the model files and, optionally, the user's own `manifest.toml`.
    pub models_dir: PathBuf,
    /// The name of the parser. `None` selects the first segmenter of the manifest whose file is present.
    pub parser: Option<String>,
    /// The name of the backbone. `None` uses no backbone.
    pub backbone: Option<String>,
}

/// The selected models. The selection and its ids do not change while a process runs. A model that is fetched later is
/// used after a restart.
#[derive(Debug, Clone)]
pub struct Selection {
    parser: (Model, String),
    backbone: Option<(Model, String)>,
    preferred: Option<String>,
}

impl Selection {
    /// Selects the models of a configuration without loading them. A missing file is not an error here.
    ///
    /// # Errors
    /// [`ManifestError`] for an invalid `manifest.toml` in the models directory, or for a name that the manifest does
    /// not have.
    pub fn new(config: &ModelsConfig) -> Result<Self, ManifestError> {
        let manifest = Manifest::load(&config.models_dir)?;
        let best = best_segmenter(&manifest)?;
        let parser = match &config.parser {
            Some(name) => manifest.model_for(Role::Parser, name)?,
            None => first_present(&manifest, &config.models_dir).unwrap_or(best),
        };
        let backbone = config.backbone.as_ref();
        let backbone = backbone.map(|name| manifest.model_for(Role::Backbone, name));
        let with_id = |model: &Model| Ok((model.clone(), model.id()?));
        Ok(Self {
            preferred: (config.parser.is_none() && parser.name != best.name).then(|| best.name.clone()),
            parser: with_id(parser)?,
            backbone: backbone.transpose()?.map(with_id).transpose()?,
        })
    }

    /// The hair parser.
    pub fn parser(&self) -> &Model {
        &self.parser.0
    }

    /// The parser's id.
    pub fn parser_id(&self) -> &str {
        &self.parser.1
    }

    /// The backbone; `None` if none is configured.
    pub fn backbone(&self) -> Option<&Model> {
        self.backbone.as_ref().map(|(model, _)| model)
    }

    /// The backbone's id; `None` if none is configured.
    pub fn backbone_id(&self) -> Option<&str> {
        self.backbone.as_ref().map(|(_, id)| id.as_str())
    }

    /// The name of the parser that the manifest prefers, if its file is missing and another parser was selected
    /// instead.
    pub fn preferred_parser(&self) -> Option<&str> {
        self.preferred.as_deref()
    }
}

fn segmenters(manifest: &Manifest) -> impl Iterator<Item = &Model> {
    let is_segmenter = |model: &&Model| matches!(model.network, Network::Segmenter(_));
    manifest.models().iter().filter(is_segmenter)
}

fn best_segmenter(manifest: &Manifest) -> Result<&Model, ManifestError> {
    segmenters(manifest).next().ok_or_else(|| ManifestError::Invalid {
        from: "as merged".to_owned(),
        reason: "it has no segmenter".to_owned(),
    })
}

fn first_present<'a>(manifest: &'a Manifest, models_dir: &Path) -> Option<&'a Model> {
    segmenters(manifest).find(|model| model.is_present(models_dir))
}
