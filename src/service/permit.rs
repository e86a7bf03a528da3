//! Who calls, for which agency, allowed to do what: the only door to the use cases.

use crate::app::{App, IssuerKind};
use crate::config::Mode;
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::access::Action;
use domain::assignment::Manager;
use domain::audit::{Actor, Event};
use domain::card::CardState;
use domain::certificate::{CertificateRecord, CertificateRef, Holder};
use domain::changes::Changes;
use domain::rights::Rights;
use domain::{CardNumber, FunctionId, PersonId, TenantId};
use pki::certificate::Certificate;
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::marker::PhantomData;
use std::sync::Arc;

/// An action as a type, so that a verb can demand the permit for exactly itself.
pub trait Permits: Send + Sync + 'static {
    /// The action.
    const ACTION: Action;
}

macro_rules! permits {
    ($($name:ident),* $(,)?) => { $(
        #[doc = concat!("Permits [`Action::", stringify!($name), "`].")]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Permits for $name {
            const ACTION: Action = Action::$name;
        }
    )* };
}

permits!(
    SubmitEnrolment,
    IdentifyApplicant,
    ApproveEnrolment,
    IssueCertificates,
    ActivateCard,
    ReadEnrolment,
    ReadCard,
    Revoke,
    OrderFunction,
    ApproveFunction,
    ReadFunction,
    RevokeFunction,
    RecordAddress,
    ReadNotices,
    RetryNotice,
    ExportEvidence,
    ReadOwnAudit,
    ReadTenants,
    LookUpPerson,
    MarkProtected,
    ReadWork,
    CloseWork,
    ReadDecisions,
    RevokeMany,
    ClearRevocations,
    AskErasure,
    ErasePersonal,
    ReportEmployment,
    EndEmployment,
    ExportLists,
    RegisterTenant,
    FileAgreement,
    ProposePhase,
    DecidePhase,
    OrderPackage,
    DecidePackage,
    EndPackage,
    RecordTraining,
    ReadAssignments,
    ReadAnyAgency,
    ReadKeys,
    ActOnKeys,
    ReadProfiles,
    ReadAudit,
    ReadSelf,
    RevokeOwnCard,
    EndOwnSession,
    ProposeRelyingService,
    ApproveRelyingService,
    Validate,
);

/// Leave to do `A` in one agency. Made by [`authorise`] alone.
pub struct Permit<A> {
    caller: Arc<Caller>,
    action: PhantomData<A>,
}

/// The holder of a good certificate.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who; for a system, who answers for it.
    pub person: PersonId,
    /// The system that calls, if it is none of the person's own certificates.
    pub function: Option<FunctionId>,
    /// For which agency: the one that the certificate was issued in.
    pub tenant: TenantId,
    /// What they may do there, each in its time.
    pub rights: Rights,
    /// With which certificate.
    pub certificate: CertificateRef,
    /// Its last second.
    pub not_after: UtcTime,
    /// Its first second.
    pub not_before: UtcTime,
    /// On which card; none for a demo person's software key.
    pub card: Option<CardNumber>,
}

impl<A> Permit<A> {
    /// The agency. Never taken from a request.
    pub fn tenant(&self) -> &TenantId {
        &self.caller.tenant
    }

    /// The person; for a system, who answers for it.
    pub fn person(&self) -> &PersonId {
        &self.caller.person
    }

    /// Who acts, as the audit log names them.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }

    /// The person, as one who orders or decides packages.
    pub fn manager(&self, now: UtcTime) -> Manager {
        Manager { person: self.caller.person.clone(), of_service: self.caller.rights.of_service(now) }
    }

    /// All that is known of the caller.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Caller {
    fn actor(&self) -> Actor {
        match &self.function {
            Some(function) => Actor::Function(function.clone()),
            None => Actor::Person(self.person.clone()),
        }
    }
}

/// Lets the holder of `certificate` do `A`, or says why not.
///
/// # Errors
/// [`ServiceError::NoCertificate`], [`ServiceError::BadCertificate`] or [`ServiceError::Denied`];
/// a refusal of a known person is in the audit log before it is answered.
pub async fn authorise<A: Permits>(app: &App, certificate: Option<&[u8]>) -> Result<Permit<A>, ServiceError> {
    let caller = identify(app, certificate.ok_or(ServiceError::NoCertificate)?).await?;
    let now = app.clock.now();
    let Err(denial) = caller.rights.allow(A::ACTION, now) else {
        return Ok(Permit { caller, action: PhantomData });
    };
    let event = Event::new("access.denied", caller.actor(), A::ACTION.as_str(), now)
        .in_tenant(&caller.tenant)
        .with("certificate", caller.certificate.serial)
        .with("code", denial.code());
    commit(app, Changes::recording(event)).await?;
    tracing::warn!(person = %caller.person, action = %A::ACTION, code = denial.code(), "denied");
    Err(ServiceError::Denied(denial))
}

/// Who holds `der`, checked against the journal as it stands now.
async fn identify(app: &App, der: &[u8]) -> Result<Arc<Caller>, ServiceError> {
    let now = app.clock.now();
    let fingerprint = domain::certificate::fingerprint(der);
    let generation = app.callers.generation();
    if let Some(caller) = app.callers.get(&fingerprint, now) {
        return in_time(&caller, now).map(|()| caller);
    }
    let record = app.store.certificate_by_fingerprint(&fingerprint).await?;
    let record = record.ok_or(ServiceError::BadCertificate("certificate-unknown"))?;
    let certificate = Certificate::parse(der).map_err(|_| ServiceError::BadCertificate("certificate-unreadable"))?;
    let caller = Arc::new(caller(app, &record, &certificate).await?);
    in_time(&caller, now)?;
    app.callers.put(fingerprint, Arc::clone(&caller), now, generation);
    Ok(caller)
}

fn in_time(caller: &Caller, now: UtcTime) -> Result<(), ServiceError> {
    if now < caller.not_before || now > caller.not_after {
        return Err(ServiceError::BadCertificate("certificate-expired"));
    }
    Ok(())
}

/// The decision, in the order of the login table: revoked is always said first.
async fn caller(app: &App, record: &CertificateRecord, certificate: &Certificate) -> Result<Caller, ServiceError> {
    let bad = |code| Err(ServiceError::BadCertificate(code));
    if record.revocation.is_some() {
        return bad("certificate-revoked");
    }
    let (tenant, person, card) = match &record.intent.holder {
        Holder::Person { tenant, person, card, .. } => (tenant, person, card),
        Holder::Function { tenant, function } => return system(app, record, certificate, (tenant, function)).await,
        Holder::Service { .. } => return bad("certificate-not-personal"),
    };
    if !issued_by(app, record, IssuerKind::Person) {
        return bad("certificate-issuer");
    }
    if record.intent.purpose != Purpose::PersonAuthentication || !certificate.digital_signature() {
        return bad("certificate-not-for-authentication");
    }
    match card {
        Some(number) => card_is_active(app, tenant, number).await?,
        None if app.config.mode == Mode::Production => return bad("certificate-demo"),
        None => {}
    }
    is_employed(app, tenant, person).await?;
    let rights = super::rights::of(app, tenant, person).await?;
    if let Some((one, other)) = rights.conflict() {
        tracing::error!(%person, one, other, "holds packages that exclude each other; none of them counts");
    }
    Ok(Caller {
        person: person.clone(),
        function: None,
        tenant: tenant.clone(),
        rights,
        certificate: record.intent.certificate.clone(),
        not_after: certificate.not_after(),
        not_before: certificate.not_before(),
        card: card.clone(),
    })
}

/// The same for a system: its certificate is for clients, and whoever answers for it is employed.
async fn system(
    app: &App,
    record: &CertificateRecord,
    certificate: &Certificate,
    (tenant, id): (&TenantId, &FunctionId),
) -> Result<Caller, ServiceError> {
    let bad = |code| Err(ServiceError::BadCertificate(code));
    if !issued_by(app, record, IssuerKind::Function) {
        return bad("certificate-issuer");
    }
    if record.intent.purpose != Purpose::FunctionClient {
        return bad("certificate-not-for-authentication");
    }
    let function = app.store.function(tenant, id).await?.ok_or(ServiceError::Incomplete("the caller's function"))?;
    let person = function.value.keeper().responsible.clone();
    is_employed(app, tenant, &person).await?;
    let rights = super::rights::of_system(app, tenant, (id, &person)).await?;
    Ok(Caller {
        person,
        function: Some(id.clone()),
        tenant: tenant.clone(),
        rights,
        certificate: record.intent.certificate.clone(),
        not_after: certificate.not_after(),
        not_before: certificate.not_before(),
        card: None,
    })
}

/// Whether a CA of this kind issued it, whose key nobody else may have.
fn issued_by(app: &App, record: &CertificateRecord, kind: IssuerKind) -> bool {
    let issuer = app.issuers.get(&record.intent.certificate.issuer);
    issuer.is_some_and(|ca| ca.kind == kind && app.key_lives.compromised(&ca.issuer.name).is_none())
}

async fn is_employed(app: &App, tenant: &TenantId, person: &PersonId) -> Result<(), ServiceError> {
    let employment = app.store.employment(tenant, person).await?;
    if employment.is_none_or(|employment| employment.is_over(app.clock.now())) {
        return Err(ServiceError::BadCertificate("employment-over"));
    }
    Ok(())
}

async fn card_is_active(app: &App, tenant: &TenantId, number: &CardNumber) -> Result<(), ServiceError> {
    let card = app.store.card(tenant, number).await?.ok_or(ServiceError::BadCertificate("card-unknown"))?;
    match card.value.state {
        CardState::Active => Ok(()),
        CardState::Bound => Err(ServiceError::BadCertificate("card-not-active")),
        CardState::Revoked => Err(ServiceError::BadCertificate("certificate-revoked")),
    }
}
