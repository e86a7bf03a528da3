//! What no profile file may go past, whatever it says.

mod limits;
mod qualified;
mod subject;

use self::limits::{Ceiling, ceiling};
use super::ProfileError;
use super::file::{File, Waiver};
use super::purpose::Purpose;
use super::terms::{Pointer, Semantics};
use crate::key::KeyKind;
use crate::lint;
use crate::text;

/// Refuses a file that goes past the ceiling of its purpose.
pub(super) fn check(file: &File) -> Result<(), ProfileError> {
    let ceiling = ceiling(file.purpose);
    check_name(file)?;
    check_numbers(file, &ceiling)?;
    check_usage(file, &ceiling)?;
    check_purposes(file, &ceiling)?;
    check_pointers(file)?;
    check_short_term(file)?;
    check_private_key_usage(file)?;
    check_semantics(file)?;
    check_policies(file)?;
    check_texts(file)?;
    subject::check(file)?;
    qualified::check(file, ceiling.qualified)
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
    let known = ceiling.key_usages.contains(&extensions.key_usage.values.as_slice());
    ensure(file, known, "extensions.key_usage", "is not a set that the purpose allows")?;
    ensure(file, extensions.key_usage.critical, "extensions.key_usage", "must be critical")?;
    let length = extensions.path_length.value().copied();
    ensure(file, ceiling.path_lengths.contains(&length), "extensions.path_length", "is not one that the purpose allows")
}

/// RFC 3161 section 2.3 makes the purpose of a time-stamping unit critical; EN 319 412-2 clause 4.4 no other.
fn check_purposes(file: &File, ceiling: &Ceiling) -> Result<(), ProfileError> {
    let field = "extensions.extended_key_usage";
    let usage = &file.extensions.extended_key_usage;
    let purposes = &usage.values;
    let allowed = purposes.iter().all(|purpose| ceiling.extended_key_usages.contains(purpose)) && !repeats(purposes);
    ensure(file, allowed, field, "is not a set that the purpose allows")?;
    ensure(file, !ceiling.purposes_needed || !purposes.is_empty(), field, "must not be empty")?;
    let critical = file.purpose == Purpose::TsaUnit;
    ensure(file, usage.critical == critical, field, "must be critical for a time-stamping unit, and only there")
}

/// Who must point where: RFC 6960 4.2.2.2.1, EN 319 411-1 6.6.3, EN 319 412-2 4.4.1.
fn check_pointers(file: &File) -> Result<(), ProfileError> {
    let extensions = &file.extensions;
    let status = (extensions.crl_distribution, extensions.ocsp);
    let none = status == (Pointer::None, Pointer::None);
    let own = extensions.ca_issuers == Pointer::Issuer;
    match file.purpose {
        Purpose::RootCa => ensure(file, none && !own, "extensions", "of a root must not point to an issuer"),
        Purpose::OcspSigner => {
            ensure(file, none, "extensions", "of an OCSP signer must have neither CRL nor OCSP pointers")?;
            ensure(file, extensions.ocsp_no_check, "extensions.ocsp_no_check", "must be set for an OCSP signer")
        }
        Purpose::IssuingCa | Purpose::CrossCa => ensure(
            file,
            status == (Pointer::Issuer, Pointer::None) && own,
            "extensions.crl_distribution",
            "must be the issuer's, and its OCSP nobody's: the root is off line",
        ),
        Purpose::TlsServer => ensure(file, !none, "extensions", "must point to CRL or OCSP"),
        _ if extensions.no_rev_avail => ensure(file, none && own, "extensions", "must not point to CRL or OCSP"),
        _ => ensure(
            file,
            status == (Pointer::Issuer, Pointer::Issuer) && own,
            "extensions",
            "must point to CRL, OCSP and the issuer's certificate",
        ),
    }?;
    let no_check = !extensions.ocsp_no_check || file.purpose == Purpose::OcspSigner;
    ensure(file, no_check, "extensions.ocsp_no_check", "is only for OCSP signers")
}

/// A certificate without revocation lives so shortly that none is needed (RFC 9608, EN 319 412-1 clause 5.2).
fn check_short_term(file: &File) -> Result<(), ProfileError> {
    let extensions = &file.extensions;
    let (field, short) = ("extensions.no_rev_avail", extensions.no_rev_avail);
    let fits = file.purpose == Purpose::PersonSignature && file.validity.max_days == 1;
    ensure(file, !short || fits, field, "is only for a person's signatures of one day")?;
    ensure(file, extensions.validity_assured == short, "extensions.validity_assured", "must be as no_rev_avail is")
}

/// A unit's key rests long before its certificate ends (EN 319 421 clause 7.6.6).
fn check_private_key_usage(file: &File) -> Result<(), ProfileError> {
    let days = file.extensions.private_key_usage_days.value();
    let fits = match (file.purpose, days) {
        (Purpose::TsaUnit, Some(days)) => (1..=MAX_STAMPING_DAYS.min(file.validity.max_days)).contains(days),
        (_, days) => (file.purpose == Purpose::TsaUnit) == days.is_some(),
    };
    let why =
        format!("must be 1 to {MAX_STAMPING_DAYS}, not above max_days, for a time-stamping unit, and absent elsewhere");
    ensure(file, fits, "extensions.private_key_usage_days", &why)
}

/// Semantics identifiers tell how the subject's identifiers are to be read (EN 319 412-1 clause 5.1).
fn check_semantics(file: &File) -> Result<(), ProfileError> {
    let (purpose, extensions) = (file.purpose, &file.extensions);
    let fits = match extensions.semantics {
        Semantics::NaturalPerson => purpose.is_person(),
        Semantics::LegalPerson => is_legal_person(purpose),
        Semantics::None => !purpose.is_person() && purpose != Purpose::LegalPersonSeal,
    };
    ensure(file, fits, "extensions.semantics", "must be that of the subject: natural-person, legal-person or none")?;
    ensure(file, !extensions.card_number || purpose.is_person(), "extensions.card_number", "is only for persons")
}

const fn is_legal_person(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::FunctionServer | Purpose::FunctionClient | Purpose::LegalPersonSeal)
}

/// EN 319 411-1 GEN-6.3.3-12; anyPolicy is for CAs of the same service (RFC 5280 section 4.2.1.4).
fn check_policies(file: &File) -> Result<(), ProfileError> {
    let field = "extensions.certificate_policies";
    let policies = &file.extensions.certificate_policies;
    let none = file.purpose == Purpose::RootCa;
    ensure(file, policies.is_empty() == none, field, "must be empty for a root, and only there")?;
    ensure(file, !repeats(policies), field, "must not repeat")?;
    let any = policies.iter().any(|policy| policy == super::ANY_POLICY);
    ensure(file, !any || file.purpose == Purpose::CrossCa, field, "may be any policy for a cross certificate only")
}

fn check_texts(file: &File) -> Result<(), ProfileError> {
    ensure(file, !file.subject.is_empty(), "subject", "must not be empty")?;
    let uri = |text: &str| text.is_empty() || text::is_web_uri(text, true);
    ensure(file, uri(&file.extensions.cps_uri), "extensions.cps_uri", "must be empty or a web address")?;
    let authority = &file.extensions.name_registration_authority;
    ensure(file, uri(authority), "extensions.name_registration_authority", "must be empty or a web address")?;
    check_waivers(file)
}

/// A waiver is for one rule that is there and may be waived, has a reason, and comes to its end.
fn check_waivers(file: &File) -> Result<(), ProfileError> {
    let waivers = &file.lints.waive;
    let all = |holds: fn(&Waiver) -> bool, why| ensure(file, waivers.iter().all(holds), "lints.waive", why);
    all(|waiver| !waiver.reason.trim().is_empty(), "needs a reason")?;
    all(|waiver| lint::is_rule(&waiver.name), "names no rule of docs/lints.md")?;
    all(|waiver| lint::may_be_waived(&waiver.name), "names a rule that is never waived")?;
    all(|waiver| waiver.from < waiver.until, "ends before it begins")?;
    all(|waiver| waiver.until <= waiver.from.plus_days(MAX_WAIVER_DAYS), "lasts longer than a year")?;
    let names: Vec<_> = waivers.iter().map(|waiver| waiver.name.as_str()).collect();
    ensure(file, !repeats(&names), "lints.waive", "must not repeat: who looks again writes another end")
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

/// A year, and a day for whoever counts from day to day: then somebody looks again.
const MAX_WAIVER_DAYS: i64 = 366;
/// Two years of stamping with one key.
const MAX_STAMPING_DAYS: u32 = 732;
