//! What is claimed of qualified certificates, and that nothing is claimed elsewhere.

use super::{ensure, repeats};
use crate::profile::ProfileError;
use crate::profile::file::{Disclosure, File, Limit, Qualified};
use crate::profile::terms::{KeyOrigin, QcType};
use crate::text;

/// Refuses claims outside the `[qualified]` table, and a table that is not what EN 319 412-5 asks.
pub(super) fn check(file: &File, allowed: &[QcType]) -> Result<(), ProfileError> {
    let clean = file.extensions.certificate_policies.iter().all(|policy| !is_claim(policy));
    ensure(file, clean, "extensions.certificate_policies", "must not name a policy of qualified certificates")?;
    let Some(table) = file.qualified.value() else { return Ok(()) };
    ensure(file, allowed.contains(&table.kind), "qualified.type", "is not one that the purpose allows")?;
    ensure(file, !repeats(&table.certificate_policies), POLICIES, "must not repeat")?;
    if table.kind == QcType::None { check_authority(file, table) } else { check_statements(file, table) }
}

/// A CA may issue qualified certificates; it is none itself and states nothing.
fn check_authority(file: &File, table: &Qualified) -> Result<(), ProfileError> {
    let silent = !table.device
        && table.disclosure.is_empty()
        && table.retention_years.value().is_none()
        && table.limit.value().is_none();
    ensure(file, silent, "qualified", "of a CA must hold policies and nothing else")?;
    let ordinary = &file.extensions.certificate_policies;
    let kept = ordinary.iter().all(|policy| table.certificate_policies.contains(policy));
    ensure(file, kept, POLICIES, "of a CA must hold the ordinary ones too")
}

fn check_statements(file: &File, table: &Qualified) -> Result<(), ProfileError> {
    let policies = &table.certificate_policies;
    let own = policies.first() == file.extensions.certificate_policies.first();
    ensure(file, own, POLICIES, "must begin with the profile's own")?;
    let claims: Vec<_> = policies.iter().filter(|policy| is_claim(policy)).collect();
    let claim = policy(table.kind, table.device);
    ensure(file, claims == [claim], POLICIES, &format!("must name {claim} and no other policy of its kind"))?;
    let in_hardware = matches!(file.key_origin, KeyOrigin::Card | KeyOrigin::Hsm);
    ensure(file, !table.device || in_hardware, "qualified.device", "must be false where keys are not in a device")?;
    check_disclosure(file, &table.disclosure)?;
    let limit = table.limit.value().is_none_or(is_limit);
    ensure(file, limit, "qualified.limit", "must name a currency by its three capital letters")
}

/// One address for each language, English among them (EN 319 412-5 clause 4.3.4).
fn check_disclosure(file: &File, disclosure: &[Disclosure]) -> Result<(), ProfileError> {
    let languages: Vec<_> = disclosure.iter().map(|one| one.language.as_str()).collect();
    let code = |code: &&str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
    let fits = languages.contains(&"en") && languages.iter().all(code) && !repeats(&languages);
    ensure(file, fits, "qualified.disclosure", "needs English, and each language once by its two small letters")?;
    let secure = disclosure.iter().all(|one| one.uri.starts_with("https://") && text::is_web_uri(&one.uri, true));
    ensure(file, secure, "qualified.disclosure", "needs https addresses")
}

fn is_limit(limit: &Limit) -> bool {
    limit.currency.len() == 3 && limit.currency.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether a policy is one of EN 319 411-2.
fn is_claim(policy: &str) -> bool {
    policy.strip_prefix(QUALIFIED_POLICIES).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The policy of EN 319 411-2 clause 5.3 that fits.
const fn policy(kind: QcType, device: bool) -> &'static str {
    match (kind, device) {
        (QcType::Eseal, true) => "0.4.0.194112.1.3",
        (QcType::Eseal, false) => "0.4.0.194112.1.1",
        (_, true) => "0.4.0.194112.1.2",
        (_, false) => "0.4.0.194112.1.0",
    }
}

const POLICIES: &str = "qualified.certificate_policies";
/// The arc of EN 319 411-2.
const QUALIFIED_POLICIES: &str = "0.4.0.194112";
