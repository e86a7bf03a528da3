//! The classic attacks on a CA, each by name: what is refused says why in a word of its own, and no key is read
//! from it that could be certified.

use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509NameBuilder, X509ReqBuilder};
use pki::issue::{IssueError, lint_issued, subject_name};
use pki::{Certificate, CertificateError, CsrError, PublicKey, SignatureAlgorithm, Signer, TextFault, read_csr};

use crate::world::{World, anna, tlv};

/// The word for the refusal.
fn code(der: &[u8]) -> &'static str {
    read_csr(der).expect_err("it is refused").code()
}

fn ec() -> PKey<Private> {
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap()
}

/// A signed request, after `wish` was made.
fn request(key: &PKey<Private>, wish: impl FnOnce(&mut X509ReqBuilder)) -> Vec<u8> {
    let mut builder = X509ReqBuilder::new().unwrap();
    builder.set_pubkey(key).unwrap();
    wish(&mut builder);
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

/// A signed request whose encoding was changed before it was signed.
fn forged(key: &PKey<Private>, wish: impl FnOnce(&mut X509ReqBuilder), what: &[u8], by: &[u8]) -> Vec<u8> {
    let honest = request(key, wish);
    let (_, info) = element(element(&honest).0);
    let at = info.windows(what.len()).position(|part| part == what).unwrap();
    signed(key, &[&info[..at], by, &info[at + what.len()..]].concat())
}

/// A request of this content, signed.
fn signed(key: &PKey<Private>, info: &[u8]) -> Vec<u8> {
    let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), key).unwrap();
    let signature = signer.sign_oneshot_to_vec(info).unwrap();
    let algorithm = SignatureAlgorithm::EcdsaSha256.identifier();
    let bits = tlv(3, &[&[0], signature.as_slice()].concat());
    tlv(0x30, &[info, algorithm, &bits].concat())
}

/// Octets before the content.
fn header(der: &[u8]) -> usize {
    if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7f) }
}

/// The content and the whole of the first element.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let header = header(der);
    let length =
        if header == 2 { usize::from(der[1]) } else { der[2..header].iter().fold(0, |n, b| n << 8 | usize::from(*b)) };
    (&der[header..header + length], &der[..header + length])
}

#[test]
fn a_request_to_become_a_ca() {
    let ca = |builder: &mut X509ReqBuilder| {
        let mut wishes = Stack::new().unwrap();
        wishes.push(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.add_extensions(&wishes).unwrap();
    };
    assert_eq!(code(&request(&ec(), ca)), "asks_for_ca");
}

/// A request, after it was given this subject.
fn named(attributes: &[(&str, &str)]) -> Vec<u8> {
    request(&ec(), |builder| {
        let mut name = X509NameBuilder::new().unwrap();
        for (attribute, value) in attributes {
            name.append_entry_by_text(attribute, value).unwrap();
        }
        builder.set_subject_name(&name.build()).unwrap();
    })
}

#[test]
fn a_request_for_extra_names() {
    let der = request(&ec(), |builder| {
        let mut wishes = Stack::new().unwrap();
        let names = SubjectAlternativeName::new().dns("evil.example").build(&builder.x509v3_context(None)).unwrap();
        wishes.push(names).unwrap();
        builder.add_extensions(&wishes).unwrap();
    });
    assert_eq!(code(&der), "asks_for_names");
}

#[test]
fn a_request_for_any_other_extension() {
    let der = request(&ec(), |builder| {
        let mut wishes = Stack::new().unwrap();
        wishes.push(KeyUsage::new().digital_signature().build().unwrap()).unwrap();
        builder.add_extensions(&wishes).unwrap();
    });
    assert_eq!(code(&der), "asks_for_extension");
    // The way in which certreq asks: an attribute of Microsoft's.
    let microsoft = b"\x30\x12\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e\x31\x04\x30\x02\x30\x00";
    let (key, attributes) = (ec(), tlv(0xa0, microsoft));
    let honest = request(&key, |_| ());
    let info = element(element(element(&honest).0).1).0.strip_suffix(b"\xa0\x00").unwrap();
    assert_eq!(code(&signed(&key, &tlv(0x30, &[info, &attributes].concat()))), "asks_for_extension");
}

/// The enrolled subject may be repeated, wholly or in part; nobody else may be named.
#[test]
fn a_request_for_another_subject() {
    let world = World::new();
    let enrolled = subject_name(world.profile("person-authentication-loa4"), &anna()).unwrap();
    let own = [("C", "SE"), ("GN", "Anna Åsa"), ("SN", "Öberg"), ("serialNumber", "PNOSE-199001012385")];
    for (attributes, wanted) in [
        (&own[..0], Ok(())),
        (&own[..], Ok(())),
        (&own[3..], Ok(())),
        (&[("CN", "Anna Öberg")], Ok(())),
        (&[("CN", "Somebody Else")], Err(CsrError::OtherSubject)),
        (&[("C", "SE"), ("CN", "Somebody Else")], Err(CsrError::OtherSubject)),
        (&[("serialNumber", "PNOSE-189001019802")], Err(CsrError::OtherSubject)),
        (&[("emailAddress", "anna@example.se")], Err(CsrError::OtherSubject)),
        // The right value under another attribute is another name.
        (&[("OU", "Anna Öberg")], Err(CsrError::OtherSubject)),
    ] {
        let read = read_csr(&named(attributes)).unwrap();
        assert_eq!(read.check_subject(&enrolled), wanted, "{attributes:?}");
    }
    assert_eq!(CsrError::OtherSubject.code(), "other_subject");
}

#[test]
fn a_huge_rsa_key() {
    let modulus = |octets: usize| tlv(2, &[&[0], vec![0xc5; octets].as_slice()].concat());
    let spki = |octets| {
        let numbers = tlv(0x30, &[modulus(octets), tlv(2, &[1, 0, 1])].concat());
        let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
        tlv(0x30, &[algorithm.as_slice(), &tlv(3, &[&[0], numbers.as_slice()].concat())].concat())
    };
    let own = ec();
    let honest = own.public_key_to_der().unwrap();
    for (bits, word) in [(8192, "unsupported_rsa_size"), (65_536, "oversized_key")] {
        let request = forged_key(&own, &honest, &spki(bits / 8));
        assert_eq!(code(&request), word, "{bits} bits");
    }
}

/// A request in which another key stands than the one that signs.
fn forged_key(key: &PKey<Private>, what: &[u8], by: &[u8]) -> Vec<u8> {
    let honest = request(key, |_| ());
    let (content, _) = element(&honest);
    let (info, whole) = element(content);
    let at = info.windows(what.len()).position(|part| part == what).unwrap();
    let changed = tlv(0x30, &[&info[..at], by, &info[at + what.len()..]].concat());
    tlv(0x30, &[changed.as_slice(), &content[whole.len()..]].concat())
}

#[test]
fn an_rsa_key_of_exponent_three() {
    let key = PKey::from_rsa(Rsa::generate_with_e(2048, &BigNum::from_u32(3).unwrap()).unwrap()).unwrap();
    assert_eq!(code(&request(&key, |_| ())), "bad_exponent");
}

#[test]
fn a_point_off_the_curve() {
    let key = ec();
    let honest = key.public_key_to_der().unwrap();
    let mut off = honest.clone();
    *off.last_mut().unwrap() ^= 1;
    assert_eq!(code(&forged_key(&key, &honest, &off)), "not_on_curve");
}

#[test]
fn a_modulus_of_the_faulty_generator() {
    let key = ec();
    let faulty = crate::keys::rsa_spki(&crate::keys::faulty_modulus(), 65_537);
    assert_eq!(code(&forged_key(&key, &key.public_key_to_der().unwrap(), &faulty)), "weak_modulus");
}

#[test]
fn an_extension_twice() {
    let twice = request(&ec(), |builder| {
        let mut wishes = Stack::new().unwrap();
        for _ in 0..2 {
            wishes.push(BasicConstraints::new().build().unwrap()).unwrap();
        }
        builder.add_extensions(&wishes).unwrap();
    });
    assert_eq!(code(&twice), "duplicate_extension");
}

#[test]
fn octets_after_the_request() {
    assert_eq!(code(&[request(&ec(), |_| ()).as_slice(), &[0]].concat()), "trailing_data");
}

#[test]
fn ber_instead_of_der() {
    let honest = request(&ec(), |_| ());
    let (content, _) = element(&honest);
    let indefinite = [&[0x30, 0x80], content, &[0, 0]].concat();
    assert_eq!(code(&indefinite), "not_der");
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let long = [&[0x30, 0x83, 0, high, low], content].concat();
    assert_eq!(code(&long), "not_der");
}

#[test]
fn deep_nesting() {
    let deep = (0..2000).fold(vec![5, 0], |inside, _| tlv(0x30, &inside));
    assert_eq!(code(&deep), "too_deep");
    assert_eq!(Certificate::parse(&deep), Err(CertificateError::Malformed));
    assert!(PublicKey::from_spki(&deep).is_err());
}

#[test]
fn nul_in_names() {
    let key = ec();
    let named = |builder: &mut X509ReqBuilder| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "admin@evil").unwrap();
        builder.set_subject_name(&name.build()).unwrap();
    };
    assert_eq!(code(&forged(&key, named, b"admin@evil", b"admin\0evil")), "nul_in_name");
    let alternative = |builder: &mut X509ReqBuilder| {
        let mut wishes = Stack::new().unwrap();
        let wish = SubjectAlternativeName::new().dns("good.example.evil").build(&builder.x509v3_context(None)).unwrap();
        wishes.push(wish).unwrap();
        builder.add_extensions(&wishes).unwrap();
    };
    assert_eq!(code(&forged(&key, alternative, b"example.evil", b"example\0evil")), "nul_in_name");

    let world = World::new();
    let facts = anna().with("person.display_name", "Anna\0Admin");
    let refused = world.refused("person-authentication-loa4", &facts, &read_csr(&request(&key, |_| ())).unwrap().key);
    let fault = TextFault::Character(0);
    assert_eq!(refused, IssueError::BadFact { fact: "person.display_name".to_owned(), fault });
}

/// A certificate of ours with another serial number and signed anew is read, and then refused by its rule.
#[test]
fn serial_numbers_of_twenty_octets_and_negative_ones() {
    let mut world = World::new();
    let (profile, der) = world.end_entities().swap_remove(0);
    let tbs = Certificate::parse(der.as_bytes()).unwrap().tbs().to_vec();
    for (octets, rule) in [
        (vec![0x7f; 20], "e_serial_number_form"),
        (vec![0x7f; 21], "e_serial_number_longer_than_20_octets"),
        (vec![0x80; 16], "e_serial_number_not_positive"),
        (vec![0], "e_serial_number_not_positive"),
    ] {
        let (content, _) = element(&tbs);
        let (version, serial) = content.split_at(5);
        let rest = &serial[element(serial).1.len()..];
        let tbs = tlv(0x30, &[version, &tlv(2, &octets), rest].concat());
        let algorithm = SignatureAlgorithm::EcdsaSha256;
        let signature = world.keys.sign(&world.person.key, algorithm, &tbs).unwrap();
        let bits = tlv(3, &[&[0], signature.as_slice()].concat());
        let signed = tlv(0x30, &[tbs.as_slice(), algorithm.identifier(), &bits].concat());
        let certificate = Certificate::parse(&signed).unwrap();
        assert_eq!(certificate.serial(), None, "{octets:02x?} is no serial number of ours");
        let findings = lint_issued(certificate.der(), world.profile(profile), &world.person.certificate);
        assert!(findings.iter().any(|finding| finding.rule == rule), "{octets:02x?}: {findings:?}");
    }
}
