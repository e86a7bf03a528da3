//! Values of extensions by x509-cert and der, for [`Reading`].

use std::time::Duration;

use toml::Table;
use x509_cert::der::asn1::{GeneralizedTime, Ia5String, ObjectIdentifier, OctetString, PrintableString};
use x509_cert::der::{Any, Decode as _, Encode, Sequence};
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AccessDescription, PrivateKeyUsagePeriod};

use crate::reading::{Reading, strings};

/// `QCStatement` (RFC 3739 section 3.2.6).
#[derive(Sequence)]
struct Statement {
    id: ObjectIdentifier,
    #[asn1(optional = "true")]
    information: Option<Any>,
}

/// `SemanticsInformation` (RFC 3739 section 3.2.6.1).
#[derive(Sequence)]
struct Semantics {
    identifier: ObjectIdentifier,
    #[asn1(optional = "true")]
    authorities: Option<Vec<GeneralName>>,
}

/// `PdsLocation` (EN 319 412-5 clause 4.3.4).
#[derive(Sequence)]
struct Disclosure {
    url: Ia5String,
    language: PrintableString,
}

/// rcgen writes it for CAs alone.
pub(crate) fn key_identifier(reading: &Reading<'_>) -> Vec<u8> {
    OctetString::new(reading.ours.public_key().key_identifier()).unwrap().to_der().unwrap()
}

pub(crate) fn purposes(reading: &Reading<'_>) -> Vec<u8> {
    let oid = |arcs: Vec<u64>| oid(&arcs.iter().map(u64::to_string).collect::<Vec<_>>().join("."));
    reading.purposes().into_iter().map(oid).collect::<Vec<_>>().to_der().unwrap()
}

pub(crate) fn policies(reading: &Reading<'_>) -> Option<Vec<u8>> {
    let list = reading.qualified().map(|table| &table["certificate_policies"]);
    let list = list.unwrap_or_else(|| reading.extension("certificate_policies"));
    let cps = reading.extension("cps_uri").as_str().unwrap();
    let policies: Vec<_> = strings(list)
        .enumerate()
        .map(|(at, policy)| PolicyInformation {
            policy_identifier: oid(policy),
            policy_qualifiers: (at == 0).then(|| {
                vec![PolicyQualifierInfo {
                    policy_qualifier_id: oid("1.3.6.1.5.5.7.2.1"),
                    qualifier: Some(any(&ia5(cps))),
                }]
            }),
        })
        .collect();
    (!policies.is_empty()).then(|| policies.to_der().unwrap())
}

pub(crate) fn private_key_usage(reading: &Reading<'_>) -> Option<Vec<u8>> {
    let days = reading.extension("private_key_usage_days").as_integer()?;
    let time = |seconds: i64| {
        Some(GeneralizedTime::from_unix_duration(Duration::from_secs(seconds.try_into().unwrap())).unwrap())
    };
    let start = reading.ours.not_before().unix();
    let period = PrivateKeyUsagePeriod { not_before: time(start), not_after: time(start + days * 86_400) };
    Some(period.to_der().unwrap())
}

pub(crate) fn access(reading: &Reading<'_>) -> Option<Vec<u8>> {
    let mut list = Vec::new();
    let mut add = |field: &str, method: &str, uri: &dyn Fn() -> String| {
        if reading.extension(field).as_str() == Some("issuer") {
            let access_location = GeneralName::UniformResourceIdentifier(ia5(&uri()));
            list.push(AccessDescription { access_method: oid(method), access_location });
        }
    };
    add("ocsp", "1.3.6.1.5.5.7.48.1", &|| reading.issuer().ocsp_url.clone().unwrap());
    add("ca_issuers", "1.3.6.1.5.5.7.48.2", &|| reading.issuer().aia_url.clone());
    (!list.is_empty()).then(|| list.to_der().unwrap())
}

pub(crate) fn statements(reading: &Reading<'_>) -> Option<Vec<u8>> {
    let mut list = reading.qualified().map(qualified).unwrap_or_default();
    let semantics = match reading.extension("semantics").as_str().unwrap() {
        "natural-person" => Some("0.4.0.194121.1.1"),
        "legal-person" => Some("0.4.0.194121.1.2"),
        _ => None,
    };
    if let Some(identifier) = semantics {
        let local = reading.fact("person.serial_number").is_some_and(|number| number.starts_with("EI:"));
        let authority = ia5(reading.extension("name_registration_authority").as_str().unwrap());
        let authorities = local.then(|| vec![GeneralName::UniformResourceIdentifier(authority)]);
        let semantics = Semantics { identifier: oid(identifier), authorities };
        list.push(Statement { id: oid("1.3.6.1.5.5.7.11.2"), information: Some(any(&semantics)) });
    }
    (!list.is_empty()).then(|| list.to_der().unwrap())
}

fn qualified(table: &Table) -> Vec<Statement> {
    let kind = match table["type"].as_str().unwrap() {
        "esign" => "0.4.0.1862.1.6.1",
        "eseal" => "0.4.0.1862.1.6.2",
        _ => return Vec::new(),
    };
    let disclosure: Vec<_> = table["disclosure"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| Disclosure {
            url: ia5(one["uri"].as_str().unwrap()),
            language: PrintableString::new(one["language"].as_str().unwrap()).unwrap(),
        })
        .collect();
    let statement = |id: &str, information: Option<Any>| Statement { id: oid(id), information };
    let mut list = vec![statement("0.4.0.1862.1.1", None)];
    if table["device"].as_bool().unwrap() {
        list.push(statement("0.4.0.1862.1.4", None));
    }
    list.push(statement("0.4.0.1862.1.6", Some(any(&vec![oid(kind)]))));
    list.push(statement("0.4.0.1862.1.5", Some(any(&disclosure))));
    list
}

pub(crate) fn card_number(reading: &Reading<'_>) -> Vec<u8> {
    PrintableString::new(reading.fact("card.number").unwrap()).unwrap().to_der().unwrap()
}

fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(text).unwrap()
}

fn ia5(text: &str) -> Ia5String {
    Ia5String::new(text).unwrap()
}

fn any(value: &impl Encode) -> Any {
    Any::from_der(&value.to_der().unwrap()).unwrap()
}
