//! Power cuts at every sync point of issuing and revoking. A SIGKILL loses nothing that was written;
//! here everything that was not synced is dropped or torn before the restart.

mod disk;

use crate::support::load::{Clerk, Memory};
use crate::support::oracle::Oracle;
use crate::support::random::{Random, rounds};
use crate::support::watch::Watch;
use crate::support::{Installation, Stopwatch, invariants, report, wait};
use disk::{Disk, Survivors};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Goes through every sync point from an application to the published revocation, start of the
/// service included: cuts there, restarts on what a disk may hold, and lets the officers go on.
#[tokio::test(flavor = "multi_thread")]
async fn power_loss_at_every_sync_point_loses_nothing_acknowledged() {
    let mut installation = Installation::start("power");
    installation.kill();
    publish_crls_at_once(&installation);
    installation.run();
    let shim = compile(installation.folder());
    let oracle = Arc::new(Oracle::new(&installation));
    let (memory, watch) = (Arc::<Memory>::default(), Watch::begin(&installation));
    let clerk = Arc::new(Clerk::new(&installation, &oracle, &memory));
    let mut random = Random::from_environment();
    let (mut cuts, mut unsynced, mut kept) = (0, 0, 0);
    let mut round = 0;
    while cuts < rounds(1) {
        for number in 1.. {
            let cut = Cut::choose(number, round, &mut random);
            let card = cut.happens(&mut installation, &shim, &clerk).await;
            let Some(card) = card else { break };
            let (data, side) = (installation.data(), side(&installation));
            let loss = Disk { data: &data, side: &side }.lose_power(cut.survivors, &mut random);
            (cuts, unsynced, kept) = (cuts + 1, unsynced + loss.unsynced, kept + loss.kept_sectors);
            installation.set_environment(&[]);
            tokio::task::block_in_place(|| installation.run());
            card.await.unwrap_or_else(|error| panic!("after {cut:?}, {loss:?}: {error}"));
        }
        round += 1;
    }
    report(&format!("{cuts} cuts, {unsynced} effects not synced, {kept} sectors of them kept; {}", memory.summary()));
    assert!(cuts > FEWEST_SYNC_POINTS && unsynced > 0 && kept > 0, "the shim saw too little");
    memory.assert_no_internal_errors();
    let seen = watch.end().await;
    installation.set_environment(&[]);
    installation.kill();
    installation.run();
    invariants::check(&installation, &memory, Some(&seen)).await;
}

/// One power cut.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// Number of the sync point since the start of the service.
    number: u32,
    /// Whether that sync is still done.
    when: &'static str,
    survivors: Survivors,
}

type Card = tokio::task::JoinHandle<()>;

impl Cut {
    /// Just before a sync most is at stake; just after it, what follows the sync without waiting for it.
    fn choose(number: u32, round: u32, random: &mut Random) -> Self {
        let survivors = if random.below(3) == 0 { Survivors::None } else { Survivors::Some };
        let when = if (number + round).is_multiple_of(4) { "after" } else { "before" };
        Self { number, when, survivors }
    }

    /// Starts the service with the shim and a card on its way; the card if the power was cut.
    async fn happens(&self, installation: &mut Installation, shim: &Path, clerk: &Arc<Clerk>) -> Option<Card> {
        installation.kill();
        released(installation).await;
        let (data, side) = (installation.data(), side(installation));
        let _ = std::fs::remove_dir_all(&side); // the first time there is none
        std::fs::create_dir(&side).unwrap();
        installation.set_environment(&[
            ("LD_PRELOAD", shim.to_str().unwrap()),
            ("POWERLOSS_DIR", data.to_str().unwrap()),
            ("POWERLOSS_SIDE", side.to_str().unwrap()),
            ("POWERLOSS_CUT", &self.number.to_string()),
            ("POWERLOSS_WHEN", self.when),
        ]);
        // An error says that the cut came before the service was ready.
        let _ = tokio::task::block_in_place(|| installation.try_run());
        let clerk = Arc::clone(clerk);
        let card = tokio::spawn(async move { clerk.fulfil(true).await });
        if !cut_comes(installation, &card).await {
            card.await.expect("without a cut every card is finished");
            return None;
        }
        released(installation).await;
        Some(card)
    }
}

/// Waits for the cut; false if the card was finished and the CRL long published without one.
async fn cut_comes(installation: &mut Installation, card: &Card) -> bool {
    let mut finished = None;
    loop {
        if installation.has_ended() {
            return true;
        }
        if card.is_finished() {
            let since = *finished.get_or_insert_with(Stopwatch::start);
            if since.elapsed() > LONGEST_UNTIL_PUBLISHED {
                return false;
            }
        }
        wait(Duration::from_millis(5)).await;
    }
}

/// Waits until no signer has the journal any more: it dies a moment after the service.
async fn released(installation: &Installation) {
    let journal = std::fs::File::open(installation.data().join("signer/journal")).unwrap();
    while journal.try_lock().is_err() {
        wait(Duration::from_millis(2)).await;
    }
}

/// Lets a CRL follow each revocation without gathering, so that its sync points come soon.
fn publish_crls_at_once(installation: &Installation) {
    let path = installation.data().join("sigill.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = text.replace("[crl]\n", "[crl]\ncoalesce_ms = 50\n");
    assert_ne!(text, changed);
    std::fs::write(path, changed).unwrap();
}

fn side(installation: &Installation) -> PathBuf {
    installation.folder().join("side")
}

fn compile(folder: &Path) -> PathBuf {
    let (source, shim) =
        (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/powerloss.c"), folder.join("powerloss.so"));
    let output = Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&shim).arg(source).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    shim
}

/// Applications, statements, intents, certificates, revocations, answers, CRLs.
const FEWEST_SYNC_POINTS: u32 = 10;
const LONGEST_UNTIL_PUBLISHED: Duration = Duration::from_secs(3);
