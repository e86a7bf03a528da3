//! The schemas of OASIS and xmlsec1 judge what we publish.

use super::sp::{Sp, verify};
use crate::support::Installation;
use crate::support::relying::{Browser, identity};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Our metadata, fetched with a program that nobody here wrote.
pub fn metadata_file(issuer: &str, folder: &Path) -> PathBuf {
    let path = folder.join("idp.xml");
    let url = format!("{issuer}/saml/metadata");
    // Whom to trust is asked by other tests; the signature is what counts here. A new service makes its keys first.
    let output = Command::new("curl")
        .args(["-sfk", "--retry", "30", "--retry-delay", "1", &url, "-o"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    path
}

#[tokio::test]
async fn metadata_and_answers_are_valid_by_the_schemas() {
    let installation = Installation::start("saml-schema");
    let service = Sp::register(&installation, "sp", &["urn:oid:2.5.4.42"], "");
    let metadata = metadata_file(service.issuer(), installation.folder());
    let xml = std::fs::read_to_string(&metadata).unwrap();
    assert!(
        xml.contains("validUntil=") && xml.contains("http://id.swedenconnect.se/loa/1.0/uncertified-loa3"),
        "{xml}"
    );
    assert!(!xml.contains("loa4"), "nothing that is not approved: {xml}");
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    service.login(&browser, &service.login_url(&[], "")).await;
    let answer = installation.folder().join("sp");
    let judged = [
        (metadata.clone(), "saml-schema-metadata-2.0.xsd"),
        (answer.join("response.xml"), "saml-schema-protocol-2.0.xsd"),
        (answer.join("assertion.xml"), "saml-schema-assertion-2.0.xsd"),
    ];
    for (document, schema) in judged {
        assert_valid(installation.folder(), &document, schema);
    }
    let own = xml.split("<ds:X509Certificate>").nth(1).unwrap().split('<').next().unwrap();
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, own).unwrap();
    let pem = installation.folder().join("signer.pem");
    std::fs::write(&pem, pki::Certificate::parse(&der).unwrap().to_pem()).unwrap();
    verify(&metadata, "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor", &[pem]);
}

/// xmllint, without a network: what the schemas import lies beside them.
fn assert_valid(folder: &Path, document: &Path, schema: &str) {
    let catalog = folder.join("catalog.xml");
    let entries = [
        ("http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd", "xmldsig-core-schema.xsd"),
        ("http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd", "xenc-schema.xsd"),
        ("http://www.w3.org/2001/xml.xsd", "xml.xsd"),
    ]
    .iter()
    .map(|(from, to)| format!("<system systemId=\"{from}\" uri=\"file:///usr/share/xml/xmltooling/{to}\"/>"))
    .collect::<Vec<_>>()
    .concat();
    let text = format!("<catalog xmlns=\"urn:oasis:names:tc:entity:xmlns:xml:catalog\">{entries}</catalog>");
    std::fs::write(&catalog, text).unwrap();
    let schema = Path::new("/usr/share/xml/opensaml").join(schema);
    let mut program = Command::new("xmllint");
    program.args(["--nonet", "--noout", "--schema"]).args([&schema, document]);
    let output = program.env("XML_CATALOG_FILES", &catalog).output().unwrap();
    assert!(output.status.success(), "{}: {}", document.display(), String::from_utf8_lossy(&output.stderr));
}
