//! Models that are compiled into the binary, so that a fresh clone can match photos without a download.

/// The name in the manifest and the bytes of each model.
const EMBEDDED: [(&str, &[u8]); 1] = [(
    "hair-parser",
    include_bytes!("../../../models/hair-parser/hair-parser.onnx"),
)];

/// The bytes of the embedded model called `name`; `None` if the model is not embedded.
pub(super) fn bytes(name: &str) -> Option<&'static [u8]> {
    EMBEDDED
        .iter()
        .find(|(embedded, _)| *embedded == name)
        .map(|(_, bytes)| *bytes)
}

#[cfg(test)]
mod tests {
    use super::{EMBEDDED, bytes};
    use crate::fetch::check;
    use strand_models::Manifest;

    #[test]
    fn what_is_embedded_is_what_the_manifest_says() {
        let manifest = Manifest::builtin().expect("valid");
        let embedded: Vec<_> = manifest.models().iter().filter(|model| model.embedded).collect();
        assert_eq!(embedded.len(), EMBEDDED.len());
        for model in embedded {
            let bytes = bytes(&model.name).expect("embedded");
            assert!(
                model.sha256.is_some() && model.size.is_some(),
                "{} needs both",
                model.name
            );
            check(model, &model.file.display().to_string(), bytes).unwrap_or_else(|e| panic!("{e}"));
        }
    }
}
