//! Object identifiers that are written or looked for.

use der::asn1::ObjectIdentifier;

macro_rules! oids {
    ($($name:ident = $text:literal;)*) => {
        $(#[doc = concat!("`", $text, "`")]
        pub const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($text);)*
    };
}

oids! {
    COMMON_NAME = "2.5.4.3";
    SURNAME = "2.5.4.4";
    SERIAL_NUMBER = "2.5.4.5";
    COUNTRY_NAME = "2.5.4.6";
    ORGANIZATION_NAME = "2.5.4.10";
    ORGANIZATIONAL_UNIT_NAME = "2.5.4.11";
    TITLE = "2.5.4.12";
    GIVEN_NAME = "2.5.4.42";
    ORGANIZATION_IDENTIFIER = "2.5.4.97";
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    KEY_USAGE = "2.5.29.15";
    PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16";
    SUBJECT_ALT_NAME = "2.5.29.17";
    BASIC_CONSTRAINTS = "2.5.29.19";
    CRL_NUMBER = "2.5.29.20";
    REASON_CODE = "2.5.29.21";
    NAME_CONSTRAINTS = "2.5.29.30";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    CERTIFICATE_POLICIES = "2.5.29.32";
    POLICY_MAPPINGS = "2.5.29.33";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    POLICY_CONSTRAINTS = "2.5.29.36";
    EXTENDED_KEY_USAGE = "2.5.29.37";
    INHIBIT_ANY_POLICY = "2.5.29.54";
    NO_REV_AVAIL = "2.5.29.56";
    EXPIRED_CERTS_ON_CRL = "2.5.29.60";
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    VALIDITY_ASSURED = "0.4.0.194121.2.1";
    CARD_NUMBER = "1.2.752.34.2.1";

    MICROSOFT_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14";

    QUALIFIER_CPS = "1.3.6.1.5.5.7.2.1";
    QUALIFIER_NOTICE = "1.3.6.1.5.5.7.2.2";
    ACCESS_OCSP = "1.3.6.1.5.5.7.48.1";
    ACCESS_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";

    SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    CMC_RA = "1.3.6.1.5.5.7.3.28";
    DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36";
    MS_SMARTCARD_LOGON = "1.3.6.1.4.1.311.20.2.2";
    PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3";

    QCS_PKIX_SYNTAX_V2 = "1.3.6.1.5.5.7.11.2";
    QCS_SEMANTICS_NATURAL = "0.4.0.194121.1.1";
    QCS_SEMANTICS_LEGAL = "0.4.0.194121.1.2";
    QCS_COMPLIANCE = "0.4.0.1862.1.1";
    QCS_LIMIT_VALUE = "0.4.0.1862.1.2";
    QCS_RETENTION_PERIOD = "0.4.0.1862.1.3";
    QCS_SSCD = "0.4.0.1862.1.4";
    QCS_PDS = "0.4.0.1862.1.5";
    QCS_TYPE = "0.4.0.1862.1.6";
    QCS_LEGISLATION = "0.4.0.1862.1.7";
    QCT_ESIGN = "0.4.0.1862.1.6.1";
    QCT_ESEAL = "0.4.0.1862.1.6.2";
    QCT_WEB = "0.4.0.1862.1.6.3";
    QCP_N = "0.4.0.194112.1.0";
    QCP_L = "0.4.0.194112.1.1";
    QCP_N_QSCD = "0.4.0.194112.1.2";
    QCP_L_QSCD = "0.4.0.194112.1.3";

    SHA1 = "1.3.14.3.2.26";
    SHA256 = "2.16.840.1.101.3.4.2.1";
    SHA384 = "2.16.840.1.101.3.4.2.2";
    SHA512 = "2.16.840.1.101.3.4.2.3";
    SHA3_256 = "2.16.840.1.101.3.4.2.8";
    SHA3_384 = "2.16.840.1.101.3.4.2.9";
    SHA3_512 = "2.16.840.1.101.3.4.2.10";

    CMS_SIGNED_DATA = "1.2.840.113549.1.7.2";
    CMS_CONTENT_TYPE = "1.2.840.113549.1.9.3";
    CMS_MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    CMS_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
    CMS_TST_INFO = "1.2.840.113549.1.9.16.1.4";
}
