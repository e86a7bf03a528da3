use super::*;
use pki::ocsp::HashAlgorithm;
use std::sync::Arc;

const CA: &str = "test-ca";

fn certificate() -> Certificate {
    let key = rcgen::KeyPair::generate().unwrap();
    let made = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    Certificate::parse(made.der()).unwrap()
}

fn board(certificate: &Certificate) -> Board {
    Board::new([(CA, certificate)])
}

fn serial(n: u8) -> SerialNumber {
    SerialNumber::from_random([n; 16])
}

fn reference(n: u8) -> CertificateRef {
    CertificateRef { issuer: CA.to_owned(), serial: serial(n) }
}

fn at(seconds: i64) -> UtcTime {
    UtcTime::from_unix(1_700_000_000 + seconds)
}

fn answer(n: u8, revoked: bool, from: i64) -> PublishedOcsp {
    let der = format!("{n} {revoked} {from}").into_bytes();
    PublishedOcsp { certificate: reference(n), revoked, der, this_update: at(from), next_update: at(from + 100) }
}

fn id(hash: HashAlgorithm, ca: &Certificate, n: u8) -> CertId {
    IssuerHashes::of(ca).cert_id(hash, serial(n).as_bytes())
}

fn says(board: &Board, ca: &Certificate, n: u8, now: i64) -> Answer {
    let sha1 = board.ocsp(&id(HashAlgorithm::Sha1, ca, n), at(now));
    let sha256 = board.ocsp(&id(HashAlgorithm::Sha256, ca, n), at(now));
    assert_eq!(sha1, sha256, "both hashes name the same certificate");
    sha1
}

fn is_published(answer: &Answer, bytes: &str) -> bool {
    matches!(answer, Answer::Published(page) if page.bytes == bytes.as_bytes())
}

/// The last word of a CA that is no more.
#[test]
fn a_final_answer_is_served_for_ever() {
    let ca = certificate();
    let board = board(&ca);
    let mut last = answer(1, false, 0);
    last.next_update = UtcTime::MAX;
    assert!(board.put_ocsp(last));
    for days in [1, 366, 36_525, 2_000_000] {
        assert!(is_published(&says(&board, &ca, 1, days * 86_400), "1 false 0"), "after {days} days");
    }
}

#[test]
fn an_answer_is_found_by_both_hashes_and_only_within_its_times() {
    let ca = certificate();
    let board = board(&ca);
    assert!(board.put_ocsp(answer(1, false, 0)));
    assert_eq!(says(&board, &ca, 1, -1), Answer::TryLater);
    for now in [0, 50, 100] {
        assert!(is_published(&says(&board, &ca, 1, now), "1 false 0"));
    }
    assert_eq!(says(&board, &ca, 1, 101), Answer::Lapsed);
}

#[test]
fn a_serial_that_was_never_issued_has_no_answer() {
    let ca = certificate();
    let board = board(&ca);
    assert_eq!(says(&board, &ca, 1, 0), Answer::NeverIssued);
    let mut odd = id(HashAlgorithm::Sha1, &ca, 1);
    odd.serial = vec![7];
    assert_eq!(board.ocsp(&odd, at(0)), Answer::NeverIssued);
}

#[test]
fn another_ca_is_not_ours_even_with_our_name_or_our_key() {
    let (ca, other) = (certificate(), certificate());
    let board = board(&ca);
    board.put_ocsp(answer(1, false, 0));
    let mut mixed = id(HashAlgorithm::Sha256, &ca, 1);
    mixed.issuer_key_hash = id(HashAlgorithm::Sha256, &other, 1).issuer_key_hash;
    assert_eq!(board.ocsp(&mixed, at(1)), Answer::NotOurs);
    let mut mixed = id(HashAlgorithm::Sha256, &ca, 1);
    mixed.issuer_name_hash = vec![0; 32];
    assert_eq!(board.ocsp(&mixed, at(1)), Answer::NotOurs);
}

#[test]
fn issued_but_unanswered_is_try_later() {
    let ca = certificate();
    let board = board(&ca);
    board.note(&reference(1));
    assert_eq!(says(&board, &ca, 1, 0), Answer::TryLater);
    board.put_ocsp(answer(1, false, 0));
    board.note(&reference(1));
    assert!(is_published(&says(&board, &ca, 1, 0), "1 false 0"), "a late note takes nothing down");
}

#[test]
fn a_revocation_takes_the_good_answer_down_and_it_cannot_come_back() {
    let ca = certificate();
    let board = board(&ca);
    board.put_ocsp(answer(1, false, 0));
    board.withdraw(&reference(1));
    assert_eq!(says(&board, &ca, 1, 1), Answer::TryLater);
    assert!(!board.put_ocsp(answer(1, false, 2)), "a good that was signed before and arrives late");
    assert_eq!(says(&board, &ca, 1, 2), Answer::TryLater);
    assert!(board.put_ocsp(answer(1, true, 3)));
    board.withdraw(&reference(1));
    assert!(!board.put_ocsp(answer(1, false, 4)));
    assert!(is_published(&says(&board, &ca, 1, 5), "1 true 3"));
    assert!(board.is_revoked(&reference(1)));
}

#[test]
fn a_revoked_answer_wins_over_a_newer_good() {
    let ca = certificate();
    let board = board(&ca);
    board.put_ocsp(answer(1, false, 10));
    assert!(board.put_ocsp(answer(1, true, 5)));
    assert!(is_published(&says(&board, &ca, 1, 10), "1 true 5"));
}

#[test]
fn an_older_answer_does_not_replace_a_newer_one() {
    let ca = certificate();
    let board = board(&ca);
    board.put_ocsp(answer(1, false, 10));
    assert!(!board.put_ocsp(answer(1, false, 9)));
    assert!(board.put_ocsp(answer(1, false, 11)));
}

#[test]
fn no_reader_sees_good_after_withdraw_returned() {
    let ca = certificate();
    let board = Arc::new(board(&ca));
    for n in 0..=255 {
        board.put_ocsp(answer(n, false, 0));
        let late = Arc::clone(&board);
        let signer = std::thread::spawn(move || late.put_ocsp(answer(n, false, 1)));
        board.withdraw(&reference(n));
        assert_eq!(says(&board, &ca, n, 1), Answer::TryLater);
        signer.join().unwrap();
        assert_eq!(says(&board, &ca, n, 1), Answer::TryLater);
    }
}

#[test]
fn a_crl_is_replaced_only_by_a_higher_number() {
    let ca = certificate();
    let board = board(&ca);
    let crl = |number: u64| PublishedCrl {
        issuer: CA.to_owned(),
        number,
        der: number.to_be_bytes().to_vec(),
        this_update: at(0),
        next_update: at(100),
    };
    assert!(board.crl(CA).is_none());
    assert!(board.put_crl(crl(7)));
    assert!(!board.put_crl(crl(7)));
    assert!(!board.put_crl(crl(6)));
    assert!(board.put_crl(crl(8)));
    assert_eq!(board.crl(CA).unwrap().bytes, 8_u64.to_be_bytes().as_slice());
    assert!(!board.put_crl(PublishedCrl { issuer: "other".to_owned(), ..crl(9) }));
    assert_eq!(board.standing(at(0))[0].crl, Some((8, at(100))));
}

#[test]
fn standing_counts_those_without_a_current_answer() {
    let ca = certificate();
    let board = board(&ca);
    board.put_ocsp(answer(1, false, 0));
    board.note(&reference(2));
    board.withdraw(&reference(3));
    let standing = &board.standing(at(1))[0];
    assert_eq!((standing.certificates, standing.waiting), (3, 2));
    assert_eq!(board.standing(at(500))[0].waiting, 3);
    assert_eq!(board.aia(CA).unwrap().bytes, ca.der().as_bytes());
}
