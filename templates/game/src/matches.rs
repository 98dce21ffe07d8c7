//! Who plays whom: rounds one after another, their score, the time of each turn. All in memory.

use crate::rules::{Mark, Outcome, Reason, Round};
use crate::seats::{Away, Player, Seats, Taken};
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
        if game.seats.are_free() {
            matches.remove(name);
        }
        seen
    }
}

/// Two seats, and the round that is played on them.
pub struct Match {
    seats: Seats,
    round: Round,
    score: Score,
    /// Counts the turns of all rounds, so that a late clock does not end a later turn.
    turn: u32,
    turn_ends: Instant,
    clock: Option<Clock>,
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

impl Default for Match {
    fn default() -> Self {
        Self {
            seats: Seats::default(),
            round: Round::begun_by(Mark::X),
            score: Score::default(),
            turn: 0,
            turn_ends: Instant::now(),
            clock: None,
        }
    }
}

impl Match {
    /// Gives a client a seat. When both are taken, a round begins.
    ///
    /// # Errors
    ///
    /// When it has a seat, or there is none.
    pub fn sit(&mut self, client: ClientId, key: Option<String>) -> Result<(), &'static str> {
        let taken = self.seats.take(client, key)?;
        if taken == Taken::Anew && self.seats.are_taken() {
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
        let mark = self.seat_of(client)?;
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
        self.seat_of(client)?;
        if self.round.outcome.is_none() {
            return Err("play this round first");
        }
        self.begin();
        Ok(())
    }

    /// The player of a turn took too long, unless he has played meanwhile.
    pub fn time_out(&mut self, turn: u32) {
        if self.turn == turn && self.is_on() {
            self.end(self.round.turn, Reason::Time);
        }
    }

    /// A client is gone. What is returned is to be vacated, unless he comes back in time.
    pub fn leave(&mut self, client: ClientId) -> Option<Away> {
        let away = self.seats.leave(client)?;
        if away.can_return {
            return Some(away);
        }
        self.vacate(away);
        None
    }

    /// Frees a seat whose player has not come back; false if he has.
    pub fn vacate(&mut self, away: Away) -> bool {
        let is_due = self.seats.is_still(away);
        if is_due {
            if self.is_on() {
                self.end(away.mark, Reason::Left);
            }
            self.seats.free(away.mark);
        }
        is_due
    }

    /// Whose turn it is, if a round is played and he is here.
    pub fn turn(&self) -> Option<Turn> {
        let number = self.turn;
        let player = self.seats.player(self.round.turn)?;
        self.is_on().then_some(Turn { player, number })
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

    /// What everybody may see of it; so many are connected.
    pub fn view(&self, connected: usize) -> View<'_> {
        let players = [Mark::X, Mark::O].map(|mark| self.seats.player(mark));
        View {
            board: &self.round.board,
            turn: self.round.turn,
            outcome: self.round.outcome,
            seats: self.seats.view(),
            score: self.score,
            watching: connected.saturating_sub(players.iter().flatten().count()),
            left_ms: self.is_on().then(|| self.time_left().as_millis()),
        }
    }

    /// The mark of who may play.
    fn seat_of(&self, client: ClientId) -> Result<Mark, &'static str> {
        let mark = self.seats.mark_of(client).ok_or("you are watching")?;
        if self.seats.are_taken() {
            Ok(mark)
        } else {
            Err("wait for another player")
        }
    }

    fn is_on(&self) -> bool {
        self.seats.are_taken() && self.round.outcome.is_none()
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

/// A match as pages see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'a> {
    board: &'a [Option<Mark>; 9],
    turn: Mark,
    outcome: Option<Outcome>,
    seats: [Option<Player>; 2],
    score: Score,
    watching: usize,
    /// For the turn, while a round is played.
    left_ms: Option<u128>,
}

/// Long enough to think, short enough to wait.
pub const TURN: Duration = Duration::from_secs(30);
