//! Issues the certificates of cards.
//!
//! A desk brings one card, a bureau a tray of them under one signature; each card stands for
//! itself, and what fails for one leaves the others alone.
//!
//! The order of effects: serials, TBS and intent are stored and audited, durably; then the signer
//! process is asked; then certificates, enrolment and audit record are committed together. What a
//! crash leaves between the first and the last is revoked by [`reconcile`].

mod card;

use crate::app::signer_link::LinkError;
use crate::app::{App, CertificateAuthority, IssuerKind, Policies};
use crate::service::ServiceError;
use crate::service::officers::Signatory;
use crate::service::permit::{IssueCertificates, Permit};
use crate::service::refusal::{About, Attempt};
use crate::service::{conditions, protection, reconcile, reserve, standing};
use card::Draft;
use domain::audit::Actor;
use domain::certificate::CertificateRef;
use domain::changes::Dossier;
use domain::evidence::{Delivery, EvidenceError, Signed, verify_delivery};
use domain::onboarding::Scope;
use domain::operation::MAX_TRAY;
use domain::ports::StoreError;
use domain::reserve::ReserveError;
use domain::{EnrolmentId, PersonId, TenantId};
use futures::future::join_all;
use pki::certificate::CertificateDer;
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the desk or bureau brings: cards, and its signed word on the keys that are on them.
pub struct Tray {
    /// [`Operation::DeliverCards`](domain::operation::Operation::DeliverCards) and one statement, or for a
    /// reserve card [`Operation::StockCards`](domain::operation::Operation::StockCards). It may name more
    /// cards than are here.
    pub delivery: Signed,
    /// 1 to [`MAX_TRAY`], each once.
    pub cards: Vec<CardRequests>,
}

/// A card of a tray.
pub struct CardRequests {
    /// The approved application.
    pub enrolment: EnrolmentId,
    /// PKCS#10 of each key.
    pub requests: BTreeMap<Purpose, Vec<u8>>,
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

/// What became of one card: its certificates, or why there are none.
pub type CardOutcome = Result<Vec<IssuedCertificate>, ServiceError>;

/// Issues the certificates of approved applications; what became of each card, in the order given.
///
/// After a failure of the signer the reserved serials are revoked and the application can be issued
/// again. A card that was revoked meanwhile gets no certificates.
///
/// # Errors
/// [`ServiceError`] if the whole tray failed: nothing of it is to be used.
pub async fn issue(app: &App, permit: Permit<IssueCertificates>, tray: Tray) -> Result<Vec<CardOutcome>, ServiceError> {
    let app = App::clone(app);
    // A caller who goes away must not leave an intent that nobody finishes.
    let work = tokio::spawn(conditions::carried(async move {
        let attempt = Attempt::of(&permit);
        let by = By { tenant: permit.tenant().clone(), actor: permit.actor(), desk: Some(permit) };
        let outcomes = run(&app, by, tray).await;
        for refused in outcomes.iter().flatten().filter_map(|card| card.as_ref().err()) {
            attempt.note(&app, About::Other("card"), refused).await?;
        }
        attempt.noted(&app, About::Other("delivery"), outcomes).await
    }));
    work.await.unwrap_or(Err(ServiceError::Incomplete("a finished issuance")))
}

/// Issues the certificates of a reserve card to the card itself, on the word of the desk that stocked it.
///
/// # Errors
/// As [`issue`].
pub(super) async fn for_reserve(
    app: &App,
    (tenant, actor): (TenantId, Actor),
    tray: Tray,
) -> Result<Vec<CardOutcome>, ServiceError> {
    let app = App::clone(app);
    let by = By { tenant, actor, desk: None };
    let work = tokio::spawn(async move { run(&app, by, tray).await });
    work.await.unwrap_or(Err(ServiceError::Incomplete("a finished issuance")))
}

/// Who has certificates issued.
struct By {
    tenant: TenantId,
    actor: Actor,
    /// The desk that calls, which must have signed the delivery; none when a reserve card does.
    desk: Option<Permit<IssueCertificates>>,
}

/// An issuance on its way: the delivery of its tray is verified.
struct Issuance {
    by: By,
    /// Whether it is of reserve cards.
    reserve: bool,
    signed: Signed,
    /// Its [`Signed::id`].
    delivery_id: String,
    delivery: Delivery,
    authority: Arc<CertificateAuthority>,
    /// The same from the first lint to the last.
    policies: Arc<Policies>,
    now: UtcTime,
}

async fn run(app: &App, by: By, tray: Tray) -> Result<Vec<CardOutcome>, ServiceError> {
    let cards = load(app, &by, tray.cards).await?;
    if cards.iter().all(|card| matches!(card, Err(ServiceError::NotFound))) {
        return Err(ServiceError::NotFound);
    }
    standing::serves_agency(app, &by.tenant, Scope::Certificates).await?;
    let issuance = Issuance::open(app, by, tray.delivery).await?;
    let mut drafts = Vec::with_capacity(cards.len());
    for card in cards {
        drafts.push(card.and_then(|(dossier, requests)| Draft::new(app, &issuance, dossier, &requests)));
        tokio::task::yield_now().await; // a card takes long enough for others to notice
    }
    if drafts.iter().any(Result::is_ok) {
        // While signer or token is away, a tray is to cost nobody a serial.
        app.signer.ready().await?;
    }
    let reserved = each(drafts, |draft| draft.reserve(app, &issuance)).await;
    let serials =
        |card: &Result<Draft, _>| card.as_ref().map_or_else(|_| Vec::new(), |draft| draft.references(&issuance));
    let references: Vec<_> = reserved.iter().map(serials).collect();
    let signed = match issuance.sign(app, reserved).await {
        Ok(signed) => signed,
        Err(error) => {
            give_up(app, references.into_iter().flatten().collect(), &error.cause()).await;
            return Err(error);
        }
    };
    let outcomes = each(signed, |(draft, certificates)| draft.record(app, &issuance, certificates)).await;
    // After `Unavailable` the record may stand: then the reconcile job looks.
    for (outcome, references) in outcomes.iter().zip(references) {
        match outcome {
            Ok(_) | Err(ServiceError::Store(StoreError::Unavailable(_))) => {}
            Err(why) => give_up(app, references, &why.cause()).await,
        }
    }
    Ok(outcomes)
}

/// Revokes the serials of cards that got no certificates. If that fails, the reconcile job does it: the caller is
/// to learn what became of the cards, above all of those that have theirs.
async fn give_up(app: &App, references: Vec<CertificateRef>, cause: &str) {
    if let Err(error) = reconcile::abandon(app, references, cause).await {
        tracing::warn!(%error, "serials without a certificate are left to the reconcile job");
    }
}

/// What is on file of each card's application, with the requests for its keys.
async fn load(
    app: &App,
    by: &By,
    cards: Vec<CardRequests>,
) -> Result<Vec<Result<(Dossier, BTreeMap<Purpose, Vec<u8>>), ServiceError>>, ServiceError> {
    let ids: BTreeSet<_> = cards.iter().map(|card| card.enrolment.clone()).collect();
    if ids.is_empty() || ids.len() > MAX_TRAY || ids.len() != cards.len() {
        let problem = format!("1 to {MAX_TRAY} cards, each once");
        return Err(ServiceError::Invalid { field: "cards", problem });
    }
    let ids: Vec<_> = ids.into_iter().collect();
    let dossiers = app.store.dossiers(&by.tenant, &ids).await?;
    let applicants: Vec<_> = dossiers.iter().map(|dossier| dossier.enrolment.value.bare().applicant).collect();
    let protected = app.store.protected_among(&applicants).await?;
    let mut dossiers: BTreeMap<_, _> =
        dossiers.into_iter().map(|dossier| (dossier.enrolment.value.id().clone(), dossier)).collect();
    let mut found = Vec::with_capacity(cards.len());
    for CardRequests { enrolment, requests } in cards {
        found.push(match dossiers.remove(&enrolment) {
            Some(dossier) => {
                let applicant = dossier.enrolment.value.bare().applicant;
                let guarded = match &by.desk {
                    Some(permit) if protected.contains(&applicant) => protection::guard(app, permit, &applicant).await,
                    // A reserve card asks for its own holder.
                    _ => Ok(()),
                };
                guarded.map(|()| (dossier, requests))
            }
            None => Err(missing(app, &by.tenant, &enrolment).await?),
        });
    }
    Ok(found)
}

/// Why there is no dossier of an application.
async fn missing(app: &App, tenant: &TenantId, id: &EnrolmentId) -> Result<ServiceError, ServiceError> {
    let row = app.store.enrolment(tenant, id).await?;
    Ok(row.map_or(ServiceError::NotFound, |row| card::wrong_stage(&row.value)))
}

/// Verifies that a card desk of the agency signed a delivery: this officer, if one is named.
///
/// # Errors
/// [`EvidenceError`].
pub(super) fn of_desk(delivery: &Delivery, tenant: &TenantId, desk: Option<&PersonId>) -> Result<(), EvidenceError> {
    let officer = &delivery.stated.officer;
    if officer.tenant != *tenant || desk.is_some_and(|desk| *desk != officer.person) {
        return Err(EvidenceError::NotAnOfficer);
    }
    if officer.roles.contains(&reserve::DESK) { Ok(()) } else { Err(EvidenceError::WrongRole { role: reserve::DESK }) }
}

impl Issuance {
    /// Verifies that a card desk delivered these cards, or stocked them if they are reserve cards.
    async fn open(app: &App, by: By, signed: Signed) -> Result<Self, ServiceError> {
        let statement = signed.statements.first().ok_or(EvidenceError::Malformed("exactly one statement is needed"))?;
        let (signatory, now) = (Signatory::of(app, statement).await?, app.clock.now());
        let delivery = verify_delivery(&signed, &signatory, now)?;
        of_desk(&delivery, &by.tenant, by.desk.as_ref().map(Permit::person))?;
        let (policies, reserve) = (app.policies.get(), by.desk.is_none());
        if delivery.stocked.is_empty() == reserve {
            return Err(ReserveError::OtherWay.into());
        }
        let [of_reserve, _] = policies.reserve.profiles();
        let ordinary = app.config.enrolment.authentication_profile.as_str();
        let profile = policies.profiles.get(if reserve { of_reserve } else { ordinary });
        let profile = profile.ok_or(ServiceError::Incomplete("the profile of enrolments"))?;
        let authority = app.issuing(IssuerKind::Person, |ca| profile.fits_issuer(&ca.issuer.certificate));
        let authority = Arc::clone(authority.ok_or(ServiceError::Incomplete("an active CA of persons"))?);
        let delivery_id = signed.id();
        Ok(Self { by, reserve, signed, delivery_id, delivery, authority, policies, now })
    }

    /// Has the signer sign the cards that were reserved, and checks what comes back.
    async fn sign(
        &self,
        app: &App,
        reserved: Vec<Result<Draft, ServiceError>>,
    ) -> Result<Vec<Result<(Draft, Vec<IssuedCertificate>), ServiceError>>, ServiceError> {
        let wanted: Vec<_> = reserved.iter().flatten().map(Draft::to_sign).collect();
        let answers = if wanted.is_empty() {
            Vec::new()
        } else {
            app.signer.issue(&self.authority.issuer.name, self.signed.clone(), wanted).await?
        };
        let mut answers = answers.into_iter();
        let mut signed = Vec::with_capacity(reserved.len());
        for card in reserved {
            signed.push(match card {
                Ok(draft) => {
                    let answer = answers.next().ok_or(LinkError::Protocol("too few cards"))?;
                    let checked = answer.map_err(ServiceError::from).and_then(|signed| draft.check(self, signed));
                    checked.map(|certificates| (draft, certificates))
                }
                Err(error) => Err(error),
            });
            tokio::task::yield_now().await;
        }
        Ok(signed)
    }
}

/// Takes one more step with every card that came so far, all at once.
async fn each<T, U, F>(cards: Vec<Result<T, ServiceError>>, step: impl Fn(T) -> F) -> Vec<Result<U, ServiceError>>
where
    F: Future<Output = Result<U, ServiceError>>,
{
    join_all(cards.into_iter().map(|card| async { step(card?).await })).await
}
