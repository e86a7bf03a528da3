//! One load generator for both servers: keep-alive connections, one request under way on each.

use super::answers::Answers;
use super::server::Server;
use anyhow::{Context, Result, ensure};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 32;
/// Every how many responses the bytes are compared.
const COMPARE_EVERY: usize = 64;
/// Distance between two requests of a connection, so that neighbours ask for different answers.
const STRIDE: usize = 97;
/// Answers that are handed to the judge.
const SAMPLES: usize = 50;

/// Requests to one server, with what must come back.
pub(crate) struct Load {
    port: u16,
    requests: Rc<Vec<Vec<u8>>>,
    expected: Rc<Vec<Vec<u8>>>,
    runtime: tokio::runtime::Runtime,
}

/// One round.
pub(crate) struct Measured {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Processor time of the server for one request, in microseconds.
    pub(crate) cpu_us: f64,
}

impl Load {
    /// The `n`th of `requests` must bring the `n`th answer.
    pub(crate) fn new(port: u16, requests: Vec<Vec<u8>>, answers: &Answers) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("a runtime")?;
        Ok(Self { port, requests: Rc::new(requests), expected: Rc::new(answers.der.clone()), runtime })
    }

    /// Loads `server` for `length`.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub(crate) fn run(&self, server: &Server, length: Duration) -> Result<Measured> {
        let before = server.cpu_us()?;
        let start = Instant::now();
        let requests = LocalSet::new().block_on(&self.runtime, async {
            let connections = (0..CONNECTIONS).map(|first| {
                let (port, requests, expected) = (self.port, Rc::clone(&self.requests), Rc::clone(&self.expected));
                tokio::task::spawn_local(
                    async move { connection(port, first, &requests, &expected, start + length).await },
                )
            });
            let mut total = 0_u32;
            for connection in connections.collect::<Vec<_>>() {
                total += connection.await.context("a connection")??;
            }
            Ok::<_, anyhow::Error>(total)
        })?;
        let (elapsed, requests) = (start.elapsed().as_secs_f64(), f64::from(requests));
        Ok(Measured { rate: requests / elapsed, cpu_us: (server.cpu_us()? - before) / requests })
    }

    /// Some answers as they come over the wire, with their numbers.
    pub(crate) fn sample(&self) -> Result<Vec<(usize, Vec<u8>)>> {
        self.runtime.block_on(async {
            let mut client = Client::connect(self.port).await?;
            let mut sampled = Vec::with_capacity(SAMPLES);
            for n in (0..self.requests.len()).step_by(self.requests.len() / SAMPLES) {
                let length = client.exchange(&self.requests[n]).await?;
                sampled.push((n, client.body(length).to_vec()));
                client.consume(length);
            }
            Ok(sampled)
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn connection(port: u16, first: usize, requests: &[Vec<u8>], expected: &[Vec<u8>], end: Instant) -> Result<u32> {
    let mut client = Client::connect(port).await?;
    let (mut done, mut n) = (0_u32, first);
    while Instant::now() < end {
        let length = client.exchange(&requests[n]).await?;
        ensure!(length == expected[n].len(), "answer {n} has {length} octets, not {}", expected[n].len());
        if n % COMPARE_EVERY == 0 {
            ensure!(client.body(length) == expected[n], "answer {n} has other bytes");
        }
        client.consume(length);
        n = (n + STRIDE) % requests.len();
        done += 1;
    }
    Ok(done)
}

/// A keep-alive connection that reads as much HTTP as the two servers speak.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    head: usize,
}

impl Client {
    async fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.context("the server")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), head: 0 })
    }

    /// Sends a request and waits for the whole response; gives the length of its body.
    async fn exchange(&mut self, request: &[u8]) -> Result<usize> {
        self.stream.write_all(request).await?;
        loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            self.head = end + 4;
            let length = content_length(&self.buffer[..end])?;
            while self.buffer.len() < self.head + length {
                ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
            }
            return Ok(length);
        }
    }

    fn body(&self, length: usize) -> &[u8] {
        &self.buffer[self.head..self.head + length]
    }

    fn consume(&mut self, length: usize) {
        self.buffer.drain(..self.head + length);
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    ensure!(head.starts_with(b"HTTP/1.1 200 "), "not a success: {}", String::from_utf8_lossy(head));
    let head = std::str::from_utf8(head).context("the head")?;
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    line.context("content-length")?.trim().parse().context("content-length")
}
