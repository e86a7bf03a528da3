//! What a journal survives, and what it refuses.

use super::{Entry, Holder, Journal, JournalError, Record, verify};
use crate::signer::digest::Digest;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use testkit::TestFolder;

fn record(number: u8) -> Record {
    Record::Ceremony {
        at: UtcTime::from_unix(0),
        issuer: "root".to_owned(),
        holder: Holder::Service { name: format!("part {number}") },
        certificate: Entry {
            serial: SerialNumber::from_random([number; 16]),
            purpose: Purpose::TlsServer,
            profile: "tls-server".to_owned(),
            revision: 1,
            key: Digest::of(&[number]),
            tbs: Digest::of(b"tbs"),
            not_after: None,
        },
    }
}

/// A folder with a journal of `count` records.
fn written(count: u8) -> (TestFolder, PathBuf) {
    let folder = TestFolder::new("journal");
    let path = folder.path().join("journal");
    let journal = Journal::create(&path).unwrap();
    (0..count).for_each(|number| journal.append(&record(number)).unwrap());
    (folder, path)
}

/// The records that a journal with this content opens with.
fn open(path: &Path) -> Result<Vec<Record>, JournalError> {
    let mut records = Vec::new();
    Journal::open(path, |_, record| {
        records.push(record);
        Ok(())
    })?;
    Ok(records)
}

#[test]
fn records_come_back_in_order() {
    let (_folder, path) = written(3);
    assert_eq!(open(&path).unwrap(), [record(0), record(1), record(2)]);
    assert_eq!(verify(&path).unwrap().head.records, 3);
}

#[test]
fn a_torn_end_is_cut_wherever_it_was_torn() {
    let (_folder, path) = written(3);
    let whole = std::fs::read(&path).unwrap();
    let second = whole.iter().position(|&b| b == b'\n').unwrap() + 1;
    for end in second..whole.len() {
        std::fs::write(&path, &whole[..end]).unwrap();
        let complete = whole[..end].split(|&b| b == b'\n').count() - 1;
        assert_eq!(open(&path).unwrap().len(), complete, "cut at {end}");
        let journal = Journal::open(&path, |_, _| Ok(())).unwrap().0;
        journal.append(&record(9)).unwrap();
        drop(journal);
        assert_eq!(open(&path).unwrap().last(), Some(&record(9)));
    }
}

#[test]
fn blocks_that_were_never_filled_are_cut() {
    let (_folder, path) = written(3);
    let whole = std::fs::read(&path).unwrap();
    let second = whole.iter().position(|&b| b == b'\n').unwrap() + 1;
    let mut torn = whole.clone();
    torn[second..second + 40].fill(0);
    std::fs::write(&path, torn).unwrap();
    assert_eq!(open(&path).unwrap(), [record(0)]);
}

#[test]
fn edits_deletions_and_reordering_are_refused() {
    let (_folder, path) = written(3);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for changed in [
        text.replace("part 1", "part 7"),
        text.replace("part 2", "part 7"),
        format!("{}{}", lines[0], lines[2]),
        format!("{}{}{}", lines[1], lines[0], lines[2]),
        format!("{}{}", lines[1], lines[2]),
        format!("{text}{}", lines[2]),
        format!("{text}\n"),
    ] {
        std::fs::write(&path, changed).unwrap();
        assert!(matches!(verify(&path), Err(JournalError::Broken { .. })));
        assert!(matches!(open(&path), Err(JournalError::Broken { .. })));
    }
}

#[test]
fn one_process_at_a_time_and_one_beginning() {
    let (_folder, path) = written(1);
    let held = Journal::open(&path, |_, _| Ok(())).unwrap();
    assert!(matches!(open(&path), Err(JournalError::InUse { .. })));
    assert!(matches!(Journal::create(&path), Err(JournalError::Exists { .. })));
    drop(held);
    assert!(open(&path).is_ok());
}

#[test]
fn many_threads_append_to_one_chain() {
    let (_folder, path) = written(0);
    let journal = Arc::new(Journal::open(&path, |_, _| Ok(())).unwrap().0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let journal = Arc::clone(&journal);
            scope.spawn(move || (0..20).for_each(|number| journal.append(&record(thread * 20 + number)).unwrap()));
        }
    });
    let head = journal.head();
    drop(journal);
    assert_eq!(verify(&path).unwrap().head, head);
    assert_eq!(head.records, 160);
}

/// A process that is killed while many threads append loses nothing that was acknowledged.
#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    const PATH: &str = "SIGILL_TEST_JOURNAL";
    if let Some(path) = std::env::var_os(PATH) {
        let journal = Arc::new(Journal::open(&PathBuf::from(path), |_, _| Ok(())).unwrap().0);
        std::thread::scope(|scope| {
            for thread in 0..4_u8 {
                let journal = Arc::clone(&journal);
                scope.spawn(move || {
                    for number in 0.. {
                        journal.append(&record(number)).unwrap();
                        writeln!(std::io::stdout(), "acknowledged {thread}").unwrap();
                        if number == u8::MAX {
                            return;
                        }
                    }
                });
            }
        });
        return;
    }
    let (_folder, path) = written(1);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "signer::journal::tests::a_killed_process_loses_nothing_acknowledged"])
        .env(PATH, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = lines.map(Result::unwrap).filter(|line| line.starts_with("acknowledged"));
    assert_eq!(acknowledged.by_ref().take(100).count(), 100);
    child.kill().unwrap();
    child.wait().unwrap();
    let total = 100 + acknowledged.count();
    assert!(open(&path).unwrap().len() > total, "{total} were acknowledged");
}
