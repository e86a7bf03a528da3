//! What a published OCSP answer costs, beside nginx serving the same bytes as static files.
//!
//! Both servers are processes with one worker and are up at once; one load generator drives them in alternation
//! (A B B A …), so that a busy machine slows both alike. The figure to trust is processor time of the server for one
//! request. Every response is checked for status and length, every 64th for its bytes, and samples by OpenSSL: an error
//! voids the run.
//!
//! `cargo run --release --example bench_ocsp -- [SECONDS]`; each round is that long.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod answers;
mod judge;
mod load;
mod server;

use answers::Answers;
use anyhow::{Context, Result, ensure};
use load::{Load, Measured};
use server::Server;
use std::path::PathBuf;
use std::time::Duration;

/// Certificates with an answer.
const CERTIFICATES: usize = 3000;
/// Pairs of rounds.
const PAIRS: usize = 9;
/// Rate of GET, in parts of nginx's.
const GET_TARGET: f64 = 0.6;
/// Processor time of one POST, in microseconds.
const POST_TARGET_US: f64 = 40.0;
/// First argument of the process that serves.
const SERVE: &str = "--serve";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, folder] = &arguments[..]
        && first == SERVE
    {
        return server::serve_published(&PathBuf::from(folder));
    }
    let seconds: f64 = arguments.first().map_or(Ok(1.5), |text| text.parse()).context("SECONDS is a number")?;
    compare(Duration::from_secs_f64(seconds))
}

fn compare(round: Duration) -> Result<()> {
    let folder = tempfile()?;
    let answers = Answers::sign(CERTIFICATES);
    answers.write(&folder)?;
    let (ours, nginx) = (Server::sigill(&folder)?, Server::nginx(&folder)?);
    let by_get = Load::new(ours.port, answers.gets(), &answers)?;
    let by_post = Load::new(ours.port, answers.posts(), &answers)?;
    let by_file = Load::new(nginx.port, answers.files(), &answers)?;
    judge::openssl_accepts(&answers, &by_get.sample()?)?;
    judge::openssl_accepts(&answers, &by_post.sample()?)?;
    for (load, server) in [(&by_get, &ours), (&by_post, &ours), (&by_file, &nginx)] {
        load.run(server, round / 4)?;
    }
    let (mut get, mut post, mut file) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let mut ours_now = || -> Result<()> {
            get.push(by_get.run(&ours, round)?);
            post.push(by_post.run(&ours, round)?);
            Ok(())
        };
        if pair % 2 == 0 {
            ours_now()?;
            file.push(by_file.run(&nginx, round)?);
        } else {
            file.push(by_file.run(&nginx, round)?);
            ours_now()?;
        }
    }
    report(&get, &post, &file)?;
    std::fs::remove_dir_all(&folder).context("the bench's folder")
}

fn report(get: &[Measured], post: &[Measured], file: &[Measured]) -> Result<()> {
    println!("{CERTIFICATES} answers, {PAIRS} pairs of rounds, {} connections; medians", load::CONNECTIONS);
    println!("{:<22} {:>14} {:>22}", "", "requests/s", "server CPU, µs/request");
    for (name, rounds) in [("sigill GET", get), ("sigill POST", post), ("nginx static GET", file)] {
        println!("{name:<22} {:>14.0} {:>22.1}", median(rounds, |m| m.rate), median(rounds, |m| m.cpu_us));
    }
    let ratio = |of: fn(&Measured) -> f64, invert: bool| {
        let pairs = get.iter().zip(file).map(|(a, b)| if invert { of(b) / of(a) } else { of(a) / of(b) });
        middle(pairs.collect())
    };
    let (by_cpu, by_rate) = (ratio(|m| m.cpu_us, true), ratio(|m| m.rate, false));
    let post_us = median(post, |m| m.cpu_us);
    println!("GET ÷ nginx: {by_cpu:.2} by CPU, {by_rate:.2} by rate (target {GET_TARGET})");
    println!("POST: {post_us:.1} µs of CPU (target {POST_TARGET_US:.0})");
    ensure!(by_cpu >= GET_TARGET && post_us <= POST_TARGET_US, "a target is missed");
    Ok(())
}

fn median(rounds: &[Measured], of: fn(&Measured) -> f64) -> f64 {
    middle(rounds.iter().map(of).collect())
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A folder of this process.
fn tempfile() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("sigill-bench-ocsp-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("a folder for the bench")?;
    Ok(folder)
}
