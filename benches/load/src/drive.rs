//! The course of a run: warm up, measure, drain.

use crate::failure::Result;
use crate::report::Report;
use crate::setup::Setup;
use crate::swarm::Swarm;
use std::time::{Duration, Instant};

/// What is read at both ends of the measured time.
#[derive(Debug)]
pub struct Measure {
    started: Instant,
    server: Option<Duration>,
    generator: Duration,
}

impl Measure {
    pub fn start(setup: &Setup, swarm: &mut Swarm) -> Result<Self> {
        Ok(Self {
            generator: swarm.restart()?,
            server: setup.server_cpu()?,
            started: Instant::now(),
        })
    }

    /// Tells the time, and how busy both sides were in it.
    pub fn stop(self, setup: &Setup, swarm: &Swarm) -> Result<Report> {
        let elapsed = self.started.elapsed();
        let mut report = Report::default();
        report.tell("seconds", elapsed.as_secs_f64());
        if let (Some(before), Some(now)) = (self.server, setup.server_cpu()?) {
            report.tell("server_cpu_seconds", (now - before).as_secs_f64());
        }
        let busy = swarm.busy_share(self.generator, elapsed)?;
        report.tell("generator_busy", busy);
        Ok(report)
    }
}
