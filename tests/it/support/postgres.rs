//! A database of its own on the PostgreSQL server that `cargo xtask test` starts.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty database, dropped with this.
pub struct Database {
    admin: String,
    name: String,
    url: String,
}

impl Database {
    /// Makes one.
    ///
    /// # Panics
    /// If `SIGILL_TEST_POSTGRES` names no server.
    pub fn new() -> Self {
        let admin = std::env::var("SIGILL_TEST_POSTGRES")
            .expect("SIGILL_TEST_POSTGRES must name a PostgreSQL server; `cargo xtask test` starts one and sets it");
        let name = format!("sigill_it_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (server, _) = admin.rsplit_once('/').unwrap();
        let database = Self { url: format!("{server}/{name}"), admin, name };
        database.administer("CREATE DATABASE");
        database
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn administer(&self, act: &str) {
        let sql = format!("{act} {}", self.name);
        let output = Command::new("psql").args(["-X", "-q", "-c", &sql, &self.admin]).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // A service that was just killed may still have a connection; what is left goes with the server.
            let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            let _ = Command::new("psql").args(["-X", "-q", "-c", &sql, &self.admin]).output();
        }
    }
}

static COUNT: AtomicU32 = AtomicU32::new(0);
