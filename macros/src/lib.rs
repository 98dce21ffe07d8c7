//! The `Event` derive of orcs; `orcs` re-exports it, apps do not depend on it.

mod event;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Gives a payload its event: the name it travels under and the type of its reply.
///
/// ```ignore
/// use orcs::Event;
/// use serde::{Deserialize, Serialize};
///
/// /// Travels as `user-joined`; nothing is answered.
/// #[derive(Event, Deserialize, Serialize)]
/// struct UserJoined {
///     name: String,
/// }
///
/// /// Travels as `message`; the client that sends it gets a `Receipt`.
/// #[derive(Event, Deserialize, Serialize)]
/// #[event(name = "message", reply = Receipt)]
/// struct ChatMessage {
///     text: String,
/// }
///
/// #[derive(Deserialize, Serialize)]
/// struct Receipt {
///     id: u64,
/// }
/// ```
///
/// # Keys
///
/// - `name`: 1 to 128 bytes. Default: the name of the type in kebab-case, so
///   `UserJoined` is `user-joined` and `HTTPPing` is `http-ping`.
/// - `reply`: any type. Default: `()`.
///
/// The lifecycle names `connect`, `disconnect`, `open`, `close`, `drain` and
/// `error`, and all names that begin with `orcs:`, belong to orcs: a type that
/// asks for one does not compile.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    event::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
