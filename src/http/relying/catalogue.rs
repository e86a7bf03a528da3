//! What errors mean: for whoever is asked for help.

use super::pages::{self, page, titled};
use super::reader::Reader;
use axum::http::StatusCode;
use axum::response::Response;
use domain::session::decision::CardRefused;
use federation::oidc::Code;

/// `GET /oidc/errors`
pub(super) async fn show(reader: Reader) -> Response {
    let frame = reader.frame();
    let text = frame.text;
    let card = |why: CardRefused| {
        let (title, advice) = titled(text, why.as_str());
        (why.as_str(), title, advice)
    };
    let meaning = |code: &Code| (code.as_str(), text.say(&format!("error-{}", code.as_str())));
    let (cards, protocol) = (CardRefused::ALL.map(card).into(), Code::ALL.iter().map(meaning).collect());
    page(StatusCode::OK, &pages::Errors { frame, cards, protocol }, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document says the same in the long form.
    #[test]
    fn every_error_is_in_the_document() {
        let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/relying/errors.md"));
        let words =
            CardRefused::ALL.map(CardRefused::as_str).into_iter().chain(Code::ALL.iter().map(|code| code.as_str()));
        for word in words {
            assert!(document.contains(&format!("| `{word}` |")), "{word}");
        }
    }
}
