//! The command line: `--name value` pairs and bare switches, taken one by one.

use crate::failure::Result;
use std::str::FromStr;

/// The words that nobody has taken yet.
#[derive(Debug)]
pub struct Arguments {
    words: Vec<String>,
}

impl Arguments {
    pub fn new(words: &[String]) -> Self {
        Self {
            words: words.to_vec(),
        }
    }

    /// The value behind `name`, if it is there.
    pub fn optional<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(at) = self.words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        if at + 1 == self.words.len() {
            return Err(format!("`{name}` needs a value").into());
        }
        let value = self.words.drain(at..at + 2).nth(1).expect("both are there");
        match value.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => {
                Err(format!("`{name} {value}` does not parse; `load` tells what it takes").into())
            }
        }
    }

    pub fn or<T: FromStr>(&mut self, name: &str, default: T) -> Result<T> {
        Ok(self.optional(name)?.unwrap_or(default))
    }

    pub fn required<T: FromStr>(&mut self, name: &str) -> Result<T> {
        self.optional(name)?
            .ok_or_else(|| format!("`{name}` is missing; `load` tells what it takes").into())
    }

    /// A count, of which there must be one at least.
    pub fn count(&mut self, name: &str, default: usize) -> Result<usize> {
        match self.or(name, default)? {
            0 => Err(format!("`{name}` must be 1 or more").into()),
            count => Ok(count),
        }
    }

    pub fn switch(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Refuses what nobody took: a mistyped option would measure something else.
    pub fn finish(self) -> Result {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is not known here; `load` tells what is").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        Arguments::new(&words)
    }

    #[test]
    fn pairs_and_switches_are_taken_in_any_order() {
        let mut arguments = arguments("--sleeping --bytes 64 --seconds 0.5");
        assert_eq!(arguments.or("--seconds", 3.0), Ok(0.5));
        assert_eq!(arguments.count("--bytes", 1), Ok(64));
        assert_eq!(arguments.count("--members", 7), Ok(7));
        assert!(arguments.switch("--sleeping"));
        assert!(!arguments.switch("--sleeping"));
        assert_eq!(arguments.finish(), Ok(()));
    }

    #[test]
    fn what_cannot_be_taken_is_named() {
        for (line, named) in [
            ("--bytes x", "--bytes x"),
            ("--bytes", "--bytes"),
            ("--bytes 0", "--bytes"),
            ("--byte 64", "--byte"),
        ] {
            let mut arguments = arguments(line);
            let problem = match arguments.count("--bytes", 1) {
                Ok(_) => arguments.finish(),
                Err(failure) => Err(failure),
            };
            let problem = problem.expect_err("it is taken").to_string();
            assert!(problem.contains(&format!("`{named}`")), "{problem}");
        }
    }
}
