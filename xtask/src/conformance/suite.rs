//! Autobahn's fuzzing client: installed once, and run against the raw echo.

use super::python::Python;
use super::report::Report;
use crate::failure::Result;
use crate::listening::Listening;
use crate::process::{built, cargo, run, run_quietly, works};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The suite in an environment of its own.
#[derive(Debug)]
pub struct Suite {
    folder: PathBuf,
}

/// Installs the suite into `folder`, unless that was done before.
pub fn install(python: &Python, folder: &Path) -> Result<Suite> {
    let suite = Suite {
        folder: folder.to_owned(),
    };
    let stamp = folder.join("installed.txt");
    let is_there = fs::read_to_string(&stamp).is_ok_and(|package| package == PACKAGE);
    let mut version = Command::new(folder.join("python/bin/python"));
    version.arg("--version");
    if !(is_there && works(version)) {
        println!("installing {PACKAGE}");
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        python.environment(&folder.join("python"), &folder.join("virtualenv"), PACKAGE)?;
        write(&stamp, PACKAGE)?;
    }
    Ok(suite)
}

impl Suite {
    /// Builds the echo, and runs these cases against it.
    pub fn run(&self, cases: &[String]) -> Result<Report> {
        let words = ["build", "--release", "--package", "orcs-rs", "--example"];
        run(cargo(&words).arg(ECHO))?;
        let mut command = Command::new(built("release/examples", ECHO)?);
        command.current_dir(&self.folder);
        // Groups 12 and 13 are about nothing else, and the others offer no compression.
        command.env("WS_COMPRESSION", "true");
        let echo = Listening::start(command.stdout(Stdio::null()))?;

        let reports = self.folder.join("reports");
        if reports.exists() {
            fs::remove_dir_all(&reports)
                .map_err(|error| format!("{}: {error}", reports.display()))?;
        }
        let spec = self.folder.join("spec.json");
        let url = format!("ws://{}/raw", echo.address());
        write(&spec, &specification(&url, cases))?;
        let mut expected = Vec::new();
        let mut wstest = Command::new(self.folder.join("python/bin/wstest"));
        wstest.args(["--mode", "fuzzingclient", "--spec"]).arg(spec);
        run_quietly(wstest.current_dir(&self.folder), |line| {
            if let Some(cases) = announced(line) {
                println!("running {} cases against {url}", cases.len());
                expected = cases;
            }
        })?;
        let index = reports.join("index.json");
        let index = fs::read_to_string(&index)
            .map_err(|error| format!("the suite left no {}: {error}", index.display()))?;
        Report::read(&index, &expected)
    }

    /// Where the suite tells what happened in each case.
    pub fn details(&self) -> PathBuf {
        self.folder.join("reports/index.html")
    }
}

/// What the suite is to do.
fn specification(url: &str, cases: &[String]) -> String {
    serde_json::json!({
        "outdir": "reports",
        "servers": [{"agent": "orcs", "url": url}],
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    })
    .to_string()
}

/// The cases of the line in which the suite says what it will run: `Cases = ['1.1.1', '1.1.2']`.
fn announced(line: &str) -> Option<Vec<String>> {
    let cases = line.strip_prefix("Cases = [")?.strip_suffix(']')?;
    let cases = cases.split(", ").filter(|case| !case.is_empty());
    Some(
        cases
            .map(|case| case.trim_matches('\'').to_owned())
            .collect(),
    )
}

fn write(path: &Path, text: &str) -> Result {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

const PACKAGE: &str = "autobahntestsuite==25.10.1";
const ECHO: &str = "raw_echo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_that_will_run_are_read_from_what_the_suite_prints() {
        let line = "Cases = ['1.1.1', '6.4.2', '10.1.1']";
        assert_eq!(announced(line).unwrap(), ["1.1.1", "6.4.2", "10.1.1"]);
        assert_eq!(announced("Cases = []"), Some(vec![]));
        assert_eq!(announced("Running test case ID 1.1.1"), None);
    }
}
