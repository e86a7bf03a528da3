//! A DNS server that is not ours, with the TXT records that a test wants.

use super::installation::pause;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running dnsmasq on loopback. Dropped, it is killed.
pub struct Zone {
    process: Child,
}

impl Zone {
    /// Serves `records`, each a name and its text, at `port`.
    pub fn serve(port: u16, records: &[(&str, &str)]) -> Self {
        let process = Command::new("dnsmasq")
            .args(["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--no-daemon"])
            .args(["--user=root", "--group=root", "--bind-interfaces", "--listen-address=127.0.0.1"])
            .arg(format!("--port={port}"))
            .args(records.iter().map(|(name, text)| format!("--txt-record={name},{text}")))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..100 {
            // Taken means that it listens.
            if UdpSocket::bind(("127.0.0.1", port)).is_err() {
                break;
            }
            pause(Duration::from_millis(50));
        }
        Self { process }
    }
}

impl Drop for Zone {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after the wait.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
