//! Has an approved certificate issued: intent first, then the signer, then the record, as for cards.

use super::request::{Draft, authority, draft, profile};
use super::{load, wrong_stage};
use crate::app::App;
use crate::app::signer_link::CertificateToSign;
use crate::service::commit::commit;
use crate::service::permit::{OrderFunction, Permit};
use crate::service::{ServiceError, reconcile, standing};
use domain::FunctionId;
use domain::approval::Approval;
use domain::audit::Event;
use domain::certificate::{Holder, Intent, fingerprint};
use domain::changes::{Changes, Stored, Write};
use domain::evidence::FunctionEvidence;
use domain::function::{AnyFunction, Approved, Function};
use domain::id::hex;
use domain::onboarding::Scope;
use domain::ports::StoreError;
use pki::certificate::CertificateDer;
use pki::issue::LintIssuer;
use pki::key::PublicKey;
use pki::time::UtcTime;

/// Issues the certificate of an approved order.
///
/// After a failure of the signer the reserved serial is revoked, and it can be tried again.
///
/// # Errors
/// [`ServiceError`]; then there is no certificate, or a revoked one.
pub async fn issue(
    app: &App,
    permit: Permit<OrderFunction>,
    id: FunctionId,
) -> Result<(AnyFunction, CertificateDer), ServiceError> {
    let app = App::clone(app);
    // A caller who goes away must not leave an intent that nobody finishes.
    let work = tokio::spawn(async move { run(&app, &permit, &id).await });
    work.await.unwrap_or(Err(ServiceError::Incomplete("a finished issuance")))
}

async fn run(
    app: &App,
    permit: &Permit<OrderFunction>,
    id: &FunctionId,
) -> Result<(AnyFunction, CertificateDer), ServiceError> {
    let Stored { value, version } = load(app, permit.tenant(), id).await?;
    let AnyFunction::Approved(function) = value else { return Err(wrong_stage("approved", &value)) };
    standing::serves_agency(app, permit.tenant(), Scope::Certificates).await?;
    let order = Order::open(app, Stored { value: function, version }).await?;
    app.signer.ready().await?;
    commit(app, order.intent(permit)).await?;
    let reference = order.draft.certificate.clone();
    let issued = match order.sign(app).await {
        Ok(der) => order.record(app, permit, der).await,
        Err(error) => Err(error),
    };
    match &issued {
        // After `Unavailable` the record may stand: then the reconcile job looks.
        Ok(_) | Err(ServiceError::Store(StoreError::Unavailable(_))) => {}
        Err(why) => {
            if let Err(error) = reconcile::abandon(app, vec![reference], &why.cause()).await {
                tracing::warn!(%error, "a serial without a certificate is left to the reconcile job");
            }
        }
    }
    issued
}

/// An approved order with what is about to be signed for it.
struct Order {
    function: Stored<Function<Approved>>,
    /// Used for this.
    approval: Stored<Approval>,
    key: PublicKey,
    draft: Draft,
    now: UtcTime,
}

impl Order {
    /// Decides, and builds and lints what is to be signed. Changes nothing.
    async fn open(app: &App, function: Stored<Function<Approved>>) -> Result<Self, ServiceError> {
        let (now, wish) = (app.clock.now(), &function.value.wish);
        let approval = app.store.approval(&wish.tenant, &function.value.stage().ordered.approval).await?;
        let Stored { value, version } = approval.ok_or(ServiceError::Incomplete("the order's approval"))?;
        let used = value.use_for(&function.value.operation().to_bytes(), now)?;
        let policies = app.policies.get();
        let profile = profile(&policies, &wish.certificate, true)?;
        let key = PublicKey::from_spki(&wish.spki).map_err(|_| ServiceError::Incomplete("a readable key"))?;
        let draft = draft(app, (&*authority(app, profile)?, profile), &wish.subject, &key, now)?;
        Ok(Self { approval: Stored { value: used, version }, function, key, draft, now })
    }

    fn intent(&self, permit: &Permit<OrderFunction>) -> Changes {
        let wish = &self.function.value.wish;
        let event = Event::new("certificate.requested", permit.actor(), wish.id.as_str(), self.now)
            .in_tenant(&wish.tenant)
            .with("issuer", &self.draft.certificate.issuer)
            .with("serials", self.draft.certificate.serial);
        Changes::recording(event).write(Write::Intent(Intent {
            certificate: self.draft.certificate.clone(),
            holder: Holder::Function { tenant: wish.tenant.clone(), function: wish.id.clone() },
            purpose: wish.purpose,
            profile: wish.certificate.profile.clone(),
            revision: wish.certificate.revision,
            key_fingerprint: self.key.fingerprint(),
            tbs: self.draft.linted.tbs().to_vec(),
            not_after: self.draft.not_after,
            at: self.now,
        }))
    }

    /// Asks the signer, and checks what comes back by every rule. The signer verified the signature.
    async fn sign(&self, app: &App) -> Result<CertificateDer, ServiceError> {
        let (wish, approval) = (&self.function.value.wish, &self.approval.value);
        let evidence = FunctionEvidence {
            operation: approval.operation.clone(),
            order: self.function.value.stage().ordered.statement.clone(),
            approvals: approval.signatures.iter().map(|signature| signature.statement.clone()).collect(),
        };
        let certificate = CertificateToSign {
            purpose: wish.purpose,
            spki: self.key.spki().to_vec(),
            serial: self.draft.certificate.serial,
            not_before: self.draft.not_before,
            not_after: self.draft.not_after,
            tbs: self.draft.linted.tbs().to_vec(),
        };
        let issuer = &self.draft.certificate.issuer;
        let signed = app.signer.issue_function(issuer, evidence, certificate).await?;
        let policies = app.policies.get();
        let profile = profile(&policies, &wish.certificate, true)?;
        let authority = app.issuers.get(issuer).ok_or(ServiceError::Incomplete("the CA of functions"))?;
        let accepted = self.draft.linted.accept(signed, profile, LintIssuer::from(&authority.issuer));
        accepted.map_err(|findings| {
            tracing::error!(serial = %self.draft.certificate.serial, ?findings, "certificate fails its checks after signing");
            ServiceError::FailedAfterSigning(findings)
        })
    }

    /// Records the certificate; from then on it exists.
    async fn record(
        self,
        app: &App,
        permit: &Permit<OrderFunction>,
        der: CertificateDer,
    ) -> Result<(AnyFunction, CertificateDer), ServiceError> {
        let (at, certificate) = (app.clock.now(), self.draft.certificate);
        let Stored { value: function, version: seen } = self.function;
        let event = Event::new("certificate.issued", permit.actor(), function.wish.id.as_str(), at)
            .in_tenant(&function.wish.tenant)
            .with("certificates", hex(&fingerprint(der.as_bytes())));
        let key = (certificate.issuer.clone(), certificate.serial);
        let issued = AnyFunction::Issued(function.issue(key, self.draft.not_after, at));
        let changes = Changes::recording(event)
            .write(Write::Function { new: issued.clone(), seen })
            .write(Write::Approval { new: self.approval.value, seen: self.approval.version })
            .write(Write::Certificate { certificate, der: der.as_bytes().to_vec(), at, personal: false });
        commit(app, changes).await?;
        Ok((issued, der))
    }
}
