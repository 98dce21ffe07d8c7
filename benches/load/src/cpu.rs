//! CPU time of processes, as Linux counts it.

use crate::failure::Result;
use std::fs;
use std::time::Duration;

/// User and system time of all threads that a process has now.
pub fn of_process(pid: u32) -> Result<Duration> {
    let folder = format!("/proc/{pid}/task");
    let threads = fs::read_dir(&folder)
        .map_err(|error| format!("the server (process {pid}) is gone: {error}"))?;
    let mut total = Duration::ZERO;
    for thread in threads {
        // A thread may end between the listing and the look.
        if let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) {
            total += nanoseconds(&text)?;
        }
    }
    if total.is_zero() {
        return ticks(&fs::read_to_string(format!("/proc/{pid}/stat"))?);
    }
    Ok(total)
}

/// The calling thread's own.
pub fn of_this_thread() -> Result<Duration> {
    nanoseconds(&fs::read_to_string("/proc/thread-self/schedstat")?)
}

/// `schedstat` begins with the nanoseconds on a core.
fn nanoseconds(text: &str) -> Result<Duration> {
    let first = text.split_whitespace().next();
    let nanoseconds = first.and_then(|word| word.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| format!("schedstat holds {text:?}").into())
}

/// A kernel without schedstat still has `stat`: the 14th and 15th field, in ticks.
fn ticks(text: &str) -> Result<Duration> {
    // The second field is the program's name, in which anything may stand.
    let behind_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<u64> = behind_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    let [user, system] = fields[..] else {
        return Err(format!("stat holds {text:?}").into());
    };
    let seconds = (user + system) as f64 / rustix::param::clock_ticks_per_second() as f64;
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted() {
        let (thread, process) = (
            of_this_thread().unwrap(),
            of_process(std::process::id()).unwrap(),
        );
        let mut sum = 0_u64;
        while of_this_thread().unwrap() - thread < Duration::from_millis(20) {
            sum = (0..10_000_u64).fold(sum, |sum, number| sum.wrapping_mul(31) ^ number);
        }
        assert_ne!(sum, 1);
        assert!(of_process(std::process::id()).unwrap() - process >= Duration::from_millis(15));
    }

    #[test]
    fn ticks_are_read_behind_the_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 120 80 0 0 20 0 1 0 1 1 1";
        let ticks_per_second = rustix::param::clock_ticks_per_second() as f64;
        assert_eq!(
            ticks(stat),
            Ok(Duration::from_secs_f64(200.0 / ticks_per_second))
        );
    }
}
