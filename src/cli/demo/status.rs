//! Status as a relying party sees it, judged by OpenSSL.

use super::api;
use anyhow::{Context, bail};
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspRequest, OcspResponse, OcspResponseStatus};
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::{X509, X509Crl, X509StoreContext};
use std::future::Future;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// A relying party: it trusts one root and knows one issuing CA.
pub(crate) struct RelyingParty {
    issuer: X509,
    root: X509,
    client: reqwest::Client,
}

/// What OCSP says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// Good.
    Good,
    /// Revoked.
    Revoked,
    /// Anything else, an error too.
    Nothing,
}

impl RelyingParty {
    /// Trusts `root`, knows `issuer`; both PEM.
    ///
    /// # Errors
    /// If either is no certificate.
    pub(crate) fn new(root: &[u8], issuer: &[u8]) -> anyhow::Result<Self> {
        Ok(Self { issuer: X509::from_pem(issuer)?, root: X509::from_pem(root)?, client: api::public()? })
    }

    /// Builds the path from `certificate` to the root.
    ///
    /// # Errors
    /// If OpenSSL finds a reason not to trust it.
    pub(crate) fn verify(&self, certificate: &X509) -> anyhow::Result<()> {
        let mut chain = Stack::new()?;
        chain.push(self.issuer.clone())?;
        let (store, mut context) = (self.store()?, X509StoreContext::new()?);
        let good = context.init(&store, certificate, &chain, |context| {
            let good = context.verify_cert()?;
            Ok((good, context.error()))
        })?;
        if !good.0 {
            bail!("the chain does not verify: {}", good.1.error_string());
        }
        Ok(())
    }

    /// Asks OCSP where the certificate says; the answer, verified.
    ///
    /// # Errors
    /// If the responder cannot be reached, or the answer does not verify or is not for now.
    pub(crate) async fn ocsp(&self, certificate: &X509) -> anyhow::Result<(Said, Vec<u8>)> {
        let url = certificate.ocsp_responders()?.get(0).context("the certificate names no responder")?.to_string();
        let mut request = OcspRequest::new()?;
        request.add_id(self.id(certificate)?)?;
        let post = self.client.post(&url).header("content-type", "application/ocsp-request").body(request.to_der()?);
        let der = post.send().await.with_context(|| url)?.error_for_status()?.bytes().await?.to_vec();
        Ok((self.judge(certificate, &der)?, der))
    }

    /// Asks until OCSP says `wanted`.
    ///
    /// # Errors
    /// If it does not within `limit`.
    pub(crate) async fn ocsp_within(
        &self,
        certificate: &X509,
        wanted: Said,
        limit: Duration,
    ) -> anyhow::Result<Vec<u8>> {
        let ask = async || Ok(self.ocsp(certificate).await?).map(|(said, der)| (said == wanted).then_some(der));
        within(limit, ask).await.with_context(|| format!("OCSP does not say {wanted:?} within {} s", limit.as_secs()))
    }

    /// Fetches a CRL and verifies it.
    ///
    /// # Errors
    /// If it cannot be fetched or the CA did not sign it.
    pub(crate) async fn crl(&self, url: &str) -> anyhow::Result<X509Crl> {
        let der =
            self.client.get(url).send().await.with_context(|| url.to_owned())?.error_for_status()?.bytes().await?;
        let crl = X509Crl::from_der(&der)?;
        if !crl.verify(self.issuer.public_key()?.as_ref())? {
            bail!("{url} was not signed by the CA");
        }
        Ok(crl)
    }

    /// Fetches until the CRL lists the certificate.
    ///
    /// # Errors
    /// If it does not within `limit`.
    pub(crate) async fn listed_within(
        &self,
        url: &str,
        certificate: &X509,
        limit: Duration,
    ) -> anyhow::Result<X509Crl> {
        let ask = async || Ok(self.crl(url).await?).map(|crl| lists(&crl, certificate).then_some(crl));
        within(limit, ask).await.with_context(|| format!("{url} does not list it within {} s", limit.as_secs()))
    }

    fn id(&self, certificate: &X509) -> anyhow::Result<OcspCertId> {
        Ok(OcspCertId::from_cert(MessageDigest::sha1(), certificate, &self.issuer)?)
    }

    fn judge(&self, certificate: &X509, der: &[u8]) -> anyhow::Result<Said> {
        let response = OcspResponse::from_der(der)?;
        if response.status() != OcspResponseStatus::SUCCESSFUL {
            return Ok(Said::Nothing);
        }
        let basic = response.basic()?;
        let mut known = Stack::new()?;
        known.push(self.issuer.clone())?;
        let store = self.store()?;
        basic.verify(&known, &store, OcspFlag::empty()).context("the OCSP answer does not verify")?;
        let id = self.id(certificate)?;
        let status = basic.find_status(&id).context("the OCSP answer is about another certificate")?;
        status.check_validity(CLOCK_SKEW_SECONDS, None).context("the OCSP answer is not for now")?;
        Ok(match status.status {
            OcspCertStatus::GOOD => Said::Good,
            OcspCertStatus::REVOKED => Said::Revoked,
            _ => Said::Nothing,
        })
    }

    fn store(&self) -> anyhow::Result<X509Store> {
        let mut builder = X509StoreBuilder::new()?;
        builder.add_cert(self.root.clone())?;
        Ok(builder.build())
    }
}

/// Whether a CRL lists a certificate.
pub(crate) fn lists(crl: &X509Crl, certificate: &X509) -> bool {
    matches!(crl.get_by_cert(certificate), openssl::x509::CrlStatus::Revoked(_))
}

/// Asks again and again until there is an answer, an error, or no time left.
async fn within<T, F>(limit: Duration, mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let mut ticks = interval(BETWEEN_QUESTIONS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let asking = async {
        loop {
            ticks.tick().await;
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
        }
    };
    timeout(limit, asking).await?
}

const BETWEEN_QUESTIONS: Duration = Duration::from_millis(50);
const CLOCK_SKEW_SECONDS: u32 = 300;
