//! The two seats of a match, and who has them.

use crate::rules::Mark;
use orcs::ClientId;
use serde::Serialize;
use tokio::time::Instant;

/// X and O.
#[derive(Default)]
pub struct Seats([Option<Seat>; 2]);

struct Seat {
    /// What only its player knows; nobody comes back to a seat without one.
    key: Option<String>,
    presence: Presence,
}

enum Presence {
    Here(ClientId),
    Away(Instant),
}

/// What became of who wants a seat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Anew,
    /// His own, which was kept for him.
    Back,
}

/// A seat whose player was cut off.
#[derive(Clone, Copy)]
pub struct Away {
    pub mark: Mark,
    pub can_return: bool,
    since: Instant,
}

/// A seat as pages see it.
#[derive(Serialize)]
pub struct Player {
    /// None while he is away.
    player: Option<ClientId>,
}

impl Seats {
    /// Gives a client the seat that was kept for it, else a free one.
    ///
    /// # Errors
    ///
    /// When it has a seat, or there is none.
    pub fn take(&mut self, client: ClientId, key: Option<String>) -> Result<Taken, &'static str> {
        if self.mark_of(client).is_some() {
            return Err("you have a seat");
        }
        let is_own = |seat: &Seat| key.is_some() && seat.key == key;
        let own = self
            .0
            .iter()
            .position(|seat| seat.as_ref().is_some_and(is_own));
        let free = self.0.iter().position(Option::is_none);
        let (place, taken) = match (own, free) {
            // Perhaps from a connection of his that nobody has noticed to be dead.
            (Some(own), _) => (own, Taken::Back),
            (None, Some(free)) => (free, Taken::Anew),
            (None, None) => return Err("both seats are taken"),
        };
        let presence = Presence::Here(client);
        self.0[place] = Some(Seat { key, presence });
        Ok(taken)
    }

    /// A client is gone.
    pub fn leave(&mut self, client: ClientId) -> Option<Away> {
        let mark = self.mark_of(client)?;
        let seat = self.0[mark as usize].as_mut()?;
        let since = Instant::now();
        seat.presence = Presence::Away(since);
        let can_return = seat.key.is_some();
        Some(Away {
            mark,
            can_return,
            since,
        })
    }

    /// Whether a player has not come back.
    pub fn is_still(&self, away: Away) -> bool {
        let seat = self.0[away.mark as usize].as_ref();
        seat.is_some_and(
            |seat| matches!(seat.presence, Presence::Away(since) if since == away.since),
        )
    }

    pub fn free(&mut self, mark: Mark) {
        self.0[mark as usize] = None;
    }

    pub fn mark_of(&self, client: ClientId) -> Option<Mark> {
        [Mark::X, Mark::O]
            .into_iter()
            .find(|&mark| self.player(mark) == Some(client))
    }

    /// Who has a seat, if he is here.
    pub fn player(&self, mark: Mark) -> Option<ClientId> {
        self.0[mark as usize].as_ref()?.player()
    }

    pub fn are_taken(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    pub fn are_free(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    pub fn view(&self) -> [Option<Player>; 2] {
        let view = |seat: &Seat| Player {
            player: seat.player(),
        };
        self.0.each_ref().map(|seat| seat.as_ref().map(view))
    }
}

impl Seat {
    fn player(&self) -> Option<ClientId> {
        match self.presence {
            Presence::Here(client) => Some(client),
            Presence::Away(_) => None,
        }
    }
}
