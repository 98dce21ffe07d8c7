//! One connected client, as the hub sees it.

use super::deflation::Deflation;
use super::form::Form;
use super::outbox::{Flushed, Outbox, TakesReplies, Terms};
use super::room::Room;
use super::shared_outbox::SharedOutbox;
use super::turn;
use super::{Delivery, Message, Owner, RouteNumber, Wire};
use crate::close::{Close, Initiator};
use crate::codec::Spoken;
use crate::id::ClientId;
use crate::lock::lock;
use smallvec::SmallVec;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// A client: its outbox and the rooms it is in.
pub(crate) struct Member {
    id: ClientId,
    codec: Spoken,
    max_rooms: Option<u32>,
    outbox: SharedOutbox,
    /// How it takes messages that others get too.
    form: Option<Box<Form>>,
    rooms: Mutex<Rooms>,
    owner: Weak<dyn Owner>,
    route: RouteNumber,
}

impl Member {
    pub(crate) fn new(
        id: ClientId,
        wire: Arc<dyn Wire>,
        terms: Arc<Terms>,
        owner: Weak<dyn Owner>,
    ) -> Self {
        Self {
            id,
            codec: terms.codec,
            max_rooms: terms.max_rooms,
            form: Form::for_codec(terms.codec),
            outbox: SharedOutbox::new(Outbox::new(wire, terms)),
            rooms: Mutex::default(),
            owner,
            route: RouteNumber::default(),
        }
    }

    /// The same, for a client that came by this route.
    pub(crate) fn of_route(self, route: RouteNumber) -> Self {
        Self { route, ..self }
    }

    /// The same, for a client that takes compressed messages.
    pub(crate) fn compressing(self, deflation: Deflation) -> Self {
        let (shared, own_form) = deflation.into_form();
        self.outbox.lock().compress_by(own_form);
        let form = Form::compressed(self.form, shared);
        Self { form, ..self }
    }

    pub(crate) fn id(&self) -> ClientId {
        self.id
    }

    /// The route by which it came.
    pub(crate) fn route(&self) -> RouteNumber {
        self.route
    }

    /// Whether it is in a room, or was when it ended.
    pub(crate) fn is_in(&self, room: &str) -> bool {
        self.rooms().contains(room)
    }

    /// Whom it belongs to; none once that has gone.
    pub(crate) fn owner(&self) -> Option<Arc<dyn Owner>> {
        self.owner.upgrade()
    }

    /// The most rooms it may be in, if its route says so.
    pub(super) fn max_rooms(&self) -> Option<usize> {
        self.max_rooms.map(|rooms| rooms as usize)
    }

    /// What the client speaks.
    pub(crate) fn codec(&self) -> Spoken {
        self.codec
    }

    /// Whether that is a codec of the app's own.
    pub(super) fn speaks_a_custom(&self) -> bool {
        matches!(self.codec, Spoken::Custom(_))
    }

    /// Takes a message, and tells whether a flush must be asked for.
    pub(super) fn send(&self, message: &Arc<Message>) -> (Delivery, bool) {
        let mut outbox = self.outbox.lock();
        let delivery = self.hand_over(&mut outbox, message);
        (delivery, outbox.asks_for_flush())
    }

    /// The same for a message to this client only: in its own turn, the turn writes it.
    pub(super) fn send_directly(&self, message: &Arc<Message>) -> (Delivery, bool) {
        let mut outbox = self.outbox.lock();
        let delivery = self.hand_over(&mut outbox, message);
        if turn::is_of(self) {
            outbox.leave_to_turn();
        }
        (delivery, outbox.asks_for_flush())
    }

    /// The same for several messages. Whom its limit closes is taken out of its rooms by
    /// its own task.
    pub(super) fn take<'m>(&self, messages: impl Iterator<Item = &'m Arc<Message>>) -> bool {
        let mut outbox = self.outbox.lock();
        for message in messages {
            self.hand_over(&mut outbox, message);
        }
        outbox.asks_for_flush()
    }

    /// Whether several messages may come as one.
    pub(super) fn takes_bundles(&self) -> bool {
        self.form.is_none() && self.outbox.lock().takes_bundles()
    }

    fn hand_over(&self, outbox: &mut Outbox, message: &Arc<Message>) -> Delivery {
        let message = match &self.form {
            Some(form) => match form.of(message, self.codec) {
                Some(message) => message,
                None => return Delivery::Dropped,
            },
            None => message,
        };
        if !outbox.has_room_for(message) {
            // What waits in this moment has not been tried yet.
            turn::with_replies(self, |replies| outbox.try_to_empty(replies));
        }
        outbox.send(message)
    }

    /// Appends what `write` writes to the replies of the client's own turn; see `Hub::reply`.
    pub(super) fn reply<E>(
        &self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Option<Result<Delivery, E>> {
        if !turn::is_of(self) {
            return None;
        }
        if !self.outbox.gathers() {
            match self.outbox.lock().takes_replies() {
                TakesReplies::No => return None,
                TakesReplies::Gone => return Some(Ok(Delivery::Gone)),
                TakesReplies::Yes => {}
            }
        }
        turn::with_replies(self, |replies| {
            let replies = replies?;
            let before = replies.len();
            let written = write(replies);
            match (&written, &self.form) {
                (Err(_), _) => replies.truncate(before),
                (Ok(()), Some(form)) => form.compress(replies, before),
                (Ok(()), None) => {}
            }
            if replies.len() > MOST_REPLIES_BYTES {
                self.outbox.lock().try_to_empty(Some(replies));
            }
            Some(written.map(|()| Delivery::Queued))
        })
    }

    /// Writes what is left of the client's own turn.
    pub(super) fn end_turn(&self) {
        if self.outbox.is_idle() {
            return;
        }
        turn::with_replies(self, |replies| self.outbox.lock().end_turn(replies));
    }

    /// Owes the peer this pong. Called in the client's own turn.
    pub(crate) fn pong(&self, pong: Arc<Message>) {
        self.outbox.lock().pong(pong);
    }

    /// Asks the peer for a sign of life. Called in the client's own turn.
    pub(crate) fn ping(&self, ping: Arc<Message>) {
        self.outbox.lock().ping(ping);
    }

    /// Writes what a flush was asked for.
    pub(super) fn flush_beside(&self) {
        self.outbox.lock().flush_beside();
    }

    /// Writes what waits, as much as fits, unless a flush was asked for that will.
    pub(crate) fn flush(&self) -> io::Result<Flushed> {
        if self.outbox.is_idle() {
            return Ok(Flushed::default());
        }
        turn::with_replies(self, |replies| self.outbox.lock().flush(replies))
    }

    /// Writes what waits for a socket that took nothing for long.
    pub(crate) fn flush_anyway(&self) -> io::Result<Flushed> {
        self.outbox.lock().flush_anyway()
    }

    /// Ends the connection behind what waits; nothing is taken afterwards. False if it had ended before.
    pub(crate) fn end(&self, close: Close) -> bool {
        self.outbox.lock().end(close)
    }

    /// How the connection ended, once somebody ended it.
    pub(crate) fn ended(&self) -> Option<Close> {
        self.outbox.lock().ended().cloned()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.outbox.has_ended()
    }

    /// Whether its socket was let go of.
    pub(crate) fn has_hung_up(&self) -> bool {
        self.outbox.lock().has_hung_up()
    }

    pub(crate) fn was_ended_by(&self, initiator: Initiator) -> bool {
        self.has_ended() && (self.outbox.lock().ended()).is_some_and(|close| close.by == initiator)
    }

    /// Lets go of the connection: a kept handle on the client keeps no socket open.
    pub(crate) fn hang_up(&self) {
        self.outbox.lock().hang_up();
    }

    /// Lets go of it at once, though its end waits behind what was sent before.
    pub(crate) fn cut(&self) {
        self.outbox.lock().cut();
    }

    /// The names of the rooms it is in, or was in when it ended, oldest first.
    pub(crate) fn room_names(&self) -> Vec<String> {
        self.rooms()
            .iter()
            .map(|room| room.name().to_owned())
            .collect()
    }

    /// The room it joined last of those it is in, or was in when it ended.
    pub(crate) fn last_room_name(&self) -> Option<String> {
        let rooms = self.rooms();
        Some(rooms.list.last()?.name().to_owned())
    }

    pub(super) fn rooms(&self) -> MutexGuard<'_, Rooms> {
        lock(&self.rooms)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The rooms of one client, in the order it joined them.
#[derive(Default)]
pub(super) struct Rooms {
    /// Most clients are in one or two, which then need no memory of their own.
    list: SmallVec<[Arc<Room>; 2]>,
    closed: bool,
}

impl Rooms {
    /// Says to the rooms that this client is in, if it is to be in `room` too, that one of
    /// theirs is in several. Before it is: nobody may take them for disjoint meanwhile.
    pub(super) fn share_with(&self, room: &Room) {
        match self.list.as_slice() {
            [] => return,
            [only] => only.share(),
            _ => {}
        }
        room.share();
    }

    /// Takes it back, now that this client is not in `room`.
    pub(super) fn unshare_with(&self, room: &Room) {
        match self.list.as_slice() {
            [] => return,
            [only] => only.unshare(),
            _ => {}
        }
        room.unshare();
    }

    /// The client has left them all.
    pub(super) fn unshare_all(&self) {
        if self.list.len() > 1 {
            self.list.iter().for_each(|room| room.unshare());
        }
    }

    pub(super) fn are_open(&self) -> bool {
        !self.closed
    }

    /// Takes no more joins. False if it was closed before.
    pub(super) fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.list.iter().any(|room| room.name() == name)
    }

    pub(super) fn push(&mut self, room: Arc<Room>) {
        self.list.push(room);
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Arc<Room>> {
        let index = self.list.iter().position(|room| room.name() == name)?;
        Some(self.list.remove(index))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Room>> {
        self.list.iter()
    }
}

/// Replies that gather beyond this are written before their turn ends.
const MOST_REPLIES_BYTES: usize = 64 << 10;
