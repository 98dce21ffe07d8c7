//! The `Event` derive of orcs.
