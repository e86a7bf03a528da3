//! What is fuzzed: every reader of bytes that somebody else wrote.
//!
//! One list for the fuzzer (`fuzz_targets`) and for the short run in the tests. A target panics if
//! a reader does, or if what it read does not come out again as it went in.

use domain::operation::Operation;
use pki::profile::Profile;

/// A reader by name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("access_policy", access_policy),
    ("ceremony", ceremony),
    ("certificate", certificate),
    ("config", config),
    ("crl", crl),
    ("csr", csr),
    ("identifier", identifier),
    ("jwe", jwe),
    ("jws", jws),
    ("ocsp_get_path", ocsp_get_path),
    ("ocsp_request", ocsp_request),
    ("ocsp_response", ocsp_response),
    ("oidc_registration", oidc_registration),
    ("oidc_request", oidc_request),
    ("operation", operation),
    ("path", path),
    ("profile", profile),
    ("register_answer", register_answer),
    ("saml_message", saml_message),
    ("saml_metadata", saml_metadata),
    ("signer_request", signer_request),
    ("spki", spki),
    ("timestamp_request", timestamp_request),
    ("token_answer", token_answer),
    ("token_backup", token_backup),
    ("transcript", transcript),
];

/// Answers of a person register.
pub fn register_answer(data: &[u8]) {
    let Ok(Some(entry)) = domain::register::Entry::from_answer(data) else { return };
    let again = serde_json::json!({ "person": &entry }).to_string();
    let read = domain::register::Entry::from_answer(again.as_bytes()).expect("what was accepted is accepted again");
    assert_eq!(read.as_ref(), Some(&entry));
}

/// The policies that are no profiles.
pub fn access_policy(data: &[u8]) {
    let _ = with_text(data, domain::assurance::Assurance::from_toml);
    let _ = with_text(data, domain::bulk::RevocationPolicy::from_toml);
    let _ = with_text(data, domain::end_of_ca::EndOfCa::from_toml);
    let _ = with_text(data, domain::hand_out::Terms::from_toml);
    let _ = with_text(data, domain::retention::Retention::from_toml);
    let _ = with_text(data, pki::profile::Algorithms::from_toml);
    let _ = with_text(data, signature::stamp::StampPolicy::from_toml);
    let _ = with_text(data, pki::profile::Claims::from_toml);
    let _ = with_text(data, domain::packages::Packages::from_toml);
    let _ = with_text(data, domain::eligibility::EligibilityPolicy::from_toml);
}

/// The file of a key ceremony.
pub fn ceremony(data: &[u8]) {
    if let Some(Ok(script)) = with_text(data, sigill::ceremony::script::Script::from_toml) {
        assert!(script.custodians().count() >= script.custodians_needed, "there is always a quorum");
    }
}

/// Requests for time stamps.
pub fn timestamp_request(data: &[u8]) {
    if let Ok(request) = signature::stamp::parse_request(data) {
        assert_eq!(request.digest.len(), request.hash.octets(), "a digest has the length of its algorithm");
    }
}

/// Certificates, with every question that is asked of one.
pub fn certificate(data: &[u8]) {
    let Ok(certificate) = pki::Certificate::parse(data) else { return };
    assert_eq!(certificate.der().as_bytes(), data, "what was read is what is kept");
    let again = pki::Certificate::from_pem(&certificate.der().to_pem()).expect("a certificate survives PEM");
    assert_eq!(again.fingerprint(), certificate.fingerprint());
    let _ = (certificate.common_name(), certificate.policies(), certificate.card_number());
    let _ = certificate.verify_issued_by(&certificate);
}

/// `sigill.toml`.
pub fn config(data: &[u8]) {
    let _ = with_text(data, toml::from_str::<sigill::config::Config>);
}

/// CRLs.
pub fn crl(data: &[u8]) {
    let _ = pki::crl::parse_crl(data);
}

/// Certificate requests, PEM and DER.
pub fn csr(data: &[u8]) {
    if let Ok(pki::CertificationRequest { key, .. }) = pki::read_csr(data) {
        let again = pki::PublicKey::from_spki(key.spki()).expect("a key that was read is read again");
        assert_eq!(again.fingerprint(), key.fingerprint());
    }
}

/// Swedish numbers.
pub fn identifier(data: &[u8]) {
    if let Some(Ok(number)) = with_text(data, str::parse::<pki::identifier::PersonalNumber>) {
        assert_eq!(number.as_str().len(), 12);
    }
    let _ = with_text(data, str::parse::<pki::identifier::OrganisationNumber>);
}

/// Compact JWS with their certificates.
pub fn jws(data: &[u8]) {
    let Some(Ok(jws)) = with_text(data, pki::jose::read_compact) else { return };
    let Some(der) = jws.x5c() else { return };
    if let Ok(certificate) = pki::Certificate::parse(&der) {
        let _ = jws.verify(certificate.public_key());
    }
}

/// The path of `GET /ocsp/…`.
pub fn ocsp_get_path(data: &[u8]) {
    if let Some(Ok(der)) = with_text(data, sigill::http::status::decode_get_path) {
        ocsp_request(&der);
    }
}

/// OCSP requests.
pub fn ocsp_request(data: &[u8]) {
    let _ = pki::ocsp::parse_request(data);
}

/// A certificate, an anchor and what may lie between, one after another in DER: whatever they are, the answer costs no more
/// than its budget.
pub fn path(data: &[u8]) {
    use signature::validate::{Budget, Limits, Purpose, Request, Revocation, Verdict};
    let mut all = elements(data).map(<[u8]>::to_vec);
    let (Some(certificate), Some(anchor)) = (all.next(), all.next()) else { return };
    let request = Request {
        certificate,
        intermediates: all.collect(),
        trust_anchors: vec![anchor],
        crls: Vec::new(),
        at: 1_767_225_600,
        purpose: Purpose::Any,
        peer: None,
        max_depth: None,
        policies: None,
        revocation: Revocation::None,
    };
    let limits = Limits { signatures: 20, chains: 4, ..Limits::default() };
    if let Ok(Verdict::Passed(good)) = signature::validate::certificate(&request, &mut Budget::new(limits, &|| true)) {
        assert!(good.chain.len() <= limits.depth, "a chain is no longer than allowed");
        assert_eq!(good.chain[0], request.certificate);
    }
}

/// The elements of DER, one after another, as far as their lengths lead.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (octets, head) = match *rest.get(1)? {
            short @ 0..0x80 => (usize::from(short), 2),
            long => {
                let count = usize::from(long & 0x7f);
                let length = rest.get(2..2 + count).filter(|length| (1..=3).contains(&length.len()))?;
                (length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), 2 + count)
            }
        };
        let (element, after) = rest.split_at_checked(head + octets)?;
        rest = after;
        Some(element)
    })
}

/// OCSP answers, which our own tools read.
pub fn ocsp_response(data: &[u8]) {
    let _ = pki::ocsp::parse_response(data);
}

/// Encrypted messages of relying services. What was read opens with no other secret than its own.
pub fn jwe(data: &[u8]) {
    if let Some(Ok(jwe)) = with_text(data, federation::oidc::jwe::Jwe::read) {
        assert!(jwe.open(&[0; 32]).is_err(), "nobody agrees on nought");
    }
}

/// Registrations of relying services.
pub fn oidc_registration(data: &[u8]) {
    if let Some(Ok(client)) = with_text(data, federation::oidc::client::Client::from_json) {
        assert!(!client.redirect_uris.is_empty(), "whoever is registered has an address");
    }
}

/// Messages of SAML services: XML, and the addresses and forms that bring it. Without a key nobody signed anything.
pub fn saml_message(data: &[u8]) {
    use federation::saml::xml::{Kind, Xml};
    use federation::saml::{post, redirect, request, signature};
    if let Ok(xml) = Xml::read(data, Kind::Message) {
        let _ = request::issuer(&xml);
        assert!(signature::verify(&xml, &[]).is_err(), "a signature of nobody is none");
    }
    let _ = with_text(data, |query| redirect::read(query, "SAMLRequest"));
    let _ = post::read(data, "SAMLRequest");
}

/// Metadata of SAML services.
pub fn saml_metadata(data: &[u8]) {
    use federation::saml::service::{Origin, Service};
    use federation::saml::xml::{Kind, Xml};
    let Ok(xml) = Xml::read(data, Kind::Metadata) else { return };
    if let Ok(service) = Service::read(xml.root(), Origin::Federation) {
        assert!(!service.keys.is_empty() && !service.consumers.is_empty(), "a service has a key and an address");
        let _ = service.default_consumer();
    }
}

/// Requests of relying services, with or without a signed object, through the browser and pushed.
pub fn oidc_request(data: &[u8]) {
    use federation::oidc::authentication::Clock;
    use federation::oidc::authorization::{AuthorizationRequest, Way};
    let registered = r#"{"client_id":"rp","redirect_uris":["https://rp.example/cb"],"scope":"openid",
        "token_endpoint_auth_method":"tls_client_auth","tls_client_auth_subject_dn":"CN=rp"}"#;
    let client = federation::oidc::client::Client::from_json(registered).expect("a registration of ours");
    let provider = federation::oidc::provider::Provider {
        issuer: "https://op.example".to_owned(),
        mtls: None,
        approval: federation::oidc::level::Approval::None,
        algorithms: Vec::new(),
        decrypts: true,
        refreshes: true,
    };
    let Ok(parameters) = federation::oidc::Parameters::from_form(data) else { return };
    let clock = Clock(pki::UtcTime::from_unix(1_800_000_000));
    for way in [Way::Front, Way::Pushed] {
        match AuthorizationRequest::read(parameters.clone(), &client, (&provider, way, clock)) {
            Ok(request) => assert_eq!(request.redirect_uri, client.redirect_uris[0], "no open redirect"),
            Err(refused) => assert!(refused.redirect.is_none_or(|to| to.uri == client.redirect_uris[0])),
        }
    }
}

/// Operations under dual control: one form, or none.
pub fn operation(data: &[u8]) {
    if let Ok(operation) = Operation::from_bytes(data) {
        assert_eq!(operation.to_bytes(), data, "an operation has one form");
    }
}

/// Certificate profiles.
pub fn profile(data: &[u8]) {
    let _ = with_text(data, Profile::from_toml);
}

/// Questions to the signer process.
pub fn signer_request(data: &[u8]) {
    let _ = serde_json::from_slice::<sigill::signer::protocol::Request>(data);
}

/// Public keys.
pub fn spki(data: &[u8]) {
    if let Ok(key) = pki::PublicKey::from_spki(data) {
        assert_eq!(key.spki(), data);
    }
}

/// What a token says of a public key, and a signature by it: the key's type in one octet, then curve, point, modulus,
/// exponent and signature, each after two octets of its length.
pub fn token_answer(data: &[u8]) {
    let Some((&key_type, mut rest)) = data.split_first() else { return };
    let mut part = || {
        let (length, after) = rest.split_at_checked(2).unwrap_or((&[0, 0], &[]));
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let (part, after) = after.split_at_checked(length).unwrap_or((after, &[]));
        rest = after;
        part
    };
    let [parameters, point, modulus, exponent, signature] = [part(), part(), part(), part(), part()];
    let answer = hsm::answers::PublicKeyAnswer { key_type: key_type.into(), parameters, point, modulus, exponent };
    let Some(key) = answer.read() else { return };
    assert_eq!(pki::PublicKey::from_spki(key.spki()).expect("a key that was read is read again"), key);
    if let Some(signature) = hsm::answers::signature(key.kind(), signature.to_vec()) {
        let _ = key.verify(pki::SignatureAlgorithm::default_for(key.kind()), b"", &signature);
    }
}

/// Backups of tokens, also with a seal that fits.
pub fn token_backup(data: &[u8]) {
    use sigill::cli::token::backup::Backup;
    for backup in [Backup::from_bytes(data), Backup::from_sealed(data)].into_iter().flatten() {
        let again = Backup::from_bytes(&backup.to_bytes()).expect("a backup that was read is written and read again");
        assert_eq!(again.facts(), backup.facts());
    }
}

/// Sealed transcripts of key ceremonies.
pub fn transcript(data: &[u8]) {
    let _ = with_text(data, sigill::ceremony::transcript::verify::judge);
}

fn with_text<'a, T>(data: &'a [u8], read: impl FnOnce(&'a str) -> T) -> Option<T> {
    std::str::from_utf8(data).ok().map(read)
}
