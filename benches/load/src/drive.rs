//! The course of a run: warm up, measure, drain.

use crate::failure::Result;
use crate::poller::Poller;
use crate::report::Report;
use crate::rooms::Rooms;
use crate::sender::Sender;
use crate::setup::Setup;
use crate::swarm::{PATIENCE, Script, Swarm};
use std::time::{Duration, Instant};

/// What is read at both ends of the measured time.
#[derive(Debug)]
pub struct Measure {
    started: Instant,
    server: Option<Duration>,
}

impl Measure {
    pub fn start(setup: &Setup, poller: &mut Poller) -> Result<Self> {
        poller.restart()?;
        Ok(Self {
            server: setup.server_cpu()?,
            started: Instant::now(),
        })
    }

    /// Tells the time, and how busy both sides were in it.
    pub fn stop(self, setup: &Setup, poller: &Poller) -> Result<Report> {
        let elapsed = self.started.elapsed();
        let mut report = Report::default();
        report.tell("seconds", elapsed.as_secs_f64());
        if let (Some(before), Some(now)) = (self.server, setup.server_cpu()?) {
            let worked = now.saturating_sub(before);
            report.tell("server_cpu_seconds", worked.as_secs_f64());
        }
        report.tell("generator_busy", poller.busy_share(elapsed)?);
        Ok(report)
    }
}

/// A script whose senders talk to rooms.
pub trait Talk: Script {
    fn rooms(&self) -> &Rooms;
    fn senders(&self) -> &[Sender];
}

/// Takes turns for a while.
pub fn turn_for(time: Duration, swarm: &mut Swarm, script: &mut impl Script) -> Result {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        swarm.turn(script, left)?;
    }
    Ok(())
}

/// Waits until all that was said has come everywhere, and nothing else.
pub fn drain(swarm: &mut Swarm, script: &mut impl Talk) -> Result {
    swarm.show_all()?;
    let senders = script.senders().iter();
    let sent = senders.map(|sender| u64::from(sender.sent())).sum();
    let deadline = Instant::now() + PATIENCE;
    while !script.rooms().is_complete(sent) && Instant::now() < deadline {
        swarm.turn(script, SURPLUS)?;
    }
    script.rooms().finish(script.senders())?;
    turn_for(SURPLUS, swarm, script)
}

/// A double would come right behind.
const SURPLUS: Duration = Duration::from_millis(20);
