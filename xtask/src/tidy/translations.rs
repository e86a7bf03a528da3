//! Every text exists in Swedish and in English.

use super::tree::{Finding, Tree};
use std::collections::BTreeMap;

const LANGUAGES: [&str; 2] = ["sv", "en"];

/// The Fluent files of a folder named `i18n` have the same messages, attributes included.
pub(crate) fn same_keys(tree: &Tree) -> Vec<Finding> {
    let files = tree.ending("ftl").filter_map(|(path, _)| path.rsplit_once('/'));
    let mut folders: Vec<&str> = files.map(|(folder, _)| folder).filter(|folder| folder.ends_with("i18n")).collect();
    folders.dedup();
    folders.into_iter().flat_map(|folder| missing(tree, folder)).collect()
}

fn missing(tree: &Tree, folder: &str) -> Vec<Finding> {
    let paths = LANGUAGES.map(|language| format!("{folder}/{language}.ftl"));
    let texts = paths.each_ref().map(|path| tree.text(path).map(keys));
    let mut findings = Vec::new();
    for (path, text, other) in [(&paths[0], &texts[0], &texts[1]), (&paths[1], &texts[1], &texts[0])] {
        let (Some(here), Some(there)) = (text, other) else {
            findings.extend(text.is_none().then(|| Finding::new(path, 0, "is missing")));
            continue;
        };
        let extra = here.iter().filter(|(key, _)| !there.contains_key(*key));
        findings.extend(extra.map(|(key, line)| Finding::new(path, *line, format!("{key} has no translation"))));
    }
    findings
}

/// Messages and `message.attribute`s by name, with their lines.
fn keys(text: &str) -> BTreeMap<String, usize> {
    let mut keys = BTreeMap::new();
    let mut message = "";
    for (number, line) in text.lines().enumerate() {
        let Some((name, _)) = line.split_once('=') else { continue };
        let name = name.trim_end();
        if let Some(attribute) = name.trim_start().strip_prefix('.').filter(|_| line.starts_with(' ')) {
            keys.insert(format!("{message}.{attribute}"), number + 1);
        } else if is_identifier(name) {
            message = name;
            keys.insert(name.to_owned(), number + 1);
        }
    }
    keys
}

fn is_identifier(name: &str) -> bool {
    let name = name.strip_prefix('-').unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sv: &str, en: &str) -> Vec<String> {
        let tree = Tree::of(&[("portal/i18n/sv.ftl", sv), ("portal/i18n/en.ftl", en)]);
        same_keys(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_message_in_one_language_only_is_found() {
        assert_eq!(found("a = å\nb = ä\n", "a = a\n"), ["portal/i18n/sv.ftl:2: b has no translation"]);
        assert_eq!(found("a = å\n", "a = a\nc = c\n"), ["portal/i18n/en.ftl:2: c has no translation"]);
        assert_eq!(found("a = å\n    .title = ä\n", "a = a\n"), ["portal/i18n/sv.ftl:2: a.title has no translation"]);
    }

    #[test]
    fn comments_and_continued_texts_are_no_messages() {
        assert_eq!(found("# x = y\na = å\n    b = c\n", "a =\n    one\n"), Vec::<String>::new());
    }

    #[test]
    fn a_language_that_is_missing_is_found() {
        let tree = Tree::of(&[("portal/i18n/sv.ftl", "a = å")]);
        assert_eq!(same_keys(&tree), [Finding::new("portal/i18n/en.ftl", 0, "is missing")]);
    }
}
