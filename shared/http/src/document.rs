//! The OpenAPI description of the whole contract. It is one committed file, generated from the handlers. Every process
//! serves it, even if it serves only a part of the contract.

#[cfg(feature = "page")]
use crate::ApiError;
use axum::Router;
use axum::http::{Method, header};
use axum::routing::get;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
#[cfg(feature = "page")]
use std::sync::Arc;
use std::sync::LazyLock;

/// The description, as JSON.
pub const OPENAPI: &str = include_str!("../openapi.json");

pub fn routes() -> Router {
    let json = [(header::CONTENT_TYPE, "application/json")];
    Router::new().route("/openapi.json", get(move || async move { (json, OPENAPI) }))
}

/// How a parameter in a path begins.
pub const PLACEHOLDER: char = '{';

/// The paths of the description, and the methods of each.
#[derive(Deserialize)]
#[expect(
    clippy::zero_sized_map_values,
    reason = "what stands behind a method is skipped"
)]
struct Paths {
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

static PATHS: LazyLock<Paths> =
    LazyLock::new(|| serde_json::from_str(OPENAPI).expect("the description is JSON with paths"));

/// The paths of the contract, with `{name}` for parameters.
pub fn paths() -> impl Iterator<Item = &'static str> {
    PATHS.paths.keys().map(String::as_str)
}

/// Whether the contract has this method on this path, which is one of [`paths`].
pub fn has(method: &Method, path: &str) -> bool {
    let methods = PATHS.paths.get(path);
    let name = match *method {
        Method::HEAD => "get".to_owned(),
        ref other => other.as_str().to_ascii_lowercase(),
    };
    methods.is_some_and(|methods| methods.contains_key(&name))
}

/// The page for trying the API.
#[cfg(feature = "page")]
pub fn pages() -> Router {
    use axum::extract::Path;
    use axum::response::Html;

    // Relative to the page, so that it works below any path.
    let config = Arc::new(utoipa_swagger_ui::Config::from("../openapi.json"));
    let file = async move |Path(name): Path<String>| {
        let file = utoipa_swagger_ui::serve(&name, config).ok().flatten();
        let file = file.ok_or_else(|| ApiError::NoRoute(format!("/docs/{name}")))?;
        let encoding = file.gzpipped.then_some([(header::CONTENT_ENCODING, "gzip")]);
        Ok::<_, ApiError>((
            encoding,
            [(header::CONTENT_TYPE, file.content_type)],
            file.bytes.into_owned(),
        ))
    };
    Router::new()
        .route(
            "/docs/",
            get(|| async { ([(header::CONTENT_SECURITY_POLICY, DOCS_POLICY)], Html(DOCS)) }),
        )
        .route("/docs/{name}", get(file))
}

/// What the page of Swagger UI contains: it writes styles into its elements.
#[cfg(feature = "page")]
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page of Swagger UI, with the name of this API and a viewport for phones.
#[cfg(feature = "page")]
const DOCS: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Strand API</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="stylesheet" href="index.css">
<link rel="icon" href="favicon-32x32.png" type="image/png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="swagger-ui-standalone-preset.js"></script>
<script src="swagger-initializer.js"></script>
</body>
</html>
"#;

#[cfg(all(test, feature = "archive", feature = "metrics"))]
mod tests {
    use super::OPENAPI;
    use crate::{archive, error, ready, routes, service, training};
    use serde::{Serialize, Serializer};
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::path::Path;
    use utoipa::openapi::security::{
        ApiKey as ApiKeyScheme, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme,
    };
    use utoipa::{Modify, OpenApi};
    use utoipa_axum::router::OpenApiRouter;

    #[derive(OpenApi)]
    #[openapi(
        info(
            title = "Strand API",
            description = "Teach Strand the shades of a salon or shop from a few photos each; it answers any photo of hair \
                with its dominant colors, its tone and level, and the shades that match best. On the wire a shade is a \
                `color` and its photo an `image`. Errors are RFC 9457 problems: `detail` is one plain sentence, `code` a \
                stable word for programs, and `type` opens the section of the documentation that explains it. An \
                operation with `x-strand-deployments` exists only on these deployments.",
            license(name = "Apache-2.0", identifier = "Apache-2.0"),
        ),
        // Relative to this document, so that it holds below any path.
        servers((url = ".")),
        tags(
            (name = "colors", description = "The library: colors and their images"),
            (name = "training", description = "Training colors"),
            (name = "analysis", description = "Matching photos"),
            (name = "uploads", description = "Photos too large for one request"),
            (name = "library", description = "The whole library as one file"),
            (name = "service", description = "Health, metrics, cache"),
        ),
        components(schemas(error::Problem, training::ProgressView)),
        modifiers(&Security),
    )]
    struct Contract;

    /// Adds the two ways to send the key to the OpenAPI document.
    struct Security;

    impl Modify for Security {
        fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
            let header = SecurityScheme::ApiKey(ApiKeyScheme::Header(ApiKeyValue::new("x-api-key")));
            let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
            let components = document.components.get_or_insert_with(Default::default);
            components.add_security_scheme("api_key", header);
            components.add_security_scheme("bearer", bearer);
        }
    }

    /// The operations that only the single container serves.
    const SERVER_ONLY: [(&str, &str); 3] = [("/export", "get"), ("/import", "post"), ("/metrics", "get")];

    /// The description generated from the handlers.
    fn described() -> String {
        let resources = [
            parts(service::routes()),
            parts(ready::routes()),
            parts(service::metrics_routes()),
            parts(routes::shade_routes()),
            parts(routes::analysis_routes()),
            parts(training::routes()),
            parts(archive::routes()),
        ];
        let mut document = Contract::openapi();
        for resource in resources {
            document.merge(resource);
        }
        env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
        let mut document = serde_json::to_value(&document).unwrap();
        for (path, method) in SERVER_ONLY {
            document["paths"][path][method]["x-strand-deployments"] = serde_json::json!(["server"]);
        }
        for operations in document["paths"].as_object_mut().unwrap().values_mut() {
            for operation in operations.as_object_mut().unwrap().values_mut() {
                if let Some(body) = operation.get_mut("requestBody") {
                    body["required"] = true.into();
                }
            }
        }
        serde_json::to_string_pretty(&Ordered(&document)).unwrap() + "\n"
    }

    /// JSON in alphabetical order, except that forms come first: tools take the first kind of body.
    struct Ordered<'v>(&'v Value);

    impl Serialize for Ordered<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                Value::Object(fields) => {
                    let mut fields: Vec<_> = fields.iter().collect();
                    fields.sort_by_key(|(name, _)| (!name.starts_with("multipart/"), *name));
                    serializer.collect_map(fields.iter().map(|(name, value)| (name, Ordered(value))))
                }
                Value::Array(items) => serializer.collect_seq(items.iter().map(Ordered)),
                other => other.serialize(serializer),
            }
        }
    }

    fn parts<S: Clone + Send + Sync + 'static>(resource: OpenApiRouter<S>) -> utoipa::openapi::OpenApi {
        resource.into_openapi()
    }

    #[test]
    fn the_committed_file_matches_the_handlers() {
        let described = described();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        if std::env::var_os("STRAND_WRITE_OPENAPI").is_some() {
            std::fs::write(&path, &described).unwrap();
            return;
        }
        assert!(
            described == OPENAPI,
            "{} is not what the handlers say; run `make openapi` and review the difference",
            path.display()
        );
    }

    #[test]
    fn every_operation_has_an_id_of_its_own() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let paths = document["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
        let ids: Vec<&str> = operations
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        let different: BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(different.len(), ids.len(), "{ids:?}");
    }

    #[test]
    fn operations_that_a_deployment_lacks_are_marked() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        for (path, method) in SERVER_ONLY {
            let operation = &document["paths"][path][method];
            assert!(
                operation["responses"].is_object(),
                "{method} {path} is not described"
            );
            assert_eq!(operation["x-strand-deployments"][0], "server", "{method} {path}");
        }
    }
}
