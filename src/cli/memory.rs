//! PINs, shares and codes are in memory only.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Leaves no core file behind if this process crashes (a token's module is foreign code), neither on disk nor with a
/// collector, and lets no other process of the same user look into it.
///
/// # Errors
/// If the system refuses: then secrets are not safe here.
pub(super) fn keep() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn nothing_of_the_process_is_dumped() {
        keep().unwrap();
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert!(matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable)));
    }
}
