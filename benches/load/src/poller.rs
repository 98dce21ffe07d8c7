//! Waiting for sockets, and how much of the time there was nothing to do.

use crate::cpu;
use crate::failure::Result;
use crate::setup::Waiting;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventData};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

pub use rustix::event::epoll::EventFlags as Flags;

/// An epoll, and how this thread waits for it.
pub struct Poller {
    epoll: OwnedFd,
    waiting: Waiting,
    events: Vec<Event>,
    /// Time spent on looks that found nothing.
    idle: Duration,
    /// This thread's CPU time when the counting began.
    worked: Duration,
}

impl Poller {
    pub fn new(waiting: Waiting) -> Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            waiting,
            events: Vec::with_capacity(512),
            idle: Duration::ZERO,
            worked: Duration::ZERO,
        })
    }

    pub fn waiting(&self) -> Waiting {
        self.waiting
    }

    pub fn watch(&self, socket: &impl AsFd, name: usize, flags: Flags) -> Result {
        let name = EventData::new_u64(name as u64);
        Ok(epoll::add(&self.epoll, socket, name, flags)?)
    }

    pub fn rewatch(&self, socket: &impl AsFd, name: usize, flags: Flags) -> Result {
        let name = EventData::new_u64(name as u64);
        Ok(epoll::modify(&self.epoll, socket, name, flags)?)
    }

    pub fn forget(&self, socket: &impl AsFd) -> Result {
        Ok(epoll::delete(&self.epoll, socket)?)
    }

    /// Fills `ready` with what is; when sleeping, waits for it, at most for `patience`.
    pub fn look(&mut self, patience: Duration, ready: &mut Vec<(usize, Flags)>) -> Result {
        let looked = Instant::now();
        let timeout = match self.waiting {
            Waiting::Busy => Duration::ZERO,
            Waiting::Sleeping => patience,
        };
        let timeout = Timespec::try_from(timeout).expect("seconds fit");
        ready.clear();
        self.events.clear();
        let events = spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, events, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let events = self.events.iter();
        ready.extend(events.map(|event| (event.data.u64() as usize, event.flags)));
        if ready.is_empty() {
            self.idle += looked.elapsed();
        }
        Ok(())
    }

    /// Begins to count how busy this thread is.
    pub fn restart(&mut self) -> Result {
        self.idle = Duration::ZERO;
        self.worked = cpu::of_this_thread()?;
        Ok(())
    }

    /// The share of the time since [`Poller::restart`] that there was something to do.
    pub fn busy_share(&self, elapsed: Duration) -> Result<f64> {
        let busy = match self.waiting {
            Waiting::Busy => elapsed.saturating_sub(self.idle),
            Waiting::Sleeping => cpu::of_this_thread()?.saturating_sub(self.worked),
        };
        Ok(busy.as_secs_f64() / elapsed.as_secs_f64())
    }
}
