//! An issuance from identification to the request for a signature.

use super::world::{NOW, World, digits, person_facts};
use crate::signer::protocol::{CardToSign, CertificateToSign, IssueRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::evidence::{IssueEvidence, Signed};
use domain::id::hex;
use domain::operation::{
    Act, DeliverCards, DeliveredCard, DocumentKind, IdentifyApplicant, IdentityProof, IssueCard, Operation,
    OperationHash, PlannedProfile, ProofMethod, STATEMENT_TYPE, Statement, StockCards, StockedKeys,
};
use pki::certificate::Certificate;
use pki::issue::{Request, SubjectFacts, prepare};
use pki::jose::sign_compact;
use pki::key::{KeyId, KeyKind, PublicKey, SignatureAlgorithm};
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use testkit::SoftSigner;

/// Who did what, as the officers themselves sign it.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) order: IssueCard,
    /// Who stood before the identifier, if not the one in the order.
    pub(super) identified: Option<SubjectFacts>,
    /// Last day of the document that was shown.
    pub(super) expires: &'static str,
    pub(super) delivered_card: String,
    /// Who identified the holder of a reserve card the second time.
    pub(super) second: Option<&'static str>,
    pub(super) identifier: &'static str,
    pub(super) approvers: Vec<&'static str>,
    pub(super) desk: &'static str,
    pub(super) signed_at: UtcTime,
    pub(super) keys: BTreeMap<Purpose, PublicKey>,
}

impl Story {
    /// Kim of agency A gets a card, and everybody does the right thing. `name` tells stories apart.
    pub(super) fn new(world: &World, name: &str) -> Self {
        let mut subject = person_facts("agency-a", "191401682396", "kim");
        let card = format!("9752{}", digits(name));
        subject = subject.with("card.number", &card);
        let planned =
            |profile: &str| PlannedProfile { profile: profile.to_owned(), revision: world.profile(profile).revision() };
        let profiles = [
            (Purpose::PersonAuthentication, "person-authentication-loa4"),
            (Purpose::PersonSignature, "person-signature-loa4"),
        ];
        let order = IssueCard {
            enrolment: format!("enrolment-{name}").parse().unwrap(),
            tenant: "agency-a".parse().unwrap(),
            applicant: "kim".parse().unwrap(),
            card: card.parse().unwrap(),
            subject,
            certificates: profiles.map(|(purpose, profile)| (purpose, planned(profile))).into(),
            submitted_by: "ria".parse().unwrap(),
            identified_by: "ria".parse().unwrap(),
            identification: OperationHash::of(b"set when it is told"),
            reserve: None,
        };
        let keys = profiles.map(|(purpose, _)| (purpose, key(&format!("{name}-{}", purpose.as_str()))));
        Self {
            order,
            identified: None,
            expires: "2030-01-01",
            delivered_card: card,
            second: None,
            identifier: "ria",
            approvers: vec!["anna"],
            desk: "dan",
            signed_at: NOW,
            keys: keys.into(),
        }
    }

    /// The same story with something told differently.
    pub(super) fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// All signatures, and the request with bytes as they should be.
    pub(super) fn request(&self, world: &World) -> IssueRequest {
        let certificates = self.keys.iter().map(|(purpose, key)| self.certificate(world, *purpose, key)).collect();
        let (evidence, delivery) = self.evidence(world);
        IssueRequest { issuer: "person".to_owned(), delivery, cards: vec![CardToSign { evidence, certificates }] }
    }

    /// The bytes of one certificate, as the web process builds them.
    pub(super) fn certificate(&self, world: &World, purpose: Purpose, key: &PublicKey) -> CertificateToSign {
        let profile = &self.order.certificates[&purpose].profile;
        certificate(world, profile, &self.order.subject, key, (NOW, NOW.plus_days(365)))
    }

    /// What officers signed: for the card, and on its delivery.
    pub(super) fn evidence(&self, world: &World) -> (IssueEvidence, Signed) {
        let first = IdentifyApplicant {
            enrolment: self.order.enrolment.clone(),
            tenant: self.order.tenant.clone(),
            applicant: self.order.applicant.clone(),
            subject: self.identified.clone().unwrap_or_else(|| self.order.subject.clone()),
            submitted_by: self.order.submitted_by.clone(),
            identified_by: self.order.identified_by.clone(),
            proof: IdentityProof {
                document: DocumentKind::Passport,
                number: "X".to_owned(),
                expires: self.expires.to_owned(),
                method: ProofMethod::InPerson,
                place: "Desk".to_owned(),
            },
            reserve: self.order.reserve.clone(),
        };
        let second = self.second.map(|by| IdentifyApplicant { identified_by: by.parse().unwrap(), ..first.clone() });
        let identification = Operation::IdentifyApplicant(first);
        let approval = Operation::IssueCard(IssueCard { identification: identification.hash(), ..self.order.clone() });
        let delivery = self.delivery();
        let sign = |operation: &Operation, act, people: &[&str]| Signed {
            operation: String::from_utf8(operation.to_bytes()).unwrap(),
            statements: people.iter().map(|id| statement(world, id, act, operation.hash(), self.signed_at)).collect(),
        };
        let identification = sign(&identification, Act::Identify, &[self.identifier]);
        let approval = sign(&approval, Act::Approve, &self.approvers);
        let second = second.map(|told| (told.identified_by.clone(), Operation::IdentifyApplicant(told)));
        let second = second.map(|(by, told)| sign(&told, Act::Identify, &[by.as_str()]));
        (IssueEvidence { identification, approval, second }, sign(&delivery, Act::Deliver, &[self.desk]))
    }

    /// What the desk signs: a card for its application, or a reserve card for nobody yet.
    fn delivery(&self) -> Operation {
        let delivered = self.delivered();
        if self.order.reserve.is_none() {
            return Operation::DeliverCards(DeliverCards { cards: vec![delivered] });
        }
        let stocked = StockedKeys { card: delivered.card, keys: delivered.keys };
        Operation::StockCards(StockCards { cards: vec![stocked] })
    }

    /// The card as the desk saw it.
    pub(super) fn delivered(&self) -> DeliveredCard {
        DeliveredCard {
            enrolment: self.order.enrolment.clone(),
            card: self.delivered_card.parse().unwrap(),
            keys: self.keys.iter().map(|(purpose, key)| (*purpose, hex(&key.fingerprint()))).collect(),
        }
    }
}

/// A certificate's bytes under the CA of persons.
pub(super) fn certificate(
    world: &World,
    profile: &str,
    subject: &SubjectFacts,
    key: &PublicKey,
    (not_before, not_after): (UtcTime, UtcTime),
) -> CertificateToSign {
    let profile = world.profile(profile);
    let serial = world.serial();
    let request = Request { profile, subject, key, serial, not_before, not_after };
    let tbs = prepare(&request, &world.person_ca).unwrap().as_bytes().to_vec();
    CertificateToSign { purpose: profile.purpose(), spki: key.spki().to_vec(), serial, not_before, not_after, tbs }
}

/// What an officer signs with the signature key on the card.
pub(super) fn statement(world: &World, id: &str, act: Act, operation: OperationHash, at: UtcTime) -> String {
    let key = KeyId::new(format!("{id}-signature"));
    statement_with(&world.cards, &key, &world.person(id).signature, (act, operation, at))
}

/// A statement with any key and any certificate in its header.
pub(super) fn statement_with(
    keys: &SoftSigner,
    key: &KeyId,
    certificate: &Certificate,
    (act, operation, at): (Act, OperationHash, UtcTime),
) -> String {
    let header = serde_json::json!({ "typ": STATEMENT_TYPE, "x5c": [STANDARD.encode(certificate.der().as_bytes())] });
    let payload = serde_json::to_vec(&Statement { act, operation, at }).unwrap();
    sign_compact(header, &payload, key, SignatureAlgorithm::EcdsaSha256, keys).unwrap()
}

/// A key on the new card.
pub(super) fn key(label: &str) -> PublicKey {
    let mut keys = SoftSigner::new();
    let id = keys.add(label, KeyKind::EcP256);
    keys.public(&id)
}
