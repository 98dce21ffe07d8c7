//! A client's own turn on a thread: its replies gather, and are written at the end.

use super::Member;
use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

thread_local! {
    /// The client whose task this thread is now.
    static WHOSE: Cell<*const Member> = const { Cell::new(ptr::null()) };
    /// What it is to read before all that waits in its outbox. Empty between turns.
    static REPLIES: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A stretch of time in which this thread is a client's own task.
///
/// What the client is sent in it by its own handlers is encoded right behind what it was
/// sent before, and owns no memory of its own. Dropped, it writes what is left.
pub(crate) struct Turn(Option<Arc<Member>>);

impl Turn {
    pub(crate) fn of(member: &Arc<Member>) -> Self {
        // A handler that drives another connection on this thread: that one has no turn,
        // and its messages go the way of everybody's.
        let is_free = WHOSE.get().is_null();
        if is_free {
            WHOSE.set(Arc::as_ptr(member));
        }
        Self(is_free.then(|| Arc::clone(member)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(member) = &self.0 else { return };
        member.end_turn();
        WHOSE.set(ptr::null());
    }
}

/// Whether this thread is the client's own task now.
pub(super) fn is_of(member: &Member) -> bool {
    ptr::eq(WHOSE.get(), member)
}

/// Lends what has gathered for the client, if this is its own turn.
pub(super) fn with_replies<T>(member: &Member, act: impl FnOnce(Option<&mut Vec<u8>>) -> T) -> T {
    if !is_of(member) {
        return act(None);
    }
    let mut lent = Lent::of(member);
    let result = act(Some(&mut lent.replies));
    lent.whole_bytes = lent.replies.len();
    result
}

/// The replies outside of their place. Code of the app may run meanwhile, and send to the
/// same client, which goes another way, or panic, which leaves nothing behind.
struct Lent {
    member: *const Member,
    replies: Vec<u8>,
    /// How much of them is whole frames.
    whole_bytes: usize,
}

impl Lent {
    fn of(member: &Member) -> Self {
        WHOSE.set(ptr::null());
        let replies = REPLIES.take();
        Self {
            member,
            whole_bytes: replies.len(),
            replies,
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut replies = std::mem::take(&mut self.replies);
        replies.truncate(self.whole_bytes);
        if replies.is_empty() && replies.capacity() > MOST_KEPT_BYTES {
            replies = Vec::new();
        }
        REPLIES.set(replies);
        WHOSE.set(self.member);
    }
}

/// A thread keeps no more than this between turns.
const MOST_KEPT_BYTES: usize = 256 << 10;
