//! How many times a server asks the kernel to make something durable, as strace counts.

use crate::process::Part;
use crate::wait::until;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

/// strace, attached to every process of some parts.
pub(crate) struct Syncs {
    strace: Child,
    report: PathBuf,
}

impl Syncs {
    /// Begins to count.
    ///
    /// # Errors
    /// If strace cannot attach.
    pub(crate) async fn begin(parts: &[Part], report: PathBuf) -> Result<Self> {
        let mut traced = Vec::new();
        for part in parts {
            traced.extend(part.members()?);
        }
        let mut command = Command::new("strace");
        command.args(["-c", "-f", "-q", "-e", &format!("trace={}", CALLS.join(",")), "-o"]).arg(&report);
        for id in &traced {
            command.args(["-p", &id.to_string()]);
        }
        let mut strace = command.spawn().context("strace")?;
        until(LONGEST_ATTACH, || {
            ensure!(strace.try_wait()?.is_none(), "strace ended");
            Ok(traced.iter().all(|id| is_traced(*id)))
        })
        .await?;
        Ok(Self { strace, report })
    }

    /// Ends, and gives the number of calls.
    ///
    /// # Errors
    /// If strace left no report.
    pub(crate) fn end(mut self) -> Result<usize> {
        let status = Command::new("kill").args(["-s", "INT", &self.strace.id().to_string()]).status()?;
        ensure!(status.success(), "strace has ended");
        self.strace.wait()?;
        let report = std::fs::read_to_string(&self.report)?;
        ensure!(report.contains("total"), "strace counted nothing: {report}");
        let mut calls = 0;
        for line in report.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields.last().is_some_and(|name| CALLS.contains(name)) {
                calls += fields.get(3).context("a count of calls")?.parse::<usize>()?;
            }
        }
        Ok(calls)
    }
}

fn is_traced(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0"))
}

const CALLS: [&str; 4] = ["fsync", "fdatasync", "msync", "sync_file_range"];
const LONGEST_ATTACH: Duration = Duration::from_secs(10);
