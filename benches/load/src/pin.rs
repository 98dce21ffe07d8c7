//! Staying on one core.

use crate::arguments::Arguments;
use crate::failure::Result;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Becomes another program that stays on a core, and whatever it starts with it.
pub fn run(words: &[String]) -> Result {
    let Some(end) = words.iter().position(|word| word == "--") else {
        return Err("`pin` needs a command (example: load pin --core 0 -- sleep 1)".into());
    };
    let mut arguments = Arguments::new(&words[..end]);
    let core = arguments.required("--core")?;
    arguments.finish()?;
    let [program, rest @ ..] = &words[end + 1..] else {
        return Err("`--` is followed by no command".into());
    };
    to(core)?;
    let error = Command::new(program).args(rest).exec();
    Err(format!("cannot run `{program}`: {error}").into())
}

/// Keeps this thread on a core.
pub fn to(core: usize) -> Result {
    if core >= CpuSet::MAX_CPU {
        return Err(format!("there is no core {core}").into());
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| {
        format!("cannot stay on core {core}: {error}; `nproc` tells how many there are").into()
    })
}
