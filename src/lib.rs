//! Real-time apps over WebSockets: named events in, rooms out.
pub use orcs_macros as _;
