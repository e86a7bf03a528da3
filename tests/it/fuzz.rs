//! A short run of every fuzz target: hostile samples, and those samples changed at random.

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};
use targets::TARGETS;

/// Every reader survives the samples and what a seeded generator makes of them. The seed is in the
/// message of a failure; `cargo xtask soak fuzz` runs the real fuzzer from the same samples.
#[test]
fn every_reader_survives_hostile_input() {
    for (name, read) in TARGETS {
        let samples = samples(name);
        assert!(samples.len() >= 5, "{name} has too few samples");
        for (path, data) in &samples {
            survive(name, *read, data, &path.display().to_string());
        }
        let mut random = Random(0x5161_6c6c);
        for round in 0..ROUNDS {
            let (path, data) = &samples[random.below(samples.len())];
            let changed = random.change(data);
            survive(name, *read, &changed, &format!("round {round} from {}", path.display()));
        }
    }
}

/// Each target has its entry for the fuzzer.
#[test]
fn every_target_is_known_to_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    files.sort();
    assert_eq!(files, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
}

fn survive(name: &str, read: fn(&[u8]), data: &[u8], origin: &str) {
    let outcome = std::panic::catch_unwind(|| read(data));
    if outcome.is_err() {
        let kept = std::env::temp_dir().join(format!("sigill-fuzz-{name}"));
        std::fs::write(&kept, data).unwrap();
        panic!("{name} failed on {origin}; the input is in {}", kept.display());
    }
}

fn samples(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hostile").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let data = std::fs::read(&path).unwrap();
            (path, data)
        })
        .collect()
}

/// A generator that gives the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn octet(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A few changes: octets replaced, removed, inserted, repeated, the end cut.
    fn change(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.get(..LONGEST).unwrap_or(data).to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(data.len());
            match self.below(6) {
                _ if data.is_empty() => data.push(self.octet()),
                0 => data[at] = self.octet(),
                1 => data[at] ^= 1 << self.below(8),
                2 => drop(data.remove(at)),
                3 => data.insert(at, self.octet()),
                4 => data.truncate(at),
                _ => {
                    let part = data[at..data.len().min(at + 32)].to_vec();
                    data.splice(at..at, part);
                }
            }
        }
        data
    }
}

/// Changed samples for each target.
const ROUNDS: u32 = 3_000;
/// Samples are cut to so many octets before they are changed.
const LONGEST: usize = 8_192;
