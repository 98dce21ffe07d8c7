//! What the suite found, case by case, and whether that is good enough.

use crate::failure::Result;
use serde_json::Value;
use std::fmt;

/// The verdict on every case that was to run, in the order of their numbers.
#[derive(Debug)]
pub struct Report {
    cases: Vec<Case>,
}

#[derive(Debug)]
struct Case {
    number: Number,
    verdict: Verdict,
    /// What the suite says of the messages, and of the close.
    said: String,
}

/// `6.4.1` is `[6, 4, 1]`.
type Number = Vec<u32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// The RFC leaves it open.
    Informational,
    /// Allowed, but later than it could be: a bad byte answered when its message ended.
    NonStrict,
    /// Wrong, or not done at all.
    Failed,
}

impl Report {
    /// Reads the suite's `index.json`. Of `expected`, what it does not tell of has failed.
    pub fn read(index: &str, expected: &[String]) -> Result<Self> {
        let index: Value = serde_json::from_str(index)
            .map_err(|error| format!("the suite's report cannot be read: {error}"))?;
        if expected.is_empty() {
            return Err("the suite ran no case; are there any of these numbers?".into());
        }
        let agent = index.as_object().and_then(|agents| agents.values().next());
        let mut cases: Vec<_> = (expected.iter())
            .map(|number| Case::read(number, agent.and_then(|agent| agent.get(number))))
            .collect();
        cases.sort_by(|a, b| a.number.cmp(&b.number));
        Ok(Self { cases })
    }

    /// How many cases are as they should be.
    pub fn passed(&self) -> usize {
        self.cases.len() - self.refused().len()
    }

    /// The cases that are not as they should be, each as a sentence.
    pub fn refused(&self) -> Vec<String> {
        let mut informational = 0;
        let is_refused = |case: &&Case| match case.verdict {
            Verdict::Ok => false,
            Verdict::Informational if case.group() == CLOSING => {
                informational += 1;
                informational > MOST_INFORMATIONAL
            }
            Verdict::Informational | Verdict::NonStrict | Verdict::Failed => true,
        };
        let refused = self.cases.iter().filter(is_refused);
        refused.map(Case::to_string).collect()
    }

    fn groups(&self) -> Vec<u32> {
        let mut groups: Vec<_> = self.cases.iter().map(Case::group).collect();
        groups.dedup();
        groups
    }

    fn row(&self, name: &str, is_in: impl Fn(&Case) -> bool) -> String {
        let cases = || self.cases.iter().filter(|case| is_in(case));
        let of = |verdict| cases().filter(|case| case.verdict == verdict).count();
        format!(
            "{name:<24}{:>8}{:>8}{:>16}{:>13}{:>9}",
            cases().count(),
            of(Verdict::Ok),
            of(Verdict::Informational),
            of(Verdict::NonStrict),
            of(Verdict::Failed)
        )
    }
}

impl Case {
    fn read(number: &str, found: Option<&Value>) -> Self {
        let text = |key| found.and_then(|case| case.get(key)?.as_str());
        let (verdict, said) = match (text("behavior"), text("behaviorClose")) {
            (Some(behavior), Some(close)) => (
                Verdict::of(behavior, close),
                format!("{behavior}, close {close}"),
            ),
            _ => (Verdict::Failed, "did not run".to_owned()),
        };
        Self {
            number: number
                .split('.')
                .map_while(|part| part.parse().ok())
                .collect(),
            verdict,
            said,
        }
    }

    fn group(&self) -> u32 {
        self.number.first().copied().unwrap_or_default()
    }
}

impl Verdict {
    fn of(behavior: &str, close: &str) -> Self {
        match (behavior, close) {
            ("OK", "OK") => Self::Ok,
            ("OK" | "INFORMATIONAL", "OK" | "INFORMATIONAL") => Self::Informational,
            ("NON-STRICT", "OK" | "INFORMATIONAL" | "NON-STRICT") | ("OK", "NON-STRICT") => {
                Self::NonStrict
            }
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<24}{:>8}{:>8}{:>16}{:>13}{:>9}",
            "group", "cases", "OK", "informational", "non-strict", "failed"
        )?;
        for group in self.groups() {
            let name = format!("{group:>2} {}", name(group));
            writeln!(f, "{}", self.row(&name, |case| case.group() == group))?;
        }
        write!(f, "{}", self.row("   all", |_| true))?;
        for refused in self.refused() {
            write!(f, "\n{refused}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.number.iter().map(u32::to_string).collect();
        write!(f, "{}: {}", parts.join("."), self.said)
    }
}

/// What a group is about, in the suite's words.
fn name(group: u32) -> &'static str {
    match group {
        1 => "framing",
        2 => "pings and pongs",
        3 => "reserved bits",
        4 => "opcodes",
        5 => "fragmentation",
        6 => "UTF-8",
        CLOSING => "closing",
        9 => "limits",
        10 => "auto-fragmentation",
        12 => "compression",
        13 => "compression, parameters",
        _ => "",
    }
}

const CLOSING: u32 = 7;

/// 7.1.6 closes behind a large message, 7.13 with codes over 4999: any answer is taken.
const MOST_INFORMATIONAL: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn report(cases: &[(&str, &str, &str)]) -> Report {
        let said = |behavior: &str, close: &str| serde_json::json!({"behavior": behavior, "behaviorClose": close, "duration": 1});
        let told: serde_json::Map<_, _> = cases
            .iter()
            .filter(|(_, behavior, _)| !behavior.is_empty())
            .map(|(number, behavior, close)| ((*number).to_owned(), said(behavior, close)))
            .collect();
        let expected: Vec<_> = cases
            .iter()
            .map(|(number, ..)| (*number).to_owned())
            .collect();
        let index = serde_json::json!({ "orcs": told }).to_string();
        Report::read(&index, &expected).expect("a report")
    }

    #[test]
    fn all_is_well_when_every_case_is_ok_or_open() {
        let report = report(&[
            ("1.1.1", "OK", "OK"),
            ("7.1.6", "INFORMATIONAL", "INFORMATIONAL"),
            ("7.13.1", "INFORMATIONAL", "OK"),
            ("12.1.1", "OK", "OK"),
        ]);
        assert_eq!(report.refused(), [""; 0]);
        assert_eq!(report.passed(), 4);
    }

    #[test]
    fn anything_else_is_refused_and_told() {
        let report = report(&[
            ("6.4.10", "OK", "UNCLEAN"),
            ("6.4.2", "NON-STRICT", "OK"),
            ("9.1.1", "FAILED", "OK"),
            ("10.1.1", "INFORMATIONAL", "OK"),
            ("12.1.1", "UNIMPLEMENTED", "OK"),
            ("5.1", "", ""),
            ("1.1.1", "OK", "OK"),
        ]);
        assert_eq!(
            report.refused(),
            [
                "5.1: did not run",
                "6.4.2: NON-STRICT, close OK",
                "6.4.10: OK, close UNCLEAN",
                "9.1.1: FAILED, close OK",
                "10.1.1: INFORMATIONAL, close OK",
                "12.1.1: UNIMPLEMENTED, close OK",
            ]
        );
        assert_eq!(report.passed(), 1);
    }

    #[test]
    fn only_three_cases_may_be_open() {
        let open = ["7.1.6", "7.13.1", "7.13.2", "7.5.1"]
            .map(|number| (number, "INFORMATIONAL", "INFORMATIONAL"));
        assert_eq!(report(&open).refused().len(), 1);
    }

    #[test]
    fn a_table_counts_each_group() {
        let report = report(&[
            ("6.4.1", "NON-STRICT", "OK"),
            ("6.1.1", "OK", "OK"),
            ("1.1.1", "OK", "OK"),
        ]);
        assert_eq!(
            report.to_string(),
            "\
group                      cases      OK   informational   non-strict   failed
 1 framing                     1       1               0            0        0
 6 UTF-8                       2       1               0            1        0
   all                         3       2               0            1        0
6.4.1: NON-STRICT, close OK"
        );
    }

    #[test]
    fn a_run_without_cases_is_no_success() {
        assert!(Report::read(r#"{"orcs":{}}"#, &[]).is_err());
        assert!(Report::read("no JSON", &["1.1.1".to_owned()]).is_err());
    }
}
