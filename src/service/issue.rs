//! Issues a card's certificates.
//!
//! The order of effects: serials, TBS and intent are stored and audited, durably; then the signer
//! process is asked; then certificates, enrolment and audit record are committed together. What a
//! crash leaves between the first and the last is revoked by [`reconcile`].

use crate::app::signer_link::{CertificateToSign, LinkError};
use crate::app::{App, CertificateAuthority, IssuerKind};
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::officers::Signatory;
use crate::service::permit::{IssueCertificates, Permit};
use crate::service::reconcile;
use domain::EnrolmentId;
use domain::access::Role;
use domain::approval::Approval;
use domain::audit::Event;
use domain::card::{Card, CardState};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, Stored, Version, Write};
use domain::enrolment::{AnyEnrolment, Approved, Enrolment};
use domain::evidence::{EvidenceError, IssueEvidence, Signed, verify_statement};
use domain::id::hex;
use domain::operation::{Act, DeliverCard, Operation};
use domain::ports::StoreError;
use pki::certificate::CertificateDer;
use pki::issue::{LintIssuer, Request, lint, lint_issued, prepare};
use pki::key::PublicKey;
use pki::profile::{Profile, Purpose};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the desk brings: a request for each key on the card, and its signed word that they are there.
pub struct Delivery {
    /// PKCS#10 of each key.
    pub requests: BTreeMap<Purpose, Vec<u8>>,
    /// [`Operation::DeliverCard`] and the desk's statement.
    pub delivery: Signed,
}

/// A certificate that was issued.
#[derive(Debug, Clone)]
pub struct IssuedCertificate {
    /// What it is for.
    pub purpose: Purpose,
    /// Issuer and serial.
    pub certificate: CertificateRef,
    /// The certificate.
    pub der: CertificateDer,
}

/// Issues the certificates of an approved application.
///
/// # Errors
/// [`ServiceError`]; each refusal of a request has its own code. After a failure of the signer the
/// reserved serials are revoked and the application can be issued again. A card that was revoked
/// meanwhile gets no certificates.
pub async fn issue(
    app: &App,
    permit: Permit<IssueCertificates>,
    id: EnrolmentId,
    delivery: Delivery,
) -> Result<Vec<IssuedCertificate>, ServiceError> {
    let app = App::clone(app);
    // A caller who goes away must not leave an intent that nobody finishes.
    let work = tokio::spawn(async move { Issuance::load(&app, permit, &id).await?.run(&app, delivery).await });
    work.await.unwrap_or(Err(ServiceError::Incomplete("a finished issuance")))
}

/// An issuance on its way.
struct Issuance {
    permit: Permit<IssueCertificates>,
    enrolment: Enrolment<Approved>,
    enrolment_version: Version,
    approval: Stored<Approval>,
    card: Stored<Card>,
    authority: Arc<CertificateAuthority>,
    now: UtcTime,
}

/// A certificate before it is signed.
struct Prepared {
    purpose: Purpose,
    key: PublicKey,
    serial: SerialNumber,
    not_before: UtcTime,
    not_after: UtcTime,
    profile: Profile,
    tbs: Vec<u8>,
}

impl Issuance {
    async fn load(app: &App, permit: Permit<IssueCertificates>, id: &EnrolmentId) -> Result<Self, ServiceError> {
        let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
        let AnyEnrolment::Approved(enrolment) = row.value else {
            return Err(ServiceError::WrongStage { wanted: "approved", found: row.value.stage_name() });
        };
        let approval = app.store.approval(permit.tenant(), &enrolment.stage().identified.approval).await?;
        let approval = approval.ok_or(ServiceError::Incomplete("the enrolment's approval"))?;
        let card = app.store.card(permit.tenant(), &enrolment.card).await?;
        let card = card.ok_or(ServiceError::Incomplete("the enrolment's card"))?;
        if card.value.state != CardState::Bound {
            return Err(ServiceError::WrongStage {
                wanted: CardState::Bound.as_str(),
                found: card.value.state.as_str(),
            });
        }
        let authority = app.issuers.of_kind(IssuerKind::Person).ok_or(ServiceError::Incomplete("a CA of persons"))?;
        let authority = Arc::clone(authority);
        let now = app.clock.now();
        Ok(Self { permit, enrolment, enrolment_version: row.version, approval, card, authority, now })
    }

    async fn run(self, app: &App, delivery: Delivery) -> Result<Vec<IssuedCertificate>, ServiceError> {
        let keys = self.read_requests(&delivery)?;
        self.verify_delivery(app, &delivery.delivery).await?;
        let used = self.approval.value.clone().use_for(&self.enrolment.operation().to_bytes(), self.now)?;
        let prepared =
            keys.into_iter().map(|(purpose, key)| self.prepare(app, purpose, key)).collect::<Result<Vec<_>, _>>()?;

        commit(app, self.intents(&prepared)).await?;

        let evidence = self.evidence(&delivery.delivery);
        let references = prepared.iter().map(|p| self.reference(p.serial)).collect();
        let outcome = match self.sign(app, evidence, &prepared).await {
            Ok(issued) => self.record(app, used, delivery.delivery, issued).await,
            Err(why) => Err(why),
        };
        // After `Unavailable` the record may stand: then the reconcile job looks.
        if outcome.as_ref().is_err_and(|why| !matches!(why, ServiceError::Store(StoreError::Unavailable(_)))) {
            reconcile::abandon(app, references).await?;
        }
        outcome
    }

    /// The keys in the requests, which must be the ones the enrolment wants and all different.
    fn read_requests(&self, delivery: &Delivery) -> Result<BTreeMap<Purpose, PublicKey>, ServiceError> {
        let invalid = |problem: &str| ServiceError::Invalid { field: "requests", problem: problem.to_owned() };
        let mut keys: BTreeMap<Purpose, PublicKey> = BTreeMap::new();
        for (purpose, request) in &delivery.requests {
            if !self.enrolment.certificates.contains_key(purpose) {
                return Err(invalid("a certificate that was not applied for"));
            }
            let key = pki::csr::read_csr(request)?;
            if keys.values().any(|other| other.fingerprint() == key.fingerprint()) {
                return Err(invalid("one key cannot serve two purposes"));
            }
            keys.insert(*purpose, key);
        }
        let Ok(Operation::DeliverCard(DeliverCard { enrolment, card, keys: delivered })) =
            Operation::from_bytes(delivery.delivery.operation.as_bytes())
        else {
            return Err(EvidenceError::Malformed("operation").into());
        };
        let named = keys.iter().map(|(purpose, key)| (*purpose, hex(&key.fingerprint()))).collect::<BTreeMap<_, _>>();
        if keys.is_empty() || named != delivered {
            return Err(EvidenceError::Mismatch("the delivery names other keys").into());
        }
        if (&enrolment, &card) != (&self.enrolment.id, &self.enrolment.card) {
            return Err(EvidenceError::Mismatch("the delivery is for another card").into());
        }
        Ok(keys)
    }

    async fn verify_delivery(&self, app: &App, delivery: &Signed) -> Result<(), ServiceError> {
        let [statement] = delivery.statements.as_slice() else {
            return Err(EvidenceError::Malformed("exactly one statement is needed").into());
        };
        let hash = domain::operation::OperationHash::of(delivery.operation.as_bytes());
        let signatory = Signatory::of(app, statement).await?;
        let desk = verify_statement(statement, Act::Deliver, hash, &signatory, self.now)?.officer;
        if desk.person != *self.permit.person() || desk.tenant != *self.permit.tenant() {
            return Err(EvidenceError::NotAnOfficer.into());
        }
        if !desk.roles.contains(&Role::CardDesk) {
            return Err(EvidenceError::WrongRole { role: Role::CardDesk }.into());
        }
        if desk.person == self.enrolment.stage().by || desk.person == self.enrolment.applicant {
            return Err(EvidenceError::FourEyes.into());
        }
        Ok(())
    }

    fn prepare(&self, app: &App, purpose: Purpose, key: PublicKey) -> Result<Prepared, ServiceError> {
        let planned = &self.enrolment.certificates[&purpose];
        let profile = app.profiles.get(&planned.profile).filter(|profile| profile.revision() == planned.revision);
        let profile = profile.ok_or(ServiceError::Incomplete("the approved profile revision"))?.clone();
        let issuer = &self.authority.issuer;
        let serial = SerialNumber::from_random(app.entropy.random16());
        let not_before = self.now;
        let last = issuer.certificate.not_after();
        let not_after = not_before.plus_days(i64::from(profile.max_days())).plus_seconds(-1).min(last);
        let subject = &self.enrolment.subject;
        let request = Request { profile: &profile, subject, key: &key, serial, not_before, not_after };
        let tbs = prepare(&request, issuer)?;
        let linted = lint(tbs, &profile, LintIssuer::from(issuer)).map_err(ServiceError::Lint)?;
        let tbs = linted.tbs().to_vec();
        Ok(Prepared { purpose, key, serial, not_before, not_after, profile, tbs })
    }

    fn reference(&self, serial: SerialNumber) -> CertificateRef {
        CertificateRef { issuer: self.authority.issuer.name.clone(), serial }
    }

    fn intents(&self, prepared: &[Prepared]) -> Changes {
        let event = Event::new("certificate.requested", self.permit.actor(), self.enrolment.id.as_str(), self.now)
            .in_tenant(self.permit.tenant())
            .with("issuer", &self.authority.issuer.name)
            .with("serials", prepared.iter().map(|p| p.serial.to_string()).collect::<Vec<_>>().join(" "));
        prepared.iter().fold(Changes::recording(event), |changes, p| {
            changes.write(Write::Intent(Intent {
                certificate: self.reference(p.serial),
                holder: Holder::Person {
                    tenant: self.enrolment.tenant.clone(),
                    person: self.enrolment.applicant.clone(),
                    card: Some(self.enrolment.card.clone()),
                    enrolment: Some(self.enrolment.id.clone()),
                },
                purpose: p.purpose,
                profile: p.profile.name().to_owned(),
                revision: p.profile.revision(),
                key_fingerprint: p.key.fingerprint(),
                tbs: p.tbs.clone(),
                not_after: p.not_after,
                at: self.now,
            }))
        })
    }

    fn evidence(&self, delivery: &Signed) -> IssueEvidence {
        let identified = &self.enrolment.stage().identified;
        let identification = self.enrolment.identification().to_bytes();
        let approval = &self.approval.value;
        IssueEvidence {
            identification: Signed {
                operation: String::from_utf8(identification).expect("operations are JSON text"),
                statements: vec![identified.statement.clone()],
            },
            approval: Signed {
                operation: approval.operation.clone(),
                statements: approval.signatures.iter().map(|s| s.statement.clone()).collect(),
            },
            delivery: delivery.clone(),
        }
    }

    /// Has the signer sign, and checks what comes back: the octets that were linted, by every rule
    /// again, with a signature that verifies.
    async fn sign(
        &self,
        app: &App,
        evidence: IssueEvidence,
        prepared: &[Prepared],
    ) -> Result<Vec<IssuedCertificate>, ServiceError> {
        let wanted = prepared
            .iter()
            .map(|p| CertificateToSign {
                purpose: p.purpose,
                spki: p.key.spki().to_vec(),
                serial: p.serial,
                not_before: p.not_before,
                not_after: p.not_after,
                tbs: p.tbs.clone(),
            })
            .collect();
        let issuer = &self.authority.issuer;
        let answer = app.signer.issue(evidence, &issuer.name, wanted).await?;
        if answer.len() != prepared.len() {
            return Err(LinkError::Protocol("another number of certificates").into());
        }
        let mut certificates = Vec::with_capacity(answer.len());
        for (p, certificate) in prepared.iter().zip(answer) {
            let findings = lint_issued(certificate.der(), &p.profile, &issuer.certificate);
            if !findings.is_empty() || certificate.tbs() != p.tbs {
                tracing::error!(serial = %p.serial, ?findings, "certificate fails its checks after signing");
                return Err(ServiceError::FailedAfterSigning);
            }
            let der = certificate.der().clone();
            certificates.push(IssuedCertificate { purpose: p.purpose, certificate: self.reference(p.serial), der });
        }
        Ok(certificates)
    }

    async fn record(
        self,
        app: &App,
        used: Approval,
        delivery: Signed,
        issued: Vec<IssuedCertificate>,
    ) -> Result<Vec<IssuedCertificate>, ServiceError> {
        let at = app.clock.now();
        let event = Event::new("certificate.issued", self.permit.actor(), self.enrolment.id.as_str(), at)
            .in_tenant(self.permit.tenant())
            .with("card", &self.enrolment.card)
            .with(
                "certificates",
                issued
                    .iter()
                    .map(|i| hex(&domain::certificate::fingerprint(i.der.as_bytes())))
                    .collect::<Vec<_>>()
                    .join(" "),
            );
        let serials = issued.iter().map(|i| (i.purpose, i.certificate.serial)).collect();
        let statement = delivery.statements.into_iter().next().unwrap_or_default();
        let enrolment = self.enrolment.issue(serials, at, self.permit.person(), statement)?;
        // The card stays as it is, but at a new version: a revocation that read it before these
        // certificates were there is refused as stale, and one that came first refuses these.
        let mut changes = Changes::recording(event)
            .write(Write::Card { new: self.card.value, seen: self.card.version })
            .write(Write::Enrolment { new: AnyEnrolment::Issued(enrolment), seen: self.enrolment_version })
            .write(Write::Approval { new: used, seen: self.approval.version });
        for i in &issued {
            let (certificate, der) = (i.certificate.clone(), i.der.as_bytes().to_vec());
            changes = changes.write(Write::Certificate { certificate, der, at });
        }
        commit(app, changes).await?;
        Ok(issued)
    }
}
