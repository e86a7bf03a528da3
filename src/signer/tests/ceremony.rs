//! The door that opens once.

use super::world::{World, officers};
use crate::policies::PolicyFolder;
use crate::signer::ceremony::{CeremonyError, Foundation};
use crate::signer::journal::JournalError;
use crate::signer::standing::StandingList;
use crate::signer::start::StartError;

#[test]
fn the_door_never_opens_again() {
    let world = World::found();
    let before = world.head();
    let policies = PolicyFolder::read(&world.config.policies).unwrap().bundle;
    let again = Foundation::create(&world.config, &officers(), &StandingList::new(Vec::new()), &policies);
    assert!(matches!(again, Err(CeremonyError::Journal(JournalError::Exists { .. }))));
    assert_eq!(world.head(), before);
    assert!(world.open().is_ok(), "and its files are as they were");
}

#[test]
fn an_unfinished_ceremony_serves_nobody() {
    let world = World::unfinished();
    assert!(matches!(world.open(), Err(StartError::NotClosed)));
}
