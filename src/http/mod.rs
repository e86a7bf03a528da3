//! The edge: listeners, routers, and the mapping between wire and use cases.
//!
//! [`status`] is plain HTTP and answers from published bytes; the API is HTTPS; the officers' listener is HTTPS that asks
//! for a client certificate. With card logins come the origins of [`relying`].

use crate::app::App;
use crate::http::problem::Problem;
use crate::telemetry::MetricsText;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

pub mod admin;
pub mod conditions;
mod describe;
pub mod handles;
pub mod holder;
mod language;
pub mod page;
pub mod permit;
pub mod plain;
pub mod problem;
pub mod public;
pub mod ra;
pub mod relying;
pub mod stamp;
pub mod status;
pub mod tls;
pub mod validation;

#[derive(OpenApi)]
#[openapi(
    modifiers(&ClientCertificate),
    info(
        title = "Sigill",
        description = "E-identity and certificate service for the public sector. Officers and holders \
                       authenticate with their card's client certificate (TLS).",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    tags(
        (name = "ra", description = "Registration authority of an agency"),
        (name = "admin", description = "Operation of the service"),
        (name = "self", description = "Every holder of a valid card"),
        (name = "validate", description = "Relying services: is this good, and whose is it?")
    )
)]
struct Description;

/// Every route asks for a client certificate; which one may do what is decided by its holder's roles.
struct ClientCertificate;

impl utoipa::Modify for ClientCertificate {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::MutualTls { description: None, deprecated: None, extensions: None };
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("clientCertificate", scheme);
        description.security = Some(vec![SecurityRequirement::new("clientCertificate", [""; 0])]);
    }
}

/// The description of the whole API (`OpenAPI` 3.1).
pub fn openapi() -> serde_json::Value {
    describe::complete(&officers_router().split_for_parts().1)
}

/// What the officers' listener serves.
pub fn officers(app: App) -> Router {
    let (router, _) = officers_router().split_for_parts();
    finish(router.layer(from_fn_with_state(App::clone(&app), conditions::hold)), app)
}

/// What the API listener serves.
pub fn api(app: App, metrics: MetricsText) -> Router {
    let json = Bytes::from(openapi().to_string());
    let description = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], json) });
    let metrics = get(move || async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics()) });
    let router = Router::new().route("/openapi.json", description).route("/metrics", metrics);
    let router = if app.login.is_some() { router.merge(relying::provider(&app)) } else { router };
    // Whoever lost the card has none to call the officers' listener with.
    finish(router.merge(public::router().split_for_parts().0), app)
}

fn officers_router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(ra::router())
        .merge(admin::router())
        .merge(holder::router())
        .merge(public::router())
        .merge(relying::registration::router())
        .merge(validation::router())
}

fn finish(router: Router<App>, app: App) -> Router {
    router
        .fallback(|| async { Problem::edge(StatusCode::NOT_FOUND, "not-found", "no such address") })
        .method_not_allowed_fallback(|| async {
            Problem::edge(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "see /openapi.json")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(language::of_problems))
        .with_state(app)
}

/// Largest request body, in octets.
const MAX_BODY: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    /// What clients build on; a change here is a change of the API.
    #[test]
    fn the_api_is_the_described_one() {
        let description = super::openapi();
        assert_eq!(description["openapi"], "3.1.0");
        let text = serde_json::to_string_pretty(&description).unwrap();
        testkit::golden("openapi.json", &format!("{text}\n"));
    }
}
