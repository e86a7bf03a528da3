//! XML that is hostile before anything in it is understood.

use super::world::{World, form, request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use federation::saml::SamlError;
use federation::saml::xml::{Element, Kind, Xml, XmlError};
use federation::saml::{post, redirect};
use miniz_oxide::deflate::compress_to_vec;

fn read(xml: &str) -> Option<XmlError> {
    Xml::read(xml.as_bytes(), Kind::Message).err()
}

#[test]
fn entities_and_dtds_are_refused() {
    let entity = |n: u32| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10));
    let bomb = (1..12).map(entity).collect::<Vec<_>>().concat();
    for dtd in [
        "<!DOCTYPE a>".to_owned(),
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        "<!DOCTYPE a [<!ENTITY % x SYSTEM \"https://evil.example/x.dtd\"> %x;]>".to_owned(),
        "<!DOCTYPE a PUBLIC \"x\" \"https://evil.example/x.dtd\">".to_owned(),
        "<!DOCTYPE a [<!ATTLIST a ID ID #IMPLIED>]>".to_owned(),
        format!("<!DOCTYPE a [<!ENTITY e0 \"ha\">{bomb}]>"),
    ] {
        assert_eq!(read(&format!("{dtd}<a>&x;</a>")), Some(XmlError::Malformed), "{dtd}");
        assert_eq!(read(&format!("<?xml version=\"1.0\"?>{dtd}<a/>")), Some(XmlError::Malformed), "{dtd}");
        let metadata = format!("{dtd}<a/>");
        assert_eq!(Xml::read(metadata.as_bytes(), Kind::Aggregate).err(), Some(XmlError::Malformed), "{dtd}");
    }
    assert_eq!(read("<a>&undefined;</a>"), Some(XmlError::Malformed));
    assert_eq!(read("<a b=\"&undefined;\"/>"), Some(XmlError::Malformed));
    assert_eq!(read("<a>&amp;&#x41;</a>"), None, "the five and numbers are text");
}

#[test]
fn deep_nesting_is_refused_without_a_stack() {
    for depth in [33, 1_000, 9_000] {
        let xml = "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert_eq!(read(&xml), Some(XmlError::Malformed), "{depth}");
        assert_eq!(read(&"<a>".repeat(depth)), Some(XmlError::Malformed), "{depth}");
    }
    assert_eq!(read(&("<a>".repeat(32) + &"</a>".repeat(32))), None);
}

#[test]
fn size_and_attributes_are_bounded() {
    let large = format!("<a>{}</a>", "x".repeat(65 * 1024));
    assert_eq!(read(&large), Some(XmlError::TooLarge));
    let many = (0..65).map(|n| format!(" a{n}=\"\"")).collect::<Vec<_>>().concat();
    assert_eq!(read(&format!("<a{many}/>")), Some(XmlError::Attributes));
    let many = (0..65).map(|n| format!(" xmlns:a{n}=\"urn:x\"")).collect::<Vec<_>>().concat();
    assert_eq!(read(&format!("<a{many}/>")), Some(XmlError::Attributes));
}

/// What canonicalisation leaves out, or readers join differently.
#[test]
fn comments_cdata_and_instructions_are_refused() {
    for markup in ["<!-- c -->", "<![CDATA[x]]>", "<?x y?>"] {
        assert_eq!(read(&format!("<a>{markup}</a>")), Some(XmlError::Markup), "{markup}");
    }
    assert_eq!(read("<!-- c --><a/>"), Some(XmlError::Markup));
    let world = World::new();
    let good = world.good();
    // The canonical form has no comments: the signature would verify.
    let split = good.replacen("https://sp.example/saml</", "https://sp.example<!---->/saml</", 1);
    assert_ne!(split, good);
    assert_eq!(world.read(&split).unwrap_err().why, XmlError::Markup.into());
}

/// In metadata people may write comments, but a text that is split by one is none.
#[test]
fn a_text_that_is_split_by_a_comment_is_none() {
    let xml = Xml::read(b"<a><b>one<!-- --> two</b><b>whole</b></a>", Kind::Metadata).unwrap();
    let texts: Vec<_> = xml.root().children().map(Element::text).collect();
    assert_eq!(texts, [None, Some("whole".to_owned())]);
}

#[test]
fn what_is_not_well_formed_utf_8_xml_is_refused() {
    for xml in [
        "",
        "not xml",
        "<a",
        "<a></b>",
        "<a/><b/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a x:b=\"1\"/>",
        "<x:a/>",
        "<a b=1/>",
        "<a xmlns:p=\"u\" xmlns:q=\"u\" p:b=\"1\" q:b=\"2\"/>",
        "<a>\u{1}</a>",
        "<a b=\"<\"/>",
    ] {
        assert_eq!(read(xml), Some(XmlError::Malformed), "{xml}");
    }
    let utf16: Vec<u8> = "<?xml version=\"1.0\"?><a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(Xml::read(&utf16, Kind::Message).is_err());
    assert_eq!(Xml::read(b"<a>\xff</a>", Kind::Message).err(), Some(XmlError::Encoding));
    assert_eq!(read("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"), Some(XmlError::Encoding));
}

#[test]
fn a_deflated_bomb_is_cut_off() {
    let bomb = compress_to_vec(&vec![b' '; 64 * 1024 * 1024], 9);
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLRequest", &STANDARD.encode(bomb))
        .finish();
    assert!(matches!(redirect::read(&query, "SAMLRequest"), Err(SamlError::Binding(_))));
}

/// Which of two counts is not to be left to chance.
#[test]
fn parameters_that_stand_twice_are_refused() {
    let deflated = STANDARD.encode(compress_to_vec(b"<a/>", 6)).replace('+', "%2B").replace('=', "%3D");
    for query in [
        format!("SAMLRequest={deflated}&SAMLRequest={deflated}"),
        format!("SAMLRequest={deflated}&RelayState=a&RelayState=b"),
        format!("SAMLRequest={deflated}&SigAlg=a&SigAlg=b&Signature=AA"),
        format!("%53AMLRequest={deflated}"),
        format!("SAMLRequest={deflated}&SigAlg=a"),
        format!("SAMLRequest={deflated}&SAMLEncoding=urn%3Aother"),
        "RelayState=a".to_owned(),
    ] {
        assert!(matches!(redirect::read(&query, "SAMLRequest"), Err(SamlError::Binding(_))), "{query}");
    }
    assert!(redirect::read(&format!("SAMLRequest={deflated}"), "SAMLRequest").is_ok());
    let twice = b"SAMLRequest=AA&SAMLRequest=AA";
    assert!(matches!(post::read(twice, "SAMLRequest"), Err(SamlError::Binding(_))));
    let long = format!("SAMLRequest=AA&RelayState={}", "x".repeat(1_025));
    assert!(matches!(post::read(long.as_bytes(), "SAMLRequest"), Err(SamlError::Binding(_))));
}

#[test]
fn white_space_in_base64_is_taken() {
    let (before, after) = request(&[], "");
    assert_eq!(form(&format!("{before}{after}")).relay_state.as_deref(), Some("rs-1"));
    assert_eq!(post::read(b"SAMLRequest=PGEv%0D%0APg%3D%3D", "SAMLRequest").unwrap().xml, b"<a/>");
}
