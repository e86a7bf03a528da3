//! In which of our languages somebody is answered.

use crate::http::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

/// The first of our languages that the client names; Swedish if it names none.
pub(in crate::http) fn preferred(headers: &HeaderMap) -> &'static str {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lines
        .flat_map(|line| line.split(','))
        .map(|tag| tag.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    tags.find_map(|tag| ours(&tag)).unwrap_or("sv")
}

/// Our language of a tag such as `en-GB`.
pub(in crate::http) fn ours(tag: &str) -> Option<&'static str> {
    ["sv", "en"].into_iter().find(|ours| tag.split('-').next() == Some(ours))
}

/// Answers problems in the language that the client asked for.
pub(super) async fn of_problems(request: Request, next: Next) -> Response {
    let language = preferred(request.headers());
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
        for (wanted, ours) in [("", "sv"), ("en-GB,sv;q=0.5", "en"), ("de, sv-SE", "sv"), ("fr", "sv"), ("eng", "sv")] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(wanted).unwrap());
            assert_eq!(preferred(&headers), ours, "{wanted}");
        }
    }
}
