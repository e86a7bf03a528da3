//! The two servers, each a process of its own with one worker.

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use bytes::Bytes;
use domain::certificate::CertificateRef;
use domain::changes::PublishedOcsp;
use pki::certificate::Certificate;
use pki::ocsp::{CertId, parse_response};
use pki::serial::SerialNumber;
use sigill::board::Board;
use sigill::clock::System;
use sigill::config::status::{CrlConfig, OcspConfig, StatusConfig};
use sigill::http::status::behind::{Behind, Condition, LiveError, Parts};
use sigill::http::status::{Site, serve_site};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::sync::watch;

/// Name of the CA on the board.
const ISSUER: &str = "bench";
/// Tries to reach a server that was just started; each waits for a refusal or this long.
const TRIES: u32 = 400;

/// A running server; dropped, it ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    child: Child,
}

impl Server {
    /// This program again, serving the folder's answers from a board.
    pub(crate) fn sigill(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        std::fs::write(folder.join("port"), port.to_string()).context("the port's file")?;
        let program = std::env::current_exe().context("this program")?;
        let child = Command::new(program).arg(super::SERVE).arg(folder).spawn().context("this program again")?;
        Self { port, child }.ready()
    }

    /// nginx with one worker, serving the folder's answers as files.
    pub(crate) fn nginx(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let config = folder.join("nginx.conf");
        std::fs::write(&config, nginx_config(folder, port)).context("nginx.conf")?;
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(folder).arg("-c").arg(&config).stderr(Stdio::null());
        let child = nginx.spawn().context("nginx: apt-get install nginx-light")?;
        Self { port, child }.ready()
    }

    /// User and system time that the process has taken, in microseconds.
    pub(crate) fn cpu_us(&self) -> Result<f64> {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).context("the server has ended")?;
        let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat")?;
        let ticks = |at: usize| fields.split_whitespace().nth(at).and_then(|text| text.parse::<u32>().ok());
        let (user, system) = (ticks(11).context("utime")?, ticks(12).context("stime")?);
        Ok(f64::from(user + system) * 1e6 / TICKS_PER_SECOND)
    }

    fn ready(mut self) -> Result<Self> {
        for _ in 0..TRIES {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(self);
            }
            if let Some(status) = self.child.try_wait().context("the server")? {
                bail!("the server ended at once: {status}");
            }
            std::thread::park_timeout(std::time::Duration::from_millis(10));
        }
        bail!("the server does not listen")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both may fail only if the process has ended by itself, which the measurement has noticed.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The process that serves the board.
pub(crate) fn serve_published(folder: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let port: u16 = std::fs::read_to_string(folder.join("port"))?.parse()?;
    let issuer = Certificate::parse(&std::fs::read(folder.join("issuer.der"))?)?;
    let board = Arc::new(Board::new([(ISSUER, &issuer)]));
    for file in std::fs::read_dir(folder.join("ocsp"))? {
        publish(&board, std::fs::read(file?.path())?)?;
    }
    let config = (StatusConfig::default(), OcspConfig::default(), CrlConfig::default());
    let site = Arc::new(Site::new(board, Box::new(Nothing), Arc::new(System), config));
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let (_never, stop) = watch::channel(false);
        tokio::spawn(serve_site(site, listener, stop)).await.context("the listener")
    })
}

fn publish(board: &Board, der: Vec<u8>) -> Result<()> {
    let response = parse_response(&der)?;
    let single = response.singles.first().context("an answer without a certificate")?;
    let serial = SerialNumber::from_der_integer(&single.id.serial).context("a serial of our form")?;
    let (this_update, next_update) = (single.this_update, single.next_update.context("nextUpdate")?);
    let certificate = CertificateRef { issuer: ISSUER.to_owned(), serial };
    board.put_ocsp(PublishedOcsp { certificate, revoked: false, der, this_update, next_update });
    Ok(())
}

/// Nothing is signed in this benchmark.
struct Nothing;

#[async_trait]
impl Behind for Nothing {
    async fn answer(&self, _asked: &[CertId]) -> Result<Bytes, LiveError> {
        Err(LiveError::TryLater)
    }

    async fn parts(&self) -> Parts {
        let down = Condition::Down;
        Parts { database: down, hsm: down, signer: down, policies: String::new(), emergency: None }
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a free port")?;
    Ok(listener.local_addr()?.port())
}

fn nginx_config(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n\
           access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 600;\n\
           default_type application/ocsp-response;\n\
           client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n\
           uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
           server {{ listen 127.0.0.1:{port}; root {folder}; expires 1m; }}\n\
         }}\n"
    )
}

/// Linux counts process time in hundredths of a second for user space, whatever the kernel's own tick.
const TICKS_PER_SECOND: f64 = 100.0;
