use super::{Budget, Limits, Peer, Policies, Purpose, Request, Revocation, Verdict, certificate};
use std::net::IpAddr;

#[derive(serde::Deserialize)]
struct Limbo {
    testcases: Vec<Case>,
}
#[derive(serde::Deserialize)]
struct Case {
    id: String,
    validation_kind: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    expected_peer_name: Option<PeerName>,
    max_chain_depth: Option<u32>,
    crls: Option<Vec<String>>,
}
#[derive(serde::Deserialize)]
struct PeerName {
    kind: String,
    value: String,
}
fn der(pem: &str) -> Vec<u8> {
    x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap().1.contents
}
#[test]
fn limbo() {
    let limbo: Limbo = serde_json::from_slice(&std::fs::read("/work/shared/data/limbo.json").unwrap()).unwrap();
    let mut bad = 0;
    for case in limbo.testcases {
        let group = case.id.split("::").next().unwrap();
        if !["rfc5280", "pathlen", "pathological", "crl", "cve", "invalid"].contains(&group) { continue; }
        let at = case.validation_time.as_deref().map_or(1_767_225_600, |t| {
            let t = format!("{}Z", &t[..19]);
            let out = std::process::Command::new("date").args(["-u", "-d", &t, "+%s"]).output().unwrap();
            String::from_utf8(out.stdout).unwrap().trim().parse().unwrap()
        });
        let request = Request {
            certificate: der(&case.peer_certificate),
            intermediates: case.untrusted_intermediates.iter().map(|p| der(p)).collect(),
            trust_anchors: case.trusted_certs.iter().map(|p| der(p)).collect(),
            crls: case.crls.iter().flatten().map(|p| der(p)).collect(),
            at,
            purpose: if case.validation_kind == "SERVER" { Purpose::Server } else { Purpose::Client },
            peer: case.expected_peer_name.map(|p| match p.kind.as_str() {
                "DNS" => Peer::Dns(p.value),
                "IP" => Peer::Ip(p.value.parse::<IpAddr>().unwrap()),
                _ => Peer::Mail(p.value),
            }),
            max_depth: case.max_chain_depth,
            policies: None::<Policies>,
            revocation: if case.crls.as_ref().is_some_and(|c| !c.is_empty()) { Revocation::Crl } else { Revocation::None },
        };
        let mut budget = Budget::new(Limits::default(), &|| true);
        let started = std::time::Instant::now();
        let got = certificate(&request, &mut budget);
        let took = started.elapsed();
        let good = matches!(got, Ok(Verdict::Passed(_)));
        if good != (case.expected_result == "SUCCESS") || took.as_millis() > 1000 {
            bad += 1;
            let why = match got { Ok(Verdict::Passed(_)) => "passed".to_owned(), other => format!("{other:?}") };
            println!("{} want {} got {why} in {took:?}", case.id, case.expected_result);
        }
    }
    println!("{bad} deviations");
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Nist {
    name: String,
    cert_path: Vec<String>,
    #[serde(rename = "CRLPath")]
    crl_path: Vec<String>,
    initial_policy_set: Vec<String>,
    initial_explicit_policy: bool,
    initial_policy_mapping_inhibit: bool,
    initial_any_policy_inhibit: bool,
    should_validate: bool,
}

#[test]
fn pkits() {
    let site = std::path::PathBuf::from("/work/notes/pv/lib/python3.11/site-packages");
    let vectors = std::fs::read(site.join("go/src/crypto/x509/testdata/nist-pkits/vectors.json")).unwrap();
    let vectors: Vec<Nist> = serde_json::from_slice(&vectors).unwrap();
    let data = site.join("cryptography_vectors/x509/PKITS_data");
    let read = |kind: &str, name: &String| std::fs::read(data.join(kind).join(name)).unwrap();
    let oid = |name: &String| match name.strip_prefix("NIST-test-policy-") {
        Some(n) => format!("2.16.840.1.101.3.2.1.48.{n}"),
        None => "2.5.29.32.0".to_owned(),
    };
    for case in vectors {
        let certificates: Vec<Vec<u8>> = case.cert_path.iter().map(|name| read("certs", name)).collect();
        let request = Request {
            certificate: certificates.last().unwrap().clone(),
            intermediates: certificates[1..certificates.len() - 1].to_vec(),
            trust_anchors: vec![certificates[0].clone()],
            crls: case.crl_path.iter().map(|name| read("crls", name)).collect(),
            at: 1_306_886_400,
            purpose: Purpose::Any,
            peer: None,
            max_depth: None,
            policies: Some(Policies {
                initial_set: case.initial_policy_set.iter().map(oid).collect(),
                explicit: case.initial_explicit_policy,
                inhibit_mapping: case.initial_policy_mapping_inhibit,
                inhibit_any: case.initial_any_policy_inhibit,
            }),
            revocation: Revocation::Crl,
        };
        let mut budget = Budget::new(Limits::default(), &|| true);
        let got = certificate(&request, &mut budget);
        if matches!(got, Ok(Verdict::Passed(_))) != case.should_validate {
            let why = match got { Ok(Verdict::Passed(_)) => "passed".to_owned(), other => format!("{other:?}") };
            println!("{} want {} got {why}", case.name, case.should_validate);
        }
    }
}
