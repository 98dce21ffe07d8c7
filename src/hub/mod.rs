//! Who is where and who gets what: clients, rooms and their outboxes.
//!
//! A synchronous state machine. It knows no socket, no runtime and no clock: it
//! writes through [`Wire`], which the server implements and tests replace by memory.
//!
//! Locks are taken in this order, never the other way round, and no user code runs
//! under any of them: a member's own list of rooms; the order of sends to users; the list of
//! everyone; the rooms' members, several at once in the order of their addresses; the set of
//! unsettled rooms; an outbox. The indexes (clients, users, rooms) are locked only to look up or to change an entry.

mod answer;
mod audience;
mod census;
mod customs;
mod deflation;
mod delivery;
mod flush;
mod form;
mod forms;
mod frame;
mod inbound;
mod log;
mod member;
mod message;
mod outbox;
mod owner;
mod queue;
mod room;
mod scope;
mod shared_outbox;
mod stats;
mod tally;
mod turn;
mod unsettled;
mod users;
mod walk;
mod wire;

pub use answer::{Delivery, JoinError, Joined, Left, Sent};
pub(crate) use audience::Audience;
pub(crate) use census::{Census, Full, Limits, Visit};
pub(crate) use customs::Customs;
pub(crate) use deflation::Deflation;
pub(crate) use flush::{Beside, Flush, Moment, WeakMoment};
pub(crate) use forms::opened;
pub(crate) use frame::Frame;
pub(crate) use inbound::Inbound;
pub(crate) use member::Member;
pub(crate) use message::Message;
pub(crate) use outbox::{Flushed, Terms};
pub(crate) use owner::Owner;
pub(crate) use room::is_room_name;
pub(crate) use scope::{RouteNumber, Scope};
pub use stats::Stats;
pub(crate) use tally::{HELD_THREADS, Missing, Tally, UNWRITABLE};
pub(crate) use turn::Turn;
pub(crate) use wire::Wire;

use crate::close::Close;
use crate::codec::Custom;
use crate::id::ClientId;
use crate::lock::{read, write};
use room::{Appended, Inserted, Room};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use unsettled::Unsettled;
use users::Users;

/// All clients and rooms of this node.
pub(crate) struct Hub {
    clients: RwLock<HashMap<ClientId, Arc<Member>>>,
    users: Users,
    rooms: RwLock<HashMap<Arc<str>, Arc<Room>>>,
    /// Every client once, so that a broadcast to all walks a list and leaves lookups free.
    everyone: Arc<Room>,
    census: Arc<Census>,
    /// Members of all rooms, summed.
    memberships: AtomicUsize,
    unsettled: Arc<Unsettled>,
    missing: Arc<Missing>,
    tally: Tally,
    inbound: Inbound,
    max_rooms_per_client: usize,
    /// The most rooms there may be; set by the start.
    max_rooms: AtomicUsize,
    beside: Beside,
    /// Set by the start.
    customs: OnceLock<Customs>,
}

impl Hub {
    /// `beside` runs the writing that sends cause.
    pub(crate) fn new(max_rooms_per_client: usize, beside: Beside) -> Self {
        let unsettled = Arc::default();
        Self {
            clients: RwLock::default(),
            users: Users::default(),
            rooms: RwLock::default(),
            everyone: Arc::new(Room::new("".into(), &unsettled)),
            census: Arc::default(),
            memberships: AtomicUsize::new(0),
            unsettled,
            missing: Arc::default(),
            tally: Tally::default(),
            inbound: Inbound::default(),
            max_rooms_per_client,
            max_rooms: AtomicUsize::new(usize::MAX),
            beside,
            customs: OnceLock::new(),
        }
    }

    /// Takes a client in: from here on it is counted, found and reached.
    pub(crate) fn register(&self, member: &Arc<Member>) {
        // Held meanwhile: whoever finds it by one index and ends it waits until it is in all.
        let _rooms = member.rooms();
        self.tally.let_in.add_one();
        self.everyone.insert(member, None);
        self.users.insert(member);
        write(&self.clients).insert(member.id(), Arc::clone(member));
    }

    pub(crate) fn client(&self, id: ClientId) -> Option<Arc<Member>> {
        read(&self.clients).get(&id).cloned()
    }

    /// All connections of a user.
    pub(crate) fn members_of(&self, user: &str) -> Vec<Arc<Member>> {
        self.users.members(user)
    }

    /// Takes a client out of every room and every index. Its own list of rooms
    /// stays readable for its `disconnect` handler. Harmless when repeated.
    ///
    /// The client's own lock is held to the end: who comes second finds it gone too.
    pub(crate) fn remove(&self, member: &Arc<Member>) {
        let mut rooms = member.rooms();
        if !rooms.close() {
            return;
        }
        let mut asks_for_flush = self.everyone.remove(member).asks_for_flush;
        for room in rooms.iter() {
            asks_for_flush |= self.take_out(room, member);
        }
        rooms.unshare_all();
        self.users.remove(member);
        write(&self.clients).remove(&member.id());
        drop(rooms);
        self.flush_if(asks_for_flush, member);
    }

    /// Ends a client: it leaves everything now, and its connection closes behind what
    /// already waits for it. False if somebody else ended it before.
    pub(crate) fn end(&self, member: &Arc<Member>, close: Close) -> bool {
        let first = self.close(member, close);
        self.remove(member);
        first
    }

    /// Closes behind what was sent before, and leaves the client where it is. False if
    /// somebody else closed it before.
    pub(crate) fn close(&self, member: &Arc<Member>, close: Close) -> bool {
        self.settle_for(member);
        member.end(close)
    }

    /// Everybody who is there now, in no order.
    pub(crate) fn everybody(&self) -> Vec<Arc<Member>> {
        read(&self.clients).values().cloned().collect()
    }

    /// Makes no more rooms than these from now on.
    pub(crate) fn limit_rooms(&self, rooms: usize) {
        self.max_rooms.store(rooms, Ordering::Relaxed);
    }

    /// The app's own codecs.
    pub(crate) fn set_customs(&self, customs: Customs) {
        let is_first = self.customs.set(customs).is_ok();
        debug_assert!(is_first, "an app starts once");
    }

    fn customs(&self) -> &[Custom] {
        self.customs.get().map_or(&[], Customs::codecs)
    }

    /// One of the app's own codecs.
    pub(crate) fn custom(&self, number: u8) -> &Custom {
        &self.customs()[usize::from(number)]
    }

    /// `capacity` is the most members that the room may have.
    pub(crate) fn join(&self, member: &Arc<Member>, name: &str, capacity: Option<usize>) -> Joined {
        if !is_room_name(name) {
            return Joined::Refused(JoinError::Name);
        }
        let mut rooms = member.rooms();
        if !rooms.are_open() {
            return Joined::Refused(JoinError::Gone);
        }
        if rooms.contains(name) {
            return Joined::Already;
        }
        let limit = member.max_rooms().unwrap_or(self.max_rooms_per_client);
        if rooms.len() >= limit {
            return Joined::Refused(JoinError::TooManyRooms { limit });
        }
        // A room that emptied between look-up and insertion takes nobody in; the next look-up makes a new one.
        loop {
            let Some(room) = self.room_or_new(name) else {
                return Joined::Refused(JoinError::NoMoreRooms);
            };
            rooms.share_with(&room);
            match room.insert(member, capacity) {
                Inserted::Yes => {
                    rooms.push(room);
                    self.memberships.fetch_add(1, Ordering::Relaxed);
                    return Joined::Now;
                }
                Inserted::Full { is_empty } => {
                    rooms.unshare_with(&room);
                    if is_empty {
                        self.forget(&room);
                    }
                    let limit = capacity.unwrap_or_default();
                    return Joined::Refused(JoinError::Full { limit });
                }
                Inserted::Emptied => {
                    rooms.unshare_with(&room);
                    self.forget(&room);
                }
            }
        }
    }

    pub(crate) fn leave(&self, member: &Arc<Member>, name: &str) -> Left {
        let mut rooms = member.rooms();
        match rooms.are_open().then(|| rooms.take(name)).flatten() {
            Some(room) => {
                let asks_for_flush = self.take_out(&room, member);
                rooms.unshare_with(&room);
                drop(rooms);
                self.flush_if(asks_for_flush, member);
                Left::Now
            }
            None => Left::NotIn,
        }
    }

    /// The ids of a room's members; none if there is no such room.
    pub(crate) fn room_clients(&self, name: &str) -> Vec<ClientId> {
        self.room(name)
            .map_or_else(Vec::new, |room| room.members().ids())
    }

    /// How many clients there are.
    pub(crate) fn client_count(&self) -> usize {
        read(&self.clients).len()
    }

    /// How many rooms have a member.
    pub(crate) fn room_count(&self) -> usize {
        read(&self.rooms).len()
    }

    pub(crate) fn census(&self) -> &Arc<Census> {
        &self.census
    }

    /// Counts what slow clients miss.
    pub(crate) fn missing(&self) -> &Arc<Missing> {
        &self.missing
    }

    /// Counts whom limits have refused.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What connections hold of what is not handled yet.
    pub(crate) fn inbound(&self) -> &Inbound {
        &self.inbound
    }

    /// Hands a message to one client. Whom its limit closes leaves at once.
    pub(crate) fn send(&self, member: &Arc<Member>, message: Message) -> Delivery {
        self.settle_for(member);
        let (delivery, asks_for_flush) = member.send_directly(&Arc::new(message));
        self.flush_if(asks_for_flush, member);
        if delivery == Delivery::Dropped && member.has_ended() {
            self.remove(member);
        }
        delivery
    }

    /// Appends what `write` writes to the replies of the client's own turn.
    ///
    /// `None` if this is not its turn, or something waits for it that must come first:
    /// then [`send`](Self::send) a message. An error of `write` leaves nothing behind.
    pub(crate) fn reply<E>(
        &self,
        member: &Arc<Member>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Option<Result<Delivery, E>> {
        self.settle_for(member);
        member.reply(write)
    }

    /// Hands a message to everybody in the audience, each client once.
    ///
    /// Who gets it is fixed here, and so is the order: a room's log takes it, or the
    /// members' outboxes do, under the rooms' locks. It is written a little later.
    pub(crate) fn deliver(&self, audience: &Audience, message: Message) -> Sent {
        if audience.is_relative() {
            return self.deliver_relatively(audience, message);
        }
        let message = message.sent_to(&audience.stream());
        if audience.is_only_everyone() {
            return self.send_to_room(&self.everyone, audience, message);
        }
        match audience.only_room() {
            Some(name) => (self.room(name)).map_or_else(Sent::default, |room| {
                self.send_to_room(&room, audience, message)
            }),
            None => self.deliver_to_each(audience, &message),
        }
    }

    fn send_to_room(&self, room: &Arc<Room>, audience: &Audience, message: Arc<Message>) -> Sent {
        self.settle_before(room);
        match room.send(message, audience.excepted()) {
            Ok(appended) => self.see_to(room, &appended),
            Err(message) => {
                message.encode_for(self.customs());
                self.send_to_room(room, audience, message)
            }
        }
    }

    /// Sees to it that what came into a room's log comes out of it.
    fn see_to(&self, room: &Arc<Room>, appended: &Appended) -> Sent {
        if appended.is_full {
            flush::note_members(room.settle(), self.beside);
        } else if appended.is_first {
            flush::note_room(Arc::clone(room), self.beside);
        }
        let queued = appended.queued;
        Sent { queued }
    }

    /// Hands a client what its rooms were sent before something comes that it alone gets.
    fn settle_for(&self, member: &Arc<Member>) {
        if self.unsettled.is_empty() {
            return;
        }
        let mut asks_for_flush = self.everyone.settle_for(member);
        for room in member.rooms().iter() {
            asks_for_flush |= room.settle_for(member);
        }
        self.flush_if(asks_for_flush, member);
    }

    /// Hands out what was sent to other rooms before `room` is sent something, if there may
    /// be clients who are in both: those must get it in the order of the calls.
    fn settle_before(&self, room: &Arc<Room>) {
        if self.unsettled.is_only(room) {
            return;
        }
        let is_everyone = |room: &Arc<Room>| Arc::ptr_eq(room, &self.everyone);
        if is_everyone(room) {
            self.settle_all(|other| !is_everyone(other));
        } else if room.is_shared() {
            self.settle_all(|other| {
                is_everyone(other) || (other.is_shared() && !Arc::ptr_eq(other, room))
            });
        } else if self.everyone.is_unsettled() {
            flush::note_members(self.everyone.settle(), self.beside);
        }
    }

    fn settle_all(&self, is_wanted: impl Fn(&Arc<Room>) -> bool) {
        if self.unsettled.is_empty() {
            return;
        }
        for room in self.unsettled.all().iter().filter(|room| is_wanted(room)) {
            flush::note_members(room.settle(), self.beside);
        }
    }

    fn flush_if(&self, asks_for_flush: bool, member: &Arc<Member>) {
        if asks_for_flush {
            flush::note_members(vec![Arc::clone(member)], self.beside);
        }
    }

    fn room(&self, name: &str) -> Option<Arc<Room>> {
        read(&self.rooms).get(name).cloned()
    }

    /// None if it would be one room too many.
    fn room_or_new(&self, name: &str) -> Option<Arc<Room>> {
        if let Some(room) = self.room(name) {
            return Some(room);
        }
        let name: Arc<str> = name.into();
        let mut rooms = write(&self.rooms);
        let is_full = rooms.len() >= self.max_rooms.load(Ordering::Relaxed);
        match rooms.entry(Arc::clone(&name)) {
            Entry::Occupied(room) => Some(Arc::clone(room.get())),
            Entry::Vacant(_) if is_full => None,
            Entry::Vacant(place) => {
                let room = Arc::new(Room::new(name, &self.unsettled));
                Some(Arc::clone(place.insert(room)))
            }
        }
    }

    /// Takes a member out of one room, and the room out of the index with its last member.
    /// True if the member must be flushed.
    fn take_out(&self, room: &Arc<Room>, member: &Member) -> bool {
        self.memberships.fetch_sub(1, Ordering::Relaxed);
        let removed = room.remove(member);
        if removed.was_last {
            self.forget(room);
        }
        removed.asks_for_flush
    }

    /// Drops an emptied room from the index, unless a new one has its name by now.
    fn forget(&self, room: &Arc<Room>) {
        let mut rooms = write(&self.rooms);
        if rooms
            .get(room.name())
            .is_some_and(|found| Arc::ptr_eq(found, room))
        {
            rooms.remove(room.name());
        }
    }
}

#[cfg(test)]
mod tests;
