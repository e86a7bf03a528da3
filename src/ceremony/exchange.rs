//! What travels between the root's host and the issuing CAs' host: requests there, certificates and transcript back.
//!
//! A request is a JWS with the CA's own key, which proves that whoever asks has it. The answer carries the sealed
//! transcript of the root's host, whose participants signed for every step, and the files that it names. Either file
//! has one form; any edit is refused.

use super::error::Error;
use super::files;
use super::layout::Layout;
use super::run::Ceremony;
use super::script::{Host, PlannedAuthority};
use super::tokens::failed;
use super::transcript::Event;
use super::transcript::verify::{self, Sound, typed};
use crate::signer::digest::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::certificate::Certificate;
use pki::jose::sign_compact;
use pki::key::{KeyId, PublicKey, SignatureAlgorithm};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What the issuing host writes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    /// A proof for each issuing CA, in the order of the ceremony's file.
    requests: Vec<String>,
}

/// What a CA's key signs.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    ceremony: String,
    script: Digest,
    authority: String,
    /// SubjectPublicKeyInfo in base64.
    key: String,
}

/// What the root's host writes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFile {
    /// Its sealed transcript.
    transcript: String,
    /// The files that it names, in base64.
    files: BTreeMap<String, String>,
}

/// The keys that ask for certificates.
pub(crate) struct Requests(BTreeMap<String, PublicKey>);

/// What the root's host answered, verified.
pub(crate) struct Answer {
    transcript: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Requests {
    /// The key of a CA.
    pub(crate) fn key_of(&self, planned: &PlannedAuthority) -> Result<PublicKey, Error> {
        let key = self.0.get(&planned.name()).filter(|key| key.kind() == planned.key_kind);
        key.cloned().ok_or_else(|| refused(REQUEST, format!("no fitting key of {}", planned.name())))
    }
}

/// Writes the requests of this host's CAs.
pub(crate) fn write_requests(ceremony: &mut Ceremony<'_>) -> Result<(), Error> {
    let mut requests = Vec::new();
    for planned in ceremony.script.issuing().to_vec() {
        let name = planned.name();
        let known = ceremony.draft.find(|event| match event {
            Event::Request { authority, proof } if *authority == name => Some(proof.clone()),
            _ => None,
        });
        let proof = match known {
            Some(proof) => proof,
            None => prove(ceremony, &planned)?,
        };
        requests.push(proof);
    }
    let path = ceremony.layout.outgoing(REQUEST);
    Ok(files::public(&path, render(&RequestFile { requests }))?)
}

fn prove(ceremony: &mut Ceremony<'_>, planned: &PlannedAuthority) -> Result<String, Error> {
    let label = KeyId::new(planned.key.as_str());
    let token = ceremony.script.token_of(planned).to_owned();
    let keys = ceremony.token(&token, false)?;
    let public = keys.public_key(&label).map_err(failed(&token))?;
    let asked = Asked {
        ceremony: ceremony.script.id.clone(),
        script: ceremony.digest,
        authority: planned.name(),
        key: STANDARD.encode(public.spki()),
    };
    let payload = serde_json::to_vec(&asked).expect("a request holds strings");
    let algorithm = match public.kind() {
        kind if kind.is_rsa() => SignatureAlgorithm::RsaPssSha256,
        kind => SignatureAlgorithm::default_for(kind),
    };
    let proof = sign_compact(json!({"typ": REQUEST_TYPE}), &payload, &label, algorithm, &keys)?;
    ceremony.record(Event::Request { authority: planned.name(), proof: proof.clone() })?;
    Ok(proof)
}

/// Reads the other host's requests; none if they are not there yet.
pub(crate) fn read_requests(ceremony: &mut Ceremony<'_>) -> Result<Option<Requests>, Error> {
    let path = ceremony.layout.incoming(REQUEST);
    if !path.exists() {
        return Ok(None);
    }
    let file: RequestFile = read(REQUEST, &files::read_text(&path)?)?;
    let requests = file.requests.iter().map(|proof| check_request(ceremony, proof)).collect::<Result<Vec<_>, _>>()?;
    let keys: BTreeMap<String, PublicKey> = requests.iter().cloned().collect();
    let issuing = ceremony.script.issuing();
    if requests.len() != issuing.len() || !issuing.iter().all(|planned| keys.contains_key(&planned.name())) {
        return Err(refused(REQUEST, "it does not ask once for each issuing CA"));
    }
    for (authority, key) in requests {
        let fingerprint = Digest::from_bytes(key.fingerprint());
        let before = ceremony.draft.find(|event| match event {
            Event::Requested { authority: known, fingerprint } if *known == authority => Some(*fingerprint),
            _ => None,
        });
        if before.is_some_and(|before| before != fingerprint) {
            return Err(refused(REQUEST, format!("{authority} asked with another key before")));
        }
        ceremony.once(Event::Requested { authority, fingerprint })?;
    }
    Ok(Some(Requests(keys)))
}

fn check_request(ceremony: &Ceremony<'_>, proof: &str) -> Result<(String, PublicKey), Error> {
    let jws = typed(proof, REQUEST_TYPE).ok_or_else(|| refused(REQUEST, "a request is none"))?;
    let asked: Asked = serde_json::from_slice(&jws.payload).map_err(|_| refused(REQUEST, "a request is none"))?;
    let spki = STANDARD.decode(&asked.key).map_err(|_| refused(REQUEST, "a key is none"))?;
    let key = PublicKey::from_spki(&spki).map_err(|_| refused(REQUEST, "a key is none"))?;
    jws.verify(&key).map_err(|_| refused(REQUEST, format!("the key of {} did not sign", asked.authority)))?;
    if asked.ceremony != ceremony.script.id || asked.script != ceremony.digest {
        return Err(refused(REQUEST, "it is of another ceremony or file"));
    }
    Ok((asked.authority, key))
}

/// Writes what the issuing host waits for.
pub(crate) fn write_answer(layout: &Layout, transcript: &str, sound: &Sound) -> Result<(), Error> {
    let mut answer = AnswerFile { transcript: transcript.to_owned(), files: BTreeMap::new() };
    for (file, _) in verify::outputs(&sound.entries).filter(|(file, _)| file.starts_with(CARRIED)) {
        let content = files::read(&layout.data().join(file))?;
        answer.files.insert(file.to_owned(), STANDARD.encode(content));
    }
    Ok(files::public(&layout.outgoing(ANSWER), render(&answer))?)
}

/// Reads what the root's host answered; none if it is not there yet.
pub(crate) fn read_answer(ceremony: &Ceremony<'_>) -> Result<Option<Answer>, Error> {
    let path = ceremony.layout.incoming(ANSWER);
    if !path.exists() {
        return Ok(None);
    }
    let file: AnswerFile = read(ANSWER, &files::read_text(&path)?)?;
    let sound = verify::judge(&file.transcript)?;
    if sound.digest != ceremony.digest || sound.host != Host::Root || sound.rehearsal != ceremony.rehearsal {
        return Err(refused(ANSWER, "its transcript is of another ceremony, file or host"));
    }
    let mut files = BTreeMap::new();
    for (name, sha256) in verify::outputs(&sound.entries).filter(|(file, _)| file.starts_with(CARRIED)) {
        let content = file.files.get(name).and_then(|text| STANDARD.decode(text).ok());
        let content = content.filter(|content| Digest::of(content) == sha256);
        files.insert(name.to_owned(), content.ok_or_else(|| refused(ANSWER, format!("{name} is not the sealed one")))?);
    }
    if files.len() != file.files.len() {
        return Err(refused(ANSWER, "it carries files that the transcript does not name"));
    }
    for planned in ceremony.script.issuing() {
        check_certificate(ceremony, planned, &files)?;
    }
    Ok(Some(Answer { transcript: file.transcript, files }))
}

/// The certificate must be for the key that asked, and the root's.
fn check_certificate(
    ceremony: &Ceremony<'_>,
    planned: &PlannedAuthority,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), Error> {
    let certificate = |name: &str| {
        let pem = files.get(&format!("{CARRIED}{name}.pem")).map(|pem| String::from_utf8_lossy(pem));
        let pem = pem.ok_or_else(|| refused(ANSWER, format!("no certificate of {name}")))?;
        Ok::<_, Error>(Certificate::from_pem(&pem)?)
    };
    let (root, issued) = (certificate(&ceremony.script.root().name())?, certificate(&planned.name())?);
    issued.verify_issued_by(&root)?;
    if ceremony.key(&planned.key) == Some(issued.public_key()) {
        return Ok(());
    }
    Err(refused(ANSWER, format!("the certificate of {} is for another key", planned.name())))
}

/// Takes the answer in.
pub(crate) fn import(ceremony: &mut Ceremony<'_>, answer: &Answer) -> Result<(), Error> {
    let transcript = (ROOT_TRANSCRIPT.to_owned(), answer.transcript.clone().into_bytes());
    let all = answer.files.iter().map(|(name, content)| (name.clone(), content.clone()));
    for (file, content) in std::iter::once(transcript).chain(all) {
        files::public(&ceremony.layout.data().join(&file), &content)?;
        ceremony.once(Event::Imported { file, sha256: Digest::of(&content) })?;
    }
    Ok(())
}

fn render<T: Serialize>(file: &T) -> String {
    let mut text = serde_json::to_string_pretty(file).expect("strings and lists of them are JSON");
    text.push('\n');
    text
}

fn read<T: Serialize + DeserializeOwned>(name: &str, text: &str) -> Result<T, Error> {
    let file: T = serde_json::from_str(text).map_err(|error| refused(name, error.to_string()))?;
    if render(&file) == text { Ok(file) } else { Err(refused(name, "it was edited")) }
}

fn refused(file: &str, problem: impl Into<String>) -> Error {
    Error::Exchange { file: file.to_owned(), problem: problem.into() }
}

/// From the issuing host to the root's.
pub(crate) const REQUEST: &str = "request.json";
/// From the root's host to the issuing.
pub(crate) const ANSWER: &str = "answer.json";
/// Where the issuing host keeps the transcript of the root's.
pub(crate) const ROOT_TRANSCRIPT: &str = "root-transcript.json";
const REQUEST_TYPE: &str = "sigill-ca-request+jws";
/// The files of the root's host that the issuing host needs: certificates and the list.
const CARRIED: &str = "authorities/";
