//! Asks for a certificate: who is to have it, for which key, and who answers for it.

use super::{accept_responsible, load, wrong_stage};
use crate::app::{App, CertificateAuthority, IssuerKind, Policies};
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{OrderFunction, Permit};
use crate::service::standing;
use domain::FunctionId;
use domain::audit::Event;
use domain::certificate::CertificateRef;
use domain::changes::{Changes, Write};
use domain::function::{AnyFunction, COMMON_NAME, Function, HSA_ID, Keeper, URI, Wish};
use domain::id::hex;
use domain::onboarding::Scope;
use domain::operation::PlannedProfile;
use domain::people::Tenant;
use domain::subject::{ORGANISATION_NAME, ORGANISATION_NUMBER};
use pki::issue::{LintIssuer, Linted, Request, SubjectFacts, lint, prepare, subject_name};
use pki::key::PublicKey;
use pki::profile::Profile;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::sync::Arc;

/// What an officer asks for.
pub struct Wanted {
    /// Name of the profile.
    pub profile: String,
    /// Name of the function: a host, a system, the organisation.
    pub common_name: String,
    /// Hosts.
    pub dns_names: Vec<String>,
    /// Identifier of the function, as HSA has it.
    pub hsa_id: Option<String>,
    /// Address of the function.
    pub uri: Option<String>,
    /// Who answers for it, and where notices go.
    pub keeper: Keeper,
    /// PKCS#10 of its one key.
    pub request: Vec<u8>,
    /// The order that it takes the place of.
    pub renews: Option<FunctionId>,
}

/// Records the request. Nobody has signed anything yet; what could not be issued is refused before anybody does.
///
/// # Errors
/// [`ServiceError`]; also for names that no such certificate can carry, and a key or request that is not accepted.
pub async fn request(app: &App, permit: &Permit<OrderFunction>, wanted: Wanted) -> Result<AnyFunction, ServiceError> {
    let tenant = app.store.tenant(permit.tenant()).await?.ok_or(ServiceError::Incomplete("the caller's agency"))?;
    standing::serves(app, &tenant, Scope::Certificates).await?;
    accept_responsible(app, &tenant.id, &wanted.keeper.responsible).await?;
    let policies = app.policies.get();
    let subject = subject(&tenant, &wanted);
    policies.functions.accept_wish(&wanted.profile, &subject, &wanted.keeper.contact)?;
    let profile = profile(&policies, &PlannedProfile { profile: wanted.profile.clone(), revision: 0 }, false)?;
    let request = pki::csr::read_csr(&wanted.request)?;
    request.check_subject(&subject_name(profile, &subject)?)?;
    if let Some(earlier) = &wanted.renews {
        let earlier = load(app, &tenant.id, earlier).await?.value;
        earlier.issued().ok_or_else(|| wrong_stage("issued", &earlier))?;
    }
    let now = app.clock.now();
    let authority = authority(app, profile)?;
    draft(app, (&authority, profile), &subject, &request.key, now)?;

    let wish = Wish {
        id: FunctionId::from_random(app.entropy.random16()),
        tenant: tenant.id.clone(),
        subject,
        certificate: PlannedProfile { profile: profile.name().to_owned(), revision: profile.revision() },
        purpose: profile.purpose(),
        spki: request.key.spki().to_vec(),
        challenge: hex(&app.entropy.random16()),
        renews: wanted.renews,
        ordered_by: permit.person().clone(),
        at: now,
    };
    let event = Event::new("function.requested", permit.actor(), wish.id.as_str(), now)
        .in_tenant(&tenant.id)
        .with("profile", profile.name())
        .with("key", hex(&request.key.fingerprint()))
        .with("responsible", &wanted.keeper.responsible);
    let function = AnyFunction::Requested(Function::request(wish, wanted.keeper));
    commit(app, Changes::recording(event).write(Write::NewFunction(function.clone()))).await?;
    Ok(function)
}

fn subject(tenant: &Tenant, wanted: &Wanted) -> SubjectFacts {
    let values = [
        (ORGANISATION_NAME, Some(&tenant.name)),
        (ORGANISATION_NUMBER, Some(&tenant.organisation_number.as_str().to_owned())),
        (COMMON_NAME, Some(&wanted.common_name)),
        (HSA_ID, wanted.hsa_id.as_ref()),
        (URI, wanted.uri.as_ref()),
    ];
    let known = values.into_iter().filter_map(|(fact, value)| Some((fact.to_owned(), value?.clone())));
    SubjectFacts { values: known.collect(), dns_names: wanted.dns_names.clone(), ip_addresses: Vec::new() }
}

/// The profile in force; as it was approved, if `exact`.
pub(super) fn profile<'a>(
    policies: &'a Policies,
    planned: &PlannedProfile,
    exact: bool,
) -> Result<&'a Profile, ServiceError> {
    let profile = policies.profiles.get(&planned.profile);
    let profile = profile.filter(|profile| !exact || profile.revision() == planned.revision);
    profile.ok_or(ServiceError::Incomplete("the profile revision of the order"))
}

/// The CA of functions that issues now.
pub(super) fn authority(app: &App, profile: &Profile) -> Result<Arc<CertificateAuthority>, ServiceError> {
    let fits = |ca: &CertificateAuthority| profile.fits_issuer(&ca.issuer.certificate);
    app.issuing(IssuerKind::Function, fits).map(Arc::clone).ok_or(ServiceError::Incomplete("an active CA of functions"))
}

/// A certificate before it is signed.
pub(super) struct Draft {
    pub(super) certificate: CertificateRef,
    pub(super) not_before: UtcTime,
    pub(super) not_after: UtcTime,
    pub(super) linted: Linted,
}

/// Builds and lints what would be signed now.
pub(super) fn draft(
    app: &App,
    (authority, profile): (&CertificateAuthority, &Profile),
    subject: &SubjectFacts,
    key: &PublicKey,
    now: UtcTime,
) -> Result<Draft, ServiceError> {
    let issuer = &authority.issuer;
    let serial = SerialNumber::from_random(app.entropy.random16());
    let longest = now.plus_days(i64::from(profile.max_days())).plus_seconds(-1);
    let not_after = longest.min(issuer.certificate.not_after());
    let request = Request { profile, subject, key, serial, not_before: now, not_after };
    let linted = lint(prepare(&request, issuer)?, profile, LintIssuer::from(issuer)).map_err(ServiceError::Lint)?;
    let certificate = CertificateRef { issuer: issuer.name.clone(), serial };
    Ok(Draft { certificate, not_before: now, not_after, linted })
}
