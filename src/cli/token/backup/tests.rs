use super::*;
use crate::cli::token::proof::KeyFacts;

fn backup() -> Backup {
    let files = [("generation", b"\n1".to_vec()), ("token.object", vec![0; 9]), ("empty", vec![])];
    let files = files.into_iter().map(|(name, content)| (name.to_owned(), content)).collect();
    let key = KeyFacts { label: "ca".to_owned(), fingerprint: "00".repeat(32) };
    let facts = Facts { token: "t".to_owned(), serial: "1".to_owned(), keys: vec![key] };
    Backup::new(Content::new("folder".to_owned(), files).unwrap(), facts)
}

/// The file with another manifest, and a seal that fits it.
fn resealed(from: &str, to: &str) -> Vec<u8> {
    let bytes = backup().to_bytes();
    let (_, sealed) = split_line(&bytes).unwrap();
    let (manifest, content) = split_line(sealed).unwrap();
    let manifest = std::str::from_utf8(manifest).unwrap();
    assert!(manifest.contains(from), "{manifest}");
    let sealed = [manifest.replacen(from, to, 1).as_bytes(), b"\n", content].concat();
    [format!("{MAGIC}{}\n", sha256(&sealed)).into_bytes(), sealed].concat()
}

#[test]
fn what_is_written_is_read_back() {
    let read = Backup::from_bytes(&backup().to_bytes()).unwrap();
    assert_eq!(read.content, backup().content);
    assert_eq!(read.facts, backup().facts);
}

#[test]
fn every_changed_octet_is_refused() {
    let honest = backup().to_bytes();
    for at in 0..honest.len() {
        let mut changed = honest.clone();
        changed[at] ^= 1;
        assert!(Backup::from_bytes(&changed).is_err(), "octet {at}");
        assert!(Backup::from_bytes(&honest[..at]).is_err(), "cut at {at}");
    }
}

/// A seal is no proof of who made the file: what it covers is judged as well.
#[test]
fn manifest_that_does_not_fit_is_refused() {
    assert!(Backup::from_bytes(&resealed("folder", "folder")).is_ok());
    for (from, to) in [
        ("\"size_bytes\":9", "\"size_bytes\":8"),
        ("\"size_bytes\":9", "\"size_bytes\":10"),
        ("\"size_bytes\":9", "\"size_bytes\":18446744073709551615"),
        ("\"size_bytes\":9", "\"size_bytes\":-1"),
        ("token.object", "generation"),
        ("token.object", "../object"),
        ("\"folder\":\"folder\"", "\"folder\":\"..\""),
        ("\"sha256\":\"", "\"sha256\":\"0"),
        ("\"serial\"", "\"number\""),
    ] {
        assert!(Backup::from_bytes(&resealed(from, to)).is_err(), "{from} as {to}");
    }
}
