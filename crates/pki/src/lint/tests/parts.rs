//! A TBSCertificate in parts that a test can replace.

use der::asn1::ObjectIdentifier;

use super::fixture::Fixture;
use crate::asn1::{Reader, Writer, oid, tag};
use crate::issue::LintIssuer;
use crate::lint::view::{View, name_attributes};
use crate::time::UtcTime;

/// Each field as it will be written; `version` and `unique_id` may be empty.
pub(super) struct Parts {
    pub(super) version: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) algorithm: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) not_before: Vec<u8>,
    pub(super) not_after: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) spki: Vec<u8>,
    pub(super) unique_id: Vec<u8>,
    pub(super) extensions: Vec<(Vec<u8>, bool, Vec<u8>)>,
    /// Who is to sign.
    pub(super) under: Under,
}

/// Who is to sign a sample.
#[derive(Clone, Copy)]
pub(super) enum Under {
    /// The CA that issues the profile.
    Own,
    /// The root.
    Root,
    /// A certificate that is not of a CA.
    EndEntity,
    /// The certified key itself.
    Itself,
}

impl Under {
    pub(super) fn issuer<'a>(self, fixture: &'a Fixture, profile: &str) -> LintIssuer<'a> {
        match self {
            Self::Own => fixture.issuer(profile),
            Self::Root => LintIssuer::from(&fixture.root),
            Self::EndEntity => LintIssuer::Certificate(&fixture.responder),
            Self::Itself => LintIssuer::SelfSigned,
        }
    }
}

impl Parts {
    pub(super) fn of(tbs: &[u8]) -> Self {
        let view = View::read(tbs).unwrap();
        Self {
            version: vec![0xa0, 3, 2, 1, 2],
            serial: view.serial.to_vec(),
            algorithm: view.algorithm.to_vec(),
            issuer: view.issuer.to_vec(),
            not_before: view.not_before.whole.to_vec(),
            not_after: view.not_after.whole.to_vec(),
            subject: view.subject.to_vec(),
            spki: view.spki.to_vec(),
            unique_id: Vec::new(),
            extensions: view.extensions.iter().map(|it| (it.oid.to_vec(), it.critical, it.value.to_vec())).collect(),
            under: Under::Own,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        der(|w| {
            w.sequence(|w| {
                w.raw(&self.version);
                w.element(tag::INTEGER, &self.serial);
                w.raw(&self.algorithm);
                w.raw(&self.issuer);
                w.sequence(|w| {
                    w.raw(&self.not_before);
                    w.raw(&self.not_after);
                });
                w.raw(&self.subject);
                w.raw(&self.spki);
                w.raw(&self.unique_id);
                w.nest(tag::constructed(3), |w| w.sequence(|w| self.write_extensions(w)));
            });
        })
    }

    fn write_extensions(&self, writer: &mut Writer) {
        for (oid, critical, value) in &self.extensions {
            writer.sequence(|w| {
                w.element(tag::OBJECT_IDENTIFIER, oid);
                if *critical {
                    w.boolean_true();
                }
                w.element(tag::OCTET_STRING, value);
            });
        }
    }

    /// Replaces the value of an extension, or adds one.
    pub(super) fn set(&mut self, oid: ObjectIdentifier, critical: bool, value: impl FnOnce(&mut Writer)) {
        self.remove(oid);
        self.extensions.push((oid.as_bytes().to_vec(), critical, der(value)));
    }

    /// Makes an extension critical, or not critical if it is.
    pub(super) fn flip(&mut self, oid: ObjectIdentifier) {
        let found = self.extensions.iter_mut().find(|(found, ..)| found == oid.as_bytes()).unwrap();
        found.1 = !found.1;
    }

    pub(super) fn remove(&mut self, oid: ObjectIdentifier) {
        self.extensions.retain(|(found, ..)| found != oid.as_bytes());
    }

    /// Rewrites the subject from its attributes after `change`.
    pub(super) fn rename(&mut self, change: impl FnOnce(&mut Vec<(ObjectIdentifier, u8, Vec<u8>)>)) {
        self.subject = renamed(&self.subject, change);
    }

    /// Replaces the value of a subject attribute.
    pub(super) fn value(&mut self, oid: ObjectIdentifier, value: &[u8]) {
        self.rename(|name| name.iter_mut().filter(|it| it.0 == oid).for_each(|it| it.2 = value.to_vec()));
    }

    /// Removes a subject attribute.
    pub(super) fn forget(&mut self, oid: ObjectIdentifier) {
        self.rename(|name| name.retain(|it| it.0 != oid));
    }

    pub(super) fn ends(&mut self, time: UtcTime) {
        self.not_after = der(|w| w.time(time));
    }

    pub(super) fn key_usage(&mut self, bits: u8) {
        self.set(oid::KEY_USAGE, true, |w| w.named_bits(bits));
    }
}

/// A Name with its attributes changed.
pub(super) fn renamed(name: &[u8], change: impl FnOnce(&mut Vec<(ObjectIdentifier, u8, Vec<u8>)>)) -> Vec<u8> {
    let mut attributes: Vec<_> = name_attributes(name)
        .unwrap()
        .iter()
        .map(|it| (ObjectIdentifier::from_bytes(it.oid).unwrap(), it.tag, it.value.to_vec()))
        .collect();
    change(&mut attributes);
    der(|w| {
        w.sequence(|w| {
            for (oid, tag, value) in &attributes {
                w.nest(tag::SET, |w| {
                    w.sequence(|w| {
                        w.oid(*oid);
                        w.element(*tag, value);
                    });
                });
            }
        });
    })
}

pub(super) fn der(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.into_der()
}

/// The content of each relative distinguished name.
pub(super) fn rdns(name: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Reader::only(name, tag::SEQUENCE).unwrap().inside();
    std::iter::from_fn(|| (!list.is_empty()).then(|| list.content(tag::SET).unwrap().to_vec())).collect()
}
