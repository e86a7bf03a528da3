//! What a validation may cost, on a graph of CAs that certify each other in a circle.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

use signature::validate::{
    Budget, Indication, Limits, MalformedInput, Purpose, Request, Revocation, SubIndication, Verdict, certificate,
};
use x509_parser::asn1_rs::{Any, FromDer};

/// The certificate, an anchor, and nine CAs.
const CIRCLE: &[u8] = include_bytes!("../../../tests/fixtures/hostile/path/cve-2024-0567");

fn circle() -> Request {
    let (mut rest, mut all) = (CIRCLE, Vec::new());
    while !rest.is_empty() {
        let (after, _) = Any::from_der(rest).unwrap();
        all.push(rest[..rest.len() - after.len()].to_vec());
        rest = after;
    }
    Request {
        certificate: all.remove(0),
        trust_anchors: vec![all.remove(0)],
        intermediates: all,
        crls: Vec::new(),
        at: 1_767_225_600,
        purpose: Purpose::Any,
        peer: None,
        max_depth: None,
        policies: None,
        revocation: Revocation::None,
    }
}

fn within(limits: Limits, in_time: bool) -> Verdict {
    certificate(&circle(), &mut Budget::new(limits, &|| in_time)).unwrap()
}

#[test]
fn a_circle_of_cas_is_left_at_the_anchor() {
    let Verdict::Passed(good) = within(Limits::default(), true) else { panic!("there is a good chain") };
    assert_eq!(good.chain.len(), 3, "certificate, issuing CA, anchor");
}

#[test]
fn each_limit_ends_the_search_and_says_so() {
    let limits = [
        (Limits { chains: 0, ..Limits::default() }, true, "too many chains"),
        (Limits { signatures: 0, ..Limits::default() }, true, "too many signatures"),
        (Limits::default(), false, "the time is up"),
    ];
    for (limits, in_time, why) in limits {
        let Verdict::Failed { indication, sub_indication, reason } = within(limits, in_time) else {
            panic!("{why}: it passed");
        };
        let wanted = (Indication::Indeterminate, SubIndication::NoCertificateChainFound);
        assert_eq!((indication, sub_indication), wanted);
        assert!(reason.contains(why), "{reason}");
    }
    let short = within(Limits { depth: 2, ..Limits::default() }, true);
    assert!(matches!(short, Verdict::Failed { sub_indication: SubIndication::NoCertificateChainFound, .. }));
}

#[test]
fn more_than_a_request_may_hold_is_refused_unread() {
    let mut request = circle();
    request.intermediates = vec![request.certificate.clone(); 100];
    let refused = certificate(&request, &mut Budget::new(Limits::default(), &|| true)).unwrap_err();
    assert_eq!(refused, MalformedInput { what: "request", why: "too many certificates" });
}
