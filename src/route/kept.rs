//! What a route keeps of its clients' requests.

use super::Route;
use http::HeaderName;
use std::sync::Once;

/// The headers that are kept.
#[derive(Debug)]
pub(super) struct KeptHeaders {
    names: Vec<HeaderName>,
    /// Whether somebody was told that he asks for another one.
    told: Once,
}

impl KeptHeaders {
    pub(super) fn names(&self) -> &[HeaderName] {
        &self.names
    }

    /// The app's mistake, which would look like a client without this header.
    pub(super) fn tell_of_a_lost_one(&self, route: &str, name: &str) {
        self.told.call_once(|| {
            tracing::warn!(
                "{route} keeps no header `{0}`; add `.keep_headers([\"{0}\"])` to it",
                name.escape_debug()
            );
        });
    }
}

impl Default for KeptHeaders {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            told: Once::new(),
        }
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// Keeps these headers of each client's request for [`Client::header`](crate::Client::header).
    ///
    /// Each costs memory as long as its connection lives; a request with more than 4096 bytes in
    /// all of them is answered with 431. What is no header's name stops the
    /// start. Default: none; middleware and `admit` see all of them
    /// ([`Request::header`](crate::Request::header)).
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let chat = ws("/ws/chat")
    ///     .keep_headers(["user-agent"])
    ///     .on("browser", async |client, ()| Reply(client.header("user-agent").map(str::to_owned)));
    /// # let _ = chat;
    /// ```
    pub fn keep_headers<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        for name in names {
            let name = name.as_ref();
            match HeaderName::from_bytes(name.as_bytes()) {
                Ok(name) => self.table.kept_headers.names.push(name),
                Err(_) => {
                    let path = &self.table.path;
                    (self.table.problems).push(format!(
                        "{path}: `{name}` is not the name of a header (example: user-agent)"
                    ));
                }
            }
        }
        self
    }
}
