//! Every problem that the API answers with has a title in both languages.

use super::tree::{Finding, Tree};
use std::collections::BTreeMap;

/// The titles, by code.
const CATALOGUE: &str = "src/http/problems.toml";

/// What stands before a code that is no function's answer.
const BEFORE: [&str; 3] = ["Problem::edge(", "BadCertificate(\"", "bad(\""];

/// The codes in the sources and those of the catalogue are the same.
pub(crate) fn catalogued(tree: &Tree) -> Vec<Finding> {
    let Some(catalogue) = tree.text(CATALOGUE) else { return vec![Finding::new(CATALOGUE, 0, "is missing")] };
    let titles: BTreeMap<&str, usize> = catalogue.lines().zip(1..).filter_map(entry).collect();
    let mut codes = BTreeMap::new();
    for (path, text) in tree.ending("rs").filter(|(path, _)| answers(path)) {
        // The other crates have errors of other kinds, made by functions of such names.
        let in_calls = arguments(text).filter(|_| path.starts_with("src/"));
        for (code, line) in functions(text, path).chain(in_calls) {
            codes.entry(code).or_insert((path, line));
        }
    }
    let untitled = codes.iter().filter(|(code, _)| !titles.contains_key(**code));
    let unused = titles.iter().filter(|(code, _)| !codes.contains_key(**code));
    untitled
        .map(|(code, (path, line))| Finding::new(path, *line, format!("{code} has no title in {CATALOGUE}")))
        .chain(unused.map(|(code, line)| Finding::new(CATALOGUE, *line, format!("nothing answers {code}"))))
        .collect()
}

fn entry((line, number): (&str, usize)) -> Option<(&str, usize)> {
    Some((line.split_once(" = {")?.0, number))
}

/// Where the errors are that become answers.
fn answers(path: &str) -> bool {
    let folders =
        ["src/service/", "src/http/", "src/app/", "src/signer/error.rs", "crates/domain/src/", "crates/pki/src/"];
    folders.iter().any(|folder| path.starts_with(folder)) && !path.contains("/tests")
}

/// The words in functions that say a code; the signer's errors call theirs `as_str`.
fn functions<'a>(text: &'a str, path: &str) -> impl Iterator<Item = (&'a str, usize)> {
    let of_signer = path == "src/signer/error.rs";
    let begins = text.match_indices("fn ").filter(move |(at, _)| {
        let signature = text[at + 3..].split('{').next().unwrap_or_default();
        let name = signature.split('(').next().unwrap_or_default();
        let says = name == "code" || name.ends_with("_code") || (of_signer && name == "as_str");
        says && signature.contains("-> &'static str")
    });
    begins.flat_map(move |(at, _)| {
        let body = text[at..].split("\n    }\n").next().unwrap_or_default().split("\n}\n").next().unwrap_or_default();
        words(body).map(move |(code, offset)| (code, line(text, at + offset)))
    })
}

/// The first word after what takes a code.
fn arguments(text: &str) -> impl Iterator<Item = (&str, usize)> {
    BEFORE.into_iter().flat_map(move |before| {
        text.match_indices(before).filter_map(move |(at, _)| {
            let call = &text[at..text[at..].find(';').map_or(text.len(), |end| at + end)];
            words(call).next().map(|(code, offset)| (code, line(text, at + offset)))
        })
    })
}

/// The literals that look like a code, with their offsets.
fn words(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut offset = 0;
    text.split('"').enumerate().filter_map(move |(number, piece)| {
        let at = offset;
        offset += piece.len() + 1;
        let is_code = piece.starts_with(|c: char| c.is_ascii_lowercase())
            && piece.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
        (number % 2 == 1 && is_code).then_some((piece, at))
    })
}

fn line(text: &str, offset: usize) -> usize {
    text[..offset].lines().count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: &str = "impl E {\n    pub fn code(&self) -> &'static str {\n        match self {\n            \
        Self::A => \"not-found\",\n        }\n    }\n    fn name(&self) -> &'static str {\n        \"name\"\n    }\n}\n";

    fn found(catalogue: &str, source: &str) -> Vec<String> {
        let tree = Tree::of(&[(CATALOGUE, catalogue), ("src/service/error.rs", source)]);
        catalogued(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_code_without_a_title_and_a_title_without_a_code_are_found() {
        assert_eq!(found("not-found = { sv = \"\" }\n", ERROR), Vec::<String>::new());
        assert_eq!(
            found("other = { sv = \"\" }\n", ERROR),
            [
                "src/service/error.rs:4: not-found has no title in src/http/problems.toml",
                "src/http/problems.toml:1: nothing answers other"
            ]
        );
    }

    #[test]
    fn a_code_in_a_call_is_one() {
        let call = "return Err(Problem::edge(StatusCode::BAD_REQUEST, \"json\", \"the body\"));";
        assert_eq!(found("json = { sv = \"\" }\n", call), Vec::<String>::new());
        assert_eq!(found("", call).len(), 1);
    }
}
