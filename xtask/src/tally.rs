//! Counts what the test binaries report.

/// Sums over the closing lines of test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    /// Adds one line of output; lines that close no test binary change nothing.
    pub(crate) fn add_line(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        let counts = counts.split_once(". ").map_or(counts, |(_verdict, counts)| counts);
        for part in counts.split("; ") {
            let Some((number, what)) = part.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    /// Why this run does not count as a pass, if it does not.
    ///
    /// # Errors
    /// If a test failed or was ignored, or none ran.
    pub(crate) fn verdict(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.failed == 0, "{} tests failed", self.failed);
        anyhow::ensure!(self.ignored == 0, "{} tests were ignored; here nothing is skipped", self.ignored);
        anyhow::ensure!(self.passed > 0, "no test ran");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.add_line(line);
        }
        tally
    }

    #[test]
    fn binaries_are_summed_and_other_lines_left_out() {
        let sum = tally(&[
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test 9 passed; 9 failed",
            "test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 1.20s",
        ]);
        assert_eq!(sum, Tally { passed: 4, failed: 2, ignored: 1 });
    }

    #[test]
    fn only_a_run_that_passed_everything_it_has_is_a_pass() {
        assert!(Tally { passed: 1, failed: 0, ignored: 0 }.verdict().is_ok());
        assert!(Tally { passed: 1, failed: 1, ignored: 0 }.verdict().is_err());
        assert!(Tally { passed: 1, failed: 0, ignored: 1 }.verdict().is_err());
        assert!(Tally::default().verdict().is_err());
    }
}
