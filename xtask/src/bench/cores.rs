//! Which core is whose.

use std::fmt;

/// The server's core and the generator's; none where there is only one for both.
#[derive(Debug)]
pub struct Cores {
    pub server: Option<usize>,
    pub generator: Option<usize>,
}

impl Cores {
    pub fn find() -> Self {
        let several = cfg!(target_os = "linux")
            && std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        Self {
            server: several.then_some(0),
            generator: several.then_some(1),
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.server, self.generator) {
            (Some(server), Some(generator)) => write!(
                f,
                "servers on core {server}, the load generator on core {generator}"
            ),
            _ => f.write_str(
                "only one core, shared by server and load generator: the figures mean little",
            ),
        }
    }
}
