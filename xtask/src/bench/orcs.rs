//! What the benches that look at orcs alone have in common.

use super::built::Built;
use super::figures::Figures;
use super::load::{self, Manner};
use super::open_files::OpenFiles;
use super::options::Options;
use super::running::Running;
use super::server::{SERVERS, Server};
use super::suite::progress;
use crate::failure::{Failure, Result};

/// The app as it is here, and as another build has it if one was named.
#[derive(Debug)]
pub struct Orcs {
    built: Built,
    rounds: usize,
    seconds: Option<f64>,
    before: Option<Server>,
}

impl Orcs {
    /// Takes `--rounds`, `--seconds` and `--orcs-binary`, and builds everything.
    pub fn prepare(words: &[&str]) -> Result<Self> {
        if let Some(word) = words.iter().find(|word| NOT_HERE.contains(word)) {
            return Err(Failure::Usage(format!(
                "`{word}` makes no sense for orcs alone"
            )));
        }
        let options = Options::parse(words)?;
        OpenFiles::raise();
        Ok(Self {
            built: Built::workspace()?,
            rounds: options.rounds,
            seconds: options.seconds,
            before: options.orcs_binary.map(Server::before),
        })
    }

    pub fn servers(&self) -> Vec<&Server> {
        let orcs = SERVERS.iter().filter(|server| server.is_orcs());
        orcs.chain(self.before.as_ref()).collect()
    }

    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// One run on all cores: the generator sleeps whenever it can, and leaves them to the server.
    pub fn run(
        &self,
        server: &Server,
        threads: usize,
        words: &str,
        seconds: f64,
    ) -> Result<Figures> {
        progress(&format!("{}, {threads} threads: {words}", server.name));
        let threads = threads.to_string();
        let environment = [("TOKIO_WORKER_THREADS", threads.as_str())];
        let running = Running::start(server, &self.built, None, &environment)?;
        let manner = Manner {
            core: None,
            sleeping: true,
            seconds: self.seconds.unwrap_or(seconds),
        };
        let figures = load::run(&self.built, server, &running, words, manner);
        progress("");
        figures
    }
}

/// Options of `cargo xtask bench` that choose among servers and scenarios.
const NOT_HERE: [&str; 3] = ["--only", "--servers", "--record"];
