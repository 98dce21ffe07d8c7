//! What a route says by itself when an event comes, without a handler.

use super::handler::Handler;
use super::{Content, Payload, Route};
use crate::client::Client;
use crate::error::Result;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::to_raw_value;
use std::fmt;
use std::future::ready;
use std::sync::Arc;

/// What a route says by itself when an event comes: [`Route::reply`].
///
/// Unless it says otherwise, the sender of the event gets it.
#[must_use = "a rule does nothing until it is given to `.reply(..)`"]
pub struct Rule {
    speak: Box<Speak>,
    receivers: Receivers,
    pub(super) conditions: Vec<Box<Condition>>,
    /// Why it can never speak.
    pub(super) problem: Option<String>,
}

type Speak = dyn Fn(&Client, Content<'_>, &Receivers) -> Result + Send + Sync;
pub(super) type Condition = dyn Fn(&Value) -> bool + Send + Sync;

impl Rule {
    /// Says the same each time: `Rule::send("pong", &json!({"ok": true}))`.
    ///
    /// A payload that cannot be JSON stops the start.
    pub fn send(event: &str, payload: &(impl Serialize + ?Sized)) -> Self {
        let event = event.to_owned();
        match to_raw_value(payload) {
            Ok(payload) => Self::new(move |client, _content, receivers| {
                receivers.send(client, &event, &payload);
                Ok(())
            }),
            Err(error) => Self {
                problem: Some(format!(
                    "the payload of `{event}` cannot be JSON: {error}; give `Rule::send` another one"
                )),
                ..Self::new(|_client, _content, _receivers| Ok(()))
            },
        }
    }

    /// Says what `compute` makes of the event's payload; nothing at all if that is `None`.
    ///
    /// A payload of another shape is answered with the code `validation`, as for a handler.
    pub fn compute<P, R>(
        event: &str,
        compute: impl Fn(P) -> Option<R> + Send + Sync + 'static,
    ) -> Self
    where
        P: Payload,
        R: Serialize,
    {
        let event = event.to_owned();
        Self::new(move |client, content, receivers| {
            if let Some(payload) = compute(content.decode()?) {
                receivers.send(client, &event, &payload);
            }
            Ok(())
        })
    }

    fn new(
        speak: impl Fn(&Client, Content<'_>, &Receivers) -> Result + Send + Sync + 'static,
    ) -> Self {
        Self {
            speak: Box::new(speak),
            receivers: Receivers::default(),
            conditions: Vec::new(),
            problem: None,
        }
    }

    /// Only for payloads for which this is so. Said twice, both must be.
    ///
    /// Of several rules for one event the first that fits speaks, and no other. It sees the
    /// payload as JSON says it; a text that is none is a string here. With
    /// [`codec::Typed`](crate::codec::Typed) it sees the whole object, or where there is nothing
    /// but a `payload` that is none, that: `{"type":"say","payload":"HEY"}` is `"HEY"`, and
    /// `{"type":"ping"}` is `null`.
    #[doc(alias = "match")]
    pub fn when(mut self, fits: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.push(Box::new(fits));
        self
    }

    /// To the members of this room instead, less the sender, as `client.to(room)` does; said
    /// twice, to those of both, each once.
    pub fn to_room(mut self, room: &str) -> Self {
        self.receivers.rooms.push(room.to_owned());
        self
    }

    /// To everyone instead, less the sender.
    #[doc(alias = "broadcast")]
    pub fn to_everyone(mut self) -> Self {
        self.receivers.is_everyone = true;
        self
    }

    /// Does not leave the sender out, if it is among them.
    #[doc(alias = "includeSelf")]
    pub fn include_self(mut self) -> Self {
        self.receivers.is_with_sender = true;
        self
    }

    pub(super) fn into_handler(self) -> Handler {
        let Self {
            speak, receivers, ..
        } = self;
        Arc::new(move |client, content| {
            speak(&client, content, &receivers)?;
            Ok(Box::pin(ready(Ok(None))))
        })
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("receivers", &self.receivers)
            .finish_non_exhaustive()
    }
}

/// Who gets what a rule says: the sender, unless somebody is named here.
#[derive(Debug, Default)]
struct Receivers {
    rooms: Vec<String>,
    is_everyone: bool,
    is_with_sender: bool,
}

impl Receivers {
    fn send(&self, client: &Client, event: &str, payload: &impl Serialize) {
        let target = match self.rooms.split_first() {
            _ if self.is_everyone => client.others(),
            Some((first, others)) => others
                .iter()
                .fold(client.to(first), |target, room| target.to(room)),
            None => {
                client.send(event, payload);
                return;
            }
        };
        let target = match self.is_with_sender {
            true => target.include_self(),
            false => target,
        };
        target.send(event, payload);
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// Says something by itself whenever this event comes, without a handler.
    ///
    /// Of several rules for one event the first whose [`when`](Rule::when) fits speaks, and the
    /// event is handled with that: the route's own handler does not run. Where none fits, all
    /// goes on as if there were no rule. An envelope's `id` is answered `null`, as by a handler
    /// that replies nothing. The event's [`guard`](Self::guard)s are asked before a rule is chosen,
    /// and stand in front of whoever gets what no rule fits. Source: universal-api `responses`.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let chat = ws("/ws/chat")
    ///     .reply("ping", Rule::send("pong", "still here"))
    ///     .reply("double", Rule::compute("doubled", |number: i64| number.checked_mul(2)))
    ///     .reply("say", Rule::send("warning", "no shouting").when(|text| text == "HEY"))
    ///     .reply("say", Rule::compute("said", |text: String| Some(text)).to_room("lobby").include_self());
    /// # let _ = chat;
    /// ```
    #[doc(alias = "responses")]
    pub fn reply(mut self, event: &str, rule: Rule) -> Self {
        self.table.add_rule(event, rule);
        self
    }
}
