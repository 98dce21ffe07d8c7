//! A message on its way out.

use bytes::Bytes;

/// A message to clients, encoded once however many get it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    frame: Bytes,
}

impl Message {
    /// Of a frame that is final and not masked.
    pub(crate) fn new(frame: Bytes) -> Self {
        Self { frame }
    }

    /// The bytes that go on the wire.
    pub(super) fn frame(&self) -> &Bytes {
        &self.frame
    }

    #[cfg(test)]
    pub(crate) fn into_frame(self) -> Bytes {
        self.frame
    }
}
