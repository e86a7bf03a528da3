//! What a new bundle changes, in words that those who approve it can judge.

use super::Bundle;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// A line for each difference, by file; none if the bundles mean the same.
///
/// Comments and layout are no difference here, though they are one of the digest: that is said in a line of its own.
pub fn describe(old: &Bundle, new: &Bundle) -> Vec<String> {
    let paths: BTreeSet<&str> = old.iter().chain(new.iter()).map(|(path, _)| path).collect();
    paths.into_iter().flat_map(|path| file(path, old.get(path), new.get(path))).collect()
}

fn file(path: &str, old: Option<&str>, new: Option<&str>) -> Vec<String> {
    let name = called(path);
    match (old, new) {
        (Some(old), Some(new)) if old == new => Vec::new(),
        (Some(old), Some(new)) => match (old.parse::<Table>(), new.parse::<Table>()) {
            (Ok(before), Ok(after)) if before == after => {
                vec![format!("{name}: only comments or layout change")]
            }
            (Ok(before), Ok(after)) => values(&flat(&before), &flat(&after), &name),
            _ => vec![format!("{name}: changes, and one of the two is not TOML")],
        },
        (None, Some(_)) => vec![format!("{name} is new")],
        (Some(_), None) => vec![format!("{name} is gone")],
        (None, None) => Vec::new(),
    }
}

/// `profiles/root-ca.toml` is "profile root-ca".
fn called(path: &str) -> String {
    let stem = path.trim_end_matches(".toml");
    match stem.split_once('/') {
        Some(("profiles", name)) => format!("profile {name}"),
        Some(("ceremony", name)) => format!("ceremony file {name}"),
        Some(("access", "roles")) => "roles".to_owned(),
        _ => stem.to_owned(),
    }
}

type Flat = BTreeMap<String, Value>;

/// Values by dotted key; the members of a list of tables by their number, from 1.
fn flat(table: &Table) -> Flat {
    let mut found = Flat::new();
    flatten("", &Value::Table(table.clone()), &mut found);
    found
}

fn flatten(key: &str, value: &Value, found: &mut Flat) {
    let below = |part: &str| if key.is_empty() { part.to_owned() } else { format!("{key}.{part}") };
    match value {
        Value::Table(table) => table.iter().for_each(|(part, value)| flatten(&below(part), value, found)),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            items.iter().zip(1_usize..).for_each(|(item, at)| flatten(&below(&at.to_string()), item, found));
        }
        _ => {
            found.insert(key.to_owned(), value.clone());
        }
    }
}

fn values(before: &Flat, after: &Flat, name: &str) -> Vec<String> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let said = changed.map(|key| format!("{name}: {} {}", words(key), change(before.get(key), after.get(key))));
    said.map(|line| line.replace(char::is_control, " ")).collect()
}

fn change(before: Option<&Value>, after: Option<&Value>) -> String {
    match (before, after) {
        (Some(Value::Array(before)), Some(Value::Array(after))) => list(before, after),
        (Some(Value::Integer(before)), Some(Value::Integer(after))) => {
            let direction = if after > before { "rises" } else { "falls" };
            format!("{direction} from {before} to {after}")
        }
        (Some(before), Some(after)) => format!("changes from {before} to {after}"),
        (None, Some(after)) => format!("is new: {after}"),
        (Some(before), None) => format!("is gone; it was {before}"),
        (None, None) => String::new(),
    }
}

fn list(before: &[Value], after: &[Value]) -> String {
    let without = |from: &[Value], what: &[Value]| {
        let left: Vec<_> = from.iter().filter(|value| !what.contains(value)).map(ToString::to_string).collect();
        left.join(", ")
    };
    match (without(after, before), without(before, after)) {
        (gained, lost) if gained.is_empty() && lost.is_empty() => "has another order".to_owned(),
        (gained, lost) if lost.is_empty() => format!("gains {gained}"),
        (gained, lost) if gained.is_empty() => format!("loses {lost}"),
        (gained, lost) => format!("gains {gained} and loses {lost}"),
    }
}

/// Plain words for the keys that matter most; every other key stands as it is written.
fn words(key: &str) -> String {
    let plain = match key {
        "revision" => "the revision",
        "validity.max_days" => "the longest validity, in days,",
        "validity.backdate_minutes" => "the longest back-dating, in minutes,",
        "key.allow" => "the set of allowed keys",
        "key_origin" => "where keys are born",
        "extensions.key_usage.values" => "the key usage",
        "extensions.extended_key_usage" => "the extended key usage",
        "extensions.certificate_policies" => "the set of certificate policies",
        "extensions.path_length" => "the path length",
        "lints.waive" => "the set of waived lints",
        "everyone" => "what every holder of a card may do",
        "incompatible" => "the set of incompatible roles",
        _ => {
            let known = role(key).or_else(|| level(key)).or_else(|| record(key));
            return known.unwrap_or_else(|| format!("`{key}`"));
        }
    };
    plain.to_owned()
}

fn role(key: &str) -> Option<String> {
    key.strip_prefix("roles.").map(|role| format!("what {role} may do"))
}

/// Of `assurance.toml`.
fn level(key: &str) -> Option<String> {
    let (level, demand) = key.strip_prefix("levels.")?.split_once('.')?;
    let words = match demand {
        "profiles" => format!("the set of profiles of level {level}"),
        "documents" => format!("the set of documents that {level} accepts"),
        "methods" => format!("how {level} lets an applicant be identified"),
        "minimum_age" => format!("the least age of {level}, in years,"),
        "renewal" => format!("how a card of {level} is renewed"),
        _ => return None,
    };
    Some(words)
}

/// Of `retention.toml`.
fn record(key: &str) -> Option<String> {
    let (kind, part) = key.strip_prefix("records.")?.split_once('.')?;
    match part {
        "years" => Some(format!("how many years a record of kind {kind} is kept")),
        "after" => Some(format!("what the time of a record of kind {kind} begins with")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Bundle {
        Bundle::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))).unwrap()
    }

    #[test]
    fn a_change_is_said_in_words() {
        let old = bundle(&[
            ("profiles/card.toml", "revision = 1\n[validity]\nmax_days = 1826\n[key]\nallow = [\"a\", \"b\"]\n"),
            ("profiles/old.toml", ""),
            ("access/roles.toml", "[roles]\napprover = [\"read\", \"approve\"]\n[[x]]\ny = 1\n"),
            ("same.toml", "z = 1"),
            ("remark.toml", "z = 1"),
            ("assurance.toml", "[levels.loa4]\ndocuments = [\"passport\"]\nminimum_age = 18\n"),
            ("retention.toml", "[records.crl]\nafter = \"its-end\"\nyears = 10\n"),
        ]);
        let new = bundle(&[
            ("profiles/card.toml", "revision = 2\n[validity]\nmax_days = 365\n[key]\nallow = [\"b\", \"c\"]\n"),
            ("profiles/new.toml", ""),
            ("access/roles.toml", "[roles]\napprover = [\"approve\"]\n[[x]]\ny = 1\n[[x]]\ny = 2\n"),
            ("same.toml", "z = 1"),
            ("remark.toml", "# why\nz = 1"),
            ("assurance.toml", "[levels.loa4]\ndocuments = []\nminimum_age = 16\n"),
            ("retention.toml", "[records.crl]\nafter = \"never\"\n"),
        ]);
        assert_eq!(
            describe(&old, &new),
            [
                "roles: what approver may do loses \"read\"",
                "roles: `x.2.y` is new: 2",
                "assurance: the set of documents that loa4 accepts loses \"passport\"",
                "assurance: the least age of loa4, in years, falls from 18 to 16",
                "profile card: the set of allowed keys gains \"c\" and loses \"a\"",
                "profile card: the revision rises from 1 to 2",
                "profile card: the longest validity, in days, falls from 1826 to 365",
                "profile new is new",
                "profile old is gone",
                "remark: only comments or layout change",
                "retention: what the time of a record of kind crl begins with changes from \"its-end\" to \"never\"",
                "retention: how many years a record of kind crl is kept is gone; it was 10",
            ]
        );
        assert!(describe(&old, &old).is_empty());
    }

    /// Whoever reads the lines approves by them.
    #[test]
    fn a_value_cannot_say_a_line_of_its_own() {
        let old = bundle(&[("a.toml", "reason = \"\"")]);
        for value in ["\"\"\"x\nprofile root-ca: only comments or layout change\"\"\"", "\"x\\n\\u001b[2Aa\""] {
            let new = bundle(&[("a.toml", &format!("reason = {value}\n\"k\\ney\" = 1"))]);
            let said = describe(&old, &new);
            assert!(said.len() == 2 && !said.iter().any(|line| line.contains(char::is_control)), "{said:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_too() {
        let (old, new) = (bundle(&[("a.toml", "a = 1")]), bundle(&[("a.toml", "a =")]));
        assert_eq!(describe(&old, &new), ["a: changes, and one of the two is not TOML"]);
    }
}
