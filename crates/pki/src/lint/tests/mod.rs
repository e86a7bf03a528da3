//! Each rule has samples that break it and nothing else, and a test of its name; [`mutation`] shows that each
//! test would notice if its rule were gone.

mod basics;
mod crls;
mod extensions;
mod fixture;
mod locations;
mod mutation;
mod names;
mod ocsp;
mod parts;
mod people;
mod policies;
mod profiles;
mod sample;
mod signed;
mod statements;
mod status;
mod usages;

use sample::Sample;

/// Every sample.
fn samples() -> impl Iterator<Item = &'static Sample> {
    let areas: [&'static [Sample]; 13] = [
        basics::SAMPLES,
        names::SAMPLES,
        extensions::SAMPLES,
        usages::SAMPLES,
        policies::SAMPLES,
        locations::SAMPLES,
        status::SAMPLES,
        people::SAMPLES,
        statements::SAMPLES,
        profiles::SAMPLES,
        signed::SAMPLES,
        crls::SAMPLES,
        ocsp::SAMPLES,
    ];
    areas.into_iter().flatten()
}
