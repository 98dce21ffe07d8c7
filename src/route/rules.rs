//! The rules of a route, in the order in which they are asked.

use super::Content;
use super::handler::Handler;
use super::rule::{Condition, Rule};
use crate::panic::{self, Panic};
use std::cell::LazyCell;

/// The rules of a route. Most have none.
#[derive(Default)]
pub(super) struct Rules(Vec<Entry>);

struct Entry {
    event: Box<str>,
    conditions: Vec<Box<Condition>>,
    handler: Handler,
}

impl Rules {
    pub(super) fn add(&mut self, event: &str, mut rule: Rule) {
        let conditions = std::mem::take(&mut rule.conditions);
        self.0.push(Entry {
            event: event.into(),
            conditions,
            handler: rule.into_handler(),
        });
    }

    /// Whether there are rules for this event.
    #[inline]
    pub(super) fn know(&self, event: &str) -> bool {
        !self.0.is_empty() && self.of(event).next().is_some()
    }

    /// The first rule for this event that fits what came with it, or that fails to tell.
    pub(super) fn choose(
        &self,
        event: &str,
        content: &Content<'_>,
    ) -> Option<Result<&Handler, Panic>> {
        // Read once, and only if somebody asks.
        let payload = LazyCell::new(|| content.as_value());
        let is_so = |condition: &Condition| payload.as_ref().is_some_and(condition);
        let fits = |entry: &Entry| {
            let mut conditions = entry.conditions.iter();
            panic::catch(|| conditions.all(|condition| is_so(&**condition)))
        };
        self.of(event).find_map(|entry| match fits(entry) {
            Ok(true) => Some(Ok(&entry.handler)),
            Ok(false) => None,
            Err(panic) => Some(Err(panic)),
        })
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| &*entry.event)
    }

    fn of(&self, event: &str) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(move |entry| *entry.event == *event)
    }
}
