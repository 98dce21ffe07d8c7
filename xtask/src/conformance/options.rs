//! Which cases run.

use crate::failure::{Failure, Result};

/// Which cases of the suite run.
#[derive(Debug, Default)]
pub struct Options {
    chosen: Chosen,
}

#[derive(Debug, Default)]
enum Chosen {
    #[default]
    Quick,
    All,
    These(Vec<String>),
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self> {
        let chosen = match words {
            [] => Chosen::Quick,
            ["--all"] => Chosen::All,
            ["--cases", cases] => {
                let cases: Vec<_> = cases.split(',').map(str::to_owned).collect();
                if let Some(wrong) = cases.iter().find(|case| !is_pattern(case)) {
                    return Err(Failure::Usage(format!(
                        "`{wrong}` is not a case (example: 6.*,7.1.6)"
                    )));
                }
                Chosen::These(cases)
            }
            ["--cases"] => {
                return Err(Failure::Usage(
                    "`--cases` needs cases (example: 6.*,7.1.6)".into(),
                ));
            }
            ["--all", word, ..] | ["--cases", _, word, ..] | [word, ..] => {
                return Err(Failure::unknown(word));
            }
        };
        Ok(Self { chosen })
    }

    /// The cases as the suite takes them.
    pub(super) fn cases(&self) -> Vec<String> {
        let groups = |groups: &[u8]| groups.iter().map(|group| format!("{group}.*")).collect();
        match &self.chosen {
            Chosen::Quick => groups(&QUICK),
            Chosen::All => groups(&ALL),
            Chosen::These(cases) => cases.clone(),
        }
    }
}

/// `6.*`, `6.4.*` or `6.4.1`.
fn is_pattern(case: &str) -> bool {
    let mut parts = case.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(is_number)
        && case.contains('.')
        && parts.all(|part| part == "*" || is_number(part))
}

/// Seconds in all.
const QUICK: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 10];

/// Minutes: the limits, and compression.
const ALL: [u8; 11] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_chosen_in_three_ways() {
        let cases = |words: &[&str]| Options::parse(words).expect("they are words").cases();
        assert_eq!(cases(&[]).len(), 8);
        assert!(cases(&["--all"]).contains(&"13.*".to_owned()));
        assert_eq!(cases(&["--cases", "6.*,7.1.6"]), ["6.*", "7.1.6"]);
    }

    #[test]
    fn what_is_no_case_is_a_usage_error_that_names_it() {
        for (words, wrong) in [
            (&["--cases", "6"][..], "`6`"),
            (&["--cases", "6.*,x.1"], "`x.1`"),
            (&["--cases", "6.,1.*"], "`6.`"),
            (&["--cases"], "`--cases`"),
            (&["--all", "--cases"], "`--cases`"),
            (&["--quick"], "`--quick`"),
        ] {
            let Err(Failure::Usage(problem)) = Options::parse(words) else {
                panic!("{words:?} is taken");
            };
            assert!(problem.contains(wrong), "{problem}");
        }
    }
}
