//! The subprotocols that a route speaks, and which of a client's offers is taken.

use super::Route;
use crate::auth;
use crate::csrf;
use crate::proto::handshake;

/// What a route speaks (RFC 6455, 1.9).
#[derive(Debug, Default)]
pub(crate) struct Subprotocols {
    known: Vec<Box<str>>,
    is_required: bool,
}

impl Subprotocols {
    /// The client's first offer that the route knows. A token beside it is none.
    pub(crate) fn choose<'a>(&self, offered: &[&'a str]) -> Option<&'a str> {
        let mut offered = offered.iter();
        while let Some(offer) = offered.next() {
            if *offer == auth::SUBPROTOCOL {
                offered.next();
            } else if self.known.iter().any(|known| **known == **offer) {
                return Some(offer);
            }
        }
        None
    }

    /// Why a client is not let in with which nothing was agreed on, where it must be.
    pub(crate) fn missing(&self, agreed: Option<&str>) -> Option<String> {
        let is_missing = self.is_required && agreed.is_none();
        let first = self.known.first().filter(|_| is_missing)?;
        let known = self.known.join(", ");
        Some(format!(
            "this socket speaks the subprotocols {known}: offer one (example: new WebSocket(url, \"{first}\"))"
        ))
    }

    pub(crate) fn known(&self) -> &[Box<str>] {
        &self.known
    }

    /// Why no app can start with them.
    pub(super) fn problem(&self) -> Option<String> {
        let mut seen: Vec<&str> = Vec::new();
        for name in &self.known {
            if handshake::token(name.as_bytes()).is_none() {
                return Some(format!(
                    "`{name}` is not a subprotocol, which has letters, digits and !#$%&'*+-.^_`|~ \
                     (example: chat.v2)"
                ));
            }
            let prefix = csrf::carrier::PREFIXES.iter();
            if **name == *auth::SUBPROTOCOL || prefix.clone().any(|prefix| name.starts_with(prefix))
            {
                return Some(format!(
                    "the subprotocol `{name}` carries a token; choose another name (example: chat.v2)"
                ));
            }
            if name.starts_with(OWN_PREFIX) {
                return Some(format!(
                    "the subprotocol `{name}`: names that begin with `{OWN_PREFIX}` are reserved; \
                     choose another name (example: chat.v2)"
                ));
            }
            if seen.contains(&&**name) {
                return Some(format!(
                    "the subprotocol `{name}` stands there twice; keep one"
                ));
            }
            seen.push(name);
        }
        (self.is_required && self.known.is_empty()).then(|| {
            "`.require_subprotocol()` would let nobody in: say which \
             (example: `.subprotocols([\"chat.v1\"])`)"
                .to_owned()
        })
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// The subprotocols that the route speaks: `new WebSocket(url, ["chat.v2", "chat.v1"])`.
    ///
    /// A client's first offer that is among them is agreed on, and is
    /// [`Client::subprotocol`](crate::Client::subprotocol). Without one nothing is agreed on, and
    /// a browser then gives the socket up by itself. A token may stand beside the offers. Names
    /// that are no subprotocols, stand there twice, or begin with `orcs.` stop the start. Source: universal-api
    /// `subprotocols`.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let chat = ws("/ws/chat")
    ///     .subprotocols(["chat.v2", "chat.v1"])
    ///     .connect(async |client| client.send("speaking", &client.subprotocol()));
    /// # let _ = chat;
    /// ```
    #[doc(alias = "protocols")]
    pub fn subprotocols<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let names = names.into_iter().map(|name| name.as_ref().into());
        self.table.subprotocols.known = names.collect();
        self
    }

    /// Lets in only clients that offer one of the route's [`subprotocols`](Self::subprotocols);
    /// others are answered with 400 before the upgrade, naming those there are.
    pub fn require_subprotocol(mut self) -> Self {
        self.table.subprotocols.is_required = true;
        self
    }
}

/// What the framework itself may come to speak.
const OWN_PREFIX: &str = "orcs.";

#[cfg(test)]
mod tests {
    use super::*;

    fn speaking(known: &[&str]) -> Subprotocols {
        Subprotocols {
            known: known.iter().map(|name| (*name).into()).collect(),
            is_required: true,
        }
    }

    #[test]
    fn the_clients_first_offer_that_is_known_is_taken() {
        let chat = speaking(&["chat.v2", "chat.v1"]);
        for (offered, chosen) in [
            (&["chat.v1", "chat.v2"][..], Some("chat.v1")),
            (&["chat.v3", "chat.v2", "chat.v1"], Some("chat.v2")),
            (&["token", "abc", "chat.v2"], Some("chat.v2")),
            (&["chat.v2", "token", "chat.v1"], Some("chat.v2")),
            (&["token", "chat.v2"], None),
            (&["orcs-token-abc", "chat.v1"], Some("chat.v1")),
            (&["CHAT.V2"], None),
            (&["token"], None),
            (&[], None),
        ] {
            assert_eq!(chat.choose(offered), chosen, "{offered:?}");
        }
        assert_eq!(Subprotocols::default().choose(&["chat.v2"]), None);
    }

    #[test]
    fn who_must_offer_one_is_told_which() {
        let chat = speaking(&["chat.v2", "chat.v1"]);
        let missing = chat.missing(None).unwrap();
        assert!(missing.contains("chat.v2, chat.v1"), "{missing}");
        assert_eq!(chat.missing(Some("chat.v1")), None);
        assert_eq!(Subprotocols::default().missing(None), None);
    }

    #[test]
    fn names_that_cannot_be_agreed_on_are_problems() {
        for (known, expected) in [
            (&["chat v2"][..], "`chat v2` is not a subprotocol"),
            (&[""], "`` is not a subprotocol"),
            (&["chat/2"], "(example: chat.v2)"),
            (&["a", "b", "a"], "`a` stands there twice"),
            (&["token"], "`token` carries a token"),
            (&["orcs-token-x"], "carries a token"),
            (&["orcs.v1"], "begin with `orcs.` are reserved"),
            (&["chat", "orcs.v1.msgpack"], "(example: chat.v2)"),
            (&[], "would let nobody in"),
        ] {
            let problem = speaking(known).problem().expect(expected);
            assert!(problem.contains(expected), "{problem}");
        }
        assert_eq!(speaking(&["chat.v2", "Chat.v2"]).problem(), None);
        assert_eq!(speaking(&["orcs", "orcs-2", "my.orcs.v1"]).problem(), None);
        assert_eq!(Subprotocols::default().problem(), None);
    }
}
