//! Which codec a client speaks, as small as a client can carry it.

/// The built-in codecs, and those of the app by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    unnameable_types,
    reason = "it stands in a hidden method of a sealed trait"
)]
pub enum Spoken {
    // The two whose messages are read as they are stand first: one comparison finds them.
    #[default]
    Envelope,
    /// One of the app's own, at this place among them.
    Custom(u8),
    Raw,
    Typed,
    Auto,
}

impl Spoken {
    /// Whether each message is an event that names itself, and may ask for an answer.
    pub(crate) fn names_events(self) -> bool {
        !matches!(self, Self::Raw | Self::Auto)
    }
}
