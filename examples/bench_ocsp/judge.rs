//! OpenSSL's opinion of what came over the wire.

use super::answers::Answers;
use anyhow::{Context, Result, ensure};
use openssl::ocsp::{OcspFlag, OcspResponse, OcspResponseStatus};
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

/// Verifies each sampled answer up to the root.
pub(crate) fn openssl_accepts(answers: &Answers, sampled: &[(usize, Vec<u8>)]) -> Result<()> {
    let mut anchors = X509StoreBuilder::new()?;
    anchors.add_cert(X509::from_der(answers.pki.root.der().as_bytes())?)?;
    let anchors = anchors.build();
    let mut untrusted = Stack::new()?;
    untrusted.push(X509::from_der(answers.pki.issuer.certificate.der().as_bytes())?)?;
    ensure!(!sampled.is_empty(), "nothing was sampled");
    for (n, der) in sampled {
        ensure!(der == &answers.der[*n], "answer {n} has other bytes");
        let response = OcspResponse::from_der(der)?;
        ensure!(response.status() == OcspResponseStatus::SUCCESSFUL, "answer {n} is an error");
        response.basic()?.verify(&untrusted, &anchors, OcspFlag::empty()).with_context(|| format!("answer {n}"))?;
    }
    Ok(())
}
