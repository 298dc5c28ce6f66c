//! The OpenAPI description of the whole contract. It is one committed file, generated from the handlers. Every process
//! serves it, even if it serves only a part of the contract.

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// The description, as JSON.
pub const OPENAPI: &str = include_str!("../openapi.json");

pub fn routes() -> Router {
    let json = [(header::CONTENT_TYPE, "application/json")];
    Router::new().route("/openapi.json", get(move || async move { (json, OPENAPI) }))
}

/// The page for trying the API.
#[cfg(feature = "page")]
pub fn pages() -> Router {
    // Relative to the page, so that it works below any path.
    let config = utoipa_swagger_ui::Config::from("../openapi.json");
    utoipa_swagger_ui::SwaggerUi::new("/docs").config(config).into()
}

#[cfg(all(test, feature = "archive", feature = "metrics"))]
mod tests {
    use super::OPENAPI;
    use crate::{archive, error, ready, routes, service, training};
    use serde_json::Value;
    use std::path::Path;
    use utoipa::openapi::security::{
        ApiKey as ApiKeyScheme, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme,
    };
    use utoipa::{Modify, OpenApi};
    use utoipa_axum::router::OpenApiRouter;

    #[derive(OpenApi)]
    #[openapi(
        info(
            title = "Hair Color Analyzer API",
            description = "Teach Strand the shades of a salon or shop from a few photos each; it answers any photo of hair \
                with its dominant colors, its tone and level, and the shades that match best. On the wire a shade is a \
                `color` and its photo an `image`. Errors are RFC 9457 problems: `detail` is one plain sentence, `code` a \
                stable word for programs, and `type` opens the section of the documentation that explains it. An \
                operation with `x-strand-deployments` exists only on these deployments.",
            license(name = "Apache-2.0", identifier = "Apache-2.0"),
        ),
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
        serde_json::to_string_pretty(&document).unwrap() + "\n"
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
