//! What may be sent as a binary message.

use bytes::Bytes;

/// What may be sent as a binary message: [`Bytes`], a `Vec<u8>`, a `String`, or a `&'static [u8]`.
///
/// It is given away, so that it need not be copied while it waits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as bytes",
    label = "this has type `{Self}`",
    note = "bytes are given away: send a `Vec<u8>`, `Bytes` or a `String` itself and not `&bytes`, or `bytes.clone()` to keep it",
    note = "an array is `vec![0xCA, 0xFE]`, or as a constant `&b\"\\xCA\\xFE\"[..]`; any other payload goes by `send`, as JSON"
)]
pub trait IntoBytes: Into<Bytes> {}

#[diagnostic::do_not_recommend]
impl<B: Into<Bytes>> IntoBytes for B {}
