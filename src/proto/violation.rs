//! What a peer did wrong, and the close code that tells it so.

use crate::close::code;

/// A breach of RFC 6455, of RFC 7692 or of our limit, found in the bytes of a peer.
///
/// After one, the connection is closed with [`close_code`](Self::close_code)
/// and the `Display` text as the reason; nothing more is decoded (7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// The bytes are not what RFC 6455 lets a client send; closes with 1002.
    #[error("{0}")]
    Protocol(&'static str),
    /// A text message or a close reason is not UTF-8 (8.1); closes with 1007.
    #[error("text is not valid UTF-8")]
    Utf8,
    /// A compressed message does not inflate (RFC 7692, 7.2.2); closes with 1007.
    #[error("message is compressed wrongly: it does not inflate")]
    Deflate,
    /// A message, in one frame or in the sum of its fragments, is over the
    /// limit (10.4); closes with 1009.
    #[error("message is over the limit of {limit} bytes")]
    TooLarge {
        /// The most bytes a message may have.
        limit: usize,
    },
}

impl Violation {
    /// The code of the close frame that answers it (RFC 6455, 7.4.1).
    pub(crate) fn close_code(&self) -> u16 {
        match self {
            Self::Protocol(_) => code::PROTOCOL_ERROR,
            Self::Utf8 | Self::Deflate => code::INVALID_PAYLOAD,
            Self::TooLarge { .. } => code::TOO_BIG,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_violation_has_the_code_of_the_rfc() {
        assert_eq!(
            Violation::Protocol("frame is not masked").close_code(),
            1002
        );
        assert_eq!(Violation::Utf8.close_code(), 1007);
        assert_eq!(Violation::Deflate.close_code(), 1007);
        assert_eq!(Violation::TooLarge { limit: 1 }.close_code(), 1009);
    }

    #[test]
    fn the_reason_of_the_largest_limit_fits_a_close_frame() {
        let reason = Violation::TooLarge { limit: usize::MAX }.to_string();
        assert!(reason.len() <= 123, "{reason}");
        assert!(
            reason.contains("limit of 18446744073709551615 bytes"),
            "{reason}"
        );
    }
}
