//! Open loop: messages at a fixed rate, whether the server keeps up or not.
//!
//! Each time counts from when a message was due, not from when it was sent: a server
//! that stands still makes those late that it kept us from sending, too.

use crate::drive::{Measure, Talk, drain};
use crate::failure::Result;
use crate::latency::Latency;
use crate::report::Report;
use crate::rooms::{Rooms, Shape};
use crate::sender::Sender;
use crate::setup::Setup;
use crate::swarm::{Script, Swarm};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub shape: Shape,
    /// Messages per second, of all senders together.
    pub rate: f64,
    /// Whether the time to the room's last member counts too, or only to the sender's own.
    pub to_last: bool,
    pub blocker: Option<Blocker>,
}

/// One more client, whose handler holds its thread every now and then.
#[derive(Debug, Clone, Copy)]
pub struct Blocker {
    pub milliseconds: u64,
    pub every: Duration,
    /// A message that took longer than this is late.
    pub late: Duration,
}

struct OpenLoop {
    options: Options,
    rooms: Rooms,
    senders: Vec<Sender>,
    schedule: Schedule,
    latency: Latency,
    late: HashSet<u64>,
}

/// Sends the messages when they are due, and checks all that comes.
pub fn run(setup: &Setup, options: Options) -> Result<Report> {
    let mut script = OpenLoop::new(setup, options)?;
    let spare = usize::from(options.blocker.is_some());
    let mut swarm = script.rooms.gather(setup, spare)?;
    script.schedule.begin();

    let warm = script.schedule.first;
    script.send_until(warm, setup, &mut swarm)?;
    let measure = Measure::start(setup, &mut swarm.poller)?;
    let before = script.rooms.deliveries();
    script.send_until(script.schedule.end, setup, &mut swarm)?;
    let mut report = measure.stop(setup, &swarm.poller)?;
    let deliveries = script.rooms.deliveries() - before;

    drain(&mut swarm, &mut script)?;
    report.tell("deliveries", deliveries as f64);
    report.tell("messages", (script.schedule.end - warm) as f64);
    report.tell_latency(&script.latency);
    if options.blocker.is_some() {
        let messages = (script.schedule.end - warm) as f64;
        report.tell("late_share", script.late.len() as f64 / messages);
    }
    Ok(report)
}

impl OpenLoop {
    fn new(setup: &Setup, options: Options) -> Result<Self> {
        let rooms = Rooms::new(options.shape, setup.dialect)?;
        let senders = rooms.senders();
        Ok(Self {
            schedule: Schedule::new(setup, &options),
            options,
            rooms,
            senders,
            latency: Latency::new(),
            late: HashSet::new(),
        })
    }

    /// Sends each message before the `end`th when it is due.
    fn send_until(&mut self, end: u64, setup: &Setup, swarm: &mut Swarm) -> Result {
        let mut frames = Vec::new();
        while self.schedule.next < end {
            let now = Instant::now();
            let due = self.schedule.due(self.schedule.next);
            if due <= now {
                let sender = self.schedule.sender(self.schedule.next);
                frames.clear();
                self.senders[sender].say(&mut frames);
                swarm.send(self.rooms.connection_of(sender), &frames)?;
                self.schedule.next += 1;
            } else {
                self.block(now, setup, swarm)?;
                swarm.turn(self, due - now)?;
            }
        }
        Ok(())
    }

    fn block(&mut self, now: Instant, setup: &Setup, swarm: &mut Swarm) -> Result {
        if let Some(blocker) = self.options.blocker
            && self.schedule.block <= now
        {
            self.schedule.block += blocker.every;
            let payload = blocker.milliseconds.to_string();
            let text = setup.dialect.text("block", &payload);
            swarm.say(self.options.shape.connections(), &text)?;
        }
        Ok(())
    }
}

impl Script for OpenLoop {
    fn text(&mut self, from: usize, text: &[u8], now: Instant, _: &mut Vec<u8>) -> Result {
        let (sender, number) = self.rooms.receive(from, text)?;
        let came_back = self.rooms.connection_of(sender) == from;
        let nth = self.schedule.nth(sender, number);
        if nth < self.schedule.first
            || !(came_back || self.options.to_last && self.rooms.is_last(from))
        {
            return Ok(());
        }
        let took = now.saturating_duration_since(self.schedule.due(nth));
        self.latency.record(took);
        if self
            .options
            .blocker
            .is_some_and(|blocker| took > blocker.late)
        {
            self.late.insert(nth);
        }
        Ok(())
    }
}

impl Talk for OpenLoop {
    fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    fn senders(&self) -> &[Sender] {
        &self.senders
    }
}

/// Who says the nth message, and when. One after another of the rooms, then the next
/// sender of each: neighbours in time are never neighbours in a room.
#[derive(Debug)]
struct Schedule {
    begun: Instant,
    rate: f64,
    rooms: u64,
    senders: u64,
    next: u64,
    /// The first that counts.
    first: u64,
    end: u64,
    block: Instant,
}

impl Schedule {
    fn new(setup: &Setup, options: &Options) -> Self {
        let messages = |time: Duration| (time.as_secs_f64() * options.rate) as u64;
        let now = Instant::now();
        Self {
            begun: now,
            rate: options.rate,
            rooms: options.shape.rooms as u64,
            senders: options.shape.senders as u64,
            next: 0,
            first: messages(setup.warmup),
            end: messages(setup.warmup + setup.measured),
            block: now,
        }
    }

    fn begin(&mut self) {
        self.begun = Instant::now();
        self.block = self.begun;
    }

    fn due(&self, nth: u64) -> Instant {
        self.begun + Duration::from_secs_f64(nth as f64 / self.rate)
    }

    fn sender(&self, nth: u64) -> usize {
        let (room, sender) = (nth % self.rooms, nth / self.rooms % self.senders);
        (room * self.senders + sender) as usize
    }

    fn nth(&self, sender: usize, number: u32) -> u64 {
        let (room, sender) = (sender as u64 / self.senders, sender as u64 % self.senders);
        (u64::from(number) * self.senders + sender) * self.rooms + room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_message_is_found_again_by_sender_and_number() {
        let now = Instant::now();
        let schedule = Schedule {
            begun: now,
            rate: 1000.0,
            rooms: 3,
            senders: 2,
            next: 0,
            first: 0,
            end: 60,
            block: now,
        };
        let mut said = [0; 6];
        for nth in 0..60 {
            let sender = schedule.sender(nth);
            assert_eq!(schedule.nth(sender, said[sender]), nth);
            said[sender] += 1;
        }
        assert_eq!(said, [10; 6]);
        assert_eq!(schedule.due(1500) - now, Duration::from_millis(1500));
    }
}
