//! Closed loop: each sender keeps a number of messages in flight, and says the next
//! when one has come back to it.

use crate::drive::{Measure, Talk, drain, turn_for};
use crate::failure::Result;
use crate::latency::Latency;
use crate::report::Report;
use crate::rooms::{Rooms, Shape};
use crate::sender::Sender;
use crate::setup::Setup;
use crate::swarm::{Script, Swarm};
use std::time::Instant;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub shape: Shape,
    pub in_flight: usize,
    /// Whether the time to the room's last member counts too, or only to the sender's own.
    pub to_last: bool,
}

struct ClosedLoop {
    options: Options,
    rooms: Rooms,
    senders: Vec<Sender>,
    /// When each message in flight was sent: `in_flight` places for each sender.
    sent_at: Vec<Instant>,
    sending: bool,
    returned: u64,
    latency: Latency,
}

/// Keeps the messages in flight for the measured time, and checks all that comes.
pub fn run(setup: &Setup, options: Options) -> Result<Report> {
    let mut script = ClosedLoop::new(setup, options)?;
    let mut swarm = script.rooms.gather(setup, 0)?;
    script.begin(&mut swarm)?;
    turn_for(setup.warmup, &mut swarm, &mut script)?;

    script.latency.clear();
    let before = (script.rooms.deliveries(), script.returned);
    let measure = Measure::start(setup, &mut swarm.poller)?;
    turn_for(setup.measured, &mut swarm, &mut script)?;
    let mut report = measure.stop(setup, &swarm.poller)?;
    let now = (script.rooms.deliveries(), script.returned);

    script.sending = false;
    drain(&mut swarm, &mut script)?;
    report.tell("deliveries", (now.0 - before.0) as f64);
    report.tell("messages", (now.1 - before.1) as f64);
    report.tell_latency(&script.latency);
    Ok(report)
}

impl ClosedLoop {
    fn new(setup: &Setup, options: Options) -> Result<Self> {
        let rooms = Rooms::new(options.shape, setup.dialect)?;
        let senders = rooms.senders();
        Ok(Self {
            sent_at: vec![Instant::now(); senders.len() * options.in_flight * SLACK],
            options,
            rooms,
            senders,
            sending: true,
            returned: 0,
            latency: Latency::new(),
        })
    }

    fn begin(&mut self, swarm: &mut Swarm) -> Result {
        for sender in 0..self.senders.len() {
            let (mut frames, now) = (Vec::new(), Instant::now());
            for _ in 0..self.options.in_flight {
                self.say(sender, now, &mut frames);
            }
            swarm.send(self.rooms.connection_of(sender), &frames)?;
        }
        Ok(())
    }

    fn say(&mut self, sender: usize, now: Instant, out: &mut Vec<u8>) {
        let number = self.senders[sender].say(out);
        let place = self.place(sender, number);
        self.sent_at[place] = now;
    }

    fn place(&self, sender: usize, number: u32) -> usize {
        let places = self.options.in_flight * SLACK;
        sender * places + number as usize % places
    }
}

impl Script for ClosedLoop {
    fn text(&mut self, from: usize, text: &[u8], now: Instant, answer: &mut Vec<u8>) -> Result {
        let (sender, number) = self.rooms.receive(from, text)?;
        let came_back = self.rooms.connection_of(sender) == from;
        if came_back || (self.options.to_last && self.rooms.is_last(from)) {
            let sent_at = self.sent_at[self.place(sender, number)];
            self.latency.record(now - sent_at);
        }
        if came_back {
            self.returned += 1;
            if self.sending {
                self.say(sender, now, answer);
            }
        }
        Ok(())
    }
}

impl Talk for ClosedLoop {
    fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    fn senders(&self) -> &[Sender] {
        &self.senders
    }
}

/// A sender may be ahead of its room's last member by this many times what it has in
/// flight, before that member's times become too short.
const SLACK: usize = 64;
