//! What a command says beside its answer, on stderr.

/// Prints a line, in colours where they are wanted. That nobody can read it is no
/// reason to fail: `eprintln!` would panic on a closed or full stderr.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        _ = writeln!(anstream::stderr(), $($words)*);
    }};
}

pub(crate) use say;
