//! How many tests passed, of Rust's and of JavaScript's.

use std::fmt;

/// The tests counted so far.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Tally {
    /// Counts a line like `test result: ok. 5 passed; 0 failed; 1 ignored; ...`.
    pub fn read_libtest(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in result.split(['.', ';']) {
            match number_and_word(part) {
                Some((number, "passed")) => self.passed += number,
                Some((number, "failed")) => self.failed += number,
                Some((number, "ignored")) => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Counts a line like `# pass 5`, which node's friendlier reporter begins with `ℹ`.
    pub fn read_node(&mut self, line: &str) {
        let Some(count) = line.strip_prefix("# ").or(line.strip_prefix("ℹ ")) else {
            return;
        };
        let Some((word, Ok(number))) = count
            .split_once(' ')
            .map(|(word, number)| (word, number.parse::<usize>()))
        else {
            return;
        };
        match word {
            "pass" => self.passed += number,
            // Cancelled: it was running, or still to come, when the ground broke away.
            "fail" | "cancelled" => self.failed += number,
            "skipped" | "todo" => self.skipped += number,
            _ => {}
        }
    }
}

fn number_and_word(part: &str) -> Option<(usize, &str)> {
    let (number, word) = part.trim().split_once(' ')?;
    Some((number.parse().ok()?, word))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.skipped {
            0 => Ok(()),
            skipped => write!(f, ", {skipped} skipped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_and_javascript_are_counted_together() {
        let mut tally = Tally::default();
        tally.read_libtest("running 3 tests");
        tally.read_libtest("test a_word_of_5 passed; ... ok");
        tally.read_libtest(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
        );
        tally.read_libtest(
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.50s",
        );
        assert_eq!(tally.to_string(), "7 passed, 1 failed, 1 skipped");

        for line in [
            "ok 1 - # pass 9",
            "# tests 4",
            "# pass 2",
            "# fail 1",
            "# cancelled 1",
        ] {
            tally.read_node(line);
        }
        assert_eq!(tally.to_string(), "9 passed, 3 failed, 1 skipped");
        tally.read_node("ℹ pass 2");
        assert_eq!(tally.passed, 11);
    }

    #[test]
    fn nothing_skipped_is_not_mentioned() {
        assert_eq!(Tally::default().to_string(), "0 passed, 0 failed");
    }
}
