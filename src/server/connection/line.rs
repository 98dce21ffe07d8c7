//! A connection's socket: frames in, frames out, and whether anybody is still there.

use super::events::Events;
use super::{CLOSE_TIMEOUT, read_buffer, silent};
use crate::client::Session;
use crate::close::{Close, Initiator, code};
use crate::config::Config;
use crate::hub::Message;
use crate::proto::frame::{self, OpCode};
use crate::proto::message::{Compressed, Decoder, Incoming};
use crate::route::Said;
use crate::server::socket::Link;
use bytes::{Buf, BytesMut};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::time::Instant;

/// The socket of one client.
pub(super) struct Line<L> {
    session: Arc<Session>,
    link: Arc<L>,
    config: Arc<Config>,
    /// Of a message that is read in part, or of a client that keeps a compression context.
    /// Most connections have neither most of the time.
    decoder: Option<Box<Decoder>>,
    compressed: Compressed,
    /// Read, but not decoded: the events were full, or this turn was over.
    backlog: Option<Box<BytesMut>>,
    stage: Stage,
}

enum Stage {
    Open(Life),
    /// A close frame is on its way or was sent; what still comes is not looked at.
    Closing {
        deadline: Instant,
        is_finished: bool,
    },
    Closed,
}

/// The last sign of life, and whether another was asked for.
struct Life {
    since: Instant,
    is_pinged: bool,
}

impl Life {
    fn at(now: Instant) -> Self {
        let (since, is_pinged) = (now, false);
        Self { since, is_pinged }
    }
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
        let mut line = Self {
            session,
            link,
            config,
            decoder: None,
            compressed,
            backlog: None,
            stage: Stage::Open(Life::at(Instant::now())),
        };
        line.keep_backlog(early);
        line
    }

    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
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
            Stage::Open(_) if events.is_full(&self.config) => Turn::Waits,
            Stage::Open(_) => match self.backlog.take() {
                Some(mut backlog) => {
                    let rest = self.decode(&mut backlog, cx, events, turns_left);
                    if rest > 0 {
                        backlog.advance(backlog.len() - rest);
                        self.backlog = Some(backlog);
                    }
                    Turn::Moved
                }
                // Also when writing has failed: what the client sent before it went is still there.
                None => self.read(cx, events, turns_left),
            },
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open(Life { since, is_pinged }) => {
                let whole = self.config.idle_timeout?;
                let half = whole / 2;
                let wait = if is_pinged { whole - half } else { half };
                Some(since + wait)
            }
            Stage::Closing { deadline, .. } => Some(deadline),
            Stage::Closed => None,
        }
    }

    /// Asks for a sign of life at half of the idle timeout, closes at the whole.
    ///
    /// Whatever had arrived was read right before. A process that was paused finds
    /// its deadlines passed, and its peers' pongs, or the chance to ask, waiting.
    pub(super) fn keep_time(&mut self, now: Instant, events: &Events) {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        match self.stage {
            // Silent is who says nothing, not who is not listened to.
            Stage::Open(_) if events.is_full(&self.config) || self.backlog.is_some() => {
                self.heard(now);
                // Whether it is still there, a socket that is not read tells only when
                // it is written to.
                self.ping();
            }
            Stage::Open(Life {
                is_pinged: true, ..
            }) => {
                self.session.end(silent());
                // Who was silent for that long will not answer a close frame either.
                self.close();
            }
            Stage::Open(_) => {
                let (since, is_pinged) = (now, true);
                self.stage = Stage::Open(Life { since, is_pinged });
                self.ping();
            }
            Stage::Closing { .. } => self.close(),
            Stage::Closed => {}
        }
    }

    fn ping(&self) {
        let ping = frame::encode(OpCode::Ping, b"");
        self.session.member().ping(Arc::new(Message::kept(ping)));
    }

    fn heard(&mut self, now: Instant) {
        if let Stage::Open(life) = &mut self.stage {
            *life = Life::at(now);
        }
    }

    fn keep_backlog(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.backlog = Some(Box::new(rest.into()));
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, events: &mut Events) -> Poll<io::Result<()>> {
        loop {
            let flushed = self.session.member().flush()?;
            if flushed.bytes > 0 && (flushed.is_blocked || flushed.caught_up.is_some()) {
                // The socket took something, so the peer took something: a long download is
                // not silence, and the pong that was asked for can only come behind it.
                if let Stage::Open(life) = &mut self.stage {
                    life.since = Instant::now();
                }
            }
            if let Some(missed) = flushed.caught_up {
                events.caught_up(missed);
            }
            if !flushed.is_blocked {
                return Poll::Ready(Ok(()));
            }
            ready!(self.link.poll_writable(cx))?;
        }
    }

    /// Before the flush: an end that comes later has a close frame that is not written yet.
    fn notice_the_end(&mut self) {
        if matches!(self.stage, Stage::Open(_)) && self.session.member().has_ended() {
            self.backlog = None;
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
            Poll::Pending => Turn::Waits,
            Poll::Ready(Ok(0) | Err(_)) => self.lost(),
            Poll::Ready(Ok(read)) => {
                if self.config.idle_timeout.is_some() {
                    self.heard(Instant::now());
                }
                *turns_left = turns_left.saturating_sub(turns_of(read));
                let rest = self.decode(&mut buffer[..read], cx, events, turns_left);
                self.keep_backlog(&buffer[read - rest..read]);
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
        cx: &mut Context<'_>,
        events: &mut Events,
        turns_left: &mut usize,
    ) -> usize {
        let limit = self.config.max_payload_bytes;
        let Some(mut decoder) = self.decoder.take() else {
            let mut decoder = Decoder::new(limit, self.compressed);
            let rest = self.decode_by(&mut decoder, input, cx, events, turns_left);
            self.decoder = (!decoder.is_idle()).then(|| Box::new(decoder));
            return rest;
        };
        let rest = self.decode_by(&mut decoder, input, cx, events, turns_left);
        self.decoder = Some(decoder).filter(|decoder| !decoder.is_idle());
        rest
    }

    fn decode_by(
        &mut self,
        decoder: &mut Decoder,
        mut input: &mut [u8],
        cx: &mut Context<'_>,
        events: &mut Events,
        turns_left: &mut usize,
    ) -> usize {
        while !input.is_empty() && !events.is_full(&self.config) && *turns_left > 0 {
            let message = match decoder.next(&mut input) {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(violation) => {
                    let (code, reason) = (violation.close_code(), violation.to_string());
                    self.session
                        .end(Close::new(code, reason, Initiator::Server));
                    break;
                }
            };
            // A ping or a fragment costs a turn too, or a flood of them would keep the thread.
            *turns_left -= 1;
            match message {
                Incoming::Text(text) => events.take(&self.session, Said::Text(text), cx),
                Incoming::Line(text) => events.take(&self.session, Said::Line(text), cx),
                Incoming::Binary(bytes) if self.session.table().takes_binary() => {
                    events.take(&self.session, Said::Binary(bytes), cx);
                }
                Incoming::Binary(_) => {
                    let reason = "this route takes no binary messages";
                    self.session
                        .end(Close::new(code::UNSUPPORTED, reason, Initiator::Server));
                }
                Incoming::Ping(payload) => {
                    let pong = frame::encode(OpCode::Pong, payload);
                    self.session.member().pong(Arc::new(Message::kept(pong)));
                }
                Incoming::Pong(_) | Incoming::Fragment => {}
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

    /// The connection broke, or ended without a close frame.
    fn lost(&mut self) -> Turn {
        self.session.end(Close::lost());
        self.close();
        Turn::Moved
    }

    fn close(&mut self) {
        self.stage = Stage::Closed;
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
