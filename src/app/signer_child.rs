//! The signer process as a child, for demo installations. In production it is a unit of its own,
//! under its own user.

use crate::shutdown::Shutdown;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, ChildStdin, Command};

/// Keeps a signer running until the shutdown. It ends with us: its standard input is ours. `module`
/// is for a signer whose configuration leaves the PKCS#11 module open.
pub async fn supervise(config: PathBuf, module: hsm::Module, shutdown: Shutdown) {
    let mut pause = FIRST_PAUSE;
    loop {
        let (mut child, lifeline) = match spawn(&config, &module) {
            Ok(started) => started,
            Err(error) => {
                tracing::error!(%error, "cannot start the signer process");
                if wait(pause, &shutdown).await {
                    return;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
        };
        tokio::select! {
            status = ended(&mut child, &mut pause) => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                tracing::error!(%status, "the signer process ended; starting it again");
            }
            () = shutdown.requested() => return end(child, lifeline).await,
        }
        if wait(pause, &shutdown).await {
            return;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Waits for the end of a signer. One that lived for a while is started again without delay.
async fn ended(child: &mut Child, pause: &mut Duration) -> std::io::Result<ExitStatus> {
    if let Ok(status) = tokio::time::timeout(STEADY, child.wait()).await {
        return status;
    }
    *pause = FIRST_PAUSE;
    child.wait().await
}

/// Starts the signer. It lives as long as the returned pipe does: waiting for a child would close
/// a pipe that the child still owned.
fn spawn(config: &Path, module: &hsm::Module) -> std::io::Result<(Child, Option<ChildStdin>)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("signer")
        .arg("--config")
        .arg(config)
        .arg("--module")
        .arg(String::from(module.clone()))
        .arg("--exit-with-parent")
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let lifeline = child.stdin.take();
    Ok((child, lifeline))
}

/// Closing its standard input asks it to end; it gets a moment to finish what it signs.
async fn end(mut child: Child, lifeline: Option<ChildStdin>) {
    drop(lifeline);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        tracing::warn!("the signer process did not end by itself; it is killed");
        if let Err(error) = child.kill().await {
            tracing::error!(%error, "cannot kill the signer process");
        }
    }
}

/// Waits; true if the shutdown came first.
async fn wait(pause: Duration, shutdown: &Shutdown) -> bool {
    tokio::time::timeout(pause, shutdown.requested()).await.is_ok()
}

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A signer that lives so long did not fail at its start.
const STEADY: Duration = Duration::from_secs(2);
const GRACE: Duration = Duration::from_secs(3);
