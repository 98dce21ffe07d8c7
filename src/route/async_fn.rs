//! What a handler must be: `async`, and the same at each call.
//!
//! Nothing here does anything: whatever std says is an async function is one. These traits are
//! there for the compiler's words, which otherwise tell of `AsyncFnOnce` and of `()` that is no
//! future, but not to write `async`. `AsyncFn` has to be their supertrait, not only a condition
//! of their impls: it is from there that the compiler infers what a closure may do (E0525).

use std::future::Future;

macro_rules! async_fn {
    ($(#[$docs:meta])* $name:ident, $($argument:ident),*) => {
        $(#[$docs])*
        #[diagnostic::on_unimplemented(
            message = "this must be `async`, and must not change what it captured",
            label = "not an `async` closure or function, or one that changes what it captured",
            note = "write `async |..| ..` or `async fn`; neither `|..| ..` nor `|..| async ..` will do",
            note = "each call has a clone of what was captured, so a change would be lost: share it in an `Arc<Mutex<..>>`, or give it to `App::state`"
        )]
        pub trait $name<$($argument,)* R>: AsyncFn($($argument),*) -> R {}

        #[diagnostic::do_not_recommend]
        impl<H, $($argument,)* R> $name<$($argument,)* R> for H where H: AsyncFn($($argument),*) -> R {}
    };
}

async_fn! {
    /// An async function of one argument: a handler of [`connect`](crate::Route::connect), a
    /// [middleware](crate::Route::middleware).
    AsyncFn1, A
}

async_fn! {
    /// An async function of two arguments: a handler of an event, `(client, payload)`.
    AsyncFn2, A, B
}

async_fn! {
    /// An async function of three arguments: a [fallback](crate::Route::fallback),
    /// `(client, event, payload)`.
    AsyncFn3, A, B, C
}

/// What an async function gives when it is called: any future.
#[diagnostic::on_unimplemented(
    message = "this must be `async`: it returns `{Self}` at once",
    label = "not `async`",
    note = "write `async |..| ..` or `async fn`"
)]
pub trait Awaitable: Future<Output = Self::Answer> {
    /// What the future ends with.
    type Answer;
}

#[diagnostic::do_not_recommend]
impl<F: Future> Awaitable for F {
    type Answer = F::Output;
}
