//! The little DER that is written and read by hand, here and for signed messages (CMS) elsewhere.
//!
//! Writing by hand keeps full control of order and encoding and lets a profile
//! encode its fixed parts once. Reading by hand serves the hot and the strict
//! paths: OCSP requests, and lints, which must see the very octets that
//! lenient readers smooth over.

pub mod oid;
mod read;
mod shape;
mod write;

pub use der::asn1::ObjectIdentifier;
pub use read::{Element, Malformed, Reader, read_time};
pub(crate) use shape::{Misshapen, check as check_shape};
pub use write::Writer;

/// Identifier octets of the types in use (X.690 clause 8.1.2).
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0c;
    /// PrintableString.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// `IA5String`.
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;

    /// Context-specific, primitive.
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// Context-specific, constructed.
    pub const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}
