//! Policies come into force with two security officers' approval, one bundle after the other.

use super::attack::refusal;
use super::crl::crl;
use super::restart::edit;
use super::story::{Story, statement};
use super::world::{NOW, World};
use crate::policies::{APPROVAL, PolicyFolder, profiles};
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, Request};
use domain::evidence::Signed;
use domain::operation::{Act, LoadPolicies, Operation};
use pki::time::UtcTime;
use std::path::{Path, PathBuf};
use testkit::copy_folder;

const PROFILE: &str = "profiles/person-authentication-loa4.toml";

/// A world with policies of its own, which it has in force.
fn world() -> (World, PathBuf) {
    let mut world = World::found();
    let own = world.config.directory.join("policies");
    copy_folder(&world.config.policies, &own);
    world.config.policies = own.clone();
    drop(world.core());
    (world, own)
}

fn digest(folder: &Path) -> String {
    PolicyFolder::read(folder).unwrap().bundle.digest()
}

/// Puts an approval of `bundle` in place of `replaces` beside the policies.
fn approve(world: &World, bundle: &str, replaces: &str, (people, at): (&[&str], UtcTime)) {
    let load = LoadPolicies { bundle: bundle.to_owned(), replaces: replaces.to_owned() };
    let operation = Operation::LoadPolicies(load);
    let statements = people.iter().map(|id| statement(world, id, Act::Approve, operation.hash(), at)).collect();
    let signed = Signed { operation: String::from_utf8(operation.to_bytes()).unwrap(), statements };
    std::fs::write(world.config.policies.join(APPROVAL), serde_json::to_vec(&signed).unwrap()).unwrap();
}

fn shorten(own: &Path, revision: u32, days: u32) {
    let file = own.join(PROFILE);
    let text = std::fs::read_to_string(&file).unwrap();
    let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let text = text.replace(&line("revision = "), &format!("revision = {revision}"));
    std::fs::write(&file, text.replace(&line("max_days = "), &format!("max_days = {days}"))).unwrap();
}

/// Why the world does not start; nothing was recorded.
fn refused(world: &World) -> String {
    let before = world.head();
    let Err(error) = world.open() else { panic!("it started") };
    assert_eq!(world.head(), before);
    error.to_string()
}

#[test]
fn an_edit_that_nobody_approved_is_refused() {
    let (world, own) = world();
    edit(&own.join(PROFILE), "name = ", "# only a remark\nname = ");
    assert!(refused(&world).contains("approval.json is missing"));
}

#[test]
fn the_first_policies_are_those_of_the_ceremony() {
    let mut world = World::found();
    let own = world.config.directory.join("policies");
    copy_folder(&world.config.policies, &own);
    world.config.policies = own.clone();
    edit(&own.join(PROFILE), "name = ", "# only a remark\nname = ");
    let new = digest(&own);
    approve(&world, &new, &new, (&["sara", "sven"], NOW));
    assert!(refused(&world).contains("neither the ceremony's nor approved"));
}

#[test]
fn two_security_officers_bring_policies_into_force() {
    let (world, own) = world();
    let (before, head) = (digest(&own), world.head());
    shorten(&own, 7, 365);
    approve(&world, &digest(&own), &before, (&["sara", "sven"], NOW));
    assert_eq!(world.core().status().policies.to_string(), digest(&own));
    assert_eq!(world.head().records, head.records + 1);
    drop(world.core());
    assert_eq!(world.head().records, head.records + 1, "it is recorded once");
}

#[test]
fn every_shortcut_is_refused() {
    let (world, own) = world();
    let before = digest(&own);
    shorten(&own, 7, 365);
    let new = digest(&own);
    let two: &[&str] = &["sara", "sven"];
    for (bundle, replaces, by, why) in [
        (&new, &before, (&["sara"][..], NOW), "1 of 2"),
        (&new, &before, (&["sara", "sara"], NOW), "four eyes"),
        (&new, &before, (&["sara", "anna"], NOW), "not security-officer"),
        (&new, &before, (&["sara", "eva"], NOW), "not an officer"),
        (&new, &before, (&[], NOW), "0 of 2"),
        (&before, &before, (two, NOW), "other policies were approved"),
        (&new, &new, (two, NOW), "for replacing other policies"),
        (&new, &before, (two, NOW.plus_days(-91)), "time is not acceptable"),
        (&new, &before, (two, NOW.plus_days(1)), "time is not acceptable"),
    ] {
        approve(&world, bundle, replaces, by);
        let found = refused(&world);
        assert!(found.contains(why), "{why}: {found}");
    }
    approve(&world, &new, &before, (two, NOW));
    edit(&own.join(PROFILE), "max_days = 365", "max_days = 366");
    assert!(refused(&world).contains("other policies were approved"), "edited after the approval");
    edit(&own.join(APPROVAL), "load-policies", "unload-policies");
    refused(&world);
    std::fs::write(own.join(APPROVAL), "{").unwrap();
    assert!(refused(&world).contains("policies"));
}

#[test]
fn an_old_bundle_does_not_come_back_with_its_old_approval() {
    let (world, own) = world();
    let (first, text) = (digest(&own), std::fs::read(own.join(PROFILE)).unwrap());
    shorten(&own, 7, 365);
    let second = digest(&own);
    approve(&world, &second, &first, (&["sara", "sven"], NOW));
    drop(world.core());
    std::fs::write(own.join(PROFILE), text).unwrap();
    assert!(refused(&world).contains("other policies were approved"));
    approve(&world, &first, &second, (&["sara", "sven"], NOW));
    drop(world.core());
    shorten(&own, 7, 365);
    approve(&world, &second, &first, (&["sara", "sven"], NOW));
    drop(world.core());
}

/// The approval that carried it into force the first time names the same two bundles.
#[test]
fn a_bundle_that_was_taken_back_does_not_return_with_its_spent_approval() {
    let (world, own) = world();
    let (first, text) = (digest(&own), std::fs::read(own.join(PROFILE)).unwrap());
    shorten(&own, 7, 365);
    let second = digest(&own);
    let minutes = |count: i64| NOW.plus_seconds(60 * count);
    let spent = (&["sara", "sven"][..], NOW);
    *world.clock.0.lock().unwrap() = minutes(1);
    approve(&world, &second, &first, spent);
    drop(world.core());
    *world.clock.0.lock().unwrap() = minutes(2);
    std::fs::write(own.join(PROFILE), text).unwrap();
    approve(&world, &first, &second, (&["sara", "sven"], minutes(2)));
    drop(world.core());

    *world.clock.0.lock().unwrap() = minutes(3);
    shorten(&own, 7, 365);
    approve(&world, &second, &first, spent);
    assert!(refused(&world).contains("time is not acceptable"));
    approve(&world, &second, &first, (&["sara", "sven"], minutes(3)));
    drop(world.core());
}

#[test]
fn an_officer_whose_card_is_revoked_approves_nothing() {
    let (world, own) = world();
    let before = digest(&own);
    let sven = world.person("sven").signature.serial().unwrap();
    crl(&world.core(), &world, 1, (NOW, NOW.plus_days(1)), &[sven]).unwrap();
    shorten(&own, 7, 365);
    approve(&world, &digest(&own), &before, (&["sara", "sven"], NOW));
    assert!(refused(&world).contains("not an officer"));
}

/// Officers approve a profile by name and revision.
#[test]
fn a_profile_says_for_ever_what_its_revision_said() {
    let (world, own) = world();
    let before = digest(&own);
    shorten(&own, 2, 365);
    approve(&world, &digest(&own), &before, (&["sara", "sven"], NOW));
    assert!(refused(&world).contains("without a new revision"));
}

/// What the claims of the whole service change in a profile is as much a change of it.
#[test]
fn no_profile_becomes_qualified_under_the_revision_that_was_approved() {
    let (world, own) = world();
    let before = digest(&own);
    edit(&own.join("claims.toml"), "qualified = false", "qualified = true");
    approve(&world, &digest(&own), &before, (&["sara", "sven"], NOW));
    assert!(refused(&world).contains("without a new revision"));
}

#[test]
fn a_running_signer_reloads_what_is_approved_and_keeps_what_it_has_else() {
    let (mut world, own) = world();
    let (core, before) = (world.core(), digest(&own));
    let reload = |core: &crate::signer::core::Core| core.answer(&Request::ReloadPolicies, &[]).0;
    assert_eq!(reload(&core), Answer::Policies(before.parse().unwrap()));

    shorten(&own, 7, 365);
    let Answer::Refused(no) = reload(&core) else { panic!("nobody approved") };
    assert_eq!(no.code, Code::NotApproved);
    std::fs::write(own.join("profiles/broken.toml"), "name =").unwrap();
    let Answer::Refused(no) = reload(&core) else { panic!("it cannot be read") };
    assert_eq!(no.code, Code::PoliciesUnusable);
    std::fs::remove_file(own.join("profiles/broken.toml")).unwrap();
    assert_eq!(refusal(&core, Story::new(&world, "old").request(&world)), None, "the old ones are in force");

    let new = digest(&own);
    approve(&world, &new, &before, (&["sara", "sven"], NOW));
    let stale = Story::new(&world, "stale").request(&world);
    assert_eq!(reload(&core), Answer::Policies(new.parse().unwrap()));
    assert_eq!(refusal(&core, stale), Some(Code::WrongProfile), "it was approved under the revision before");
    world.profiles = profiles(&PolicyFolder::read(&own).unwrap().bundle).unwrap();
    assert_eq!(refusal(&core, Story::new(&world, "new").request(&world)), None);
}
