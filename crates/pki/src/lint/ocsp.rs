//! Rules about OCSP answers.

use super::{Finding, Outcome, Rule, ensure};
use crate::asn1::oid;
use crate::certificate::Certificate;
use crate::digest;
use crate::ocsp::{HashAlgorithm, ResponseData, Status};

/// A ResponseData taken apart, and who is to sign it.
pub(super) struct Context<'a> {
    data: ResponseData<'a>,
    responder: &'a Certificate,
}

/// A rule about OCSP answers.
pub(super) type OcspRule = Rule<for<'c, 'a> fn(&'c Context<'a>) -> Outcome>;

pub(super) const RULES: &[OcspRule] = &[
    Rule { name: "e_ocsp_responder_id", source: "RFC 9919 3.2.1", check: responder_id },
    Rule { name: "e_ocsp_responder_purpose", source: "RFC 6960 4.2.2.2", check: purpose },
    Rule { name: "e_ocsp_responder_validity", source: "RFC 6960 4.2.2.2", check: validity },
    Rule { name: "e_ocsp_no_answer", source: "RFC 6960 4.2.1", check: not_empty },
    Rule { name: "e_ocsp_times", source: "RFC 6960 4.2.2.1, RFC 9919 3.2.4", check: times },
    Rule { name: "e_ocsp_revocation_time", source: "RFC 6960 4.2.1", check: revocation_time },
    Rule { name: "e_ocsp_foreign_issuer", source: "RFC 6960 4.2.2.2", check: issuer },
    Rule { name: "e_ocsp_contradiction", source: "RFC 6960 4.2.1", check: one_answer_each },
];

/// Judges a ResponseData.
pub(crate) fn check(der: &[u8], responder: &Certificate) -> Vec<Finding> {
    let data = match ResponseData::read(der) {
        Ok(data) => data,
        Err(why) => return vec![Finding { rule: NOT_DER.0, source: NOT_DER.1, detail: why.to_string() }],
    };
    let context = Context { data, responder };
    RULES.iter().filter_map(|rule| (rule.check)(&context).err().map(|detail| rule.finding(detail))).collect()
}

fn responder_id(context: &Context<'_>) -> Outcome {
    let wanted = context.responder.public_key().key_identifier();
    ensure(context.data.responder_key_hash == wanted, || "not of the responder's key".to_owned())
}

fn purpose(context: &Context<'_>) -> Outcome {
    let purposes = context.responder.extended_key_usage();
    let wanted = oid::OCSP_SIGNING.to_string();
    let good = purposes.contains(&wanted) && context.responder.digital_signature();
    ensure(good, || "the responder's certificate is not for OCSP".to_owned())
}

/// An answer must not outlive the certificate that proves it.
fn validity(context: &Context<'_>) -> Outcome {
    let produced = context.data.produced_at;
    ensure(context.responder.valid_at(produced), || format!("the responder's certificate is not valid at {produced}"))?;
    let limit = context.responder.not_after();
    let late = context.data.singles.iter().filter_map(|single| single.next_update).find(|next| *next > limit);
    match late {
        Some(next) => Err(format!("nextUpdate {next} is past the responder's {limit}")),
        None => Ok(()),
    }
}

fn not_empty(context: &Context<'_>) -> Outcome {
    ensure(!context.data.singles.is_empty(), || "no answer".to_owned())
}

/// thisUpdate is not after producedAt; nextUpdate is there and after both.
fn times(context: &Context<'_>) -> Outcome {
    let produced = context.data.produced_at;
    for single in &context.data.singles {
        let this = single.this_update;
        let next = single.next_update.ok_or("nextUpdate is absent")?;
        ensure(this <= produced && produced < next, || format!("{this} to {next}, produced {produced}"))?;
    }
    Ok(())
}

fn revocation_time(context: &Context<'_>) -> Outcome {
    for single in &context.data.singles {
        if let Status::Revoked { at, .. } = single.status {
            ensure(at <= single.this_update, || format!("revoked {at}, after thisUpdate {}", single.this_update))?;
        }
    }
    Ok(())
}

/// The responder answers only for the CA that certified it.
fn issuer(context: &Context<'_>) -> Outcome {
    let name = context.responder.issuer_der();
    for single in &context.data.singles {
        let same = match single.id.hash {
            HashAlgorithm::Sha1 => digest::sha1(name).as_slice() == single.id.issuer_name_hash,
            HashAlgorithm::Sha256 => digest::sha256(name).as_slice() == single.id.issuer_name_hash,
        };
        ensure(same, || "an answer is about another CA's certificate".to_owned())?;
    }
    Ok(())
}

/// All answers about one serial say the same.
fn one_answer_each(context: &Context<'_>) -> Outcome {
    let singles = &context.data.singles;
    for (at, single) in singles.iter().enumerate() {
        let agrees = |earlier: &&crate::ocsp::SingleStatus| earlier.id.serial == single.id.serial;
        let other = singles[..at].iter().filter(agrees).any(|earlier| earlier.status != single.status);
        ensure(!other, || format!("two answers about {}", crate::hex::encode(&single.id.serial)))?;
    }
    Ok(())
}

/// Name and clause of the rule that everything can be read.
pub(super) const NOT_DER: (&str, &str) = ("e_ocsp_not_der", "RFC 6960 4.2.1, X.690 10");
