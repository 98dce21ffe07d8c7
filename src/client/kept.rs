//! What an app keeps with one client while it is connected: values, each found by its type,
//! and handlers of its own.

use super::listeners::Listeners;
use super::{Client, Session};
use crate::admit::Values;
use crate::lock::lock;
use crate::panic;
use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What is kept with a client. Most have nothing, and own no memory for it.
#[derive(Default)]
pub(super) struct Kept {
    values: Values,
    pub(super) listeners: Listeners,
}

/// What can be told of it without its lock. Written under the lock only.
pub(super) struct Sign(AtomicU8);

/// Nothing is there that is asked for at each message.
const QUIET: u8 = 0;
/// The client has handlers of its own.
const LISTENS: u8 = 1;
/// The connection is over: nothing is kept any more.
const OVER: u8 = 2;

impl<D> Client<D> {
    /// Keeps a value with the client, found again by its type. A second one of a type replaces
    /// the first.
    ///
    /// What a middleware or `admit` kept with [`Request::insert`](crate::Request::insert) is in
    /// the same place. It is there for every handle on the client until its `disconnect` has
    /// run, and gone then, even if a handle is kept for longer.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// #[derive(Default)]
    /// struct Score(AtomicU32);
    ///
    /// let game = ws("/ws/game")
    ///     .connect(async |client| client.insert(Score::default()))
    ///     .on("hit", async |client, points: u32| {
    ///         let score = client.get::<Score>().ok_or("no score")?;
    ///         let before = score.0.fetch_add(points, Ordering::Relaxed);
    ///         orcs::Result::Ok(Reply(before + points))
    ///     });
    /// # let _ = game;
    /// ```
    #[doc(alias = "ws.data")]
    #[doc(alias = "metadata")]
    pub fn insert<T: Send + Sync + 'static>(&self, value: T) {
        let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
        let keep = |kept: &mut Kept| kept.values.insert(TypeId::of::<T>(), Arc::clone(&value));
        let replaced = self.session.keep(keep);
        // Only now, because its drop is code of the app's.
        drop(replaced);
    }

    /// The value of this type, from [`insert`](Self::insert), a middleware or `admit`.
    #[must_use]
    #[doc(alias = "data")]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let kept = lock(&self.session.kept);
        let value = kept.as_ref()?.values.get(&TypeId::of::<T>())?;
        Arc::clone(value).downcast().ok()
    }

    /// Takes the value of this type away, and returns it.
    pub fn remove<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let mut kept = lock(&self.session.kept);
        let value = kept.as_mut()?.values.remove(&TypeId::of::<T>());
        value?.downcast().ok()
    }
}

impl Session {
    /// Changes what is kept; `None` when the connection is over, and with it everything.
    pub(super) fn keep<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> Option<T> {
        let mut kept = lock(&self.kept);
        (!self.sign.is(OVER)).then(|| change(kept.get_or_insert_default()))
    }

    /// Lets go of what is kept: the connection is over. A value that holds the client would
    /// keep both for ever.
    pub(crate) fn let_go(&self) {
        let kept = {
            let mut kept = lock(&self.kept);
            self.sign.set(OVER);
            kept.take()
        };
        let Some(Kept { values, listeners }) = kept.map(|kept| *kept) else {
            return;
        };
        for value in values.into_values() {
            self.drop_app_value(value);
        }
        for handler in listeners.into_handlers() {
            self.drop_app_value(handler);
        }
    }

    /// Drops what is the app's, whatever its drop does.
    pub(super) fn drop_app_value<T>(&self, value: T) {
        if let Err(panic) = panic::catch(|| drop(value)) {
            let (client, route) = (self.id(), self.table.path.as_str());
            tracing::error!(%client, route, "a value that was kept with the client failed as it was dropped: {panic}");
        }
    }
}

impl Kept {
    /// What admission has kept.
    pub(super) fn of(values: Option<Box<Values>>) -> Option<Box<Self>> {
        values.map(|values| {
            Box::new(Self {
                values: *values,
                ..Self::default()
            })
        })
    }
}

impl Sign {
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(QUIET))
    }

    /// Whether the client has handlers of its own.
    pub(super) fn shows_listeners(&self) -> bool {
        self.is(LISTENS)
    }

    pub(super) fn listens(&self, listens: bool) {
        self.set(if listens { LISTENS } else { QUIET });
    }

    fn is(&self, sign: u8) -> bool {
        self.0.load(Ordering::Relaxed) == sign
    }

    fn set(&self, sign: u8) {
        self.0.store(sign, Ordering::Relaxed);
    }
}
