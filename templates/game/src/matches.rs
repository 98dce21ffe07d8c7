//! Who plays whom: two seats, rounds one after another, a clock. All of it is in memory.

use crate::rules::{Mark, Outcome, Reason, Round};
use orcs::{ClientId, Timer};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The matches that somebody plays, by their names.
// A std mutex: it is held for a few steps in memory, and never over an `.await`.
#[derive(Default)]
pub struct Matches(Mutex<HashMap<String, Match>>);

impl Matches {
    /// Looks at a match, or changes it; one that nobody plays is new, and one that nobody plays
    /// any more is forgotten.
    ///
    /// Nobody else does meanwhile, so that whoever is told of it in here is told in order.
    pub fn with<T>(&self, name: &str, look: impl FnOnce(&mut Match) -> T) -> T {
        let mut matches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let game = matches.entry(name.to_owned()).or_default();
        let seen = look(game);
        if game.seats.iter().all(Option::is_none) {
            matches.remove(name);
        }
        seen
    }
}

/// Two seats, and the round that is played on them.
pub struct Match {
    /// X and O.
    seats: [Option<Seat>; 2],
    round: Round,
    score: Score,
    /// Counts the turns of all rounds, so that a late clock does not end a later turn.
    turn: u32,
    turn_ends: Instant,
    clock: Option<Clock>,
}

struct Seat {
    /// What only its player knows; nobody comes back to a seat without one.
    key: Option<String>,
    presence: Presence,
}

enum Presence {
    Here(ClientId),
    Away(Instant),
}

#[derive(Clone, Copy, Default, Serialize)]
struct Score {
    #[serde(rename = "X")]
    x: u32,
    #[serde(rename = "O")]
    o: u32,
    draws: u32,
}

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub player: ClientId,
    pub number: u32,
}

struct Clock {
    turn: Turn,
    timer: Timer,
}

/// A seat that is kept for who was cut off.
#[derive(Clone, Copy)]
pub struct Away {
    mark: Mark,
    since: Instant,
}

impl Default for Match {
    fn default() -> Self {
        Self {
            seats: [None, None],
            round: Round::begun_by(Mark::X),
            score: Score::default(),
            turn: 0,
            turn_ends: Instant::now(),
            clock: None,
        }
    }
}

impl Match {
    /// Gives a client the seat that was kept for it, else a free one. When both are taken, a
    /// round begins.
    ///
    /// # Errors
    ///
    /// When it has a seat, or there is none.
    pub fn sit(&mut self, client: ClientId, key: Option<String>) -> Result<(), &'static str> {
        if self.mark_of(client).is_some() {
            return Err("you have a seat");
        }
        let presence = Presence::Here(client);
        let mut seats = self.seats.iter_mut();
        let own = seats.find(|seat| matches!(seat, Some(seat) if key.is_some() && seat.key == key));
        if let Some(own) = own {
            // Perhaps from a connection that has not noticed yet that it is dead.
            *own = Some(Seat { key, presence });
            return Ok(());
        }
        let mut seats = self.seats.iter_mut();
        let free = seats
            .find(|seat| seat.is_none())
            .ok_or("both seats are taken")?;
        *free = Some(Seat { key, presence });
        if self.is_complete() {
            self.begin();
        }
        Ok(())
    }

    /// Marks a cell for a client.
    ///
    /// # Errors
    ///
    /// What is against it; the match is then as it was.
    pub fn play(&mut self, client: ClientId, cell: usize) -> Result<(), &'static str> {
        let mark = self.mark_of(client).ok_or("you are watching")?;
        if !self.is_complete() {
            return Err("wait for another player");
        }
        self.round.play(mark, cell)?;
        self.next_turn();
        self.count();
        Ok(())
    }

    /// Begins another round.
    ///
    /// # Errors
    ///
    /// For who only watches, and while a round is played.
    pub fn again(&mut self, client: ClientId) -> Result<(), &'static str> {
        self.mark_of(client).ok_or("you are watching")?;
        if !self.is_complete() {
            return Err("wait for another player");
        }
        if self.round.outcome.is_none() {
            return Err("play this round first");
        }
        self.begin();
        Ok(())
    }

    /// The player of this turn took too long; false if the turn is over.
    pub fn time_out(&mut self, number: u32) -> bool {
        let is_late = self.turn == number && self.is_on();
        if is_late {
            self.end(self.round.turn, Reason::Time);
        }
        is_late
    }

    /// A client is gone. Its seat is kept for a while if it can come back to it.
    pub fn leave(&mut self, client: ClientId) -> Option<Away> {
        let mark = self.mark_of(client)?;
        let seat = self.seats[mark as usize].as_mut()?;
        let since = Instant::now();
        seat.presence = Presence::Away(since);
        let can_return = seat.key.is_some();
        let away = Away { mark, since };
        if !can_return {
            self.vacate(away);
        }
        can_return.then_some(away)
    }

    /// Frees a seat whose player has not come back; false if he has.
    pub fn vacate(&mut self, Away { mark, since }: Away) -> bool {
        let seat = &self.seats[mark as usize];
        let is_away =
            matches!(seat, Some(Seat { presence: Presence::Away(then), .. }) if *then == since);
        if is_away {
            if self.is_on() {
                self.end(mark, Reason::Left);
            }
            self.seats[mark as usize] = None;
        }
        is_away
    }

    /// Whose turn it is, if he is there and a round is played.
    pub fn turn(&self) -> Option<Turn> {
        let number = self.turn;
        match self.seats[self.round.turn as usize].as_ref()?.presence {
            Presence::Here(player) if self.is_on() => Some(Turn { player, number }),
            _ => None,
        }
    }

    /// How long the turn may still take.
    pub fn time_left(&self) -> Duration {
        self.turn_ends.saturating_duration_since(Instant::now())
    }

    /// The turn that the clock runs for.
    pub fn clocked(&self) -> Option<Turn> {
        self.clock.as_ref().map(|clock| clock.turn)
    }

    /// Stops the clock, and lets another one run.
    pub fn set_clock(&mut self, turn: Option<Turn>, timer: Option<Timer>) {
        if let Some(clock) = self.clock.take() {
            clock.timer.stop();
        }
        self.clock = turn.zip(timer).map(|(turn, timer)| Clock { turn, timer });
    }

    /// What everybody may see of it; `here` are connected.
    pub fn view(&self, here: usize) -> View<'_> {
        let seats = self
            .seats
            .each_ref()
            .map(|seat| seat.as_ref().map(Seat::view));
        let players = seats.iter().flatten().filter(|seat| seat.player.is_some());
        View {
            board: &self.round.board,
            turn: self.round.turn,
            outcome: self.round.outcome,
            watching: here.saturating_sub(players.count()),
            seats,
            score: self.score,
            left_ms: self.is_on().then(|| self.time_left().as_millis()),
        }
    }

    fn mark_of(&self, client: ClientId) -> Option<Mark> {
        let has = |mark: Mark| {
            let seat = self.seats[mark as usize].as_ref();
            seat.is_some_and(|seat| matches!(seat.presence, Presence::Here(id) if id == client))
        };
        [Mark::X, Mark::O].into_iter().find(|&mark| has(mark))
    }

    fn is_complete(&self) -> bool {
        self.seats.iter().all(Option::is_some)
    }

    fn is_on(&self) -> bool {
        self.is_complete() && self.round.outcome.is_none()
    }

    fn begin(&mut self) {
        // In turns, because who begins has the better chances.
        let rounds = self.score.x + self.score.o + self.score.draws;
        let first = if rounds.is_multiple_of(2) {
            Mark::X
        } else {
            Mark::O
        };
        self.round = Round::begun_by(first);
        self.next_turn();
    }

    fn next_turn(&mut self) {
        self.turn += 1;
        self.turn_ends = Instant::now() + TURN;
    }

    fn end(&mut self, loser: Mark, reason: Reason) {
        self.round.lose(loser, reason);
        self.count();
    }

    fn count(&mut self) {
        match self.round.outcome.map(|outcome| outcome.winner) {
            Some(Some(Mark::X)) => self.score.x += 1,
            Some(Some(Mark::O)) => self.score.o += 1,
            Some(None) => self.score.draws += 1,
            None => {}
        }
    }
}

impl Seat {
    fn view(&self) -> SeatView {
        let player = match self.presence {
            Presence::Here(client) => Some(client),
            Presence::Away(_) => None,
        };
        SeatView { player }
    }
}

/// A match as pages see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'a> {
    board: &'a [Option<Mark>; 9],
    turn: Mark,
    outcome: Option<Outcome>,
    seats: [Option<SeatView>; 2],
    score: Score,
    watching: usize,
    /// For the turn, while a round is played.
    left_ms: Option<u128>,
}

#[derive(Serialize)]
struct SeatView {
    /// None while he is away.
    player: Option<ClientId>,
}

/// Long enough to think, short enough to wait.
pub const TURN: Duration = Duration::from_secs(30);
