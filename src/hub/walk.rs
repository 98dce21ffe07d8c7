//! Everybody in an audience, one by one: to be sent something, or to be named.

use super::delivery::{Handed, Locked};
use super::room::{Members, Room};
use super::{Audience, Hub, Member, Message, Sent, flush};
use crate::id::ClientId;
use crate::lock::read;
use std::collections::HashSet;
use std::sync::{Arc, MutexGuard};

impl Hub {
    /// Everybody in the audience, each client once.
    pub(crate) fn everybody_in(&self, audience: &Audience) -> Vec<Arc<Member>> {
        self.with_own_rooms(audience, |audience| {
            let mut found = Vec::new();
            let named = self.named(audience);
            self.each(audience, &named, |member| found.push(Arc::clone(member)));
            found
        })
    }

    /// All clients.
    pub(crate) fn members(&self) -> Vec<Arc<Member>> {
        self.everyone.members().iter().cloned().collect()
    }

    /// The names of all rooms, sorted.
    pub(crate) fn room_names(&self) -> Vec<String> {
        let rooms: Vec<_> = read(&self.rooms).values().cloned().collect();
        // One that somebody is just about to join, or to be refused by, is none yet.
        let exist = rooms.iter().filter(|room| room.members().len() > 0);
        let mut names: Vec<_> = exist.map(|room| room.name().to_owned()).collect();
        names.sort_unstable();
        names
    }

    /// How many members a room has; 0 if there is no such room.
    pub(crate) fn room_size(&self, name: &str) -> usize {
        self.room(name).map_or(0, |room| room.members().len())
    }

    /// Whether a client is in a room; not if it is gone.
    pub(crate) fn is_in(&self, id: ClientId, name: &str) -> bool {
        self.client(id).is_some_and(|member| {
            let rooms = member.rooms();
            rooms.are_open() && rooms.contains(name)
        })
    }

    /// Calls `act` with the rooms named that the audience's client is in, if the audience is
    /// somebody's own rooms. He joins and leaves none meanwhile.
    pub(super) fn with_own_rooms<T>(
        &self,
        audience: &Audience,
        act: impl FnOnce(&Audience) -> T,
    ) -> T {
        let Some(member) = audience.whose_rooms() else {
            return act(audience);
        };
        let rooms = member.rooms();
        act(&audience.with_own_rooms(rooms.iter().map(|room| room.name())))
    }

    /// Delivers to the rooms that the audience's client is in, or to those of one route.
    pub(super) fn deliver_relatively(&self, audience: &Audience, message: Message) -> Sent {
        // Before anything is locked.
        self.make_ready(audience, &message);
        if audience.whose_rooms().is_none() {
            let message = message.sent_to(&audience.stream());
            return self
                .send_to_whole_room(audience, message)
                .unwrap_or_else(|message| self.deliver_to_each(audience, &message));
        }
        let handed = self.with_own_rooms(audience, |audience| {
            let message = message.sent_to(&audience.stream());
            match self.send_to_whole_room(audience, message) {
                Ok(Sent { queued }) => Handed {
                    queued,
                    ..Handed::default()
                },
                Err(message) => self.send_to_each(audience, &message),
            }
        });
        // Not before: whom it removes may be the one whose rooms these are.
        self.removed_overflowed(&handed)
    }

    /// Sends by the log of the one room that the audience is, if its scope holds all of its
    /// members or none.
    ///
    /// # Errors
    ///
    /// The message, if it is for several rooms, or for a part of one.
    fn send_to_whole_room(
        &self,
        audience: &Audience,
        message: Arc<Message>,
    ) -> Result<Sent, Arc<Message>> {
        let room = match audience.only_room() {
            _ if audience.is_only_everyone() => Some(Arc::clone(&self.everyone)),
            Some(name) => self.room(name),
            None => return Err(message),
        };
        let Some(room) = room else {
            return Ok(Sent::default());
        };
        self.settle_before(&room);
        let appended = room.send_within(audience.scope(), message, audience.excepted())?;
        Ok(self.see_to(&room, &appended))
    }

    /// Delivers to each by himself.
    pub(super) fn deliver_to_each(&self, audience: &Audience, message: &Arc<Message>) -> Sent {
        self.make_ready(audience, message);
        let handed = if audience.is_without_rooms() {
            self.send_to_named(audience, message)
        } else {
            self.send_to_each(audience, message)
        };
        self.removed_overflowed(&handed)
    }

    /// Encodes a message in the app's own codecs, if somebody whom it is for may speak one, while
    /// nothing is locked: it runs their code. Who comes with such a codec behind this look is not
    /// meant yet.
    fn make_ready(&self, audience: &Audience, message: &Message) {
        let Some(customs) = self.customs.get() else {
            return;
        };
        // A client's own rooms may be others when they are looked up to be sent to.
        if customs.may_be_spoken_in(audience.scope())
            && !message.is_ready_for_customs()
            && (audience.whose_rooms().is_some() || self.customs_are_in(audience))
        {
            message.encode_for(customs.codecs());
        }
    }

    /// Whether somebody speaks a codec of the app's own who is named, or in one of the rooms.
    fn customs_are_in(&self, audience: &Audience) -> bool {
        if audience.is_everyone() {
            return self.everyone.members().speak_customs();
        }
        let mut rooms = self.existing(audience.rooms()).into_iter();
        let mut named = self.named(audience).into_iter();
        named.any(|member| member.speaks_a_custom())
            || rooms.any(|room| room.members().speak_customs())
    }

    fn removed_overflowed(&self, handed: &Handed) -> Sent {
        for member in &handed.overflowed {
            self.remove(member);
        }
        let queued = handed.queued;
        Sent { queued }
    }

    fn send_to_each(&self, audience: &Audience, message: &Arc<Message>) -> Handed {
        self.settle_all(|_| true);
        let in_order = self.in_order(audience);
        let named = self.named(audience);
        let handed = self.hand_to_each(audience, &named, message);
        drop(in_order);
        handed
    }

    /// The same where no room has a part in it: only those who are meant are looked at.
    fn send_to_named(&self, audience: &Audience, message: &Arc<Message>) -> Handed {
        let named = self.named(audience);
        for member in &named {
            self.settle_for(member);
        }
        let in_order = self.in_order(audience);
        let handed = self.hand_to_each(audience, &named, message);
        drop(in_order);
        handed
    }

    pub(super) fn hand_to_each(
        &self,
        audience: &Audience,
        named: &[Arc<Member>],
        message: &Arc<Message>,
    ) -> Handed {
        let mut handed = Handed::default();
        self.each(audience, named, |member| handed.send(member, message));
        flush::note_members(std::mem::take(&mut handed.to_flush), self.beside);
        handed
    }

    /// While this is held nobody else hands a message to users, if the audience names some.
    fn in_order(&self, audience: &Audience) -> Option<MutexGuard<'_, ()>> {
        (!audience.users().is_empty()).then(|| self.users.in_order())
    }

    /// The clients and the users' connections that an audience names, perhaps some twice.
    fn named(&self, audience: &Audience) -> Vec<Arc<Member>> {
        let users = audience.users().iter();
        let mut members: Vec<_> = users.flat_map(|user| self.users.members(user)).collect();
        members.extend(audience.clients().iter().filter_map(|id| self.client(*id)));
        members
    }

    /// The one place where rooms are walked at the call. `named` are clients to be visited too.
    fn each(&self, audience: &Audience, named: &[Arc<Member>], visit: impl FnMut(&Arc<Member>)) {
        let included = self.existing(audience.rooms());
        let excluded = self.existing(audience.except_rooms());
        let mut everyone = audience.is_everyone().then(|| self.everyone.members());
        let mut locked = Locked::new(included.iter().chain(&excluded));
        // What somebody has sent to these rooms by now comes first, to all of their members.
        let mut to_flush = locked.settle(included.iter());
        if let Some(everyone) = &mut everyone {
            to_flush.append(&mut self.everyone.settle_log(everyone));
        }
        let may_visit = |member: &&Arc<Member>| {
            let has_it = |room| locked.members(room).contains(member.id());
            !audience.leaves_out(member) && !excluded.iter().any(has_it)
        };
        if let Some(everyone) = &everyone {
            everyone.iter().filter(may_visit).for_each(visit);
        } else {
            let mut seen = HashSet::new();
            let may_repeat = named.len() + included.len() > 1;
            let rooms = included.iter().map(|room| locked.members(room));
            let members = named.iter().chain(rooms.flat_map(Members::iter));
            members
                .filter(may_visit)
                .filter(|member| !may_repeat || seen.insert(member.id()))
                .for_each(visit);
        }
        drop((locked, everyone));
        flush::note_members(to_flush, self.beside);
    }

    /// The rooms that exist among `names`.
    fn existing(&self, names: &[String]) -> Vec<Arc<Room>> {
        let rooms = read(&self.rooms);
        let found = names.iter().filter_map(|name| rooms.get(name.as_str()));
        found.cloned().collect()
    }
}
