//! OpenSSL's judgement of one chain: RFC 5280 clause 6, revocation by CRLs included.

use super::candidate::{Candidate, Place};
use super::request::{MalformedInput, Peer, Policies, Request, Revocation};
use super::verdict::{Indication, SubIndication, Validated, Verdict};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Crl, X509StoreContext};
use ossl::Crls;
use std::collections::BTreeSet;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

/// What all chains of a request have in common.
pub(super) struct Engine<'a> {
    request: &'a Request,
    crls: Crls,
    /// Intermediates, each once.
    others: Vec<&'a Candidate<'a>>,
}

impl<'a> Engine<'a> {
    /// # Errors
    /// [`MalformedInput`] for a CRL that cannot be read.
    pub(super) fn new(request: &'a Request, candidates: &'a [Candidate<'a>]) -> Result<Self, MalformedInput> {
        let unreadable = |_| MalformedInput { what: "CRL", why: "OpenSSL cannot read it" };
        let mut crls = Vec::new();
        for der in &request.crls {
            if is_usable(der, request.at)? {
                crls.push(X509Crl::from_der(der).map_err(unreadable)?);
            }
        }
        let mut seen = BTreeSet::new();
        let others = candidates.iter().filter(|one| one.place == Place::Intermediate && seen.insert(one.der)).collect();
        Ok(Self { request, crls: Crls::new(crls).map_err(unreadable)?, others })
    }

    /// Judges the chain, which ends in an anchor.
    ///
    /// # Errors
    /// The [`Verdict`] on a chain that is not good.
    pub(super) fn verify(&self, path: &[&Candidate]) -> Result<Validated, Verdict> {
        self.run(path).unwrap_or_else(|errors| {
            Err(Verdict::failed(Indication::Indeterminate, SubIndication::GeneralFailure, errors.to_string()))
        })
    }

    fn run(&self, path: &[&Candidate]) -> Result<Result<Validated, Verdict>, ErrorStack> {
        let anchor = path.last().expect("a path has a certificate");
        let store = self.store(&anchor.x509)?;
        let mut untrusted = Stack::new()?;
        for x509 in self.untrusted(path) {
            untrusted.push(x509.clone())?;
        }
        let mut context = X509StoreContext::new()?;
        context.init(&store, &path[0].x509, &untrusted, |context| {
            let good = self.crls.verify(context)?;
            if !good {
                return Ok(Err(Verdict::of_openssl(context.error(), context.error_depth())));
            }
            Ok(Ok(Validated {
                chain: path.iter().map(|candidate| candidate.der.to_vec()).collect(),
                policies: ossl::valid_policies(context),
            }))
        })
    }

    /// First those of this chain: OpenSSL takes the first that fits. Issuers of CRLs may be among the others. None twice:
    /// a second copy of a certificate would be looked at instead of the issuer of a CRL.
    fn untrusted<'b>(&'b self, path: &'b [&Candidate]) -> impl Iterator<Item = &'b X509> {
        let between = path.get(1..path.len() - 1).unwrap_or_default();
        let others = self.others.iter().filter(|other| path.iter().all(|candidate| candidate.der != other.der));
        between.iter().chain(others).map(|candidate| &candidate.x509)
    }

    fn store(&self, anchor: &X509) -> Result<X509Store, ErrorStack> {
        let mut store = X509StoreBuilder::new()?;
        store.add_cert(anchor.clone())?;
        ossl::tolerate_form(&mut store);
        store.set_param(self.parameters()?.as_ref())?;
        Ok(store.build())
    }

    fn parameters(&self) -> Result<X509VerifyParam, ErrorStack> {
        let mut param = X509VerifyParam::new()?;
        // Times are judged by our own rules: OpenSSL counts the last second of a certificate as after it.
        let mut flags = X509VerifyFlags::X509_STRICT | X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::NO_CHECK_TIME;
        if self.request.revocation == Revocation::Crl {
            flags |= X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL;
            flags |= X509VerifyFlags::EXTENDED_CRL_SUPPORT | X509VerifyFlags::USE_DELTAS;
        }
        if let Some(policies) = &self.request.policies {
            flags |= flags_of(policies);
            for oid in &policies.initial_set {
                ossl::add_policy(&mut param, oid)?;
            }
        }
        param.set_flags(flags)?;
        param.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS | X509CheckFlags::NEVER_CHECK_SUBJECT);
        match &self.request.peer {
            Some(Peer::Dns(name)) => param.set_host(name)?,
            Some(Peer::Ip(address)) => param.set_ip(*address)?,
            Some(Peer::Mail(address)) => param.set_email(address)?,
            None => {}
        }
        Ok(param)
    }
}

fn flags_of(policies: &Policies) -> X509VerifyFlags {
    let any = policies.initial_set.iter().any(|oid| oid == ANY_POLICY);
    [
        (true, X509VerifyFlags::POLICY_CHECK),
        (policies.explicit || !any, X509VerifyFlags::EXPLICIT_POLICY),
        (policies.inhibit_mapping, X509VerifyFlags::INHIBIT_MAP),
        (policies.inhibit_any, X509VerifyFlags::INHIBIT_ANY),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .fold(X509VerifyFlags::empty(), |flags, (_, flag)| flags | flag)
}

/// Whether a CRL may be relied on at `at`: it is in time, and has a number (RFC 5280 clause 5.2.3).
fn is_usable(der: &[u8], at: i64) -> Result<bool, MalformedInput> {
    let malformed = MalformedInput { what: "CRL", why: "not a CRL in DER" };
    let (rest, crl) = CertificateRevocationList::from_der(der).map_err(|_| malformed.clone())?;
    if !rest.is_empty() {
        return Err(malformed);
    }
    let begun = crl.last_update().timestamp() <= at;
    let over = crl.next_update().is_some_and(|end| end.timestamp() < at);
    Ok(begun && !over && crl.crl_number().is_some())
}

const ANY_POLICY: &str = "2.5.29.32.0";
