//! Rows of the lists of cards and certificates.

use crate::http::conditions::tag;
use domain::card::Card;
use domain::certificate::{CertificateRecord, Holder};
use domain::changes::Stored;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardPage {
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A card.
#[derive(Serialize, ToSchema)]
pub struct CardRow {
    number: String,
    holder_id: String,
    /// `bound`, `active` or `revoked`.
    state: &'static str,
    bound_at: String,
    /// The entity tag, for `If-Match`.
    #[schema(example = "\"card-2\"")]
    etag: String,
}

impl From<&Stored<Card>> for CardRow {
    fn from(Stored { value, version }: &Stored<Card>) -> Self {
        Self {
            number: value.number.to_string(),
            holder_id: value.holder.to_string(),
            state: value.state.as_str(),
            bound_at: value.bound_at.to_string(),
            etag: tag("card", *version),
        }
    }
}

/// A certificate, or a serial that is reserved for one.
#[derive(Serialize, ToSchema)]
pub struct CertificateRow {
    issuer: String,
    serial: String,
    purpose: &'static str,
    profile: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_number: Option<String>,
    not_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl From<&CertificateRecord> for CertificateRow {
    fn from(record: &CertificateRecord) -> Self {
        let intent = &record.intent;
        let (holder_id, card_number) = match &intent.holder {
            Holder::Person { person, card, .. } => (Some(person.to_string()), card.as_ref().map(ToString::to_string)),
            _ => (None, None),
        };
        Self {
            issuer: intent.certificate.issuer.clone(),
            serial: intent.certificate.serial.to_string(),
            purpose: intent.purpose.as_str(),
            profile: intent.profile.clone(),
            holder_id,
            card_number,
            not_after: intent.not_after.to_string(),
            revoked_at: record.revocation.as_ref().map(|revocation| revocation.at.to_string()),
        }
    }
}
