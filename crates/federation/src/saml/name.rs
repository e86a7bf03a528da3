//! Names of SAML, XML Signature and XML Encryption.

/// `urn:oasis:names:tc:SAML:2.0:protocol`
pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// `urn:oasis:names:tc:SAML:2.0:assertion`
pub const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// `urn:oasis:names:tc:SAML:2.0:metadata`
pub const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML Signature.
pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// XML Encryption.
pub const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
/// XML Encryption 1.1.
pub const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
/// Metadata for login pages (OASIS Metadata Extensions for Login and Discovery User Interface).
pub const MDUI: &str = "urn:oasis:names:tc:SAML:metadata:ui";
/// Attributes of entities (OASIS Metadata Extension for Entity Attributes).
pub const MDATTR: &str = "urn:oasis:names:tc:SAML:metadata:attribute";
/// Algorithms of an entity (OASIS Metadata Profile for Algorithm Support).
pub const ALG: &str = "urn:oasis:names:tc:SAML:metadata:algsupport";
/// Scopes of an identity provider.
pub const SHIBMD: &str = "urn:mace:shibboleth:metadata:1.0";
/// Preselected user attributes (Sweden Connect, Principal Selection).
pub const PRINCIPAL_SELECTION: &str = "http://id.swedenconnect.se/authn/1.0/principal-selection/ns";
/// Text for the user (Sweden Connect, User Message).
pub const USER_MESSAGE: &str = "http://id.swedenconnect.se/authn/1.0/user-message/ns";
/// SOAP 1.1.
pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The prefix `xml`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// HTTP-Redirect (SAML Bindings section 3.4).
pub const REDIRECT_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// HTTP-POST (SAML Bindings section 3.5).
pub const POST_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// SOAP (SAML Bindings section 3.2).
pub const SOAP_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";

/// A name that is stable for one service (SAML Core section 8.3.7).
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
/// A name for one session (SAML Core section 8.3.8).
pub const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
/// Any name (SAML Core section 8.3.1).
pub const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
/// The name of an entity (SAML Core section 8.3.6).
pub const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
/// Attribute names are URIs (SAML Core section 8.2.2).
pub const URI_NAMES: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
/// Whoever brings the assertion is the subject (SAML Profiles section 3.3).
pub const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Entity categories of a service.
pub const ENTITY_CATEGORY: &str = "http://macedir.org/entity-category";
/// Levels that an identity provider is approved for.
pub const ASSURANCE_CERTIFICATION: &str = "urn:oasis:names:tc:SAML:attribute:assurance-certification";

/// Exclusive canonicalisation without comments.
pub const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The signature stands in what it signs.
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
