//! Runs the load generator against a running server.

use super::built::Built;
use super::figures::Figures;
use super::running::Running;
use super::server::Server;
use crate::failure::Result;
use std::process::{Command, Stdio};

/// How the generator is run, beside what the scenario says.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    pub core: Option<usize>,
    pub sleeping: bool,
    pub seconds: f64,
}

/// One run; what the generator found wrong is the failure.
pub fn run(
    built: &Built,
    server: &Server,
    running: &Running,
    words: &str,
    manner: Manner,
) -> Result<Figures> {
    let mut command = Command::new(built.binary("load"));
    command
        .args(words.split(' '))
        .args(["--dialect", server.dialect])
        .args(["--address", &running.address().to_string()])
        .args(["--pid", &running.pid().to_string()])
        .args(["--seconds", &manner.seconds.to_string()])
        .stdin(Stdio::null());
    if let Some(core) = manner.core {
        command.args(["--core", &core.to_string()]);
    }
    if manner.sleeping {
        command.arg("--sleeping");
    }
    let output = command
        .output()
        .map_err(|error| format!("cannot run the load generator: {error}"))?;
    if !output.status.success() {
        let problem = String::from_utf8_lossy(&output.stderr);
        let problem = problem.trim().trim_start_matches("error: ");
        return Err(format!("`{words}` against {}: {problem}", server.name).into());
    }
    Figures::parse(String::from_utf8_lossy(&output.stdout).trim())
}
