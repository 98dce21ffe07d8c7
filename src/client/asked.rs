//! What a client asked for when it came.

use super::Client;
use crate::admit::{Remembered, param};
use crate::error::Result;
use crate::path::Params;
use std::str::FromStr;

impl<D> Client<D> {
    /// The path it came by, as it sent it: `/rooms/caf%C3%A9`.
    #[must_use]
    pub fn path(&self) -> &str {
        let path = self.remembered().and_then(|kept| kept.path.as_deref());
        path.unwrap_or(&self.session.table.path)
    }

    /// What its path says for a name in the route's, decoded and read into a type of your own.
    ///
    /// It is what a stranger wrote: a room's name, say, but not that he may enter it.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let chat = ws("/rooms/{room}").connect(async |client| {
    ///     let room: String = client.param("room")?;
    ///     client.join(&room);
    ///     orcs::Result::Ok(())
    /// });
    /// # let _ = chat;
    /// ```
    ///
    /// # Errors
    ///
    /// A value that cannot be read: `connect` closes with 4404, an event is answered with
    /// `not_found`. A name that the route's path does not have is an internal error; the log
    /// names those it has.
    #[doc(alias = "params")]
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T> {
        let none = Params::default();
        param::read(self.remembered().map_or(&none, |kept| &kept.params), name)
    }

    /// A value of the query it came with, decoded: `user` of `?user=ann`. The first one, if
    /// several have this name; never the token. Path and query are kept as long as the client is
    /// there, so they may have 4096 bytes; more is answered with 414.
    #[must_use]
    #[doc(alias = "getQuery")]
    pub fn query(&self, name: &str) -> Option<String> {
        self.remembered()?.query(name)
    }

    /// A header it came with, in any case, if the route keeps it
    /// ([`keep_headers`](crate::Route::keep_headers)). None if it is not visible ASCII.
    #[must_use]
    #[doc(alias = "headers")]
    pub fn header(&self, name: &str) -> Option<&str> {
        let table = &self.session.table;
        let kept = &mut table.kept_headers().iter();
        let Some(place) = kept.position(|own| own.as_str().eq_ignore_ascii_case(name)) else {
            table.tell_of_a_lost_header(name);
            return None;
        };
        self.remembered()?.header(place)
    }

    /// The subprotocol that was agreed on, of those that the route speaks
    /// ([`subprotocols`](crate::Route::subprotocols)).
    #[must_use]
    #[doc(alias = "protocol")]
    pub fn subprotocol(&self) -> Option<&str> {
        self.remembered()?.subprotocol.as_deref()
    }

    fn remembered(&self) -> Option<&Remembered> {
        self.session.remembered.as_deref()
    }
}
