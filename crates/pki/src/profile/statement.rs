//! The qcStatements extension (EN 319 412-5 clause 4; RFC 3739 section 3.2.6).

use der::asn1::ObjectIdentifier;

use super::encoded::write_extension;
use super::file::{Disclosure, File, Limit, Qualified};
use super::terms::{QcType, Semantics};
use crate::asn1::{Writer, oid, tag};

/// DER of the extension, with `authority` as the one that assigns the subject's identifier, or nothing
/// if the profile states nothing.
pub(super) fn extension(file: &File, authority: Option<&str>) -> Vec<u8> {
    let mut list = Writer::new();
    if let Some(qualified) = file.qualified.value().filter(|table| table.kind != QcType::None) {
        write_qualified(&mut list, qualified);
    }
    let semantics = match file.extensions.semantics {
        Semantics::NaturalPerson => Some(oid::QCS_SEMANTICS_NATURAL),
        Semantics::LegalPerson => Some(oid::QCS_SEMANTICS_LEGAL),
        Semantics::None => None,
    };
    if let Some(semantics) = semantics {
        write_semantics(&mut list, semantics, authority);
    }
    let list = list.into_der();
    let mut writer = Writer::new();
    if !list.is_empty() {
        write_extension(&mut writer, oid::QC_STATEMENTS, false, |w| w.element(tag::SEQUENCE, &list));
    }
    writer.into_der()
}

fn write_qualified(list: &mut Writer, table: &Qualified) {
    write_bare(list, oid::QCS_COMPLIANCE);
    if table.device {
        write_bare(list, oid::QCS_SSCD);
    }
    write_type(list, table.kind);
    if let Some(limit) = table.limit.value() {
        write_limit(list, limit);
    }
    if let Some(years) = table.retention_years.value() {
        write_retention(list, *years);
    }
    write_disclosure(list, &table.disclosure);
}

/// A statement without information, such as `QcCompliance` and `QcSSCD`.
fn write_bare(list: &mut Writer, statement: ObjectIdentifier) {
    list.sequence(|w| w.oid(statement));
}

/// `QcType`: one purpose (EN 319 412-5 clause 4.2.3).
fn write_type(list: &mut Writer, kind: QcType) {
    let kind = match kind {
        QcType::Esign => oid::QCT_ESIGN,
        QcType::Eseal => oid::QCT_ESEAL,
        QcType::None => return,
    };
    list.sequence(|w| {
        w.oid(oid::QCS_TYPE);
        w.sequence(|w| w.oid(kind));
    });
}

/// `QcEuLimitValue`: currency, amount, exponent (EN 319 412-5 clause 4.3.2).
fn write_limit(list: &mut Writer, limit: &Limit) {
    list.sequence(|w| {
        w.oid(oid::QCS_LIMIT_VALUE);
        w.sequence(|w| {
            w.element(tag::PRINTABLE_STRING, limit.currency.as_bytes());
            w.unsigned(&limit.amount.to_be_bytes());
            w.unsigned(&[limit.exponent]);
        });
    });
}

/// `QcEuRetentionPeriod` in years (EN 319 412-5 clause 4.3.3).
fn write_retention(list: &mut Writer, years: u8) {
    list.sequence(|w| {
        w.oid(oid::QCS_RETENTION_PERIOD);
        w.unsigned(&[years]);
    });
}

/// `QcPDS`: addresses and languages (EN 319 412-5 clause 4.3.4).
fn write_disclosure(list: &mut Writer, disclosure: &[Disclosure]) {
    list.sequence(|w| {
        w.oid(oid::QCS_PDS);
        w.sequence(|w| {
            for one in disclosure {
                w.sequence(|w| {
                    w.element(tag::IA5_STRING, one.uri.as_bytes());
                    w.element(tag::PRINTABLE_STRING, one.language.as_bytes());
                });
            }
        });
    });
}

/// `SemanticsInformation` in `id-qcs-pkixQCSyntax-v2` (EN 319 412-1 clause 5.1.1).
fn write_semantics(list: &mut Writer, semantics: ObjectIdentifier, authority: Option<&str>) {
    list.sequence(|w| {
        w.oid(oid::QCS_PKIX_SYNTAX_V2);
        w.sequence(|w| {
            w.oid(semantics);
            if let Some(authority) = authority {
                w.sequence(|w| w.element(tag::context(6), authority.as_bytes()));
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(write: impl FnOnce(&mut Writer), expected: &str) {
        let mut writer = Writer::new();
        write(&mut writer);
        assert_eq!(crate::hex::encode(&writer.into_der()).to_uppercase(), expected);
    }

    fn disclosure() -> Vec<Disclosure> {
        ["en", "sv"]
            .map(|language| Disclosure {
                language: language.to_owned(),
                uri: format!("https://pki.example.se/pds_{language}.pdf"),
            })
            .into()
    }

    #[test]
    fn statements_are_these_octets() {
        check(|w| write_bare(w, oid::QCS_COMPLIANCE), "3008060604008E460101");
        check(|w| write_bare(w, oid::QCS_SSCD), "3008060604008E460104");
        check(|w| write_type(w, QcType::Esign), "3013060604008E4601063009060704008E46010601");
        check(|w| write_type(w, QcType::Eseal), "3013060604008E4601063009060704008E46010602");
        check(|w| write_retention(w, 10), "300B060604008E46010302010A");
        let limit = Limit { currency: "SEK".to_owned(), amount: 0, exponent: 0 };
        check(|w| write_limit(w, &limit), "3015060604008E460102300B130353454B020100020100");
        check(|w| write_disclosure(w, &disclosure()), PDS);
    }

    #[test]
    fn semantics_are_these_octets() {
        let natural = oid::QCS_SEMANTICS_NATURAL;
        check(|w| write_semantics(w, natural, None), "301506082B06010505070B023009060704008BEC490101");
        check(|w| write_semantics(w, oid::QCS_SEMANTICS_LEGAL, None), "301506082B06010505070B023009060704008BEC490102");
        let authority = Some("https://id.example.se/nra");
        check(|w| write_semantics(w, natural, authority), NATURAL_WITH_AUTHORITY);
    }

    const PDS: &str = "305C060604008E46010530523027162168747470733A2F2F706B692E6578616D706C652E73652F7064735F656E2E7064661302656E3027162168747470733A2F2F706B692E6578616D706C652E73652F7064735F73762E70646613027376";
    const NATURAL_WITH_AUTHORITY: &str =
        "303206082B06010505070B023026060704008BEC490101301B861968747470733A2F2F69642E6578616D706C652E73652F6E7261";
}
