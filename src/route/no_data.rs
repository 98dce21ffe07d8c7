//! Whether a route has its data already.

/// The data of a route that lets in everybody: none. Such a route may still be told who comes
/// in, by [`auth`](crate::Route::auth), [`auth_optional`](crate::Route::auth_optional) or
/// [`admit`](crate::Route::admit).
#[diagnostic::on_unimplemented(
    message = "this route has its data already: `{Self}`",
    label = "a second way in",
    note = "a route has one of `.auth`, `.auth_optional` and `.admit`; keep one of them",
    note = "inside `.admit` a valid token's claims are `request.claims::<User>()`"
)]
pub trait NoData {}

impl NoData for () {}
