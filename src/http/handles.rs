//! File handles: shared out, so that a crowd on one listener cannot take what the others live on.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises this process's limit of open files as far as it may itself, and says how many connections each TLS listener
/// may hold, so that `status` connections, the database and the token keep their handles.
pub fn connections(status: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if let Err(error) = &raised {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
    // None is no limit at all.
    let limit = if raised.is_ok() { maximum } else { current };
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let share = share(limit, status);
    if share < MOST {
        tracing::warn!(limit, share, status, "few open files are allowed: TLS listeners take fewer connections");
    }
    share
}

/// Half of what is left when everything else has its handles.
fn share(limit: usize, status: usize) -> usize {
    (limit.saturating_sub(status.saturating_add(RESERVED)) / TLS_LISTENERS).clamp(FEWEST, MOST)
}

/// The API's, the officers', two for cards, and the one for relying services with certificates.
const TLS_LISTENERS: usize = 5;
/// Handles for the database, the tokens, the signer, files and listeners; far more than are in use.
const RESERVED: usize = 128;
/// Most connections of a TLS listener.
const MOST: usize = 4096;
/// With less nobody could work.
const FEWEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_has_its_handles_first() {
        for (limit, status, expected) in
            [(usize::MAX, 4096, MOST), (30_000, 4096, MOST), (8_000, 4096, 755), (1_024, 4096, FEWEST), (0, 0, FEWEST)]
        {
            assert_eq!(share(limit, status), expected, "{limit}");
        }
    }
}
