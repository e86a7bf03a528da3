//! What a request may say.

use super::world::{CONSUMER, PNR, SERVICE, World, now, request};
use federation::saml::request::{AuthnRequest, NameIdFormat};
use federation::saml::response::Status;

fn read(changes: &[(&str, &str)], content: &str) -> Result<AuthnRequest, Option<Status>> {
    let world = World::new();
    let (before, after) = request(changes, content);
    // A draft names the ID that it signs; a request without one cannot be signed by anybody.
    let id = changes.iter().find(|(name, _)| *name == "ID").map_or("_r1", |(_, id)| *id);
    let draft = federation::saml::signature::Draft::new(before, after, id, world.key()).unwrap();
    let xml = world.finish(draft);
    world.read(&xml).map_err(|refused| refused.answer.map(|answer| answer.1))
}

#[test]
fn destination_is_the_address_that_the_request_came_to() {
    for destination in ["", "https://idp.example/saml/login/", "https://other.example/saml/login"] {
        assert_eq!(read(&[("Destination", destination)], "").err(), Some(None), "{destination}");
    }
}

#[test]
fn a_request_is_recent() {
    for (seconds, taken) in [(0, true), (-299, true), (-301, false), (59, true), (61, false)] {
        let at = now().plus_seconds(seconds).to_string();
        assert_eq!(read(&[("IssueInstant", &at)], "").is_ok(), taken, "{seconds}");
    }
    let fraction = now().to_string().replace('Z', ".123Z");
    assert!(read(&[("IssueInstant", &fraction)], "").is_ok());
    for wrong in ["", "yesterday", "2027-01-15T09:00:00+01:00", "2027-01-15T08:00:00.Z"] {
        assert_eq!(read(&[("IssueInstant", wrong)], "").err(), Some(None), "{wrong}");
    }
}

#[test]
fn answers_go_to_registered_addresses_only() {
    for (changes, consumer) in [
        (&[][..], Some(CONSUMER)),
        (&[("AssertionConsumerServiceURL", "")], Some(CONSUMER)),
        (&[("AssertionConsumerServiceURL", "https://sp.example/other")], Some("https://sp.example/other")),
        (
            &[("AssertionConsumerServiceURL", ""), ("AssertionConsumerServiceIndex", "3")],
            Some("https://sp.example/other"),
        ),
        (&[("AssertionConsumerServiceIndex", "7")], None),
        (&[("AssertionConsumerServiceURL", ""), ("AssertionConsumerServiceIndex", "9")], None),
        (&[("AssertionConsumerServiceURL", ""), ("AssertionConsumerServiceIndex", "07")], None),
        (&[("AssertionConsumerServiceURL", "https://evil.example/acs")], None),
        (&[("AssertionConsumerServiceURL", "https://sp.example/acs?x")], None),
        (&[("AssertionConsumerServiceURL", "https://SP.example/acs")], None),
        (&[("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact")], None),
    ] {
        let read = read(changes, "");
        assert_eq!(read.as_ref().ok().map(|request| request.reply.acs.as_str()), consumer, "{changes:?}");
        assert!(consumer.is_some() || read == Err(None), "nothing is sent anywhere");
    }
}

#[test]
fn version_and_id_are_as_they_must_be() {
    assert_eq!(read(&[("Version", "1.1")], "").err(), Some(None));
    for id in ["1a", "a b", "a/b", &"a".repeat(257)] {
        assert_eq!(read(&[("ID", id)], "").err(), Some(None), "{id}");
    }
}

fn context(inside: &str, comparison: &str) -> String {
    format!(
        "<samlp:RequestedAuthnContext{comparison} xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{inside}\
         </samlp:RequestedAuthnContext>"
    )
}

#[test]
fn levels_are_compared_exactly() {
    let class = |uri: &str| format!("<saml:AuthnContextClassRef>{uri}</saml:AuthnContextClassRef>");
    let two = class("urn:one") + &class("urn:two");
    assert_eq!(read(&[], &context(&two, "")).unwrap().levels, ["urn:one", "urn:two"]);
    assert_eq!(read(&[], &context(&two, " Comparison=\"exact\"")).unwrap().levels.len(), 2);
    assert!(read(&[], "").unwrap().levels.is_empty());
    let declared = "<saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef>";
    for content in [
        context(&two, " Comparison=\"minimum\""),
        context(&two, " Comparison=\"better\""),
        context(declared, ""),
        context("", ""),
        context(&two, "").repeat(2),
    ] {
        assert_eq!(read(&[], &content).err(), Some(Some(Status::NoAuthnContext)), "{content}");
    }
}

#[test]
fn names_are_persistent_or_transient() {
    let policy = |attributes: &str| format!("<samlp:NameIDPolicy {attributes}/>");
    let format = |name: &str| format!("Format=\"urn:oasis:names:tc:SAML:{name}\"");
    for (content, expected) in [
        (String::new(), Ok(NameIdFormat::Persistent)),
        (policy(""), Ok(NameIdFormat::Persistent)),
        (policy(&format("2.0:nameid-format:transient")), Ok(NameIdFormat::Transient)),
        (policy(&format("2.0:nameid-format:persistent")), Ok(NameIdFormat::Persistent)),
        (policy(&format("1.1:nameid-format:unspecified")), Ok(NameIdFormat::Persistent)),
        (policy(&format("1.1:nameid-format:emailAddress")), Err(Some(Status::InvalidNameIdPolicy))),
        (policy(&format!("SPNameQualifier=\"{SERVICE}\"")), Ok(NameIdFormat::Persistent)),
        (policy("SPNameQualifier=\"https://other.example\""), Err(Some(Status::InvalidNameIdPolicy))),
    ] {
        assert_eq!(read(&[], &content).map(|request| request.name_id), expected, "{content}");
    }
}

#[test]
fn flags_are_read() {
    let request = read(&[("ForceAuthn", "true"), ("IsPassive", "1")], "").unwrap();
    assert!(request.force && request.passive);
    let request = read(&[("ForceAuthn", "false"), ("IsPassive", "no")], "").unwrap();
    assert!(!request.force && !request.passive);
}

#[test]
fn a_subject_is_not_taken() {
    let subject = "<saml:Subject xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"><saml:NameID>x</saml:NameID></saml:Subject>";
    assert_eq!(read(&[], subject).err(), Some(Some(Status::RequestUnsupported)));
}

#[test]
fn a_principal_that_is_asked_for_must_be_the_one() {
    let selection = format!(
        "<samlp:Extensions><psc:PrincipalSelection xmlns:psc=\"http://id.swedenconnect.se/authn/1.0/principal-selection/ns\">\
         <psc:MatchValue Name=\"{PNR}\">195001019802</psc:MatchValue></psc:PrincipalSelection></samlp:Extensions>"
    );
    let request = read(&[], &selection).unwrap();
    let is = |value: &str| request.accepts(|name| (name == PNR).then(|| value.to_owned()));
    assert!(is("195001019802") && !is("195001019803"));
    assert!(!request.accepts(|_| None), "an attribute that nobody has matches nobody");
    assert!(read(&[], "").unwrap().accepts(|_| None), "nobody was asked for");
}

#[test]
fn a_message_is_shown_in_the_user_s_language() {
    let message = |kind: &str| {
        format!(
            "<samlp:Extensions><umsg:UserMessage xmlns:umsg=\"http://id.swedenconnect.se/authn/1.0/user-message/ns\"{kind}>\
             <umsg:Message xml:lang=\"sv\">SGVq</umsg:Message><umsg:Message xml:lang=\"en\">SGVsbG8=</umsg:Message>\
             </umsg:UserMessage></samlp:Extensions>"
        )
    };
    let read = |kind: &str| read(&[], &message(kind)).unwrap().message;
    assert_eq!(read("").unwrap().text("sv"), "Hej");
    assert_eq!(read(" mimeType=\"text/markdown\"").unwrap().text("en"), "Hello");
    assert_eq!(read(" mimeType=\"text/html\""), None, "not shown");
}
