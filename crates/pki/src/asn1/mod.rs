//! The little DER that this crate writes and reads by hand.
//!
//! Writing by hand keeps full control of order and encoding and lets a profile
//! encode its fixed parts once. Reading by hand serves the hot and the strict
//! paths: OCSP requests, and lints, which must see the very octets that
//! lenient readers smooth over.

pub(crate) mod oid;
mod read;
mod shape;
mod write;

pub(crate) use read::{Element, Malformed, Reader, read_time};
pub(crate) use shape::{Misshapen, check as check_shape};
pub(crate) use write::Writer;

/// Identifier octets of the types in use (X.690 clause 8.1.2).
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// Context-specific, primitive.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// Context-specific, constructed.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}
