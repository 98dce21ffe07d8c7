//! What `admit` may return.

use crate::error::Result;
use sealed::Sealed;

/// What [`Route::admit`](crate::Route::admit) may return: the connection's data, or why nobody
/// is let in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from `admit`",
    label = "this one returns `{Self}`",
    note = "return `orcs::Result` of the connection's data: `Ok(data)` lets in, `Ok(())` without data",
    note = "to refuse, return `Err(\"why\".into())` or `Err(Refusal::new(4100, \"why\").into())`"
)]
pub trait Admits<D>: Send + Sealed {
    #[doc(hidden)]
    fn into_data(self) -> Result<D>;
}

impl<D> Sealed for Result<D> {}

impl<D: Send> Admits<D> for Result<D> {
    fn into_data(self) -> Self {
        self
    }
}

mod sealed {
    /// What may be returned is this crate's to say; new kinds come with new versions.
    #[expect(unnameable_types, reason = "that is what seals a trait")]
    pub trait Sealed {}
}
