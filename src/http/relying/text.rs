//! The texts of the pages, in Swedish and English.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::sync::OnceLock;
use unic_langid::LanguageIdentifier;

/// The texts of one language.
#[derive(Clone, Copy)]
pub(super) struct Text {
    /// `sv` or `en`.
    pub(super) language: &'static str,
    bundle: &'static FluentBundle<FluentResource>,
}

impl Text {
    /// The texts in `language`; Swedish if we do not know it.
    pub(super) fn of(language: &str) -> Self {
        static SWEDISH: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        static ENGLISH: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        match language {
            "en" => Self { language: "en", bundle: ENGLISH.get_or_init(|| bundle("en", EN)) },
            _ => Self { language: "sv", bundle: SWEDISH.get_or_init(|| bundle("sv", SV)) },
        }
    }

    /// The text with this name.
    pub(super) fn say(&self, name: &str) -> String {
        self.format(name, None)
    }

    /// The text with this name about something.
    pub(super) fn say_of(&self, name: &str, what: &str) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("what", what);
        self.format(name, Some(&arguments))
    }

    fn format(&self, name: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let pattern = self.bundle.get_message(name).and_then(|message| message.value());
        let Some(pattern) = pattern else {
            // A test asks for every name that the code can.
            tracing::error!(name, "a text is missing");
            return name.to_owned();
        };
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, arguments, &mut errors).into_owned()
    }
}

fn bundle(language: &str, source: &'static str) -> FluentBundle<FluentResource> {
    let language: LanguageIdentifier = language.parse().expect("our language tags are well-formed");
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolating marks are for text of mixed directions; ours all reads from left to right.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned()).expect("a test reads our texts");
    bundle.add_resource(resource).expect("no text has two versions in one file");
    bundle
}

const SV: &str = include_str!("i18n/sv.ftl");
const EN: &str = include_str!("i18n/en.ftl");

#[cfg(test)]
mod tests {
    use super::*;
    use domain::session::decision::CardRefused;

    #[test]
    fn every_refusal_has_a_title_and_advice_in_both_languages() {
        for language in ["sv", "en"] {
            let text = Text::of(language);
            for why in CardRefused::ALL {
                for name in [format!("{}-title", why.as_str()), format!("{}-advice", why.as_str())] {
                    assert_ne!(text.say(&name), name, "{language}");
                }
            }
            for code in federation::oidc::Code::ALL {
                let name = format!("error-{}", code.as_str());
                assert_ne!(text.say(&name), name, "{language}");
            }
            for problem in crate::service::login::flow::Problem::ALL {
                for name in [format!("{}-title", problem.as_str()), format!("{}-advice", problem.as_str())] {
                    assert_ne!(text.say(&name), name, "{language}");
                }
            }
            let attributes = federation::saml::attribute::ALL.iter().map(|attribute| &attribute.name);
            for claim in federation::oidc::claims::NAMES.iter().chain(attributes) {
                let name = super::super::pages::claim_name(claim);
                assert_ne!(text.say(&name), name, "{language} {claim}");
            }
        }
    }
}
