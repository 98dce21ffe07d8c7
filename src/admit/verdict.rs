//! What a middleware or a guard may return.

use super::Refusal;
use crate::error::Result;
use sealed::Sealed;

/// What a middleware or a guard may return: nothing or `true` to go on, `false` or a
/// [`Refusal`] to refuse, or an [`orcs::Result`](crate::Result) of any of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a middleware or a guard",
    label = "this one returns `{Self}`",
    note = "return nothing or `true` to go on, `false` to refuse, a `Refusal`, or `orcs::Result` of any of these"
)]
pub trait Verdict: Send + Sealed {
    #[doc(hidden)]
    fn into_verdict(self) -> Result;
}

impl Sealed for () {}

impl Verdict for () {
    fn into_verdict(self) -> Result {
        Ok(())
    }
}

impl Sealed for bool {}

impl Verdict for bool {
    fn into_verdict(self) -> Result {
        match self {
            true => Ok(()),
            false => Err(Refusal::forbidden().into()),
        }
    }
}

impl Sealed for Refusal {}

impl Verdict for Refusal {
    fn into_verdict(self) -> Result {
        Err(self.into())
    }
}

impl<V> Sealed for Result<V> {}

impl<V: Verdict> Verdict for Result<V> {
    fn into_verdict(self) -> Result {
        self?.into_verdict()
    }
}

mod sealed {
    /// What may be returned is this crate's to say; new kinds come with new versions.
    #[expect(unnameable_types, reason = "that is what seals a trait")]
    pub trait Sealed {}
}
