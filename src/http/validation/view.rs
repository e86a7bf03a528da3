//! Questions and answers as they travel.

use crate::service::ServiceError;
use crate::service::validate::{Answer, OwnCertificate};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use signature::validate::{self, Indication, Peer, Purpose, Request, Revocation, SubIndication, Verdict};
use utoipa::ToSchema;

/// A certificate, and under what it is to be judged. Certificates and CRLs are DER in base64.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"purpose": "client", "certificate": "MIIC…", "intermediates": ["MIIC…"]}))]
pub struct CertificateQuestion {
    /// What the key is to be used for.
    #[serde(default)]
    purpose: PurposeWord,
    /// The certificate.
    certificate: String,
    /// Certificates that may lie between it and an anchor, in any order.
    #[serde(default)]
    intermediates: Vec<String>,
    /// Trusted certificates, where callers may name them; else, and if empty, those of the installation.
    #[serde(default)]
    trust_anchors: Vec<String>,
    /// CRLs: complete, delta or indirect.
    #[serde(default)]
    crls: Vec<String>,
    /// For which moment (RFC 3339); now if absent.
    validation_time: Option<String>,
    /// `crl`: each certificate below the anchor must be covered by one of `crls`. Our own certificates are looked up in our
    /// journal in either case.
    #[serde(default)]
    revocation: RevocationWord,
    /// Whom the certificate must name.
    peer: Option<PeerView>,
    /// Most intermediate certificates that are not self-issued.
    max_depth: Option<u32>,
    /// Inputs about policies; without them policies decide nothing.
    policy: Option<PolicyView>,
}

/// What a key is to be used for.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PurposeWord {
    /// TLS server.
    Server,
    /// TLS client.
    Client,
    /// Not asked.
    #[default]
    Any,
}

/// How revocation is looked up.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RevocationWord {
    /// In the CRLs of the request.
    Crl,
    /// In our journal only.
    #[default]
    None,
}

/// A name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PeerView {
    kind: PeerKind,
    /// The name, as text.
    value: String,
}

/// What kind of name.
#[derive(Deserialize, ToSchema)]
enum PeerKind {
    /// A host name.
    #[serde(rename = "DNS")]
    Dns,
    /// An address.
    #[serde(rename = "IP")]
    Ip,
    /// A mail address.
    #[serde(rename = "RFC822")]
    Mail,
}

/// Inputs of RFC 5280 clause 6.1.1 (c) to (f).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicyView {
    /// Acceptable policies, OIDs; `2.5.29.32.0` accepts any.
    initial_set: Vec<String>,
    /// A valid policy must remain.
    explicit: bool,
    /// No mapping between policies.
    inhibit_mapping: bool,
    /// anyPolicy in a certificate matches nothing.
    inhibit_any: bool,
}

impl CertificateQuestion {
    /// # Errors
    /// [`ServiceError::Invalid`] for text that is not what it should be.
    pub(super) fn into_request(self, now: UtcTime) -> Result<Request, ServiceError> {
        Ok(Request {
            certificate: octets("certificate", &self.certificate)?,
            intermediates: all_octets("intermediates", &self.intermediates)?,
            trust_anchors: all_octets("trust_anchors", &self.trust_anchors)?,
            crls: all_octets("crls", &self.crls)?,
            at: self.validation_time.as_deref().map_or(Ok(now), moment)?.unix(),
            purpose: match self.purpose {
                PurposeWord::Server => Purpose::Server,
                PurposeWord::Client => Purpose::Client,
                PurposeWord::Any => Purpose::Any,
            },
            peer: self.peer.map(PeerView::into_peer).transpose()?,
            max_depth: self.max_depth,
            policies: self.policy.map(|policy| validate::Policies {
                initial_set: policy.initial_set,
                explicit: policy.explicit,
                inhibit_mapping: policy.inhibit_mapping,
                inhibit_any: policy.inhibit_any,
            }),
            revocation: match self.revocation {
                RevocationWord::Crl => Revocation::Crl,
                RevocationWord::None => Revocation::None,
            },
        })
    }
}

impl PeerView {
    fn into_peer(self) -> Result<Peer, ServiceError> {
        Ok(match self.kind {
            PeerKind::Dns => Peer::Dns(self.value),
            PeerKind::Mail => Peer::Mail(self.value),
            PeerKind::Ip => Peer::Ip(self.value.parse().map_err(|_| invalid("peer", "not an address"))?),
        })
    }
}

/// What was found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateAnswer {
    /// Whether the certificate may be relied on, as asked.
    valid: bool,
    /// EN 319 102-1: `TOTAL_PASSED`, `TOTAL_FAILED` or `INDETERMINATE`.
    #[schema(value_type = String)]
    indication: Indication,
    /// Why not, in the terms of EN 319 102-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    sub_indication: Option<SubIndication>,
    /// Why not, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The chain that was found good, from the certificate to the anchor: DER in base64.
    chain: Vec<String>,
    /// Policies under which it is valid, if they were asked about.
    policies: Vec<String>,
    /// What we know of a certificate that we issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_here: Option<IssuedHere>,
}

/// A certificate of this installation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IssuedHere {
    /// The profile.
    profile: String,
    /// The agency's name, for a person's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    /// Its organisation number.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_number: Option<String>,
    /// Whether a card carries the key.
    on_card: bool,
    /// Since when it is revoked (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl From<Answer> for CertificateAnswer {
    fn from(answer: Answer) -> Self {
        let issued_here = answer.own.map(IssuedHere::from);
        match answer.verdict {
            Verdict::Passed(validated) => Self {
                valid: true,
                indication: Indication::TotalPassed,
                sub_indication: None,
                reason: None,
                chain: validated.chain.iter().map(|der| STANDARD.encode(der)).collect(),
                policies: validated.policies,
                issued_here,
            },
            Verdict::Failed { indication, sub_indication, reason } => Self {
                valid: false,
                indication,
                sub_indication: Some(sub_indication),
                reason: Some(reason),
                chain: Vec::new(),
                policies: Vec::new(),
                issued_here,
            },
        }
    }
}

impl From<OwnCertificate> for IssuedHere {
    fn from(own: OwnCertificate) -> Self {
        let number = own.agency.as_ref().map(|agency| agency.organisation_number.as_str().to_owned());
        Self {
            profile: own.profile,
            agency: own.agency.map(|agency| agency.name),
            organisation_number: number,
            on_card: own.on_card,
            revoked_at: own.revoked_at.map(|at| at.to_string()),
        }
    }
}

fn all_octets(field: &'static str, all: &[String]) -> Result<Vec<Vec<u8>>, ServiceError> {
    all.iter().map(|text| octets(field, text)).collect()
}

fn octets(field: &'static str, text: &str) -> Result<Vec<u8>, ServiceError> {
    STANDARD.decode(text).map_err(|_| invalid(field, "not base64"))
}

/// RFC 3339; parts of a second are dropped, as certificates know none.
fn moment(text: &str) -> Result<UtcTime, ServiceError> {
    let moment: jiff::Timestamp = text.parse().map_err(|_| invalid("validation_time", "not a time of RFC 3339"))?;
    Ok(UtcTime::from_unix(moment.as_second()))
}

fn invalid(field: &'static str, problem: &str) -> ServiceError {
    ServiceError::Invalid { field, problem: problem.to_owned() }
}
