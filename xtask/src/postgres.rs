//! A throw-away PostgreSQL cluster that cannot outlive us.
//!
//! A guardian shell, in a process group of its own, makes the cluster, starts it, and then reads from a pipe whose other
//! end only we hold. However we end (normally, by a failure, by Ctrl-C, by SIGKILL), the pipe closes; the guardian then
//! stops the server and removes its folder.

use crate::shell::{command, is_root, output, root, run};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where Debian and Ubuntu keep one folder of server programs for each major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Where the cluster goes if the account it runs under cannot reach the checkout.
const FALLBACK: &str = "/var/tmp";

/// A socket's path has at most 107 bytes; the cluster's folder and the socket's name take the rest.
const PARENT_LIMIT_BYTES: usize = 64;

/// Called with: folder to work in, folder of the programs, port. First line of input: the password.
///
/// The defaults stay, `fsync` included, so that tests of durability mean something.
const GUARDIAN: &str = r#"
set -eu
trap '' INT TERM HUP
programs=$2 port=$3
folder=$(mktemp -d "$1/cluster.XXXXXX")
cd "$folder"
finish() {
    status=$?
    cd /
    if [ "$status" != 0 ]; then cat "$folder/log" >&2; fi
    "$programs/pg_ctl" -D "$folder/data" -m fast -w stop >/dev/null 2>&1 || :
    rm -rf "$folder"
}
trap finish EXIT
IFS= read -r password
printf '%s\n' "$password" >password
"$programs/initdb" -D data -U sigill -A scram-sha-256 --pwfile=password -E UTF8 --locale=C >log 2>&1
"$programs/pg_ctl" -D data -l log -w -o "-p $port -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories='$folder' -c max_connections=200" start >>log 2>&1
echo ready
read -r _ || :
"#;

/// A running cluster; dropping it stops the server and removes its files.
pub(crate) struct Postgres {
    guardian: Child,
    url: String,
}

impl Postgres {
    /// Makes and starts a cluster on a free loopback port.
    ///
    /// # Errors
    /// If the programs are missing or the server does not start; its log goes to standard error.
    pub(crate) fn start() -> Result<Self> {
        let (programs, port, password) = (programs(Path::new(VERSIONS))?, free_port()?, password()?);
        let parent = parent()?;
        let mut guardian = as_owner(&["sh", "-c", GUARDIAN, "guardian"])?
            .arg(&parent)
            .arg(&programs)
            .arg(port.to_string())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the guardian of PostgreSQL")?;
        writeln!(guardian.stdin.as_mut().context("the guardian's input is a pipe")?, "{password}")?;
        let mut said = String::new();
        BufReader::new(guardian.stdout.take().context("the guardian's output is a pipe")?).read_line(&mut said)?;
        let url = format!("postgres://sigill:{password}@127.0.0.1:{port}/postgres");
        let cluster = Self { guardian, url };
        if said != "ready\n" {
            bail!("PostgreSQL did not start in {}; its log is above", parent.display());
        }
        Ok(cluster)
    }

    /// Address with the name and password of a superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        if let Err(error) = self.guardian.wait() {
            eprintln!("xtask: the guardian of PostgreSQL was lost: {error}");
        }
    }
}

/// The programs of the newest version found.
fn programs(versions: &Path) -> Result<PathBuf> {
    let folders = std::fs::read_dir(versions).with_context(|| format!("no PostgreSQL in {}", versions.display()))?;
    let newest = folders
        .flatten()
        .filter(|folder| folder.path().join("bin/initdb").is_file())
        .filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .with_context(|| format!("no initdb below {}", versions.display()))?;
    Ok(versions.join(newest.to_string()).join("bin"))
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// 128 bits of the kernel's randomness in hexadecimal: other accounts of this machine can reach the port.
fn password() -> Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

/// `initdb` refuses root, so root lends the work to the account that Debian's package made.
fn as_owner(words: &[&str]) -> Result<Command> {
    let lent: &[&str] = if is_root()? { &["runuser", "-u", "postgres", "--"] } else { &[] };
    let words = [lent, words].concat();
    let (program, arguments) = words.split_first().context("a command has words")?;
    command(program, arguments)
}

/// A folder under `target/` that the cluster's account can write to, or the fallback.
fn parent() -> Result<PathBuf> {
    let folder = root()?.join("target/postgres");
    let shown = folder.to_str().context("the checkout's path is UTF-8")?;
    let owner: &[&str] = if is_root()? { &["-o", "postgres"] } else { &[] };
    run(&mut command("install", &[&["-d", "-m", "755"], owner, &[shown]].concat())?)?;
    let reachable = output(as_owner(&["test", "-w", shown])?.current_dir("/")).is_ok();
    Ok(if reachable && shown.len() <= PARENT_LIMIT_BYTES { folder } else { FALLBACK.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_and_leaves_nothing_behind() {
        let cluster = Postgres::start().unwrap();
        let port = cluster.url().rsplit(':').next().unwrap().strip_suffix("/postgres").unwrap().to_owned();
        let setting = output(&mut command("psql", &["-At", cluster.url(), "-c", "show fsync"]).unwrap());
        let folder = output(&mut command("psql", &["-At", cluster.url(), "-c", "show data_directory"]).unwrap());
        assert_eq!(setting.unwrap(), "on");
        drop(cluster);
        assert!(!Path::new(&folder.unwrap()).exists());
        TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    }

    #[test]
    fn a_stranger_is_refused() {
        let cluster = Postgres::start().unwrap();
        let (before, after) = cluster.url().split_once("sigill:").unwrap();
        let wrong = format!("{before}sigill:wrong@{}", after.split_once('@').unwrap().1);
        assert!(output(&mut command("psql", &["-At", &wrong, "-c", "select 1"]).unwrap()).is_err());
    }

    #[test]
    fn missing_programs_are_an_error() {
        assert!(programs(Path::new("/no/such/folder")).is_err());
    }
}
