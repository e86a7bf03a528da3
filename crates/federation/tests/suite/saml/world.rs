//! A SAML service with keys, its metadata and its messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use federation::oidc::claims::{Holder, Number};
use federation::saml::SamlError;
use federation::saml::post::{self, Message};
use federation::saml::request::{AuthnRequest, Refused};
use federation::saml::service::{Origin, Service};
use federation::saml::signature::{Draft, SigningKey};
use federation::saml::xml::{Kind, Xml};
use pki::{KeyKind, SignatureAlgorithm, UtcTime};
use rcgen::{CertificateParams, KeyPair, SigningKey as _};
use std::sync::OnceLock;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const SERVICE: &str = "https://sp.example/saml";
pub(crate) const CONSUMER: &str = "https://sp.example/acs";
pub(crate) const HERE: &str = "https://idp.example/saml/login";
pub(crate) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
pub(crate) const PNR: &str = "urn:oid:1.2.752.29.4.13";

pub(crate) struct World {
    pub(crate) signing: KeyPair,
    pub(crate) certificate: Vec<u8>,
    pub(crate) service: Service,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Origin::Local, |metadata| metadata)
    }

    /// With changes in the text of the metadata.
    pub(crate) fn with(origin: Origin, change: impl Fn(String) -> String) -> Self {
        Self::try_with(origin, change).unwrap()
    }

    pub(crate) fn try_with(origin: Origin, change: impl Fn(String) -> String) -> Result<Self, SamlError> {
        let signing = KeyPair::generate().unwrap();
        let certificate = carrier(&signing);
        let text = change(metadata(&certificate, &carrier(recipient())));
        let xml = Xml::read(text.as_bytes(), Kind::Metadata)?;
        let service = Service::read(xml.root(), origin)?;
        Ok(Self { signing, certificate, service })
    }

    /// The key as a message names it.
    pub(crate) fn key(&self) -> SigningKey<'_> {
        let algorithm = SignatureAlgorithm::EcdsaSha256;
        SigningKey { certificate: &self.certificate, kind: KeyKind::EcP256, algorithm }
    }

    /// A document with its signature.
    pub(crate) fn finish(&self, draft: Draft) -> String {
        let signature = self.signing.sign(draft.message()).unwrap();
        draft.finish(signature).unwrap()
    }

    /// A request in two parts, signed.
    pub(crate) fn signed(&self, (before, after): (String, String)) -> String {
        self.finish(Draft::new(before, after, "_r1", self.key()).unwrap())
    }

    /// A good request, signed.
    pub(crate) fn good(&self) -> String {
        self.signed(request(&[], ""))
    }

    /// What becomes of a message in a form.
    pub(crate) fn read(&self, xml: &str) -> Result<AuthnRequest, Refused> {
        self.read_message(&form(xml))
    }

    pub(crate) fn read_message(&self, message: &Message) -> Result<AuthnRequest, Refused> {
        let xml = Xml::read(&message.xml, Kind::Message)?;
        AuthnRequest::read(message, &xml, &self.service, (HERE, now()))
    }
}

/// The key that assertions are encrypted to. RSA keys take long to make.
pub(crate) fn recipient() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap())
}

/// A message as a browser posts it.
pub(crate) fn form(xml: &str) -> Message {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLRequest", &STANDARD.encode(xml))
        .append_pair("RelayState", "rs-1")
        .finish();
    post::read(body.as_bytes(), "SAMLRequest").unwrap()
}

pub(crate) fn now() -> UtcTime {
    UtcTime::from_unix(NOW)
}

fn carrier(key: &KeyPair) -> Vec<u8> {
    CertificateParams::default().self_signed(key).unwrap().der().to_vec()
}

/// A request in two parts, with changes in its attributes (an empty value takes one away) and with content.
pub(crate) fn request(changes: &[(&str, &str)], content: &str) -> (String, String) {
    let issued = now().to_string();
    let mut attributes = vec![
        ("ID", "_r1"),
        ("Version", "2.0"),
        ("IssueInstant", issued.as_str()),
        ("Destination", HERE),
        ("AssertionConsumerServiceURL", CONSUMER),
    ];
    for (name, value) in changes {
        attributes.retain(|(known, _)| known != name);
        if !value.is_empty() {
            attributes.push((name, value));
        }
    }
    let attributes = attributes.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect::<Vec<_>>().concat();
    let before = format!(
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"{attributes}>\
         <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{SERVICE}</saml:Issuer>"
    );
    (before, format!("{content}</samlp:AuthnRequest>"))
}

pub(crate) fn holder() -> Holder {
    let number = testkit::identity_number(7);
    Holder {
        given_name: "Åsa & co".to_owned(),
        family_name: "<Öberg>".to_owned(),
        number: Number::Personal(number),
        organisation: "Myndigheten".to_owned(),
        organisation_number: "2021000001".to_owned(),
        affiliation: "asa".to_owned(),
        valid_from: NOW,
        valid_to: NOW + 1,
    }
}

fn metadata(signing: &[u8], recipient: &[u8]) -> String {
    let key = |purpose: &str, certificate: &[u8]| {
        format!(
            "<md:KeyDescriptor use=\"{purpose}\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{}\n\
             </ds:X509Certificate></ds:X509Data></ds:KeyInfo><!--methods--></md:KeyDescriptor>",
            STANDARD.encode(certificate)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- written by hand -->\n\
         <md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"{SERVICE}\">\
         <md:Extensions><mdattr:EntityAttributes xmlns:mdattr=\"urn:oasis:names:tc:SAML:metadata:attribute\">\
         <saml:Attribute xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         Name=\"http://macedir.org/entity-category\"><saml:AttributeValue>@CATEGORY@</saml:AttributeValue>\
         </saml:Attribute></mdattr:EntityAttributes></md:Extensions>\
         <md:SPSSODescriptor AuthnRequestsSigned=\"true\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}{}\
         <md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" Location=\"https://sp.example/slo\"/>\
         <md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
         Location=\"https://sp.example/other\" index=\"3\"/>\
         <md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
         Location=\"{CONSUMER}\" index=\"7\" isDefault=\"true\"/>\
         <md:AttributeConsumingService index=\"1\"><md:ServiceName xml:lang=\"sv\">Tjänsten</md:ServiceName>\
         <md:ServiceName xml:lang=\"en\">The service</md:ServiceName>\
         <md:RequestedAttribute Name=\"urn:oid:2.5.4.42\"/></md:AttributeConsumingService>\
         </md:SPSSODescriptor></md:EntityDescriptor>",
        key("signing", signing),
        key("encryption", recipient),
    )
}
