//! What a finished transcript must show: every key fit for its role, every planned certificate there and no other.

use super::verify::{Unsound, outputs};
use super::{Entry, Event};
use crate::ceremony::layout::shares_file;
use crate::ceremony::run::{authority_file, certificate_files, root_crl_files};
use crate::ceremony::script::{Host, PlannedAuthority, Script};
use crate::signer::digest::Digest;
use hsm::{BackupMode, KeyAttributes, KeyRole};
use std::collections::BTreeSet;

/// What the token says of a key must be what its role demands (EN 319 411-1 clause 6.5.2).
pub(super) fn check_attributes(
    label: &str,
    (role, backup): (KeyRole, BackupMode),
    found: &KeyAttributes,
) -> Result<(), Unsound> {
    let demands = [
        ("CKA_LOCAL", found.local, true),
        ("CKA_SENSITIVE", found.sensitive, true),
        ("CKA_ALWAYS_SENSITIVE", found.always_sensitive, true),
    ];
    let of_mode: &[_] = match backup {
        BackupMode::Clone => {
            &[("CKA_EXTRACTABLE", found.extractable, false), ("CKA_NEVER_EXTRACTABLE", found.never_extractable, true)]
        }
        BackupMode::Wrap => &[("CKA_WRAP_WITH_TRUSTED", found.wrap_with_trusted, true)],
    };
    let of_cas = [("CKA_COPYABLE", found.copyable, false), ("CKA_MODIFIABLE", found.modifiable, false)];
    let of_cas = of_cas.into_iter().filter(|_| role == KeyRole::Ca);
    match demands
        .into_iter()
        .chain(of_mode.iter().copied())
        .chain(of_cas)
        .find(|(_, found, wanted)| *found != Some(*wanted))
    {
        Some((attribute, ..)) => Err(Unsound::Attribute { key: label.to_owned(), attribute }),
        None => Ok(()),
    }
}

/// The script's certificates and list are there, and nothing else was signed.
pub(super) fn check_complete(script: &Script, host: Host, entries: &[Entry]) -> Result<(), Unsound> {
    let mut planned = certificate_files(script, host);
    if host != Host::Issuing {
        planned.extend(root_crl_files(script));
    }
    let made = entries.iter().filter_map(|entry| match &entry.what {
        Event::Certificate { file, .. } | Event::Crl { file, .. } => Some(file.clone()),
        _ => None,
    });
    let made: BTreeSet<String> = made.collect();
    if let Some(file) = planned.symmetric_difference(&made).next() {
        return Err(Unsound::Outcome { file: file.clone() });
    }
    let kept = outputs(entries).map(|(file, _)| file).collect::<BTreeSet<_>>();
    let mut shares = script.split_tokens(host).into_iter().map(shares_file);
    if let Some(file) = shares.find(|file| !kept.contains(file.as_str())) {
        return Err(Unsound::Outcome { file });
    }
    let made = script.authorities.iter().skip(usize::from(!script.makes_root()));
    let strange = made.into_iter().find(|ca| certified_key(ca, entries) != made_key(ca, entries));
    match strange.filter(|_| host != Host::Issuing) {
        Some(ca) => Err(Unsound::Outcome { file: authority_file(&ca.name()) }),
        None => Ok(()),
    }
}

/// The key that a CA's certificate is for.
fn certified_key(ca: &PlannedAuthority, entries: &[Entry]) -> Option<Digest> {
    let own = authority_file(&ca.name());
    entries.iter().find_map(|entry| match &entry.what {
        Event::Certificate { file, key, .. } if *file == own => Some(*key),
        _ => None,
    })
}

/// The key that was made for a CA, or that it asked with.
fn made_key(ca: &PlannedAuthority, entries: &[Entry]) -> Option<Digest> {
    entries.iter().find_map(|entry| match &entry.what {
        Event::Key { label, kind, fingerprint, role: KeyRole::Ca, .. } if *label == ca.key && *kind == ca.key_kind => {
            Some(*fingerprint)
        }
        Event::Requested { authority, fingerprint } if *authority == ca.name() => Some(*fingerprint),
        _ => None,
    })
}
