//! What a command says beside its answer, on stderr.

/// Prints a line unless `-q` was given, in colours where they are wanted.
macro_rules! say {
    ($($words:tt)*) => {
        if !$crate::terminal::mode::is_quiet() {
            $crate::terminal::insist!($($words)*);
        }
    };
}

/// Prints a line that is said under `-q` too: what went wrong. That nobody can read it is no
/// reason to fail: `eprintln!` would panic on a closed or full stderr.
macro_rules! insist {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        _ = writeln!(anstream::stderr(), $($words)*);
    }};
}

pub(crate) use {insist, say};
