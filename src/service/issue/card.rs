//! One card of a tray, from what is on file to what is recorded.

use super::{Issuance, IssuedCertificate};
use crate::app::App;
use crate::app::signer_link::{CardToSign, CertificateToSign, LinkError};
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::reserve;
use domain::approval::Approval;
use domain::audit::Event;
use domain::card::{Card, CardState};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, Dossier, Stored, Write};
use domain::enrolment::{AnyEnrolment, Approved, Enrolment};
use domain::evidence::{EvidenceError, IssueEvidence, Signed};
use domain::id::hex;
use domain::operation::PlannedProfile;
use domain::reserve::ReserveError;
use pki::issue::{LintIssuer, Linted, Request, lint, prepare, subject_name};
use pki::key::PublicKey;
use pki::profile::{Profile, Purpose};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::BTreeMap;

/// The certificates of a card before they are signed.
pub(super) struct Draft {
    enrolment: Stored<Enrolment<Approved>>,
    /// Used for this.
    approval: Stored<Approval>,
    card: Stored<Card>,
    evidence: IssueEvidence,
    certificates: Vec<Prepared>,
}

/// A certificate before it is signed.
struct Prepared {
    purpose: Purpose,
    key: PublicKey,
    serial: SerialNumber,
    not_before: UtcTime,
    not_after: UtcTime,
    profile: PlannedProfile,
    linted: Linted,
}

impl Draft {
    /// Decides, and builds and lints what is to be signed. Changes nothing.
    pub(super) fn new(
        app: &App,
        issuance: &Issuance,
        dossier: Dossier,
        requests: &BTreeMap<Purpose, Vec<u8>>,
    ) -> Result<Self, ServiceError> {
        let Dossier { enrolment: Stored { value, version }, approval, card } = dossier;
        let AnyEnrolment::Approved(enrolment) = value else { return Err(wrong_stage(&value)) };
        if enrolment.reserve.is_some() != issuance.reserve {
            return Err(ReserveError::OtherWay.into());
        }
        let is_extension = enrolment.reserve.as_ref().is_some_and(|order| order.extends.is_some());
        let wanted = if is_extension { CardState::Active } else { CardState::Bound };
        if card.value.state != wanted {
            let (wanted, found) = (wanted.as_str(), card.value.state.as_str());
            return Err(ServiceError::WrongStage { wanted, found });
        }
        let keys = read_requests(&enrolment, requests, issuance)?;
        delivered(issuance, &enrolment, &keys)?;
        let order = enrolment.operation().to_bytes();
        let evidence = evidence(&enrolment, &approval.value);
        let used = approval.value.use_for(&order, issuance.now)?;
        let certificates = keys.into_iter().map(|(purpose, key)| prepared(app, issuance, &enrolment, purpose, key));
        Ok(Self {
            certificates: certificates.collect::<Result<_, _>>()?,
            enrolment: Stored { value: enrolment, version },
            approval: Stored { value: used, version: approval.version },
            card,
            evidence,
        })
    }

    /// Records durably what is about to be signed.
    pub(super) async fn reserve(self, app: &App, issuance: &Issuance) -> Result<Self, ServiceError> {
        commit(app, self.intents(issuance)).await?;
        Ok(self)
    }

    /// What the signer is asked.
    pub(super) fn to_sign(&self) -> CardToSign {
        let certificates = self.certificates.iter().map(|p| CertificateToSign {
            purpose: p.purpose,
            spki: p.key.spki().to_vec(),
            serial: p.serial,
            not_before: p.not_before,
            not_after: p.not_after,
            tbs: p.linted.tbs().to_vec(),
        });
        CardToSign { evidence: self.evidence.clone(), certificates: certificates.collect() }
    }

    /// Checks what came back by every rule. The signer verified the signature.
    pub(super) fn check(
        &self,
        issuance: &Issuance,
        signed: Vec<Vec<u8>>,
    ) -> Result<Vec<IssuedCertificate>, ServiceError> {
        if signed.len() != self.certificates.len() {
            return Err(LinkError::Protocol("another number of certificates").into());
        }
        let mut certificates = Vec::with_capacity(signed.len());
        for (p, signed) in self.certificates.iter().zip(signed) {
            let profile = approved_profile(issuance, &p.profile)?;
            let issuer = LintIssuer::from(&issuance.authority.issuer);
            let der = p.linted.accept(signed, profile, issuer).map_err(|findings| {
                tracing::error!(serial = %p.serial, ?findings, "certificate fails its checks after signing");
                ServiceError::FailedAfterSigning(findings)
            })?;
            certificates.push(IssuedCertificate {
                purpose: p.purpose,
                certificate: reference(issuance, p.serial),
                der,
            });
        }
        Ok(certificates)
    }

    /// Records the certificates; from then on they exist.
    pub(super) async fn record(
        self,
        app: &App,
        issuance: &Issuance,
        issued: Vec<IssuedCertificate>,
    ) -> Result<Vec<IssuedCertificate>, ServiceError> {
        let (at, id) = (app.clock.now(), self.enrolment.value.id.clone());
        let fingerprint = |i: &IssuedCertificate| hex(&domain::certificate::fingerprint(i.der.as_bytes()));
        let event = Event::new("certificate.issued", issuance.by.actor.clone(), id.as_str(), at)
            .in_tenant(&issuance.by.tenant)
            .with("card", &self.enrolment.value.card)
            .with("certificates", issued.iter().map(fingerprint).collect::<Vec<_>>().join(" "));
        let serials = issued.iter().map(|i| (i.purpose, i.certificate.serial)).collect();
        let Stored { value: enrolment, version: seen } = self.enrolment;
        let first_administrator = enrolment.stage().identified.by.clone();
        let desk = &issuance.delivery.stated.officer.person;
        let issued_enrolment = enrolment.issue(serials, at, desk, issuance.delivery_id.clone())?;
        // A reserve card is in its holder's hands since the first administrator gave it.
        let (new, card) = if issuance.reserve {
            let card = self.card.value;
            let card = if card.state == CardState::Bound { Card { state: CardState::Active, ..card } } else { card };
            (AnyEnrolment::Activated(issued_enrolment.activate(first_administrator, at)?), card)
        } else {
            (AnyEnrolment::Issued(issued_enrolment), self.card.value)
        };
        // An ordinary card stays as it is, but at a new version: a revocation that read it before these
        // certificates were there is refused as stale, and one that came first refuses these.
        let mut changes = Changes::recording(event)
            .write(Write::Card { new: card, seen: self.card.version })
            .write(Write::Enrolment { new, seen })
            .write(Write::Approval { new: self.approval.value, seen: self.approval.version });
        for i in &issued {
            let (certificate, der) = (i.certificate.clone(), i.der.as_bytes().to_vec());
            changes = changes.write(Write::Certificate { certificate, der, at, personal: true });
        }
        commit(app, changes).await?;
        Ok(issued)
    }

    /// Issuer and serial of each certificate.
    pub(super) fn references(&self, issuance: &Issuance) -> Vec<CertificateRef> {
        self.certificates.iter().map(|p| reference(issuance, p.serial)).collect()
    }

    fn intents(&self, issuance: &Issuance) -> Changes {
        let (enrolment, tenant) = (&self.enrolment.value, &issuance.by.tenant);
        let serials: Vec<_> = self.certificates.iter().map(|p| p.serial.to_string()).collect();
        let event = Event::new("certificate.requested", issuance.by.actor.clone(), enrolment.id.as_str(), issuance.now)
            .in_tenant(tenant)
            .with("issuer", &issuance.authority.issuer.name)
            .with("delivery", issuance.delivery_id.clone())
            .with("serials", serials.join(" "));
        let delivery = Write::Delivery { tenant: tenant.clone(), delivery: issuance.signed.clone() };
        let changes = Changes::recording(event).write(delivery);
        self.certificates.iter().fold(changes, |changes, p| {
            changes.write(Write::Intent(Intent {
                certificate: reference(issuance, p.serial),
                holder: Holder::Person {
                    tenant: enrolment.tenant.clone(),
                    person: enrolment.applicant.clone(),
                    card: Some(enrolment.card.clone()),
                    enrolment: Some(enrolment.id.clone()),
                },
                purpose: p.purpose,
                profile: p.profile.profile.clone(),
                revision: p.profile.revision,
                key_fingerprint: p.key.fingerprint(),
                tbs: p.linted.tbs().to_vec(),
                not_after: p.not_after,
                at: issuance.now,
            }))
        })
    }
}

/// The refusal of an application that is not approved, or not any more.
pub(super) const fn wrong_stage(enrolment: &AnyEnrolment) -> ServiceError {
    ServiceError::WrongStage { wanted: "approved", found: enrolment.stage_name() }
}

/// The keys in the requests, which must be for what was applied for, name nobody else, and be all different.
fn read_requests(
    enrolment: &Enrolment<Approved>,
    requests: &BTreeMap<Purpose, Vec<u8>>,
    issuance: &Issuance,
) -> Result<BTreeMap<Purpose, PublicKey>, ServiceError> {
    let invalid = |problem: &str| ServiceError::Invalid { field: "requests", problem: problem.to_owned() };
    let mut keys: BTreeMap<Purpose, PublicKey> = BTreeMap::new();
    for (purpose, request) in requests {
        let Some(planned) = enrolment.certificates.get(purpose) else {
            return Err(invalid("a certificate that was not applied for"));
        };
        let request = pki::csr::read_csr(request)?;
        request.check_subject(&subject_name(approved_profile(issuance, planned)?, &enrolment.subject)?)?;
        let key = request.key;
        if keys.values().any(|other| other.fingerprint() == key.fingerprint()) {
            return Err(invalid("one key cannot serve two purposes"));
        }
        keys.insert(*purpose, key);
    }
    Ok(keys)
}

/// The desk must have delivered exactly these keys, on this card, and have no other part in it.
fn delivered(
    issuance: &Issuance,
    enrolment: &Enrolment<Approved>,
    keys: &BTreeMap<Purpose, PublicKey>,
) -> Result<(), EvidenceError> {
    let delivered = issuance.delivery.keys_of(&enrolment.id, (&enrolment.card, issuance.reserve))?;
    let named = keys.iter().map(|(purpose, key)| (*purpose, hex(&key.fingerprint()))).collect::<BTreeMap<_, _>>();
    if keys.is_empty() || named != *delivered {
        return Err(EvidenceError::Mismatch("the delivery names other keys"));
    }
    let desk = &issuance.delivery.stated.officer.person;
    if *desk == enrolment.stage().by || *desk == enrolment.applicant {
        return Err(EvidenceError::FourEyes);
    }
    Ok(())
}

/// What officers signed for this card before its keys were there.
fn evidence(enrolment: &Enrolment<Approved>, approval: &Approval) -> IssueEvidence {
    let identification = enrolment.identification().to_bytes();
    IssueEvidence {
        identification: Signed {
            operation: String::from_utf8(identification).expect("operations are JSON text"),
            statements: vec![enrolment.stage().identified.statement.clone()],
        },
        approval: Signed {
            operation: approval.operation.clone(),
            statements: approval.signatures.iter().map(|s| s.statement.clone()).collect(),
        },
        second: enrolment.second_identification().map(|(operation, statement)| Signed {
            operation: String::from_utf8(operation.to_bytes()).expect("operations are JSON text"),
            statements: vec![statement.to_owned()],
        }),
    }
}

fn prepared(
    app: &App,
    issuance: &Issuance,
    enrolment: &Enrolment<Approved>,
    purpose: Purpose,
    key: PublicKey,
) -> Result<Prepared, ServiceError> {
    let planned = &enrolment.certificates[&purpose];
    let profile = approved_profile(issuance, planned)?;
    let issuer = &issuance.authority.issuer;
    let serial = SerialNumber::from_random(app.entropy.random16());
    let not_before = issuance.now;
    let longest = not_before.plus_days(i64::from(profile.max_days())).plus_seconds(-1);
    let not_after = enrolment.reserve.as_ref().map_or(longest, |order| reserve::end_of(order, not_before));
    let request = Request { profile, subject: &enrolment.subject, key: &key, serial, not_before, not_after };
    let tbs = prepare(&request, issuer)?;
    let linted = lint(tbs, profile, LintIssuer::from(issuer)).map_err(ServiceError::Lint)?;
    Ok(Prepared { purpose, key, serial, not_before, not_after, profile: planned.clone(), linted })
}

/// The profile as it was approved.
fn approved_profile<'a>(issuance: &'a Issuance, planned: &PlannedProfile) -> Result<&'a Profile, ServiceError> {
    let profile = issuance.policies.profiles.get(&planned.profile);
    let profile = profile.filter(|profile| profile.revision() == planned.revision);
    profile.ok_or(ServiceError::Incomplete("the approved profile revision"))
}

fn reference(issuance: &Issuance, serial: SerialNumber) -> CertificateRef {
    CertificateRef { issuer: issuance.authority.issuer.name.clone(), serial }
}
