//! Rules about OCSP answers.

use super::Finding;
use super::rule::{Outcome, Rule, Scope, ensure, none, rules};
use crate::asn1::oid;
use crate::certificate::Certificate;
use crate::digest;
use crate::ocsp::{HashAlgorithm, LastCrl, OcspError, ResponseData, Status};
use crate::serial::SerialNumber;

/// A ResponseData taken apart, and who is to sign it.
pub(super) struct Context<'a> {
    data: ResponseData<'a>,
    responder: &'a Certificate,
    /// Of the CA that has come to its end; then the answer is final.
    last: Option<&'a LastCrl>,
}

/// A rule about OCSP answers.
pub(super) type OcspRule = Rule<for<'c, 'a> fn(&'c Context<'a>) -> Outcome>;

rules! { OcspRule;
    /// The responder is named by the SHA-1 of its key.
    e_ocsp_responder_id: OcspAnswers, "RFC 9919 3.2.1" => |it| {
        let wanted = it.responder.public_key().key_identifier();
        ensure(it.data.responder_key_hash == wanted, || crate::hex::encode(it.data.responder_key_hash))
    };
    /// The responder's certificate has the purpose OCSPSigning.
    e_ocsp_responder_purpose: OcspAnswers, "RFC 6960 4.2.2.2" => |it| {
        let wanted = oid::OCSP_SIGNING.to_string();
        ensure(it.responder.extended_key_usage().contains(&wanted), || "OCSPSigning is absent".to_owned())
    };
    /// The responder's key may sign.
    e_ocsp_responder_key_usage: OcspAnswers, "RFC 5280 4.2.1.3" => |it| {
        ensure(it.responder.digital_signature(), || "digitalSignature is not set".to_owned())
    };
    /// The answer is made while the responder's certificate is valid.
    e_ocsp_responder_validity: OcspAnswers, "RFC 6960 4.2.2.2" => |it| {
        let at = it.data.produced_at;
        ensure(it.responder.valid_at(at), || format!("the responder's certificate is not valid at {at}"))
    };
    /// The answer does not outlive the responder's certificate, which proves it; the final one of a CA does.
    e_ocsp_outlives_responder: OcspAnswers, "RFC 6960 4.2.2.2" => |it| {
        let limit = it.last.map_or(it.responder.not_after(), LastCrl::next_update);
        let late = it.data.singles.iter().filter_map(|single| single.next_update).find(|next| *next > limit);
        none(late.map(|next| format!("nextUpdate {next} is past {limit}")))
    };
    /// A final answer is made after the CA's last CRL, says of the certificate what that says, and stands as long.
    e_ocsp_final_differs_from_last_crl: OcspAnswers, "EN 319 411-2 6.3.10, EN 319 411-1 6.3.9" => last_word;
    /// There is an answer.
    e_ocsp_no_answer: OcspAnswers, "RFC 6960 4.2.1" => |it| {
        ensure(!it.data.singles.is_empty(), || "no answer".to_owned())
    };
    /// thisUpdate is not after producedAt.
    e_ocsp_this_update_after_produced_at: OcspAnswers, "RFC 6960 4.2.2.1" => |it| {
        let late = it.data.singles.iter().map(|single| single.this_update).find(|this| *this > it.data.produced_at);
        none(late.map(|this| format!("{this}, produced {}", it.data.produced_at)))
    };
    /// nextUpdate is present.
    e_ocsp_next_update_missing: OcspAnswers, "RFC 9919 3.2.4" => |it| {
        ensure(it.data.singles.iter().all(|single| single.next_update.is_some()), || "absent".to_owned())
    };
    /// nextUpdate is after producedAt.
    e_ocsp_next_update_passed: OcspAnswers, "RFC 6960 4.2.2.1" => |it| {
        let next = it.data.singles.iter().filter_map(|single| single.next_update);
        none(next.into_iter().find(|next| *next <= it.data.produced_at).map(|next| next.to_string()))
    };
    /// No revocation is later than thisUpdate.
    e_ocsp_revocation_after_this_update: OcspAnswers, "RFC 6960 4.2.1, 2.4" => revocation_time;
    /// The responder answers only for the CA that certified it.
    e_ocsp_foreign_issuer: OcspAnswers, "RFC 6960 4.2.2.2" => issuer;
    /// All answers about one serial number say the same.
    e_ocsp_contradiction: OcspAnswers, "RFC 6960 4.2.1" => one_answer_each;
}

/// The rule that a ResponseData can be read.
pub(super) const NOT_DER: Rule<()> = Rule {
    name: "e_ocsp_not_der",
    source: "RFC 6960 4.2.1, X.690 10",
    demands: " A ResponseData is DER, and its times are GeneralizedTime with seconds and Z.",
    scope: Scope::OcspAnswers,
    check: (),
};

/// Judges a ResponseData.
pub(crate) fn check(der: &[u8], responder: &Certificate, last: Option<&LastCrl>) -> Vec<Finding> {
    match Context::read(der, responder, last) {
        Ok(context) => judge(&context, RULES.iter()),
        Err(why) => vec![NOT_DER.finding(why.to_string())],
    }
}

/// What these rules find.
pub(super) fn judge<'r>(context: &Context<'_>, rules: impl Iterator<Item = &'r OcspRule>) -> Vec<Finding> {
    rules.filter_map(|rule| (rule.check)(context).err().map(|detail| rule.finding(detail))).collect()
}

impl<'a> Context<'a> {
    pub(super) fn read(
        der: &'a [u8],
        responder: &'a Certificate,
        last: Option<&'a LastCrl>,
    ) -> Result<Self, OcspError> {
        Ok(Self { data: ResponseData::read(der)?, responder, last })
    }
}

fn revocation_time(context: &Context<'_>) -> Outcome {
    for single in &context.data.singles {
        if let Status::Revoked { at, .. } = single.status {
            ensure(at <= single.this_update, || format!("revoked {at}, after thisUpdate {}", single.this_update))?;
        }
    }
    Ok(())
}

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

fn last_word(context: &Context<'_>) -> Outcome {
    let Some(last) = context.last else { return Ok(()) };
    for single in &context.data.singles {
        let (made, until) = (single.this_update, single.next_update);
        ensure(made >= last.this_update(), || format!("made {made}, before the last CRL"))?;
        ensure(until == Some(last.next_update()), || format!("nextUpdate {until:?}, the last CRL's is another"))?;
        let listed = SerialNumber::from_der_integer(&single.id.serial).map(|serial| last.status_of(&serial));
        ensure(listed == Some(single.status), || format!("{:?}, the last CRL says {listed:?}", single.status))?;
    }
    Ok(())
}

fn one_answer_each(context: &Context<'_>) -> Outcome {
    let singles = &context.data.singles;
    for (at, single) in singles.iter().enumerate() {
        let agrees = |earlier: &&crate::ocsp::SingleStatus| earlier.id.serial == single.id.serial;
        let other = singles[..at].iter().filter(agrees).any(|earlier| earlier.status != single.status);
        ensure(!other, || format!("two answers about {}", crate::hex::encode(&single.id.serial)))?;
    }
    Ok(())
}
