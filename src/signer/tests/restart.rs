//! What a restart remembers, and what it refuses to start with.

use super::attack::refusal;
use super::crl::crl;
use super::story::Story;
use super::world::{NOW, World};
use crate::signer::config::{IssuerKind, Mode};
use crate::signer::error::Code;
use crate::signer::journal::JournalError;
use crate::signer::start::StartError;
use std::path::Path;

#[test]
fn everything_used_is_used_after_a_restart() {
    let world = World::found();
    let core = world.core();
    let (first, second) = (Story::new(&world, "first"), Story::new(&world, "second"));
    assert_eq!(refusal(&core, first.request(&world)), None);
    let rolf = world.person("rolf").signature.serial().unwrap();
    crl(&core, &world, 7, (NOW, NOW.plus_days(1)), &[rolf]).unwrap();
    drop(core);

    let core = world.core();
    let before = world.trace();
    assert_eq!(refusal(&core, first.request(&world)), Some(Code::ApprovalUsed));
    let by_rolf = second.clone().but(|s| s.approvers = vec!["rolf"]);
    assert_eq!(refusal(&core, by_rolf.request(&world)), Some(Code::NotApproved));
    assert_eq!(crl(&core, &world, 7, (NOW, NOW.plus_days(1)), &[rolf]), Err(Code::CrlNumber));
    assert_eq!(crl(&core, &world, 8, (NOW, NOW.plus_days(1)), &[]), Err(Code::CrlLosesRevocation));
    assert_eq!(world.trace(), before);
    assert_eq!(refusal(&core, second.request(&world)), None);
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Why the world does not start after `change`.
fn refused(change: impl FnOnce(&mut World)) -> String {
    let mut world = World::found();
    drop(world.core());
    change(&mut world);
    let Err(error) = world.open() else { panic!("it started") };
    error.to_string()
}

#[test]
fn a_changed_state_is_refused_with_a_reason() {
    let officers = refused(|w| edit(&w.config.officers(), "approver", "card-desk"));
    assert!(officers.contains("officers.json"), "{officers}");
    let standing = refused(|w| edit(&w.config.standing(), "localhost", "elsewhere"));
    assert!(standing.contains("standing.json"), "{standing}");
    let mode = refused(|w| w.config.mode = Mode::Production);
    assert!(mode.contains("mode"), "{mode}");
    let kind = refused(|w| w.config.issuers[1].kind = IssuerKind::Person);
    assert!(kind.contains("infrastructure"), "{kind}");
    let certificate = refused(|w| {
        let (one, other) = (&w.config.issuers[0].certificate, &w.config.issuers[1].certificate);
        std::fs::copy(other, one).map(drop).unwrap();
    });
    assert!(certificate.contains("certificate"), "{certificate}");
}

#[test]
fn an_edited_journal_is_refused() {
    let world = World::found();
    edit(&world.config.journal(), "\"anna\"", "\"otto\"");
    assert!(matches!(world.open(), Err(StartError::Journal(JournalError::Broken { .. }))));
}

#[test]
fn edited_revoked_serials_are_refused() {
    let world = World::found();
    let core = world.core();
    crl(&core, &world, 1, (NOW, NOW.plus_days(1)), &[world.serial()]).unwrap();
    drop(core);
    std::fs::write(world.config.directory.join("person.1.revoked"), [0x41; 16]).unwrap();
    assert!(matches!(world.open(), Err(StartError::RevokedChanged { number: 1, .. })));
}

#[test]
fn a_crash_between_the_serials_and_their_record_is_harmless() {
    let world = World::found();
    let core = world.core();
    crl(&core, &world, 1, (NOW, NOW.plus_days(1)), &[]).unwrap();
    drop(core);
    std::fs::write(world.config.directory.join("person.2.revoked"), [0x41; 16]).unwrap();
    let core = world.core();
    assert!(crl(&core, &world, 2, (NOW, NOW.plus_days(1)), &[]).is_ok());
}

/// Officers approve a profile by name and revision.
#[test]
fn a_profile_says_for_ever_what_its_revision_said() {
    let mut world = World::found();
    let own = world.config.directory.join("profiles");
    std::fs::create_dir(&own).unwrap();
    for file in std::fs::read_dir(&world.config.profiles).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), own.join(file.file_name())).unwrap();
    }
    world.config.profiles = own.clone();
    let file = own.join("person-authentication-loa4.toml");
    drop(world.core());
    edit(&file, "revision = 2", "# only a remark\nrevision = 2");
    drop(world.core());
    edit(&file, "max_days = 1826", "max_days = 1825");
    let Err(error) = world.open() else { panic!("it started") };
    assert!(error.to_string().contains("without a new revision"), "{error}");
    edit(&file, "revision = 2", "revision = 3");
    drop(world.core());
    edit(&file, "revision = 3", "revision = 2");
    assert!(world.open().is_err(), "the old number, the new content");
}
