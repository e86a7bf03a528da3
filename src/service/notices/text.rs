//! What a mail says, in Swedish and English.

use domain::notice::Notice;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::sync::OnceLock;
use unic_langid::LanguageIdentifier;

/// One line, Swedish.
pub(super) fn subject(notice: &Notice) -> String {
    say("sv", &format!("{}-subject", notice.kind), notice)
}

/// Swedish first, English after it.
pub(super) fn both(notice: &Notice) -> String {
    let body = |language| {
        let text = say(language, &format!("{}-body", notice.kind), notice);
        let why = say(language, "why-this-mail", notice);
        format!("{text}\n\n{why}\n")
    };
    format!(
        "{}\n-----\n\n{}: {}\n\n{}",
        body("sv"),
        "In English",
        say("en", &format!("{}-subject", notice.kind), notice),
        body("en")
    )
}

fn say(language: &'static str, name: &str, notice: &Notice) -> String {
    let bundle = bundle(language);
    let Some(pattern) = bundle.get_message(name).and_then(|message| message.value()) else {
        // A test asks for every name that the code can.
        tracing::error!(name, "a text is missing");
        return name.to_owned();
    };
    let mut arguments = FluentArgs::new();
    arguments.set("about", shown(notice));
    arguments.set("day", notice.facts.get("not_after").map_or("", |time| time.split('T').next().unwrap_or_default()));
    arguments.set("name", notice.facts.get("name").map_or("", String::as_str));
    arguments.set("at", notice.at.to_string());
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned()
}

/// Of a card's number the end only: enough to know which, too little to use.
fn shown(notice: &Notice) -> String {
    let length = notice.about.chars().count();
    notice.about.chars().skip(length.saturating_sub(SHOWN)).collect()
}

fn bundle(language: &'static str) -> &'static FluentBundle<FluentResource> {
    static SWEDISH: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    static ENGLISH: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    match language {
        "en" => ENGLISH.get_or_init(|| read("en", EN)),
        _ => SWEDISH.get_or_init(|| read("sv", SV)),
    }
}

fn read(language: &str, source: &'static str) -> FluentBundle<FluentResource> {
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
const SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use domain::notice::{Addressee, NoticeKind};
    use pki::time::UtcTime;

    fn notice(kind: NoticeKind) -> Notice {
        let to = Addressee::Group("drift@a.example.se".into());
        let notice = Notice::new(kind, &"a".parse().unwrap(), "97522699001234", to, UtcTime::from_unix(1_770_000_000));
        notice.with("name", "dnr.a.example.se").with("not_after", "2027-03-01T22:59:59Z")
    }

    #[test]
    fn every_notice_has_its_words_in_both_languages() {
        for kind in NoticeKind::ALL {
            let (subject, text) = (subject(&notice(*kind)), both(&notice(*kind)));
            assert!(!subject.contains("-subject") && !text.contains("-body"), "{kind}");
            assert!(!subject.contains('\n'), "{kind}");
            assert!(!text.contains("{$") && !text.contains("9752269900"), "{kind}: {text}");
        }
        let expiring = both(&notice(NoticeKind::FunctionExpiring));
        assert!(expiring.contains("dnr.a.example.se") && expiring.contains("2027-03-01"), "{expiring}");
        assert!(both(&notice(NoticeKind::CardRevoked)).contains("1234"));
    }
}
