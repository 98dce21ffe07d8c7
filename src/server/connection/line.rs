//! A connection's socket: frames in, frames out, and whether anybody is still there.

use super::events::Events;
use super::{CLOSE_TIMEOUT, read_buffer, silent};
use crate::close::{Close, Initiator, code};
use crate::hub::Member;
use crate::proto::frame::{self, OpCode};
use crate::proto::message::{Decoder, Incoming};
use crate::server::socket::{Link, Reader};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;

/// The socket of one client.
pub(super) struct Line<R> {
    member: Arc<Member>,
    reader: R,
    link: Arc<dyn Link>,
    decoder: Decoder,
    /// Read, but not decoded: the events were full, or this turn was over.
    backlog: Vec<u8>,
    stage: Stage,
    idle_timeout: Option<Duration>,
    life: Life,
}

enum Stage {
    Open,
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

/// What a turn brought.
pub(super) enum Turn {
    /// There may be more to do.
    Moved,
    /// Somebody else must move first; the task is woken then.
    Waits,
}

impl<R: Reader> Line<R> {
    pub(super) fn new(
        member: Arc<Member>,
        reader: R,
        link: Arc<dyn Link>,
        early: &[u8],
        max_payload_bytes: usize,
        idle_timeout: Option<Duration>,
    ) -> Self {
        Self {
            member,
            reader,
            link,
            decoder: Decoder::new(max_payload_bytes),
            backlog: early.to_vec(),
            stage: Stage::Open,
            idle_timeout,
            life: Life {
                since: Instant::now(),
                is_pinged: false,
            },
        }
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
        let is_flushed = match self.poll_flush(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Pending => false,
            Poll::Ready(Err(_)) => return self.lost(),
        };
        self.follow_the_end(is_flushed);
        match self.stage {
            Stage::Closed => Turn::Moved,
            Stage::Closing { .. } => self.drain(cx, turns_left),
            Stage::Open if !self.backlog.is_empty() => {
                if events.is_full() {
                    return Turn::Waits;
                }
                let mut backlog = std::mem::take(&mut self.backlog);
                self.decode(&mut backlog, cx, events, turns_left);
                Turn::Moved
            }
            // Not reading is what makes the peer slow down (TCP's window).
            Stage::Open if events.is_full() => Turn::Waits,
            Stage::Open => self.read(cx, events, turns_left),
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open => {
                let idle_timeout = self.idle_timeout?;
                let half = idle_timeout / 2;
                Some(
                    self.life.since
                        + if self.life.is_pinged {
                            idle_timeout - half
                        } else {
                            half
                        },
                )
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
            Stage::Open if events.is_full() || !self.backlog.is_empty() => self.heard(now),
            Stage::Open if self.life.is_pinged => {
                self.member.end(silent());
            }
            Stage::Open => {
                self.life = Life {
                    since: now,
                    is_pinged: true,
                };
                self.member.ping(&frame::encode(OpCode::Ping, b""));
            }
            Stage::Closing { .. } => self.close(),
            Stage::Closed => {}
        }
    }

    fn heard(&mut self, now: Instant) {
        self.life = Life {
            since: now,
            is_pinged: false,
        };
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.member.flush()? {
            match self.link.poll_writable(cx) {
                Poll::Ready(writable) => writable?,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Goes the way of whoever ended the connection, step by step.
    fn follow_the_end(&mut self, is_flushed: bool) {
        if matches!(self.stage, Stage::Open) && self.member.has_ended() {
            self.backlog = Vec::new();
            self.stage = Stage::Closing {
                deadline: Instant::now() + CLOSE_TIMEOUT,
                is_finished: false,
            };
        }
        if let Stage::Closing { is_finished, .. } = &mut self.stage
            && is_flushed
            && !*is_finished
        {
            *is_finished = true;
            self.link.finish();
        }
        // Who was silent for that long will not answer a close frame either.
        if let Stage::Closing { .. } = self.stage
            && self
                .member
                .ended()
                .is_some_and(|close| close.code == code::SILENT)
        {
            self.close();
        }
    }

    /// Reads once and decodes what came.
    fn read(&mut self, cx: &mut Context<'_>, events: &mut Events, turns_left: &mut usize) -> Turn {
        read_buffer::with(|buffer| match self.reader.poll_read(cx, buffer) {
            Poll::Pending => Turn::Waits,
            Poll::Ready(Ok(0) | Err(_)) => self.lost(),
            Poll::Ready(Ok(read)) => {
                self.heard(Instant::now());
                *turns_left = turns_left.saturating_sub(1);
                self.decode(&mut buffer[..read], cx, events, turns_left);
                Turn::Moved
            }
        })
    }

    /// Reads and forgets, until the peer hangs up: closing with unread bytes would reset
    /// the connection and could cost the peer our close frame.
    fn drain(&mut self, cx: &mut Context<'_>, turns_left: &mut usize) -> Turn {
        read_buffer::with(|buffer| match self.reader.poll_read(cx, buffer) {
            Poll::Pending => Turn::Waits,
            Poll::Ready(Ok(0) | Err(_)) => {
                self.close();
                Turn::Moved
            }
            Poll::Ready(Ok(_)) => {
                *turns_left = turns_left.saturating_sub(1);
                Turn::Moved
            }
        })
    }

    fn decode(
        &mut self,
        mut input: &mut [u8],
        cx: &mut Context<'_>,
        events: &mut Events,
        turns_left: &mut usize,
    ) {
        loop {
            if events.is_full() || *turns_left == 0 {
                self.backlog = input.to_vec();
                return;
            }
            let message = match self.decoder.next(&mut input) {
                Ok(Some(message)) => message,
                Ok(None) => return,
                Err(violation) => {
                    let (code, reason) = (violation.close_code(), violation.to_string());
                    return self.end(code, reason, Initiator::Server);
                }
            };
            // A ping costs a turn too, or a flood of them would keep the thread.
            *turns_left -= 1;
            match message {
                Incoming::Text(text) => events.take(text, cx),
                Incoming::Binary(_) => {
                    let reason = "this route takes no binary messages";
                    return self.end(code::UNSUPPORTED, reason, Initiator::Server);
                }
                Incoming::Ping(payload) => self.member.pong(&frame::encode(OpCode::Pong, payload)),
                Incoming::Pong(_) => {}
                Incoming::Close { code, reason } => {
                    let reason = reason.to_owned();
                    return self.end(code, reason, Initiator::Client);
                }
            }
            // A handler may have ended its own client.
            if self.member.has_ended() {
                return;
            }
        }
    }

    fn end(&self, code: u16, reason: impl Into<String>, by: Initiator) {
        self.member.end(Close::new(code, reason, by));
    }

    /// The connection broke, or ended without a close frame.
    fn lost(&mut self) -> Turn {
        self.member.end(Close::lost());
        self.close();
        Turn::Moved
    }

    fn close(&mut self) {
        self.stage = Stage::Closed;
        self.link.finish();
        self.member.hang_up();
    }
}
