//! A second reading of a profile file: what its certificate says, written by rcgen and x509-cert.
//!
//! Nothing of the crate under test decides here, but the serial, the times and
//! the key, which are the request's.

use pki::issue::Issuer;
use pki::profile::Claims;
use pki::{Certificate, SubjectFacts, UtcTime};
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose, OtherNameValue, SanType,
};
use toml::{Table, Value};

use crate::reading_extensions as extensions;

/// A profile file and the request that it was used for.
pub(crate) struct Reading<'a> {
    pub(crate) file: Table,
    pub(crate) claims: Claims,
    pub(crate) subject: &'a SubjectFacts,
    /// None for a root.
    pub(crate) issuer: Option<&'a Issuer>,
    pub(crate) ours: &'a Certificate,
}

impl Reading<'_> {
    /// All of the certificate, in rcgen's words.
    pub(crate) fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.serial_number = Some(self.ours.serial_bytes().to_vec().into());
        params.not_before = time(self.ours.not_before());
        params.not_after = time(self.ours.not_after());
        params.distinguished_name = self.name();
        params.is_ca = self.authority();
        params.key_usages = strings(&self.extension("key_usage")["values"]).map(key_usage).collect();
        params.key_identifier_method = KeyIdMethod::PreSpecified(self.ours.public_key().key_identifier().to_vec());
        params.use_authority_key_identifier_extension = self.issuer.is_some();
        params.subject_alt_names = self.alternative_names();
        if self.extension("crl_distribution").as_str() == Some("issuer") {
            params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![self.issuer().crl_url.clone()] }];
        }
        if !self.purposes_critical() {
            params.extended_key_usages = self.purposes().into_iter().map(ExtendedKeyUsagePurpose::Other).collect();
        }
        params.custom_extensions = self.custom();
        params
    }

    pub(crate) fn extension(&self, field: &str) -> &Value {
        &self.file["extensions"][field]
    }

    pub(crate) fn is(&self, field: &str) -> bool {
        self.extension(field).as_bool().unwrap()
    }

    fn is_ca(&self) -> bool {
        self.file["purpose"].as_str().unwrap().ends_with("-ca")
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        self.issuer.unwrap()
    }

    pub(crate) fn fact(&self, fact: &str) -> Option<&str> {
        self.subject.get(fact)
    }

    /// The table of claims, if they may be made.
    pub(crate) fn qualified(&self) -> Option<&Table> {
        (self.claims == Claims::Qualified).then(|| self.file["qualified"].as_table()).flatten()
    }

    pub(crate) fn purposes_critical(&self) -> bool {
        self.extension("extended_key_usage")["critical"].as_bool().unwrap()
    }

    /// The numbers of the purposes.
    pub(crate) fn purposes(&self) -> Vec<Vec<u64>> {
        strings(&self.extension("extended_key_usage")["values"]).map(purpose).collect()
    }

    fn name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        for rdn in self.file["subject"].as_array().unwrap() {
            let text = |key: &str| rdn.get(key).map(|value| value.as_str().unwrap());
            let known = text("from").or(text("from_if_known")).and_then(|fact| self.fact(fact));
            let Some(value) = text("value").or(known) else { continue };
            let printable = DnValue::PrintableString(value.try_into().unwrap_or_else(|_| "?".try_into().unwrap()));
            let (kind, value) = match text("attribute").unwrap() {
                "countryName" => (DnType::CountryName, printable),
                "serialNumber" => (DnType::CustomDnType(vec![2, 5, 4, 5]), printable),
                "organizationName" => (DnType::OrganizationName, value.into()),
                "organizationalUnitName" => (DnType::OrganizationalUnitName, value.into()),
                "organizationIdentifier" => {
                    (DnType::CustomDnType(vec![2, 5, 4, 97]), format!("NTRSE-{value}").as_str().into())
                }
                "commonName" => (DnType::CommonName, value.into()),
                "surname" => (DnType::CustomDnType(vec![2, 5, 4, 4]), value.into()),
                "givenName" => (DnType::CustomDnType(vec![2, 5, 4, 42]), value.into()),
                "title" => (DnType::CustomDnType(vec![2, 5, 4, 12]), value.into()),
                other => panic!("{other}"),
            };
            name.push(kind, value);
        }
        name
    }

    fn authority(&self) -> IsCa {
        if !self.is_ca() {
            return IsCa::NoCa;
        }
        let limit = self.extension("path_length").as_integer();
        IsCa::Ca(
            limit.map_or(BasicConstraints::Unconstrained, |limit| {
                BasicConstraints::Constrained(limit.try_into().unwrap())
            }),
        )
    }

    fn alternative_names(&self) -> Vec<SanType> {
        let ia5 = |text: &str| Ia5String::try_from(text).unwrap();
        let mut names = Vec::new();
        for name in strings(self.extension("subject_alternative_name")) {
            match name {
                "person.email" => names.extend(self.fact(name).map(|it| SanType::Rfc822Name(ia5(it)))),
                "person.upn" => names.extend(self.fact(name).map(|it| {
                    let kind = vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
                    SanType::OtherName((kind, OtherNameValue::Utf8String(it.to_owned())))
                })),
                "dns_names" => names.extend(self.subject.dns_names.iter().map(|it| SanType::DnsName(ia5(it)))),
                "ip_addresses" => names.extend(self.subject.ip_addresses.iter().map(|it| SanType::IpAddress(*it))),
                "function.uri" => names.extend(self.fact(name).map(|it| SanType::URI(ia5(it)))),
                other => panic!("{other}"),
            }
        }
        names
    }

    /// What rcgen has no words for.
    fn custom(&self) -> Vec<CustomExtension> {
        let null = || vec![5, 0];
        let wanted = [
            (&[2, 5, 29, 37][..], self.purposes_critical().then(|| extensions::purposes(self))),
            (&[2, 5, 29, 14], (!self.is_ca()).then(|| extensions::key_identifier(self))),
            (&[2, 5, 29, 32], extensions::policies(self)),
            (&[2, 5, 29, 16], extensions::private_key_usage(self)),
            (&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], self.is("ocsp_no_check").then(null)),
            (&[2, 5, 29, 56], self.is("no_rev_avail").then(null)),
            (&[0, 4, 0, 194_121, 2, 1], self.is("validity_assured").then(null)),
            (&[1, 3, 6, 1, 5, 5, 7, 1, 1], extensions::access(self)),
            (&[1, 3, 6, 1, 5, 5, 7, 1, 3], extensions::statements(self)),
            (&[1, 2, 752, 34, 2, 1], self.is("card_number").then(|| extensions::card_number(self))),
        ];
        let extension = |(oid, content): (&[u64], Option<Vec<u8>>)| {
            let mut extension = CustomExtension::from_oid_content(oid, content?);
            extension.set_criticality(oid == [2, 5, 29, 37]);
            Some(extension)
        };
        wanted.into_iter().filter_map(extension).collect()
    }
}

pub(crate) fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap())
}

fn key_usage(name: &str) -> KeyUsagePurpose {
    match name {
        "digitalSignature" => KeyUsagePurpose::DigitalSignature,
        "nonRepudiation" => KeyUsagePurpose::ContentCommitment,
        "keyCertSign" => KeyUsagePurpose::KeyCertSign,
        "cRLSign" => KeyUsagePurpose::CrlSign,
        other => panic!("{other}"),
    }
}

fn purpose(name: &str) -> Vec<u64> {
    let last = match name {
        "serverAuth" => 1,
        "clientAuth" => 2,
        "timeStamping" => 8,
        "OCSPSigning" => 9,
        "cmcRA" => 28,
        other => panic!("{other}"),
    };
    vec![1, 3, 6, 1, 5, 5, 7, 3, last]
}

fn time(time: UtcTime) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(time.unix()).unwrap()
}
