//! Certificates and the root's list.

use super::earlier::cross_file;
use super::{Ceremony, Error};
use crate::ceremony::exchange::Requests;
use crate::ceremony::files;
use crate::ceremony::script::{Host, PlannedAuthority, Script};
use crate::ceremony::step::Step;
use crate::ceremony::transcript::Event;
use crate::clock::{Clock, Entropy, System};
use crate::signer::digest::Digest;
use domain::PersonId;
use domain::certificate::Holder;
use pki::certificate::{Certificate, CertificateDer};
use pki::issue::{Issuer, Request, SubjectFacts};
use pki::key::{KeyId, PublicKey};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// A certificate to make.
pub(super) struct Order {
    /// Where it goes.
    pub(super) file: String,
    /// The step it belongs to.
    pub(super) step: Step,
    /// Profile name.
    pub(super) profile: String,
    /// What becomes the subject.
    pub(super) subject: SubjectFacts,
    /// The key to certify.
    pub(super) key: PublicKey,
    /// Whom it is for.
    pub(super) holder: Holder,
    /// Validity in days; the profile's longest if none is given.
    pub(super) days: Option<i64>,
}

impl Ceremony<'_> {
    /// The root certifies itself.
    pub(super) fn found_root(&mut self) -> Result<Issuer, Error> {
        let planned = self.script.root().clone();
        let key = self.keys[&planned.key].clone();
        let order = self.authority_order(&planned, Step::Root, key);
        let certificate = self.certify(None, &order)?;
        Ok(self.issuer(&planned, certificate))
    }

    /// The root certifies the CAs whose keys are on this host.
    pub(super) fn found_issuing(&mut self, root: &Issuer) -> Result<(), Error> {
        for planned in self.script.issuing().to_vec() {
            let key = self.keys[&planned.key].clone();
            self.certify(Some(root), &self.authority_order(&planned, Step::Issuing, key))?;
        }
        Ok(())
    }

    /// The root certifies the CAs whose keys are on the other host.
    pub(super) fn certify_requests(&mut self, root: &Issuer, requests: &Requests) -> Result<(), Error> {
        for planned in self.script.issuing().to_vec() {
            let key = requests.key_of(&planned)?;
            self.certify(Some(root), &self.authority_order(&planned, Step::Issuing, key))?;
        }
        Ok(())
    }

    /// A root's key signs once more: which CAs are revoked. The next such list needs the next ceremony.
    pub(super) fn sign_root_crl(&mut self, root: &Issuer) -> Result<(), Error> {
        let signed = |event: &Event| matches!(event, Event::Crl { issuer, .. } if *issuer == root.name).then_some(());
        if self.draft.find(signed).is_some() {
            return Ok(());
        }
        let days = if self.script.cross().is_some() { CROSS_CRL_DAYS } else { ROOT_CRL_DAYS };
        let (this_update, next_update) = (System.now(), System.now().plus_days(days));
        let (last, entries) = self.earlier_list(root)?;
        let number = self.foundation.next_crl(&root.name).max(last + 1);
        let keys = self.tokens[&self.script.tokens.root].clone();
        let der = self.foundation.sign_crl(root, number, (this_update, next_update), (&entries, &keys))?.into_bytes();
        let file = root_crl_file_of(&root.name);
        files::public(&self.layout.data().join(&file), &der)?;
        self.record(Event::Crl { issuer: root.name.clone(), number, next_update, file, sha256: Digest::of(&der) })
    }

    /// The issuing CAs certify their first OCSP signers.
    pub(super) fn certify_responders(&mut self) -> Result<(), Error> {
        for planned in self.script.issuing().to_vec() {
            let Some(responder) = &planned.responder else { continue };
            let order = Order {
                file: authority_file(&responder.key),
                step: Step::FirstCertificates,
                profile: OCSP_PROFILE.to_owned(),
                subject: self.script.operator_facts(&responder.common_name),
                key: self.keys[&responder.key].clone(),
                holder: Holder::Service { key: responder.key.clone() },
                days: Some(responder.days),
            };
            let issuer = self.load_issuer(&planned)?;
            self.certify(Some(&issuer), &order)?;
        }
        Ok(())
    }

    /// A CA of this ceremony that has its certificate.
    pub(super) fn load_issuer(&self, planned: &PlannedAuthority) -> Result<Issuer, Error> {
        let pem = files::read_text(&self.layout.authority(&planned.name()))?;
        Ok(self.issuer(planned, Certificate::from_pem(&pem)?))
    }

    /// Has a certificate made, unless it was. It is journalled before it is signed, and written down after.
    pub(super) fn certify(&mut self, issuer: Option<&Issuer>, order: &Order) -> Result<Certificate, Error> {
        let path = self.layout.data().join(&order.file);
        let known =
            |event: &Event| matches!(event, Event::Certificate { file, .. } if *file == order.file).then_some(());
        if self.draft.find(known).is_some() {
            return Ok(Certificate::from_pem(&files::read_text(&path)?)?);
        }
        let profile = self.profiles.get(&order.profile).ok_or_else(|| Error::NoProfile(order.profile.clone()))?;
        let profile = profile.clone();
        let now = System.now();
        let days = order.days.unwrap_or_else(|| profile.max_days().into());
        let limit = issuer.map_or(UtcTime::MAX, |issuer| issuer.certificate.not_after());
        let serial = SerialNumber::from_random(self.entropy.random16());
        let not_after = now.plus_days(days).plus_seconds(-1).min(limit);
        let (subject, key) = (&order.subject, &order.key);
        let request = Request { profile: &profile, subject, key, serial, not_before: now, not_after };
        let der = self.sign(issuer, &request, &order.holder)?;
        let pem = der.to_pem();
        files::public(&path, &pem)?;
        self.record(Event::Certificate {
            step: order.step,
            file: order.file.clone(),
            issuer: issuer.map_or_else(|| self.script.root().name(), |issuer| issuer.name.clone()),
            serial,
            profile: order.profile.clone(),
            revision: profile.revision(),
            key: Digest::from_bytes(order.key.fingerprint()),
            person: person_of(&order.holder),
            not_after,
            sha256: Digest::of(pem.as_bytes()),
        })?;
        Ok(Certificate::parse(der.as_bytes())?)
    }

    /// Lints, journals and signs: by a CA's key, or the root's own.
    fn sign(
        &mut self,
        issuer: Option<&Issuer>,
        request: &Request<'_>,
        holder: &Holder,
    ) -> Result<CertificateDer, Error> {
        if let Some(issuer) = issuer {
            let keys = self.tokens[self.token_of(issuer)].clone();
            return Ok(self.foundation.sign_certificate(request, holder, issuer, &keys)?);
        }
        let (root, keys) = (self.script.root(), &self.tokens[&self.script.tokens.root]);
        Ok(self.foundation.sign_root(&root.name(), request, &KeyId::new(root.key.as_str()), keys)?)
    }

    fn token_of(&self, issuer: &Issuer) -> &str {
        let tokens = &self.script.tokens;
        if self.script.roots().any(|root| root.name() == issuer.name) { &tokens.root } else { &tokens.authorities }
    }

    /// What the root certifies of a CA.
    pub(super) fn authority_order(&self, planned: &PlannedAuthority, step: Step, key: PublicKey) -> Order {
        Order {
            file: authority_file(&planned.name()),
            step,
            profile: planned.profile.clone(),
            subject: self.script.operator_facts(&planned.common_name),
            key,
            holder: Holder::Service { key: planned.key.clone() },
            days: Some(planned.days),
        }
    }

    pub(super) fn issuer(&self, planned: &PlannedAuthority, certificate: Certificate) -> Issuer {
        Issuer {
            name: planned.name(),
            key: KeyId::new(planned.key.as_str()),
            certificate,
            crl_url: self.script.crl_url(planned),
            ocsp_url: self.script.ocsp_url(planned),
            aia_url: self.script.aia_url(planned),
        }
    }
}

/// Every certificate that a host has made when the ceremony is over.
pub(crate) fn certificate_files(script: &Script, host: Host) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if host != Host::Issuing {
        let made = script.authorities.iter().skip(usize::from(!script.makes_root()));
        names.extend(made.map(|ca| authority_file(&ca.name())));
        if let Some(cross) = script.cross() {
            names.extend([cross_file(cross, script.root()), cross_file(script.root(), cross)]);
        }
    }
    if host != Host::Root {
        let responders = script.authorities.iter().filter_map(|ca| ca.responder.as_ref());
        names.extend(responders.map(|one| authority_file(&one.key)));
        names.extend(super::specimens::planned(script).map(super::specimens::file));
        for (_, person) in script.people() {
            names.extend(super::cards::profiles(script).map(|(_, what)| super::cards::file(&person.id, what)));
        }
    }
    names
}

/// Where the roots' lists are.
pub(crate) fn root_crl_files(script: &Script) -> impl Iterator<Item = String> {
    script.roots().map(|root| root_crl_file_of(&root.name()))
}

/// Where the list of a root is.
pub(super) fn root_crl_file_of(name: &str) -> String {
    format!("authorities/{name}.crl")
}

/// Where the certificate of a CA or OCSP signer is.
pub(crate) fn authority_file(name: &str) -> String {
    format!("authorities/{name}.pem")
}

fn person_of(holder: &Holder) -> Option<PersonId> {
    match holder {
        Holder::Person { person, .. } => Some(person.clone()),
        Holder::Function { .. } | Holder::Service { .. } => None,
    }
}

/// Profile of OCSP signers.
pub(crate) const OCSP_PROFILE: &str = "ocsp-signer";
/// EN 319 411-1 CSS-6.3.9: the list of an offline CA at least once a year.
const ROOT_CRL_DAYS: i64 = 360;
/// EN 319 411-1 CSS-6.3.9: while cross certificates are out, at least every 31 days.
const CROSS_CRL_DAYS: i64 = 30;
