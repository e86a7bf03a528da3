//! How much the pool costs: signatures through it, divided by a bare PKCS#11 loop on the same token and key.
//!
//! Both sign and verify every signature. Rounds alternate, and each figure is a median, so that a busy machine slows
//! both alike; processor time a signature is the figure that other programs disturb least.
//!
//! `cargo run --release -p hsm --example bench_hsm -- [SECONDS]` measures on a throw-away `SoftHSM2` token, each round
//! that long.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark measures time and prints it")]

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use hsm::{KeyRole, Module, Pool, TokenConfig};
use pkcs11::context::Pkcs11;
use pkcs11::mechanism::Mechanism;
use pkcs11::object::{Attribute, ObjectClass, ObjectHandle};
use pkcs11::session::Session;
use pki::{KeyId, KeyKind, PublicKey, SignatureAlgorithm, Signer};
use testkit::token::TokenFolder;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// About as long as the TBSCertificate of a person.
const MESSAGE: [u8; 700] = [0x5a; 700];
const ROUNDS: usize = 9;
const CALLERS: [usize; 3] = [1, 2, 8];
const TARGET: f64 = 0.9;
const LABEL: &str = "bench";
const PIN: &str = "0123456789";
/// Set in the process that measures.
const CHILD: &str = "BENCH_HSM_CHILD";

fn main() -> Outcome<()> {
    let seconds = std::env::args().nth(1).unwrap_or_else(|| "0.5".to_owned());
    if std::env::var_os(CHILD).is_none() {
        return on_own_token(&seconds);
    }
    let length = Duration::from_secs_f64(seconds.parse()?);
    let pool = Pool::open(TokenConfig {
        module: Module::Auto,
        token_label: LABEL.to_owned(),
        token_serial: None,
        pin: PIN.into(),
        threads: std::thread::available_parallelism()?.get(),
        queue: 1024,
        deadline: Duration::from_secs(5),
    })?;
    println!("{:<12} {:>7} {:>21} {:>21} {:>15}", "", "", "signatures a second", "processor time, µs", "pool ÷ bare");
    println!(
        "{:<12} {:>7} {:>10} {:>10} {:>10} {:>10} {:>7} {:>7}",
        "key", "callers", "bare", "pool", "bare", "pool", "rate", "1/time"
    );
    let mut worst = f64::INFINITY;
    for role in [KeyRole::Ca, KeyRole::OcspSigner] {
        let key = KeyId::new(format!("bench {role:?}"));
        let public = pool.generate(&key, KeyKind::EcP256, role)?;
        let bare = Bare::find(&key, &public)?;
        for callers in CALLERS {
            let Comparison { bare, pool, rates, times } = compare(&bare, &pool, &key, callers, length)?;
            worst = worst.min(rates);
            println!(
                "{:<12} {callers:>7} {:>10.0} {:>10.0} {:>10.1} {:>10.1} {rates:>7.2} {times:>7.2}",
                format!("{role:?}"),
                bare.rate,
                pool.rate,
                bare.micros,
                pool.micros
            );
        }
    }
    println!("worst ratio of rates {worst:.2}, target {TARGET}");
    Ok(())
}

/// Starts this program again where a fresh token is found: `SoftHSM2` reads its environment once.
fn on_own_token(seconds: &str) -> Outcome<()> {
    let folder = TokenFolder::new()?;
    folder.init(LABEL, "12345678", PIN)?;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    let status = command.arg(seconds).envs(folder.environment()).env(CHILD, "1").status()?;
    if status.success() { Ok(()) } else { Err(format!("the benchmark ended with {status}").into()) }
}

/// What one way of signing reached.
#[derive(Clone, Copy)]
struct Figure {
    /// Signatures a second.
    rate: f64,
    /// Processor time of the whole process for each, in microseconds.
    micros: f64,
}

/// Medians of the rounds, and of the ratios of each round's pair.
struct Comparison {
    bare: Figure,
    pool: Figure,
    /// Rate of the pool, divided by that of the bare loop.
    rates: f64,
    /// Processor time of the bare loop, divided by that of the pool.
    times: f64,
}

/// Interleaved rounds: neighbours share the machine's mood, so their ratio is steadier than either figure.
fn compare(bare: &Bare, pool: &Pool, key: &KeyId, callers: usize, length: Duration) -> Outcome<Comparison> {
    let run_bare = || measure(callers, length, || bare.caller());
    let run_pool = || {
        measure(callers, length, || {
            Ok(move || {
                pool.sign(key, SignatureAlgorithm::EcdsaSha256, &MESSAGE)?;
                Ok(())
            })
        })
    };
    let (mut bare_figures, mut pool_figures) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            bare_figures.push(run_bare()?);
            pool_figures.push(run_pool()?);
        } else {
            pool_figures.push(run_pool()?);
            bare_figures.push(run_bare()?);
        }
    }
    let pairs = || bare_figures.iter().zip(&pool_figures);
    Ok(Comparison {
        bare: medians(&bare_figures),
        pool: medians(&pool_figures),
        rates: median(pairs().map(|(bare, pool)| pool.rate / bare.rate).collect()),
        times: median(pairs().map(|(bare, pool)| bare.micros / pool.micros).collect()),
    })
}

/// Lets `callers` threads each do what `make` gives it, over and over; any error voids the run.
#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
fn measure<C: FnMut() -> Outcome<()>>(
    callers: usize,
    length: Duration,
    make: impl Fn() -> Outcome<C> + Sync,
) -> Outcome<Figure> {
    let (over, count) = (AtomicBool::new(false), AtomicU64::new(0));
    let (start, processor) = (Instant::now(), processor_seconds()?);
    std::thread::scope(|scope| {
        let work = || -> Outcome<()> {
            let mut call = make()?;
            let mut done = 0;
            while !over.load(Ordering::Relaxed) {
                call()?;
                done += 1;
            }
            count.fetch_add(done, Ordering::Relaxed);
            Ok(())
        };
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(work)).collect();
        std::thread::sleep(length);
        over.store(true, Ordering::Relaxed);
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a caller panicked")?)
    })?;
    let count = count.load(Ordering::Relaxed) as f64;
    let micros = (processor_seconds()? - processor) * 1e6 / count;
    Ok(Figure { rate: count / start.elapsed().as_secs_f64(), micros })
}

/// Processor time of this process so far, from the kernel's accounting in hundredths of a second (proc(5)).
fn processor_seconds() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields = text.rsplit(')').next().ok_or("no fields in /proc/self/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

fn medians(figures: &[Figure]) -> Figure {
    Figure {
        rate: median(figures.iter().map(|figure| figure.rate).collect()),
        micros: median(figures.iter().map(|figure| figure.micros).collect()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A bare loop over the binding: one session a caller, the key's handle found once.
struct Bare {
    context: Pkcs11,
    slot: pkcs11::slot::Slot,
    key: ObjectHandle,
    point: Vec<u8>,
}

impl Bare {
    /// Uses the module that the pool has loaded and initialised, and its login.
    fn find(key: &KeyId, public: &PublicKey) -> Outcome<Self> {
        let context = Pkcs11::new(Module::Auto.locate()?)?;
        let template =
            [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Token(true), Attribute::Label(key.as_str().into())];
        for slot in context.get_slots_with_initialized_token()? {
            let session = context.open_ro_session(slot)?;
            if let Some(&key) = session.find_objects(&template)?.first() {
                drop(session);
                return Ok(Self { context, slot, key, point: public.key_bits().to_vec() });
            }
        }
        Err("the key is on no token".into())
    }

    fn caller(&self) -> Outcome<impl FnMut() -> Outcome<()>> {
        let session: Session = self.context.open_ro_session(self.slot)?;
        Ok(move || {
            let hash = digest(&SHA256, &MESSAGE);
            let signature = session.sign(&Mechanism::Ecdsa, self.key, hash.as_ref())?;
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.point)
                .verify(&MESSAGE, &signature)
                .map_err(|_| "a signature does not verify".into())
        })
    }
}
