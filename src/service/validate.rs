//! Answers a relying service: is this certificate good, and whose is it?

use super::ServiceError;
use super::permit::{Permit, Validate};
use crate::app::{App, CertificateAuthority, IssuerKind};
use domain::certificate::{CertificateRecord, Holder, fingerprint};
use domain::key::KeyState;
use domain::people::Tenant;
use pki::time::UtcTime;
use signature::validate::{Budget, Indication, Limits, Request, SubIndication, Validated, Verdict};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What was found.
#[derive(Debug)]
pub struct Answer {
    /// Good or not, and why.
    pub verdict: Verdict,
    /// What the journal knows of the certificate, if it is one of ours.
    pub own: Option<OwnCertificate>,
}

/// A certificate that this installation issued.
#[derive(Debug)]
pub struct OwnCertificate {
    /// From which profile.
    pub profile: String,
    /// The agency, for a person's certificate.
    pub agency: Option<Tenant>,
    /// Whether a card carries the key.
    pub on_card: bool,
    /// Since when it is revoked.
    pub revoked_at: Option<UtcTime>,
}

/// Validates the certificate of `request` under the anchors that it names, if callers may, or else under those of the
/// installation.
///
/// Revocation of our own certificates is looked up in the journal, whatever the request says. No address that stands in a
/// certificate is ever fetched.
///
/// # Errors
/// [`ServiceError::Invalid`] for a request that cannot be read or names anchors where that is not allowed;
/// [`ServiceError::Busy`] while as many validations are running as may.
pub async fn certificate(app: &App, _: &Permit<Validate>, mut request: Request) -> Result<Answer, ServiceError> {
    if request.trust_anchors.is_empty() {
        request.trust_anchors = own_anchors(app);
        request.intermediates.extend(app.issuers.iter().map(|ca| ca.issuer.certificate.der().as_bytes().to_vec()));
    } else if !app.config.validation.callers_anchors {
        let problem = "this installation validates under its own trust anchors only".to_owned();
        return Err(ServiceError::Invalid { field: "trust_anchors", problem });
    }
    let at = UtcTime::from_unix(request.at);
    let own = own_certificate(app, &request.certificate).await?;
    let verdict = match within_limits(app, request).await? {
        Verdict::Passed(validated) => by_journal(app, validated, own.as_ref(), at).await?,
        failed @ Verdict::Failed { .. } => failed,
    };
    Ok(Answer { verdict, own })
}

/// The roots that this installation trusts.
fn own_anchors(app: &App) -> Vec<Vec<u8>> {
    let trusted = |ca: &CertificateAuthority| {
        ca.kind == IssuerKind::Root && app.key_lives.state(&ca.issuer.name) == KeyState::Active
    };
    let roots = app.issuers.iter().filter(|ca| trusted(ca));
    roots.map(|ca| ca.issuer.certificate.der().as_bytes().to_vec()).collect()
}

/// Runs the validation where it may block, for as long as it may.
async fn within_limits(app: &App, request: Request) -> Result<Verdict, ServiceError> {
    let place = Arc::clone(&app.validating).acquire_owned();
    let place = tokio::time::timeout(LONGEST_WAIT, place).await.map_err(|_| ServiceError::Busy)?;
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    let task = tokio::task::spawn_blocking(move || {
        let in_time = || !seen.load(Ordering::Relaxed);
        let verdict = signature::validate::certificate(&request, &mut Budget::new(Limits::default(), &in_time));
        drop(place);
        verdict
    });
    let verdict = tokio::time::timeout(LONGEST, task).await.map_err(|_| {
        over.store(true, Ordering::Relaxed);
        ServiceError::Busy
    })?;
    let verdict = verdict.map_err(|_| ServiceError::Incomplete("an answer: the validation stopped"))?;
    verdict.map_err(|malformed| ServiceError::Invalid { field: malformed.what, problem: malformed.why.to_owned() })
}

/// What our own journal says of the certificate and of the CAs above it.
async fn by_journal(
    app: &App,
    validated: Validated,
    own: Option<&OwnCertificate>,
    at: UtcTime,
) -> Result<Verdict, ServiceError> {
    let revoked = |sub_indication, depth: usize, since: UtcTime| {
        let reason = format!("certificate {depth} of the chain was revoked at {since}");
        Verdict::Failed { indication: Indication::Indeterminate, sub_indication, reason }
    };
    if let Some(since) = own.and_then(|own| own.revoked_at).filter(|since| *since <= at) {
        return Ok(revoked(SubIndication::RevokedNoPoe, 0, since));
    }
    let mut on_record = vec![own.is_some()];
    for (depth, der) in validated.chain.iter().enumerate().skip(1) {
        if let Some(since) = ca_revoked_at(app, der).await?.filter(|since| *since <= at) {
            return Ok(revoked(SubIndication::RevokedCaNoPoe, depth, since));
        }
        on_record.push(app.store.certificate_by_fingerprint(&fingerprint(der)).await?.is_some());
    }
    let ours = |der: &Vec<u8>| app.issuers.iter().any(|ca| ca.issuer.certificate.der().as_bytes() == der);
    let ours: Vec<bool> = validated.chain.iter().map(ours).collect();
    Ok(match never_issued(&on_record, &ours) {
        Some(depth) => Verdict::Failed {
            indication: Indication::TotalFailed,
            sub_indication: SubIndication::GeneralFailure,
            reason: format!("certificate {depth} of the chain was never issued here: the CA's key made it elsewhere"),
        },
        None => Verdict::Passed(validated),
    })
}

/// Which certificate of a chain a CA of ours signed without our journal: whoever has the key can make such, and none of
/// them is ever revoked.
fn never_issued(on_record: &[bool], ours: &[bool]) -> Option<usize> {
    (0..on_record.len()).find(|depth| !on_record[*depth] && ours.get(depth + 1) == Some(&true))
}

/// Since when a CA of ours is revoked, or its key may be in other hands.
async fn ca_revoked_at(app: &App, der: &[u8]) -> Result<Option<UtcTime>, ServiceError> {
    let ours = app.issuers.iter().find(|ca| ca.issuer.certificate.der().as_bytes() == der);
    if let Some(since) = ours.and_then(|ca| app.key_lives.compromised(&ca.issuer.name)) {
        return Ok(Some(since));
    }
    let record = app.store.certificate_by_fingerprint(&fingerprint(der)).await?;
    Ok(record.and_then(|record| record.revocation).map(|revocation| revocation.at))
}

async fn own_certificate(app: &App, der: &[u8]) -> Result<Option<OwnCertificate>, ServiceError> {
    let Some(record) = app.store.certificate_by_fingerprint(&fingerprint(der)).await? else { return Ok(None) };
    let CertificateRecord { intent, revocation, .. } = record;
    let (agency, on_card) = match intent.holder {
        Holder::Person { tenant, card, .. } => (app.store.tenant(&tenant).await?, card.is_some()),
        Holder::Function { tenant, .. } => (app.store.tenant(&tenant).await?, false),
        Holder::Service { .. } => (None, false),
    };
    let revoked_at = revocation.map(|revocation| revocation.at);
    Ok(Some(OwnCertificate { profile: intent.profile, agency, on_card, revoked_at }))
}

/// How many validations run at once.
pub const AT_ONCE: usize = 2;
/// How long one may take; the work itself stops at the next signature.
const LONGEST: Duration = Duration::from_secs(10);
/// How long a request waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_our_ca_signed_without_our_journal_is_forged() {
        for (on_record, ours, forged) in [
            ([true, true, true], [false, true, true], None),
            ([false, true, true], [false, true, true], Some(0)),
            ([false, false, true], [false, false, true], Some(1)),
            ([false, false, false], [false, false, false], None),
        ] {
            assert_eq!(never_issued(&on_record, &ours), forged);
        }
    }
}
