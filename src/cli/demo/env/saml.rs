//! For `saml_sp.py`: a SAML service that was registered now, and a person with a software key.

use super::super::{Demo, rp};
use super::Environment;
use crate::cli::quickstart::files;
use crate::config::Config;
use anyhow::Context;
use federation::oidc::level::supported;
use federation::saml::metadata::path;
use openssl::asn1::Asn1Time;
use openssl::base64::encode_block;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509NameBuilder};

/// The driver's environment.
///
/// # Errors
/// If the service refuses the registration or a file cannot be written.
pub(super) async fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let config = Config::load(&demo.layout.config())?;
    let login = config.login.context("this installation has no [login]: it was made before there were card logins")?;
    anyhow::ensure!(login.saml.is_some(), "this installation has no [login.saml]: it was made before there was SAML");
    let people = &demo.manifest.people;
    let person = people.iter().find(|person| person.roles.is_empty()).or(people.first());
    let person = person.context("the installation has no people")?;
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let certificate = certificate(&key)?;
    rp::add_saml(demo, &metadata(&certificate.to_der()?)).await?;
    let folder = rp::folder(demo, "demo-saml");
    files::private_folder(&folder)?;
    let (key_file, certificate_file) = (folder.join("sp.key"), folder.join("sp.pem"));
    files::private(&key_file, key.private_key_to_pem_pkcs8()?)?;
    files::private(&certificate_file, certificate.to_pem()?)?;

    let mut environment = Environment::default();
    environment.path("SP_KEY", &key_file);
    environment.path("SP_CERT", &certificate_file);
    environment.set("SP_ENTITY", ENTITY_ID);
    environment.set("ACS", CONSUMER);
    environment.set("IDP_METADATA", &format!("{}{}", login.issuer, path::METADATA));
    environment.path("CA_FILE", &demo.manifest.tls_ca);
    environment.path("CERT", &person.certificate);
    environment.path("KEY", &person.key);
    environment.set("LOA", supported(login.approval).last().map_or("", |(level, _)| level));
    environment.set("REQUIRE_ENC", "1");
    environment.set("ATTRS", &ATTRIBUTES.join(","));
    Ok(environment)
}

/// A certificate that carries a key, issued by nobody but itself.
fn certificate(key: &PKey<openssl::pkey::Private>) -> anyhow::Result<X509> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "demo-saml")?;
    let name = name.build();
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(openssl::bn::BigNum::from_u32(1)?.to_asn1_integer()?.as_ref())?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(Asn1Time::days_from_now(0)?.as_ref())?;
    builder.set_not_after(Asn1Time::days_from_now(3650)?.as_ref())?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

fn metadata(certificate: &[u8]) -> String {
    let certificate = encode_block(certificate);
    let requested = ATTRIBUTES.map(|name| REQUESTED.replace("@NAME@", name)).concat();
    TEMPLATE.replace("@CERTIFICATE@", &certificate).replace("@REQUESTED@", &requested)
}

const ENTITY_ID: &str = "https://sp.example/saml";
/// Never called: the driver stops there.
const CONSUMER: &str = "https://sp.example/acs";
const ATTRIBUTES: [&str; 7] = [
    "urn:oid:2.5.4.4",
    "urn:oid:2.5.4.42",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "urn:oid:1.2.752.29.4.13",
    "urn:oid:2.5.4.10",
    "urn:oid:2.5.4.97",
    "urn:oid:1.2.752.201.3.1",
];
const REQUESTED: &str = r#"      <md:RequestedAttribute Name="@NAME@"
          NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"/>
"#;
const TEMPLATE: &str = r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://sp.example/saml">
  <md:SPSSODescriptor AuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor>
      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>@CERTIFICATE@</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
    <md:AssertionConsumerService index="0" isDefault="true"
        Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs"/>
    <md:AttributeConsumingService index="0">
      <md:ServiceName xml:lang="sv">Demotjänsten</md:ServiceName>
      <md:ServiceName xml:lang="en">The demo service</md:ServiceName>
@REQUESTED@    </md:AttributeConsumingService>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
"#;
