//! What a disk holds after a power cut, made from the log of the shim in `tests/clients/powerloss.c`.
//!
//! Everything that was not synced is undone; then some of it is done again: a disk may have kept
//! any of the blocks that it was given since, in any order, but the names in folders come back
//! in the order in which they changed, as journalling file systems have it.

use crate::support::random::Random;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Which of the writes since the last sync survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Survivors {
    /// None.
    None,
    /// Each sector by chance: some writes are whole, some are torn, some are gone.
    Some,
}

/// The folder of a service that lost its power, and the shim's folder.
pub(super) struct Disk<'a> {
    pub(super) data: &'a Path,
    pub(super) side: &'a Path,
}

/// One effect, as logged.
struct Record {
    /// Where it begins in the log.
    at: u64,
    inode: u64,
    effect: Effect,
}

enum Effect {
    Write { offset: u64, size_before: u64, old: Vec<u8>, new: Vec<u8> },
    Truncate { length: u64, size_before: u64, cut_off: Vec<u8> },
    Sync { covers: u64 },
    Create { path: PathBuf },
    Unlink { path: PathBuf, kept: PathBuf },
    Rename { from: PathBuf, to: PathBuf, replaced: Option<PathBuf> },
}

/// What was lost.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Loss {
    /// Effects that were not synced.
    pub(super) unsynced: usize,
    /// Sectors of them that the disk kept.
    pub(super) kept_sectors: usize,
}

impl Disk<'_> {
    /// Brings the folder into a state that the disk may be in, and forgets the log.
    pub(super) fn lose_power(&self, survivors: Survivors, random: &mut Random) -> Loss {
        let log = parse(&std::fs::read(self.side.join("log")).unwrap(), self.side);
        let unsynced = unsynced(&log);
        // Names: all that were not synced, or the last few of them.
        let names: Vec<_> = unsynced.iter().filter(|record| record.effect.is_name()).collect();
        let kept_names = match survivors {
            Survivors::None => 0,
            Survivors::Some => usize::try_from(random.below(names.len() as u64 + 1)).unwrap(),
        };
        let files = self.files();
        for record in unsynced.iter().rev().filter(|record| !record.effect.is_name()) {
            record.effect.undo_content(&files[&record.inode]);
        }
        names[kept_names..].iter().rev().for_each(|record| record.effect.undo_name());
        let mut loss = Loss { unsynced: unsynced.len(), kept_sectors: 0 };
        if survivors == Survivors::Some {
            let files = self.files();
            for record in &unsynced {
                if let Some(path) = files.get(&record.inode) {
                    loss.kept_sectors += record.effect.keep_some(path, random);
                }
            }
        }
        self.forget();
        loss
    }

    /// Every file by inode, those that lost their name included.
    fn files(&self) -> HashMap<u64, PathBuf> {
        let mut files = HashMap::new();
        let mut folders = vec![self.side.to_owned(), self.data.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    files.insert(entry.metadata().unwrap().ino(), entry.path());
                }
            }
        }
        files
    }

    /// Removes what lives in memory only, and the log.
    fn forget(&self) {
        for entry in std::fs::read_dir(self.data).unwrap().map(Result::unwrap) {
            if entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
        std::fs::remove_dir_all(self.side).unwrap();
        std::fs::create_dir(self.side).unwrap();
    }
}

/// The effects that no later sync of the same file or folder covers.
fn unsynced(log: &[Record]) -> Vec<&Record> {
    let mut covered = HashMap::<u64, u64>::new();
    for record in log {
        if let Effect::Sync { covers } = record.effect {
            let until = covered.entry(record.inode).or_default();
            *until = covers.max(*until);
        }
    }
    let is_durable = |record: &Record| covered.get(&record.inode).is_some_and(|until| record.at < *until);
    log.iter().filter(|record| !matches!(record.effect, Effect::Sync { .. }) && !is_durable(record)).collect()
}

impl Effect {
    /// Whether it changes a folder, not a file.
    fn is_name(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Unlink { .. } | Self::Rename { .. })
    }

    fn undo_content(&self, path: &Path) {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        match self {
            Self::Write { offset, size_before, old, .. } => {
                file.write_all_at(old, *offset).unwrap();
                file.set_len(*size_before).unwrap();
            }
            Self::Truncate { length, size_before, cut_off } => {
                file.write_all_at(cut_off, *length).unwrap();
                file.set_len(*size_before).unwrap();
            }
            _ => {}
        }
    }

    fn undo_name(&self) {
        match self {
            Self::Create { path } => std::fs::remove_file(path).unwrap(),
            Self::Unlink { path, kept } => std::fs::hard_link(kept, path).unwrap(),
            Self::Rename { from, to, replaced } => {
                std::fs::rename(to, from).unwrap();
                if let Some(replaced) = replaced {
                    std::fs::hard_link(replaced, to).unwrap();
                }
            }
            _ => {}
        }
    }

    /// Writes again those sectors that chance lets the disk keep; how many.
    fn keep_some(&self, path: &Path, random: &mut Random) -> usize {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        match self {
            Self::Write { offset, new, .. } => keep_sectors(&file, *offset, new, random),
            Self::Truncate { length, .. } if random.below(2) == 0 => {
                file.set_len(*length).unwrap();
                1
            }
            _ => 0,
        }
    }
}

fn keep_sectors(file: &File, offset: u64, octets: &[u8], random: &mut Random) -> usize {
    // Often all or nothing: a disk that loses every other sector never leaves a whole page.
    let chance = [0, 50, 100][usize::try_from(random.below(3)).unwrap()];
    let (mut kept, mut done) = (0, 0);
    while done < octets.len() {
        let at = offset + done as u64;
        let room = usize::try_from(SECTOR - at % SECTOR).unwrap().min(octets.len() - done);
        if random.below(100) < chance {
            file.write_all_at(&octets[done..done + room], at).unwrap();
            kept += 1;
        }
        done += room;
    }
    kept
}

fn parse(log: &[u8], side: &Path) -> Vec<Record> {
    let (mut records, mut at) = (Vec::new(), 0);
    while at < log.len() {
        let word = |offset: usize| u32::from_ne_bytes(log[at + offset..at + offset + 4].try_into().unwrap());
        let quad = |offset: usize| u64::from_ne_bytes(log[at + offset..at + offset + 8].try_into().unwrap());
        let (first, second) = (word(4) as usize, word(8) as usize);
        let body = at + HEAD;
        let (first, second) = (&log[body..body + first], &log[body + first..body + first + second]);
        let (inode, offset, size_before) = (quad(16), quad(24), quad(32));
        let path = |octets: &[u8]| PathBuf::from(std::str::from_utf8(octets).unwrap());
        let gone = || side.join(format!("gone.{offset}"));
        let effect = match word(0) {
            1 => Effect::Write { offset, size_before, old: first.to_vec(), new: second.to_vec() },
            2 => Effect::Truncate { length: offset, size_before, cut_off: first.to_vec() },
            3 => Effect::Sync { covers: offset },
            4 => Effect::Create { path: path(first) },
            5 => Effect::Unlink { path: path(first), kept: gone() },
            6 => Effect::Rename { from: path(first), to: path(second), replaced: (offset > 0).then(gone) },
            other => panic!("the log has a record of kind {other}"),
        };
        records.push(Record { at: at as u64, inode, effect });
        at = body + first.len() + second.len();
    }
    records
}

/// Octets before the body of a record: four words and three long words.
const HEAD: usize = 40;
/// What a disk writes whole or not at all.
const SECTOR: u64 = 512;
