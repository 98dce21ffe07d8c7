//! CPU time of processes, as the kernel counts it.

use crate::failure::Result;
use nix::time::ClockId;
use nix::unistd::Pid;
use std::io;
use std::time::Duration;

/// User and system time of a process so far, with that of threads that have ended.
pub fn of_process(pid: u32) -> Result<Duration> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid.cast_signed()))
        .map_err(|error| format!("the server (process {pid}) is gone: {error}"))?;
    read(clock)
}

/// The calling thread's own.
pub fn of_this_thread() -> Result<Duration> {
    read(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn read(clock: ClockId) -> Result<Duration> {
    Ok(clock.now().map_err(io::Error::from)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::{process, thread};

    fn work_for(time: Duration) {
        let before = of_this_thread().unwrap();
        while of_this_thread().unwrap() - before < time {
            black_box((0..10_000_u64).fold(0, |sum, number| black_box(sum ^ number)));
        }
    }

    #[test]
    fn work_is_counted() {
        let before = of_process(process::id()).unwrap();
        work_for(Duration::from_millis(20));
        assert!(of_process(process::id()).unwrap() - before >= Duration::from_millis(20));
    }

    #[test]
    fn the_work_of_a_thread_that_has_ended_still_counts() {
        let before = of_process(process::id()).unwrap();
        thread::spawn(|| work_for(Duration::from_millis(20)))
            .join()
            .unwrap();
        assert!(of_process(process::id()).unwrap() - before >= Duration::from_millis(20));
    }

    #[test]
    fn a_process_that_is_gone_is_named() {
        let mut child = process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let error = of_process(child.id()).unwrap_err().to_string();
        assert!(error.contains(&child.id().to_string()), "{error}");
    }
}
