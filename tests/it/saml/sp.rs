//! A SAML service, as small as it can be. What it reads, xmlsec1 has verified and decrypted.

use crate::support::Installation;
use crate::support::relying::{Browser, Page};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use federation::saml::redirect::Draft;
use pki::{KeyKind, SignatureAlgorithm};
use rcgen::{CertificateParams, KeyPair, SigningKey as _};
use sigill::clock::{Clock, System};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A registered service with keys of its own.
pub struct Sp {
    pub id: String,
    signing: KeyPair,
    folder: PathBuf,
    issuer: String,
}

/// An answer, verified, with its assertion in the clear.
#[derive(Debug)]
pub struct Answer {
    pub xml: String,
    pub relay_state: String,
}

impl Sp {
    /// Registers a service with `sigill demo rp add`, that asks for these attributes; `more` stands in its role.
    pub fn register(installation: &Installation, name: &str, attributes: &[&str], more: &str) -> Self {
        let signing = KeyPair::generate().unwrap();
        let recipient = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let folder = installation.folder().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("recipient.key"), recipient.serialize_pem()).unwrap();
        let id = format!("https://{name}.example/saml");
        let key = |purpose: &str, pair: &KeyPair| {
            let certificate = CertificateParams::default().self_signed(pair).unwrap();
            let certificate = STANDARD.encode(certificate.der());
            format!(
                "<md:KeyDescriptor use=\"{purpose}\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>\
                 <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            )
        };
        let requested = attributes
            .iter()
            .map(|name| format!("<md:RequestedAttribute Name=\"{name}\"/>"))
            .collect::<Vec<_>>()
            .concat();
        let metadata = format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{id}\">\
             <md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\" WantAssertionsSigned=\"true\">\
             {}{}{more}<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
             Location=\"https://{name}.example/acs\" index=\"0\"/><md:AttributeConsumingService index=\"0\">\
             <md:ServiceName xml:lang=\"sv\">Tjänsten {name}</md:ServiceName>{requested}</md:AttributeConsumingService>\
             </md:SPSSODescriptor></md:EntityDescriptor>",
            key("signing", &signing),
            key("encryption", &recipient),
        );
        let file = folder.join("metadata.xml");
        std::fs::write(&file, metadata).unwrap();
        installation.sigill(&["demo", "rp", "add", "--saml", file.to_str().unwrap()]);
        super::judge::metadata_file(&installation.url("api_url"), &folder);
        Self { id, signing, folder, issuer: installation.url("api_url") }
    }

    /// The provider's origin.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where a login begins; with attributes and content of the request.
    pub fn login_url(&self, attributes: &[(&str, &str)], content: &str) -> String {
        self.url("login", "AuthnRequest", attributes, content)
    }

    /// Where a logout begins.
    pub fn logout_url(&self, name_id: &str, session: &str) -> String {
        let content = format!(
            "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{name_id}</saml:NameID>\
             <samlp:SessionIndex>{session}</samlp:SessionIndex>"
        );
        self.url("logout", "LogoutRequest", &[], &content)
    }

    fn url(&self, path: &str, kind: &str, attributes: &[(&str, &str)], content: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let address = format!("{}/saml/{path}", self.issuer);
        let attributes =
            attributes.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect::<Vec<_>>().concat();
        let xml = format!(
            "<samlp:{kind} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_{}-{}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{address}\"{attributes}>\
             <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer>{content}</samlp:{kind}>",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::SeqCst),
            System.now(),
            self.id,
        );
        let key = (KeyKind::EcP256, SignatureAlgorithm::EcdsaSha256);
        let draft = Draft::new(&address, ("SAMLRequest", &xml), Some("rs-1"), key).unwrap();
        let signature = self.signing.sign(draft.message()).unwrap();
        draft.finish(signature).unwrap()
    }

    /// Logs in and says yes.
    pub async fn login(&self, browser: &Browser, url: &str) -> Answer {
        self.decide(browser, url, "accept").await
    }

    /// Logs in and answers.
    pub async fn decide(&self, browser: &Browser, url: &str, answer: &str) -> Answer {
        let (at, proof) = browser.reach_consent(url).await;
        let page = browser.post(&at, &[("proof", &proof), ("answer", answer)], &self.issuer).await;
        self.open(&page)
    }

    /// The answer in the form of a page: xmlsec1 verifies the response, decrypts the assertion, and verifies that.
    pub fn open(&self, page: &Page) -> Answer {
        assert_eq!(page.status, reqwest::StatusCode::OK, "{}", page.body);
        let field = |name: &str| {
            let found = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1);
            found.unwrap_or_else(|| panic!("no {name} in {}", page.body)).split('"').next().unwrap().to_owned()
        };
        let xml = STANDARD.decode(field("SAMLResponse")).unwrap();
        let path = self.folder.join("response.xml");
        std::fs::write(&path, &xml).unwrap();
        let certificates = self.certificates();
        verify(&path, "urn:oasis:names:tc:SAML:2.0:protocol:Response", &certificates);
        let xml = if String::from_utf8_lossy(&xml).contains("EncryptedAssertion") {
            let open = self.decrypt(&path);
            let assertion = open.split("<saml:EncryptedAssertion").nth(1).unwrap().split_once('>').unwrap().1;
            let assertion = assertion.split("</saml:EncryptedAssertion>").next().unwrap();
            let path = self.folder.join("assertion.xml");
            std::fs::write(&path, assertion).unwrap();
            verify(&path, "urn:oasis:names:tc:SAML:2.0:assertion:Assertion", &certificates);
            open
        } else {
            String::from_utf8(xml).unwrap()
        };
        Answer { xml, relay_state: field("RelayState") }
    }

    /// The provider's certificates, as its metadata has them.
    fn certificates(&self) -> Vec<PathBuf> {
        let metadata = super::judge::metadata_file(&self.issuer, &self.folder);
        let xml = std::fs::read_to_string(metadata).unwrap();
        let role = xml.split("<md:IDPSSODescriptor").nth(1).unwrap();
        let all = role.split("<ds:X509Certificate>").skip(1).map(|rest| rest.split('<').next().unwrap());
        all.enumerate()
            .map(|(at, base64)| {
                let path = self.folder.join(format!("idp-{at}.pem"));
                let der = STANDARD.decode(base64).unwrap();
                std::fs::write(&path, pki::Certificate::parse(&der).unwrap().to_pem()).unwrap();
                path
            })
            .collect()
    }

    fn decrypt(&self, path: &Path) -> String {
        let key = self.folder.join("recipient.key");
        let output = Command::new("xmlsec1").args(["--decrypt", "--privkey-pem"]).args([&key, path]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// xmlsec1 verifies the signature of a document with one of the certificates.
pub fn verify(path: &Path, element: &str, certificates: &[PathBuf]) {
    let mut said = String::new();
    for certificate in certificates {
        let mut program = Command::new("xmlsec1");
        program.args(["--verify", "--enabled-key-data", "raw-x509-cert", "--pubkey-cert-pem"]).arg(certificate);
        let output = program.args(["--id-attr:ID", element]).arg(path).output().unwrap();
        if output.status.success() {
            return;
        }
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    panic!("xmlsec1 does not verify {}: {said}", path.display());
}

impl Answer {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let rest = self.xml.split(&format!("<saml:Attribute Name=\"{name}\"")).nth(1)?;
        let value = rest.split("<saml:AttributeValue").nth(1)?.split_once('>')?.1;
        Some(value.split("</").next()?.to_owned())
    }

    /// What stands in the only element with this beginning.
    pub fn text(&self, element: &str) -> &str {
        let rest =
            self.xml.split(&format!("<{element}")).nth(1).unwrap_or_else(|| panic!("no {element}: {}", self.xml));
        rest.split_once('>').unwrap().1.split("</").next().unwrap()
    }

    /// Whether it says this status, second level.
    pub fn says(&self, status: &str) -> bool {
        self.xml.contains(&format!("<samlp:StatusCode Value=\"{status}\">")) && !self.xml.contains("Assertion>")
    }

    /// The name of the session.
    pub fn session(&self) -> String {
        self.xml.split("SessionIndex=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}
