//! A client's outbox behind its lock, and what can be told of it without.

use super::outbox::Outbox;
use crate::lock::lock;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard};

/// An outbox and the signs in front of it.
///
/// A client's task asks after each message and several times at each poll, mostly to hear
/// that nothing has happened: a sign that is up says so. Whoever locks the outbox takes the
/// signs down before it changes anything or wakes anybody, and puts them up again in the
/// end. So a sign that is up is true, and who finds it down asks under the lock.
pub(super) struct SharedOutbox {
    outbox: Mutex<Outbox>,
    signs: AtomicU8,
}

/// Nobody has ended the client.
const IS_OPEN: u8 = 1;
/// Nothing waits, and nobody has ended the client.
const IS_IDLE: u8 = 2;
/// Replies of the client's own turn have gathered, and one more may join them.
const GATHERS: u8 = 4;

impl SharedOutbox {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            outbox: Mutex::new(outbox),
            signs: AtomicU8::new(0),
        }
    }

    pub(super) fn lock(&self) -> LockedOutbox<'_> {
        let outbox = lock(&self.outbox);
        self.signs.store(0, Ordering::Relaxed);
        LockedOutbox {
            outbox,
            signs: &self.signs,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.shows(IS_OPEN) && self.lock().ended().is_some()
    }

    /// Whether it is certain that nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        self.shows(IS_IDLE)
    }

    /// Whether it is certain that a reply may join those that have gathered.
    pub(super) fn gathers(&self) -> bool {
        self.shows(GATHERS)
    }

    fn shows(&self, sign: u8) -> bool {
        self.signs.load(Ordering::Acquire) & sign != 0
    }
}

/// The outbox, locked, its signs down.
pub(super) struct LockedOutbox<'a> {
    outbox: MutexGuard<'a, Outbox>,
    signs: &'a AtomicU8,
}

impl Drop for LockedOutbox<'_> {
    fn drop(&mut self) {
        let sign = |is_up: bool, sign: u8| if is_up { sign } else { 0 };
        let signs = sign(self.outbox.ended().is_none(), IS_OPEN)
            | sign(self.outbox.is_idle(), IS_IDLE)
            | sign(self.outbox.gathers(), GATHERS);
        self.signs.store(signs, Ordering::Release);
    }
}

impl Deref for LockedOutbox<'_> {
    type Target = Outbox;

    fn deref(&self) -> &Outbox {
        &self.outbox
    }
}

impl DerefMut for LockedOutbox<'_> {
    fn deref_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::close::{Close, Initiator};
    use crate::codec::Spoken;
    use crate::hub::{Message, Terms, Wire};
    use crate::proto::frame::{self, OpCode};
    use crate::slow::SlowConsumer;
    use std::io::{self, IoSlice};
    use std::sync::{Arc, OnceLock, Weak};

    /// A wire that takes nothing, and looks at the signs whenever its task is woken.
    #[derive(Default)]
    struct Looks {
        outbox: OnceLock<Weak<SharedOutbox>>,
        seen: Mutex<Vec<u8>>,
    }

    impl Wire for Looks {
        fn try_write(&self, _: &[IoSlice<'_>]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }

        fn wake(&self) {
            let outbox = self
                .outbox
                .get()
                .and_then(Weak::upgrade)
                .expect("an outbox");
            lock(&self.seen).push(outbox.signs.load(Ordering::Acquire));
        }
    }

    fn outbox() -> (Arc<SharedOutbox>, Arc<Looks>) {
        let wire = Arc::new(Looks::default());
        let terms = Terms {
            limit_bytes: 1000,
            slow_consumer: SlowConsumer::Disconnect,
            missing: Arc::default(),
            codec: Spoken::Envelope,
            max_rooms: None,
        };
        let outbox = Outbox::new(Arc::clone(&wire) as Arc<dyn Wire>, Arc::new(terms));
        let outbox = Arc::new(SharedOutbox::new(outbox));
        wire.outbox.get_or_init(|| Arc::downgrade(&outbox));
        (outbox, wire)
    }

    fn message() -> Arc<Message> {
        Arc::new(Message::kept(frame::encode(OpCode::Text, b"hi")))
    }

    fn signs(outbox: &SharedOutbox) -> (bool, bool, bool) {
        (outbox.has_ended(), outbox.is_idle(), outbox.gathers())
    }

    #[test]
    fn the_signs_tell_what_the_lock_would() {
        let (outbox, _) = outbox();
        drop(outbox.lock());
        assert_eq!(signs(&outbox), (false, true, false));
        outbox.lock().takes_replies();
        assert_eq!(signs(&outbox), (false, false, true));
        outbox.lock().send(&message());
        assert_eq!(signs(&outbox), (false, false, false));
        outbox.lock().end(Close::lost());
        assert_eq!(signs(&outbox), (true, false, false));
    }

    #[test]
    fn who_is_woken_is_not_told_that_nothing_has_happened() {
        let (outbox, wire) = outbox();
        drop(outbox.lock());
        let mut locked = outbox.lock();
        locked.send(&message());
        locked.try_to_empty(None);
        drop(locked);
        outbox.lock().end(Close::new(4000, "", Initiator::Server));
        assert_eq!(*lock(&wire.seen), [0, 0]);
    }
}
