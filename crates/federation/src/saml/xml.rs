//! XML that somebody else wrote: no DTD, no entities but the five, bounded in size, depth and attributes.
//!
//! A text that is split by a comment is none, an ID that stands twice is refused, and attributes are asked for without
//! namespace: readers that disagree about such things are how signatures are wrapped.

use super::name;
use std::collections::BTreeSet;
use uppsala::{Document, NodeId, NodeKind, Parser};

/// A document that was read.
#[derive(Debug)]
pub struct Xml<'a> {
    document: Document<'a>,
    root: NodeId,
}

/// An element of a document.
#[derive(Clone, Copy)]
pub struct Element<'d, 'a> {
    document: &'d Document<'a>,
    id: NodeId,
}

/// What is read, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A message of the protocol: elements, attributes and text only.
    Message,
    /// The metadata of one entity, which people write: comments may stand in it.
    Metadata,
    /// The metadata of a federation.
    Aggregate,
}

/// Why XML is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// More octets than such a document has.
    #[error("the XML is larger than it may be")]
    TooLarge,
    /// Not UTF-8.
    #[error("the XML is not UTF-8")]
    Encoding,
    /// Not well-formed, a DTD, or too deep.
    #[error("not well-formed XML, or nested too deeply, or with a DTD")]
    Malformed,
    /// Comments, CDATA sections or processing instructions where there must be none.
    #[error("comments, CDATA sections and processing instructions are not taken")]
    Markup,
    /// An element with more attributes than any has.
    #[error("an element has too many attributes")]
    Attributes,
    /// Two elements with one ID.
    #[error("two elements have the same ID")]
    DuplicateId,
}

impl Kind {
    const fn most_octets(self) -> usize {
        match self {
            Self::Message => MAX_MESSAGE,
            Self::Metadata => MAX_METADATA,
            Self::Aggregate => MAX_AGGREGATE,
        }
    }
}

impl<'a> Xml<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`].
    pub fn read(octets: &'a [u8], kind: Kind) -> Result<Self, XmlError> {
        if octets.len() > kind.most_octets() {
            return Err(XmlError::TooLarge);
        }
        let text = std::str::from_utf8(octets).map_err(|_| XmlError::Encoding)?;
        let parser = Parser::new().with_forbid_dtd(true).with_max_depth(MAX_DEPTH);
        let document = parser.parse(text).map_err(|_| XmlError::Malformed)?;
        let declared = document.xml_declaration.as_ref().and_then(|declaration| declaration.encoding.as_deref());
        if declared.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
            return Err(XmlError::Encoding);
        }
        let root = document.document_element().ok_or(XmlError::Malformed)?;
        check(&document, kind)?;
        Ok(Self { document, root })
    }

    /// The outermost element.
    pub fn root(&self) -> Element<'_, 'a> {
        Element { document: &self.document, id: self.root }
    }

    /// Every element with this name, in order.
    pub(super) fn all(&self, namespace: &str, local: &str) -> Vec<Element<'_, 'a>> {
        let found = self.document.get_elements_by_tag_name_ns(namespace, local);
        found.into_iter().map(|id| Element { document: &self.document, id }).collect()
    }

    pub(super) fn document(&self) -> &Document<'a> {
        &self.document
    }
}

fn check(document: &Document<'_>, kind: Kind) -> Result<(), XmlError> {
    let mut ids = BTreeSet::new();
    for id in document.descendants(document.root()) {
        match document.node_kind(id) {
            Some(NodeKind::Element(element)) => {
                if element.attributes.len() + element.namespace_declarations.len() > MAX_ATTRIBUTES {
                    return Err(XmlError::Attributes);
                }
                let named = element.attributes.iter().filter(|attribute| {
                    let namespace = attribute.name.namespace_uri.as_deref();
                    attribute.name.local_name.eq_ignore_ascii_case("id") && matches!(namespace, None | Some(name::XML))
                });
                for attribute in named {
                    if !ids.insert(attribute.value.as_ref()) {
                        return Err(XmlError::DuplicateId);
                    }
                }
            }
            Some(NodeKind::Comment(_)) if kind != Kind::Message => {}
            Some(NodeKind::Comment(_) | NodeKind::CData(_) | NodeKind::ProcessingInstruction(_)) => {
                return Err(XmlError::Markup);
            }
            _ => {}
        }
    }
    Ok(())
}

impl<'d, 'a> Element<'d, 'a> {
    /// Whether this is its name.
    pub fn is(self, namespace: &str, local: &str) -> bool {
        self.document.element(self.id).is_some_and(|element| element.matches_name_ns(namespace, local))
    }

    /// Its child elements, in order.
    pub fn children(self) -> impl Iterator<Item = Element<'d, 'a>> {
        let document = self.document;
        let elements = document.children(self.id).into_iter().filter(move |id| document.element(*id).is_some());
        elements.map(move |id| Element { document, id })
    }

    /// Its children with this name.
    pub fn all(self, namespace: &str, local: &str) -> impl Iterator<Item = Element<'d, 'a>> {
        self.children().filter(move |child| child.is(namespace, local))
    }

    /// Its only child with this name; none if there are two.
    pub fn only(self, namespace: &str, local: &str) -> Option<Element<'d, 'a>> {
        let mut found = self.all(namespace, local);
        found.next().filter(|_| found.next().is_none())
    }

    /// The only descendant that these names lead to.
    pub fn path(self, names: &[(&str, &str)]) -> Option<Element<'d, 'a>> {
        names.iter().try_fold(self, |element, (namespace, local)| element.only(namespace, local))
    }

    /// An attribute without namespace.
    pub fn attribute(self, local: &str) -> Option<&'d str> {
        self.attribute_of(None, local)
    }

    /// An attribute of a namespace.
    pub fn attribute_of(self, namespace: Option<&str>, local: &str) -> Option<&'d str> {
        let mut attributes = self.document.element(self.id)?.attributes.iter();
        let found = attributes
            .find(|found| found.name.local_name == local && found.name.namespace_uri.as_deref() == namespace)?;
        Some(found.value.as_ref())
    }

    /// Its text without white space at its ends; none if anything else stands in it.
    pub fn text(self) -> Option<String> {
        let mut text = String::new();
        for child in self.document.children(self.id) {
            let Some(NodeKind::Text(part)) = self.document.node_kind(child) else { return None };
            text.push_str(part);
        }
        Some(text.trim().to_owned())
    }

    /// The language of its text.
    pub fn language(self) -> Option<&'d str> {
        self.attribute_of(Some(name::XML), "lang")
    }

    /// The element around it.
    pub(super) fn parent(self) -> Option<NodeId> {
        self.document.parent(self.id)
    }

    pub(super) const fn id(self) -> NodeId {
        self.id
    }
}

/// Says nothing of what was sent.
impl std::fmt::Debug for Element<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Element")
    }
}

/// Largest message, in octets.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Largest metadata of one entity, in octets.
pub const MAX_METADATA: usize = 256 * 1024;
/// Largest metadata of a federation, in octets.
pub const MAX_AGGREGATE: usize = 64 * 1024 * 1024;
/// More elements inside each other than any message of SAML has.
const MAX_DEPTH: u32 = 32;
/// More attributes and namespaces than any element of SAML has.
const MAX_ATTRIBUTES: usize = 64;
