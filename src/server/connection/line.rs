//! A connection's socket: frames in, frames out, and whether anybody is still there.

mod clock;
mod held;
mod timing;
mod toll;

use super::events::Events;
use super::{CLOSE_TIMEOUT, read_buffer};
use crate::client::Session;
use crate::close::{Close, Initiator, code};
use crate::config::Config;
use crate::hub::{Message, Tally};
use crate::proto::frame::{self, OpCode};
use crate::proto::message::{Compressed, Decoder, Incoming};
use crate::rate_limit::{Bucket, Meter, Sent};
use crate::route::Said;
use crate::server::socket::Link;
use clock::Clock;
use held::{Backlog, Held, Part};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::time::Instant;

/// The socket of one client.
pub(super) struct Line<L> {
    session: Arc<Session>,
    link: Arc<L>,
    config: Arc<Config>,
    compressed: Compressed,
    /// Whether messages are counted, for the client or for its user.
    counts_messages: bool,
    /// Whether messages are, or pings.
    counts: bool,
    /// Whether anybody needs the time of what is read.
    asks_for_time: bool,
    messages: Meter,
    /// Of pings and pongs.
    control: Bucket,
    held: Option<Box<Held>>,
    stage: Stage,
}

enum Stage {
    /// `since` the last byte that came in, or the last that the socket took of what waits,
    /// and whether a sign of life was asked for.
    Open {
        since: Instant,
        is_pinged: bool,
    },
    /// A close frame is on its way or was sent; what still comes is not looked at.
    Closing {
        deadline: Instant,
        is_finished: bool,
    },
    Closed,
}

/// What a turn brought.
pub(super) enum Turn {
    /// There may be more to do.
    Moved,
    /// Somebody else must move first; the task is woken then.
    Waits,
}

impl<L: Link> Line<L> {
    pub(super) fn new(
        session: Arc<Session>,
        link: Arc<L>,
        compressed: Compressed,
        early: &[u8],
        config: Arc<Config>,
    ) -> Self {
        let limits = session.table().limits();
        let counts_messages = limits.messages.is_some() || session.user_bucket().is_some();
        let counts = counts_messages || limits.control.is_some();
        let now = Instant::now();
        let clock = Clock::new(limits, now);
        let mut line = Self {
            compressed,
            counts_messages,
            counts,
            asks_for_time: counts || limits.idle_timeout.is_some() || clock.is_some(),
            held: clock.map(|clock| Box::new(Held::with_clock(clock))),
            session,
            link,
            config,
            messages: Meter::default(),
            control: Bucket::default(),
            stage: Stage::Open {
                since: now,
                is_pinged: false,
            },
        };
        line.keep_backlog(Backlog::of(early));
        line
    }

    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Counts what limits do to it.
    fn tally(&self) -> &Tally {
        self.session.manager().hub().tally()
    }

    pub(super) fn serve(&self, waker: &Waker) {
        self.link.serve(waker);
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Writes what waits, then reads once.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        events: &mut Events,
        turns_left: &mut usize,
    ) -> Turn {
        if self.is_closed() {
            return Turn::Waits;
        }
        self.notice_the_end();
        let flushed = self.poll_flush(cx, events);
        self.finish_behind(&flushed);
        if matches!(flushed, Poll::Ready(Err(_))) {
            events.outlive();
        }
        match self.stage {
            Stage::Closed => Turn::Moved,
            Stage::Closing { .. } => self.drain(cx, turns_left),
            // Not reading is what makes the peer slow down (TCP's window).
            Stage::Open { .. } if events.is_full(&self.config) => {
                self.stop_reading();
                Turn::Waits
            }
            Stage::Open { .. } => match self.take_backlog() {
                Some(mut backlog) => {
                    let now = self.time_of_reading();
                    let rest = self.decode(backlog.rest(), now, cx, events, turns_left);
                    self.keep_backlog(backlog.with_rest(rest));
                    Turn::Moved
                }
                // Also when writing has failed: what the client sent before it went is still there.
                None => self.read(cx, events, turns_left),
            },
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, events: &mut Events) -> Poll<io::Result<()>> {
        loop {
            let flushed = self.session.member().flush()?;
            self.note_progress(&flushed, events);
            if !flushed.is_blocked {
                return Poll::Ready(Ok(()));
            }
            ready!(self.link.poll_writable(cx))?;
        }
    }

    /// Before the flush: an end that comes later has a close frame that is not written yet.
    fn notice_the_end(&mut self) {
        if matches!(self.stage, Stage::Open { .. }) && self.session.member().has_ended() {
            self.forget_input();
            self.stage = Stage::Closing {
                deadline: Instant::now() + CLOSE_TIMEOUT,
                is_finished: false,
            };
        }
    }

    /// Half-closes behind the close frame.
    fn finish_behind(&mut self, flushed: &Poll<io::Result<()>>) {
        let Stage::Closing { is_finished, .. } = &mut self.stage else {
            return;
        };
        match flushed {
            Poll::Ready(Ok(())) if !*is_finished => {
                *is_finished = true;
                self.link.finish();
            }
            // Nothing more can be said.
            Poll::Ready(Err(_)) => self.close(),
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
    }

    /// Reads once and decodes what came.
    fn read(&mut self, cx: &mut Context<'_>, events: &mut Events, turns_left: &mut usize) -> Turn {
        read_buffer::with(|buffer| match self.link.poll_read(cx, buffer) {
            Poll::Pending => {
                self.caught_up_with_reading();
                Turn::Waits
            }
            Poll::Ready(Ok(0) | Err(_)) => self.lost(),
            Poll::Ready(Ok(read)) => {
                let now = self.time_of_reading();
                if let Some(now) = now {
                    self.heard(now);
                }
                *turns_left = turns_left.saturating_sub(turns_of(read));
                let rest = self.decode(&mut buffer[..read], now, cx, events, turns_left);
                self.keep_backlog(Backlog::of(&buffer[read - rest..read]));
                Turn::Moved
            }
        })
    }

    /// Reads and forgets, until the peer hangs up: closing with unread bytes would reset
    /// the connection and could cost the peer our close frame.
    fn drain(&mut self, cx: &mut Context<'_>, turns_left: &mut usize) -> Turn {
        read_buffer::with(|buffer| match self.link.poll_read(cx, buffer) {
            Poll::Pending => Turn::Waits,
            Poll::Ready(Ok(0) | Err(_)) => {
                self.close();
                Turn::Moved
            }
            Poll::Ready(Ok(read)) => {
                *turns_left = turns_left.saturating_sub(turns_of(read));
                Turn::Moved
            }
        })
    }

    /// Decodes until the input is used up, the events are full or the turns are over.
    /// Returns how many bytes of the input are left.
    fn decode(
        &mut self,
        input: &mut [u8],
        now: Option<Instant>,
        cx: &mut Context<'_>,
        events: &mut Events,
        turns_left: &mut usize,
    ) -> usize {
        let sent = self.sent(now);
        let Some(mut part) = self.held.as_mut().and_then(|held| held.part.take()) else {
            let limit_bytes = self.session.table().limits().max_payload_bytes;
            let decoder = Decoder::new(limit_bytes, self.compressed);
            let since = None;
            let mut part = Part { decoder, since };
            let rest = self.decode_by(&mut part, input, sent, cx, events, turns_left);
            if !part.decoder.is_idle() {
                self.keep_part(part, now);
            }
            return rest;
        };
        let rest = self.decode_by(&mut part, input, sent, cx, events, turns_left);
        if !part.decoder.is_idle() {
            self.keep_part(part, now);
        }
        rest
    }

    fn decode_by(
        &mut self,
        Part { decoder, since }: &mut Part,
        mut input: &mut [u8],
        sent: Sent,
        cx: &mut Context<'_>,
        events: &mut Events,
        turns_left: &mut usize,
    ) -> usize {
        while !input.is_empty() && !events.is_full(&self.config) && *turns_left > 0 {
            let message = match decoder.next(&mut input) {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(violation) => {
                    self.tally().violations.add_one();
                    let (code, reason) = (violation.close_code(), violation.to_string());
                    self.session
                        .end(Close::new(code, reason, Initiator::Server));
                    break;
                }
            };
            // A ping or a fragment costs a turn too, or a flood of them would keep the thread.
            *turns_left -= 1;
            match message {
                Incoming::Text(text) => {
                    *since = None;
                    self.handle(Said::Text(text), sent, cx, events);
                }
                Incoming::Line(text) => {
                    *since = None;
                    self.handle(Said::Line(text), sent, cx, events);
                }
                Incoming::Binary(bytes) if self.session.table().takes_binary() => {
                    *since = None;
                    self.handle(Said::Binary(bytes), sent, cx, events);
                }
                Incoming::Binary(_) => {
                    self.tally().unsupported.add_one();
                    let reason = "this route takes no binary messages";
                    self.session
                        .end(Close::new(code::UNSUPPORTED, reason, Initiator::Server));
                }
                Incoming::Ping(payload) => {
                    if self.lets_control_in(sent) {
                        let pong = frame::encode(OpCode::Pong, payload);
                        self.session.member().pong(Arc::new(Message::kept(pong)));
                        if self.session.table().hears_pings() {
                            self.tell(Said::Ping(payload.into()), cx, events);
                        }
                    }
                    *since = (*since).filter(|_| !decoder.is_between_messages());
                }
                Incoming::Pong(payload) => {
                    if self.lets_control_in(sent) && self.session.table().hears_pongs() {
                        self.tell(Said::Pong(payload.into()), cx, events);
                    }
                    *since = (*since).filter(|_| !decoder.is_between_messages());
                }
                Incoming::Fragment => {}
                Incoming::Close { code, reason } => {
                    self.session
                        .end(Close::new(code, reason, Initiator::Client));
                }
            }
            // And so does what a compressed message of a few bytes becomes.
            let inflation_turns = decoder.take_inflation_cost() / BYTES_PER_TURN;
            *turns_left = turns_left.saturating_sub(inflation_turns);
            // The client, a limit, or a handler of its own has ended it.
            if self.session.member().has_ended() {
                break;
            }
        }
        // A ping that was gathered is not kept until the client says more.
        decoder.release();
        input.len()
    }

    fn handle(&mut self, said: Said<'_>, sent: Sent, cx: &mut Context<'_>, events: &mut Events) {
        self.note_message();
        if self.lets_in(&said, sent) {
            events.take(&self.session, said, cx);
        }
    }

    /// Tells the route of a ping or a pong.
    #[inline(never)]
    fn tell(&self, said: Said<'_>, cx: &mut Context<'_>, events: &mut Events) {
        events.take(&self.session, said, cx);
    }

    /// The connection broke, or ended without a close frame.
    fn lost(&mut self) -> Turn {
        self.session.end(Close::lost());
        self.close();
        Turn::Moved
    }

    fn close(&mut self) {
        self.stage = Stage::Closed;
        self.forget_input();
        // What the socket still takes, such as the close frame of a client that was silent.
        let _ = self.session.member().flush();
        self.link.finish();
        self.session.member().hang_up();
    }
}

/// What a read costs: large ones cost more, so that a turn is a bounded time.
fn turns_of(read_bytes: usize) -> usize {
    1 + read_bytes / BYTES_PER_TURN
}

/// A poll's turns let in about a megabyte, which is unmasked, checked and copied in
/// well under a millisecond.
const BYTES_PER_TURN: usize = 16 << 10;
