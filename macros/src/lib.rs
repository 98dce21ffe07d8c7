//! The `Event` derive of orcs; `orcs` re-exports it, apps do not depend on it.

mod event;
mod options;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Gives a payload its event: the name it travels under and the type of its reply.
///
/// `#[derive(Event)] #[event(name = "message", reply = Receipt)]`; the trait of the same
/// name shows it at work.
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
