//! What all ways to talk share: how to come in, how to listen, how to go.

use super::closing::Closing;
use super::connect::{self, Bounds, Unopened};
use super::link::Came;
use super::request::Handshake;
use super::session::{Heard, Input, Session, take_leave};
use super::show::Show;
use crate::terminal::{Failure, shell};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// One run of `orcs ws`, over as many connections as it takes.
pub struct Visit {
    pub handshake: Handshake,
    pub bounds: Bounds,
    pub show: Show,
    /// Joined as soon as the connection is open.
    pub rooms: Vec<String>,
    /// Whether events ask for an answer.
    pub ids: bool,
    pub inbox: SyncSender<Input>,
    pub inputs: Receiver<Input>,
}

/// When there has been enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct Until {
    /// Every event of ours is answered.
    pub answered: bool,
    /// So many messages have come, over all connections; answers are not counted.
    pub messages: Option<usize>,
    /// How many have come.
    pub came: usize,
    /// It is that late. With another bound this is a failure, alone it is the end.
    pub deadline: Option<Instant>,
}

impl Until {
    /// Whether as many messages have come as were wanted.
    pub fn is_counted(&self) -> bool {
        self.messages.is_some_and(|wanted| self.came >= wanted)
    }
}

/// How listening ended.
#[derive(Debug)]
pub enum Ended {
    Enough,
    Closed(Closing),
}

impl Visit {
    pub fn new(handshake: Handshake, bounds: Bounds, show: Show) -> Self {
        let (inbox, inputs) = sync_channel(MAX_INPUTS);
        Self {
            handshake,
            bounds,
            show,
            rooms: Vec::new(),
            ids: false,
            inbox,
            inputs,
        }
    }

    /// Opens the connection and says what is said first.
    pub fn enter(&self) -> Result<Session, Unopened> {
        let opened = connect::open(&self.handshake, self.bounds)?;
        let for_good = |failure| Unopened {
            failure,
            may_return: false,
        };
        self.show
            .opened(
                &self.handshake.shown(),
                opened.protocol.as_deref(),
                opened.took,
            )
            .map_err(for_good)?;
        let mut session = Session::start(opened, self.inbox.clone(), self.ids).map_err(for_good)?;
        if let Some(greeting) = &self.handshake.greeting {
            session.send_secretly(greeting);
        }
        for room in &self.rooms {
            let payload = serde_json::json!({ "room": room }).to_string();
            session
                .event("join", &payload, &self.show)
                .map_err(for_good)?;
        }
        Ok(session)
    }

    /// Shows what comes until there is enough, or the connection ends.
    ///
    /// # Errors
    /// One of our events was refused, or the time is over before there was enough.
    pub fn listen(&self, session: &mut Session, until: &mut Until) -> Result<Ended, Failure> {
        let mut refused = None;
        loop {
            let is_answered = until.answered && session.unanswered() == 0;
            if until.is_counted() || until.messages.is_none() && is_answered {
                break;
            }
            let came = match self.next(until.deadline) {
                Ok(Input::Came(came)) => came,
                Ok(Input::Typed(_) | Input::End(_)) => continue,
                Err(RecvTimeoutError::Timeout) => {
                    self.check_enough(session, until)?;
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            match came {
                Came::Message(message, at) => match session.hear(&message, at, &self.show)? {
                    Heard::Answer {
                        event,
                        refused: Some(why),
                    } => {
                        refused.get_or_insert_with(|| {
                            Failure::new(format!("`{}` was refused: {why}", shell::visible(event)))
                        });
                    }
                    Heard::News { .. } | Heard::Binary => until.came += 1,
                    Heard::Answer { .. } | Heard::Pulse => {}
                },
                Came::Closed(closing) => {
                    self.show.closed_data(&closing)?;
                    return Ok(Ended::Closed(closing));
                }
            }
        }
        refused.map_or(Ok(Ended::Enough), Err)
    }

    /// The time is over: with nothing else to wait for that was the plan.
    fn check_enough(&self, session: &Session, until: &Until) -> Result<(), Failure> {
        if let Some(wanted) = until.messages {
            let message = format!("{} of {wanted} messages came in time", until.came);
            return Err(Failure::new(message).help("--for 30s waits longer"));
        }
        match session.oldest_unanswered().filter(|_| until.answered) {
            Some(event) => {
                let event = shell::visible(event);
                let message = format!("no answer to `{event}` within {:?}", self.bounds.patience);
                Err(Failure::new(message).help(
                    "a server that is not orcs knows no `id`: --for 2s listens that long and waits for no answer",
                ))
            }
            None => Ok(()),
        }
    }

    pub fn next(&self, deadline: Option<Instant>) -> Result<Input, RecvTimeoutError> {
        match deadline {
            None => self
                .inputs
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                self.inputs.recv_timeout(left)
            }
        }
    }

    /// Closes, and waits for the server's word.
    pub fn leave(&self, session: &mut Session) -> Result<(), Failure> {
        session.close();
        take_leave(session, &self.inputs, &self.show)
    }

    /// What a close that nobody asked for comes to: an end like another, or a failure.
    pub fn judge(&self, closing: &Closing) -> Result<(), Failure> {
        if closing.is_fine() {
            self.show.closed_words(closing);
            return Ok(());
        }
        let failure = Failure::new(closing.sentence());
        Err(match closing.help() {
            Some(help) => failure.help(help),
            None => failure,
        })
    }

    /// When our patience with an answer ends.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.bounds.patience
    }
}

/// Longer and longer pauses between two tries to come back.
#[derive(Debug)]
pub struct Pauses(Duration);

impl Pauses {
    pub fn new() -> Self {
        Self(SHORTEST)
    }

    pub fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (2 * pause).min(LONGEST);
        pause
    }
}

/// Messages that may wait for us; then the server waits.
const MAX_INPUTS: usize = 32;

/// A server that is swapped by `orcs serve` is back at once; one that is down is not asked often.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);
