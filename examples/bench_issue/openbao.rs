//! The peer: OpenBao's PKI engine on its own durable storage (raft).

use crate::caller::{Caller, Prepared};
use crate::enrol::csr;
use crate::process::Part;
use crate::wait::{pause, until};
use anyhow::{Context, Result, ensure};
use rcgen::KeyPair;
use serde_json::{Value, json};
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running server with a CA and a role, stopped when dropped.
pub(crate) struct OpenBao {
    /// Its process.
    pub(crate) part: Part,
    /// Its version, as it says.
    pub(crate) version: String,
    /// The CA's certificate.
    pub(crate) root: PathBuf,
    base: String,
    tls_root: PathBuf,
    token: String,
    server: Child,
}

impl OpenBao {
    /// Starts the server under `folder`, with a P-256 CA of its own.
    ///
    /// # Errors
    /// If the program was not lent, or does not become ready.
    pub(crate) async fn start(folder: &Path) -> Result<Self> {
        let folder = folder.join("openbao");
        std::fs::create_dir_all(folder.join("raft"))?;
        let ports = (free_port()?, free_port()?);
        let tls_root = configure(&folder, ports)?;
        let log = File::create(folder.join("log"))?;
        let server = Command::new(program()?)
            .args(["server", "-config"])
            .arg(folder.join("bao.hcl"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        until(LONGEST_START, || Ok(TcpStream::connect(("127.0.0.1", ports.0)).is_ok())).await?;
        let (base, root) = (format!("https://localhost:{}", ports.0), folder.join("root.pem"));
        let part = Part::alone("openbao", server.id());
        let (token, version) = (String::new(), version()?);
        let mut peer = Self { part, version, root, base, tls_root, token, server };
        peer.unseal().await?;
        peer.found().await?;
        Ok(peer)
    }

    /// Someone with the right to issue, over a new connection.
    ///
    /// # Errors
    /// If the TLS root cannot be read.
    pub(crate) fn caller(&self) -> Result<Caller> {
        Caller::with_token(&self.base, &self.tls_root, Some(self.token.clone()))
    }

    /// Ready requests for a certificate each.
    ///
    /// # Errors
    /// If a key cannot be made.
    pub(crate) fn requests(count: usize) -> Result<Vec<Prepared>> {
        let one = || {
            let body = json!({"csr": csr(&KeyPair::generate()?)?, "common_name": "Åsa Öberg"});
            Ok(Prepared { path: "/v1/pki/sign/card".to_owned(), body: serde_json::to_vec(&body)?.into() })
        };
        (0..count).map(|_| one()).collect()
    }

    async fn unseal(&mut self) -> Result<()> {
        let nobody = Caller::with_token(&self.base, &self.tls_root, None)?;
        let shares = json!({"secret_shares": 1, "secret_threshold": 1});
        let made = nobody.post("/v1/sys/init", &shares).await?;
        text(&made, "root_token")?.clone_into(&mut self.token);
        nobody.post("/v1/sys/unseal", &json!({"key": made["keys_base64"][0]})).await?;
        for _ in 0..LEADER_TRIES {
            // A sealed server and one without a leader answer with an error status.
            if nobody.get("/v1/sys/health").await.is_ok_and(|health| health["standby"] == false) {
                return Ok(());
            }
            pause(LEADER_PAUSE).await;
        }
        anyhow::bail!("OpenBao has no leader")
    }

    /// The CA and the role: any name, keys from requests, certificates stored, three years.
    async fn found(&self) -> Result<()> {
        let owner = self.caller()?;
        owner.post("/v1/sys/mounts/pki", &json!({"type": "pki", "config": {"max_lease_ttl": "87600h"}})).await?;
        let ca = json!({"common_name": "Bench CA", "key_type": "ec", "key_bits": 256, "ttl": "87600h"});
        let made = owner.post("/v1/pki/root/generate/internal", &ca).await?;
        std::fs::write(&self.root, text(&made["data"], "certificate")?)?;
        let role = json!({
            "allow_any_name": true, "enforce_hostnames": false, "no_store": false, "server_flag": false,
            "key_type": "ec", "key_bits": 256, "ttl": "26280h", "max_ttl": "26280h",
        });
        owner.post("/v1/pki/roles/card", &role).await.map(drop)
    }
}

impl Drop for OpenBao {
    fn drop(&mut self) {
        if let Err(error) = self.server.kill().and_then(|()| self.server.wait()) {
            eprintln!("OpenBao was lost: {error}");
        }
    }
}

/// Writes TLS key, certificate and configuration; gives the certificate.
fn configure(folder: &Path, (port, cluster): (u16, u16)) -> Result<PathBuf> {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (certificate, key) = (folder.join("tls.pem"), folder.join("tls.key"));
    std::fs::write(&certificate, cert.pem())?;
    std::fs::write(&key, signing_key.serialize_pem())?;
    let configuration = json!({
        "storage": {"raft": {"path": folder.join("raft"), "node_id": "bench"}},
        "listener": {"tcp": {
            "address": format!("127.0.0.1:{port}"), "cluster_address": format!("127.0.0.1:{cluster}"),
            "tls_cert_file": certificate, "tls_key_file": key,
        }},
        "api_addr": format!("https://127.0.0.1:{port}"), "cluster_addr": format!("https://127.0.0.1:{cluster}"),
    });
    std::fs::write(folder.join("bao.hcl"), configuration.to_string())?;
    Ok(certificate)
}

fn program() -> Result<PathBuf> {
    let folder = std::env::var_os("SIGILL_BENCH_VENV");
    let folder = folder.context("SIGILL_BENCH_VENV is not set: use `cargo xtask bench issue`")?;
    Ok(PathBuf::from(folder).join("bin/bao"))
}

fn version() -> Result<String> {
    let output = Command::new(program()?).arg("version").output()?;
    ensure!(output.status.success(), "bao version: {}", output.status);
    let said = String::from_utf8(output.stdout)?;
    Ok(said.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

fn text<'a>(answer: &'a Value, name: &str) -> Result<&'a str> {
    answer[name].as_str().with_context(|| format!("no {name} in {answer}"))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

const LONGEST_START: Duration = Duration::from_secs(30);
const LEADER_TRIES: u32 = 100;
const LEADER_PAUSE: Duration = Duration::from_millis(100);
