//! Stands between the service and its signer, and changes answers.

use crate::support::{Installation, wait};
use sigill::signer::protocol::{Answer, CardAnswer};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// What becomes of every certificate in an answer.
#[derive(Debug, Clone, Copy)]
pub enum Lie {
    /// Beside the signature another algorithm is named.
    OtherAlgorithm,
    /// The last bit of what was signed is another.
    OtherOctets,
    /// Something follows the certificate.
    OctetsFollow,
}

/// The one in between. Honest at first.
pub struct Liar {
    lie: Arc<Mutex<Option<Lie>>>,
}

impl Liar {
    /// Makes a stopped installation's service ask here, from its next start on.
    pub fn between(installation: &Installation) -> Self {
        let config = installation.data().join("sigill.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let line = text.lines().find(|line| line.starts_with("socket = ")).unwrap();
        let real = PathBuf::from(line.trim_start_matches("socket = ").trim_matches('"'));
        let own = real.with_extension("liar");
        std::fs::write(&config, text.replace(line, &format!("socket = {:?}", own.display().to_string()))).unwrap();
        let listener = UnixListener::bind(&own).unwrap();
        let told = Arc::new(Mutex::new(None));
        tokio::spawn(serve(listener, real, Arc::clone(&told)));
        Self { lie: told }
    }

    pub fn tell(&self, lie: Lie) {
        *self.lie.lock().unwrap() = Some(lie);
    }

    pub fn be_honest(&self) {
        *self.lie.lock().unwrap() = None;
    }
}

async fn serve(listener: UnixListener, real: PathBuf, lie: Arc<Mutex<Option<Lie>>>) {
    loop {
        let (service, _) = listener.accept().await.unwrap();
        let signer = connect(&real).await;
        tokio::spawn(converse(service, signer, Arc::clone(&lie)));
    }
}

/// The signer starts while the service does.
async fn connect(real: &Path) -> UnixStream {
    loop {
        if let Ok(stream) = UnixStream::connect(real).await {
            return stream;
        }
        wait(Duration::from_millis(20)).await;
    }
}

/// Until one of the two ends.
async fn converse(mut service: UnixStream, mut signer: UnixStream, lie: Arc<Mutex<Option<Lie>>>) -> Option<()> {
    loop {
        for _ in 0..2 {
            let part = frame(&mut service).await?;
            send(&mut signer, &part).await?;
        }
        let json = frame(&mut signer).await?;
        let blob = frame(&mut signer).await?;
        let lie = *lie.lock().unwrap();
        send(&mut service, &lie.map_or(json.clone(), |lie| changed(&json, lie))).await?;
        send(&mut service, &blob).await?;
    }
}

async fn frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let length = stream.read_u32().await.ok()?;
    let mut octets = vec![0; length as usize];
    stream.read_exact(&mut octets).await.ok()?;
    Some(octets)
}

async fn send(stream: &mut UnixStream, octets: &[u8]) -> Option<()> {
    stream.write_u32(u32::try_from(octets.len()).unwrap()).await.ok()?;
    stream.write_all(octets).await.ok()
}

/// The answer with this lie in every certificate of a card.
fn changed(json: &[u8], lie: Lie) -> Vec<u8> {
    let Answer::Cards(mut cards) = serde_json::from_slice(json).unwrap() else { return json.to_vec() };
    for card in &mut cards {
        if let CardAnswer::Signed(certificates) = card {
            for one in certificates {
                tell(&mut one.certificate, lie);
            }
        }
    }
    serde_json::to_vec(&Answer::Cards(cards)).unwrap()
}

fn tell(certificate: &mut Vec<u8>, lie: Lie) {
    let named = certificate.windows(ECDSA_WITH.len()).rposition(|octets| octets == ECDSA_WITH).unwrap();
    match lie {
        Lie::OtherAlgorithm => certificate[named + ECDSA_WITH.len()] ^= 1,
        // Before the identifier are its two octets of SEQUENCE and two of OBJECT IDENTIFIER.
        Lie::OtherOctets => certificate[named - 5] ^= 1,
        Lie::OctetsFollow => certificate.push(0),
    }
}

/// The beginning of ecdsa-with-SHA256 and its like; the next octet says which.
const ECDSA_WITH: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
