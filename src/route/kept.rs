//! What a route keeps of its clients' requests.

use super::Route;
use http::HeaderName;

impl<D: Send + Sync + 'static> Route<D> {
    /// Keeps these headers of each client's request for [`Client::header`](crate::Client::header).
    ///
    /// Each costs memory as long as its connection lives. What is no header's name stops the
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
                Ok(name) => self.table.kept_headers.push(name),
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
