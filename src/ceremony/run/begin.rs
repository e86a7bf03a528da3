//! Begins a ceremony, or goes on with it: the file, the transcript, and the signer's door.

use super::confirm::confirm;
use super::{Ceremony, Earlier, Setup};
use crate::ceremony::desk::Desk;
use crate::ceremony::error::Error;
use crate::ceremony::layout::Layout;
use crate::ceremony::script::{Host, Script};
use crate::ceremony::step::Step;
use crate::ceremony::transcript::{Draft, Event};
use crate::ceremony::{files, signer_files};
use crate::clock::{Clock, System};
use crate::policies::profiles;
use crate::signer::ceremony::{CeremonyError, Foundation};
use crate::signer::config::SignerConfig;
use crate::signer::digest::Digest;
use crate::signer::journal::JournalError;
use domain::bundle::Bundle;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

impl<'a> Ceremony<'a> {
    /// Begins, or goes on: checks the file, has it confirmed, and opens the signer's door.
    pub(super) fn open(setup: Setup<'a>, desk: &'a mut dyn Desk) -> Result<Self, Error> {
        let Setup { script: text, host, layout, policies, after, rehearsal } = setup;
        let profiles = profiles(policies)?;
        let script = Script::from_toml(text)?;
        let digest = Script::digest(text);
        if !rehearsal {
            check_time(&script, System.now())?;
        }
        if layout.transcript().exists() {
            return Err(Error::Finished(layout.data().display().to_string()));
        }
        let earlier = match (after, &script.continues) {
            (Some(after), Some(_)) => Earlier::open(after, &script, host)?,
            (None, None) => None,
            (Some(_), None) => return Err(Error::NotThere("[continues] of the file".to_owned())),
            (None, Some(_)) => return Err(Error::NotThere("the folder, which --after names,".to_owned())),
        };
        make_folders(layout, host, earlier.is_some())?;
        let owner = std::fs::metadata(layout.data()).map_or(0, |folder| folder.uid());
        let signer = signer_files::configuration(&script, host, layout, owner);
        let opened = Event::Opened {
            ceremony: script.id.clone(),
            host,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            script: text.to_owned(),
            policies: Digest::of_bundle(policies),
            rehearsal,
        };
        let mut draft = open_draft(layout, &signer, opened)?;
        confirm(&mut draft, (&script, digest), Step::File, desk)?;
        let foundation = open_door(&mut draft, &script, &signer, policies)?;
        let text = toml::to_string(&signer).map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
        files::private(&layout.signer_config(), text)?;
        let (tokens, keys) = (BTreeMap::new(), BTreeMap::new());
        let entropy = System;
        Ok(Self {
            script,
            digest,
            host,
            layout,
            draft,
            foundation,
            earlier,
            rehearsal,
            profiles,
            desk,
            entropy,
            tokens,
            keys,
        })
    }
}

/// A new transcript, or the one that was interrupted.
fn open_draft(layout: &Layout, signer: &SignerConfig, opened: Event) -> Result<Draft, Error> {
    let mut draft = Draft::open(&layout.draft())?;
    if draft.entries().is_empty() {
        // A journal without a transcript is another ceremony's.
        if signer.journal().exists() {
            return Err(CeremonyError::from(JournalError::Exists { path: signer.journal() }).into());
        }
        // A PIN that lies ready would open a token that somebody prepared.
        for folder in [layout.signer(), layout.secrets()] {
            if files::has_entries(&folder)? {
                return Err(Error::Occupied(folder.display().to_string()));
            }
        }
        draft.append(System.now(), opened)?;
    } else {
        check_same(&draft, &opened)?;
        draft.append(System.now(), Event::Resumed { software: env!("CARGO_PKG_VERSION").to_owned() })?;
    }
    Ok(draft)
}

/// The signer's journal, begun or gone on with.
fn open_door(
    draft: &mut Draft,
    script: &Script,
    signer: &SignerConfig,
    policies: &Bundle,
) -> Result<Foundation, Error> {
    let officers = signer_files::officers(script);
    let officers = officers.map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
    let standing = signer_files::standing(script);
    let foundation = if signer.journal().exists() {
        Foundation::reopen(signer, &officers, &standing, policies)?
    } else {
        Foundation::create(signer, &officers, &standing, policies)?
    };
    if draft.find(|event| matches!(event, Event::Founded { .. }).then_some(())).is_none() {
        let (officers, standing) = (Digest::of(&officers.to_json()), Digest::of(&standing.to_json()));
        draft.append(System.now(), Event::Founded { officers, standing })?;
    }
    Ok(foundation)
}

/// The file must be valid now.
pub(super) fn check_time(script: &Script, now: UtcTime) -> Result<(), Error> {
    if script.is_valid_at(now) {
        return Ok(());
    }
    Err(Error::NotNow { from: script.valid_from, until: script.valid_until, now })
}

/// A draft is gone on with only for the same file and policies on the same host, and in the same earnest.
fn check_same(draft: &Draft, opened: &Event) -> Result<(), Error> {
    let (found, wanted) = (draft.find(beginning).unwrap_or_default(), beginning(opened).unwrap_or_default());
    if found == wanted {
        return Ok(());
    }
    Err(Error::OtherScript { what: "the ceremony in this folder", found, wanted })
}

fn beginning(event: &Event) -> Option<String> {
    let Event::Opened { script, host, policies, rehearsal, .. } = event else { return None };
    let earnest = if *rehearsal { ", rehearsed" } else { "" };
    Some(format!("{} ({host:?}, policies {policies}{earnest})", Script::digest(script)))
}

fn make_folders(layout: &Layout, host: Host, later: bool) -> Result<(), Error> {
    for private in [layout.secrets(), layout.signer(), layout.run(), layout.person_files()] {
        files::private_folder(&private)?;
    }
    files::public_folder(&layout.authorities())?;
    files::public_folder(&layout.specimens())?;
    if later {
        files::private_folder(&layout.approvers())?;
    }
    if later || host != Host::Only {
        files::public_folder(&layout.outgoing(""))?;
        files::public_folder(&layout.incoming(""))?;
    }
    Ok(())
}
