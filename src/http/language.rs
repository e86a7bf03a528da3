//! In which of our languages somebody is answered.

use crate::http::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

/// The first of our languages that the client names; Swedish unless it asks for English only.
pub(in crate::http) fn language(headers: &HeaderMap) -> &'static str {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = wanted.split(',').map(|tag| tag.trim().to_ascii_lowercase());
    let ours = tags.into_iter().find_map(|tag| ["sv", "en"].into_iter().find(|ours| tag.starts_with(ours)));
    ours.unwrap_or("sv")
}

/// Answers problems in the language that the client asked for.
pub(super) async fn of_problems(request: Request, next: Next) -> Response {
    let language = language(request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => {
            let mut headers = std::mem::take(response.headers_mut());
            headers.remove(header::CONTENT_LENGTH);
            let mut translated = problem.answer(language);
            for (name, value) in &headers {
                translated.headers_mut().entry(name).or_insert_with(|| value.clone());
            }
            translated
        }
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn languages_are_ours() {
        for (wanted, ours) in [("", "sv"), ("en-GB,sv;q=0.5", "en"), ("de, sv-SE", "sv"), ("fr", "sv")] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(wanted).unwrap());
            assert_eq!(language(&headers), ours, "{wanted}");
        }
    }
}
