//! What no profile file may go past, whatever it says.

use super::ProfileError;
use super::file::{ExtendedKeyUsage as Eku, File, KeyUsage as Usage, Pointer, Purpose, Semantics};
use crate::key::KeyKind;
use crate::text;

/// The bounds of one purpose.
struct Ceiling {
    max_days: u32,
    max_backdate_minutes: u32,
    keys: &'static [KeyKind],
    /// The whole sets of keyUsage that are allowed.
    key_usages: &'static [&'static [Usage]],
    extended_key_usages: &'static [Eku],
    path_lengths: &'static [Option<u8>],
}

/// Refuses a file that goes past the ceiling of its purpose.
pub(super) fn check(file: &File) -> Result<(), ProfileError> {
    let ceiling = ceiling(file.purpose);
    check_name(file)?;
    check_numbers(file, &ceiling)?;
    check_usage(file, &ceiling)?;
    check_pointers(file)?;
    check_person(file)?;
    check_texts(file)
}

fn check_name(file: &File) -> Result<(), ProfileError> {
    let slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    ensure(
        file,
        (1..=64).contains(&file.name.len()) && file.name.bytes().all(slug),
        "name",
        "must be 1 to 64 lower-case letters, digits and hyphens",
    )?;
    ensure(file, file.revision >= 1, "revision", "starts at 1")
}

fn check_numbers(file: &File, ceiling: &Ceiling) -> Result<(), ProfileError> {
    let Ceiling { max_days, max_backdate_minutes, keys, .. } = *ceiling;
    ensure(
        file,
        (1..=max_days).contains(&file.validity.max_days),
        "validity.max_days",
        &format!("must be 1 to {max_days}"),
    )?;
    ensure(
        file,
        file.validity.backdate_minutes <= max_backdate_minutes,
        "validity.backdate_minutes",
        &format!("must be at most {max_backdate_minutes}"),
    )?;
    let allowed = !file.key.allow.is_empty() && file.key.allow.iter().all(|kind| keys.contains(kind));
    ensure(file, allowed, "key.allow", &format!("must be among {}", list(keys)))
}

fn check_usage(file: &File, ceiling: &Ceiling) -> Result<(), ProfileError> {
    let extensions = &file.extensions;
    let usage = &extensions.key_usage.values;
    let known = ceiling.key_usages.contains(&usage.as_slice());
    ensure(file, known, "extensions.key_usage", "is not a set that the purpose allows")?;
    ensure(file, extensions.key_usage.critical, "extensions.key_usage", "must be critical")?;
    let purposes = &extensions.extended_key_usage;
    let allowed = purposes.iter().all(|purpose| ceiling.extended_key_usages.contains(purpose)) && !repeats(purposes);
    ensure(file, allowed, "extensions.extended_key_usage", "is not a set that the purpose allows")?;
    let demanded = matches!(file.purpose, Purpose::OcspSigner | Purpose::TlsServer | Purpose::PersonAuthentication);
    ensure(file, !demanded || !purposes.is_empty(), "extensions.extended_key_usage", "must not be empty")?;
    let length = extensions.path_length.limit();
    ensure(file, ceiling.path_lengths.contains(&length), "extensions.path_length", "is not one that the purpose allows")
}

/// Who must point where: RFC 6960 4.2.2.2.1, EN 319 411-1 6.6.3, EN 319 412-2 4.4.1.
fn check_pointers(file: &File) -> Result<(), ProfileError> {
    let extensions = &file.extensions;
    let (crl, ocsp) = (extensions.crl_distribution, extensions.ocsp);
    let none = crl == Pointer::None && ocsp == Pointer::None;
    match file.purpose {
        Purpose::RootCa => ensure(
            file,
            none && extensions.ca_issuers == Pointer::None,
            "extensions",
            "of a root must not point to an issuer",
        ),
        Purpose::OcspSigner => {
            ensure(file, none, "extensions", "of an OCSP signer must have neither CRL nor OCSP pointers")?;
            ensure(file, extensions.ocsp_no_check, "extensions.ocsp_no_check", "must be set for an OCSP signer")
        }
        Purpose::PersonAuthentication | Purpose::PersonSignature => ensure(
            file,
            crl == Pointer::Issuer && ocsp == Pointer::Issuer && extensions.ca_issuers == Pointer::Issuer,
            "extensions",
            "of a person must point to CRL, OCSP and the issuer's certificate",
        ),
        Purpose::IssuingCa => {
            ensure(file, crl == Pointer::Issuer, "extensions.crl_distribution", "must be the issuer's")
        }
        Purpose::TlsServer => ensure(file, !none, "extensions", "must point to CRL or OCSP"),
    }?;
    let no_check = !extensions.ocsp_no_check || file.purpose == Purpose::OcspSigner;
    ensure(file, no_check, "extensions.ocsp_no_check", "is only for OCSP signers")
}

fn check_person(file: &File) -> Result<(), ProfileError> {
    let extensions = &file.extensions;
    let is_person = file.purpose.is_person();
    let semantics = extensions.semantics == Semantics::NaturalPerson;
    ensure(file, semantics == is_person, "extensions.semantics", "must be natural-person for persons, and only there")?;
    ensure(file, !extensions.card_number || is_person, "extensions.card_number", "is only for persons")?;
    let policies = &extensions.certificate_policies;
    ensure(file, !is_person || !policies.is_empty(), "extensions.certificate_policies", "must not be empty")?;
    ensure(file, !repeats(policies), "extensions.certificate_policies", "must not repeat")
}

fn check_texts(file: &File) -> Result<(), ProfileError> {
    for rdn in &file.subject {
        ensure(file, rdn.source().is_some(), "subject", "needs exactly one of value, from, from_if_known")?;
    }
    ensure(file, !file.subject.is_empty(), "subject", "must not be empty")?;
    let uri = |text: &str| text.is_empty() || text::is_web_uri(text, true);
    ensure(file, uri(&file.extensions.cps_uri), "extensions.cps_uri", "must be empty or a web address")?;
    let authority = &file.extensions.name_registration_authority;
    ensure(file, uri(authority), "extensions.name_registration_authority", "must be empty or a web address")?;
    let reasoned = file.lints.waive.iter().all(|waiver| !waiver.reason.trim().is_empty());
    ensure(file, reasoned, "lints.waive", "needs a reason")
}

fn ensure(file: &File, holds: bool, field: &'static str, why: &str) -> Result<(), ProfileError> {
    if holds {
        return Ok(());
    }
    Err(ProfileError::Ceiling { profile: file.name.clone(), field, why: why.to_owned() })
}

fn repeats<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().any(|(at, item)| items[..at].contains(item))
}

fn list(keys: &[KeyKind]) -> String {
    keys.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

fn ceiling(purpose: Purpose) -> Ceiling {
    const CA_USAGE: &[&[Usage]] = &[&[Usage::KeyCertSign, Usage::CrlSign]];
    const SIGN: &[&[Usage]] = &[&[Usage::DigitalSignature]];
    let ca = Ceiling {
        max_days: 25 * 366,
        max_backdate_minutes: 0,
        keys: &[KeyKind::EcP384, KeyKind::Rsa4096],
        key_usages: CA_USAGE,
        extended_key_usages: &[],
        path_lengths: &[None, Some(1)],
    };
    let person = Ceiling {
        max_days: 5 * 366,
        max_backdate_minutes: 0,
        keys: &[KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096],
        key_usages: SIGN,
        extended_key_usages: &[Eku::ClientAuth],
        path_lengths: &[None],
    };
    match purpose {
        Purpose::RootCa => ca,
        Purpose::IssuingCa => Ceiling {
            max_days: 12 * 366,
            keys: &[KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa3072, KeyKind::Rsa4096],
            path_lengths: &[Some(0)],
            ..ca
        },
        Purpose::OcspSigner => Ceiling {
            max_days: 90,
            max_backdate_minutes: 60,
            keys: &[KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa3072],
            extended_key_usages: &[Eku::OcspSigning],
            ..person
        },
        Purpose::PersonAuthentication => person,
        Purpose::PersonSignature => Ceiling {
            key_usages: &[&[Usage::NonRepudiation]],
            extended_key_usages: &[Eku::DocumentSigning, Eku::EmailProtection],
            ..person
        },
        Purpose::TlsServer => Ceiling {
            max_days: 7,
            max_backdate_minutes: 60,
            keys: &[KeyKind::EcP256, KeyKind::EcP384],
            extended_key_usages: &[Eku::ServerAuth],
            ..person
        },
    }
}
