//! What the fuzzers run: each body takes any bytes, and panics when a promise is broken.
//!
//! Behind the feature `fuzzing`, for `fuzz/` and `tests/fuzzing.rs`; no part of the API.

mod envelope;
mod frames;
mod handshake;
mod inflate;
mod paths;
mod typed;

pub use envelope::envelope;
pub use frames::frames;
pub use handshake::handshake;
pub use inflate::inflate;
pub use paths::paths;
pub use typed::typed;

/// A body by its name, which is that of its folder in `fuzz/corpus`.
pub type Target = (&'static str, fn(&[u8]));

/// All bodies.
pub const TARGETS: [Target; 6] = [
    ("envelope", envelope),
    ("frames", frames),
    ("handshake", handshake),
    ("inflate", inflate),
    ("paths", paths),
    ("typed", typed),
];
