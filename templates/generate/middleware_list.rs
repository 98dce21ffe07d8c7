//! Every middleware of the app: one file for each.

