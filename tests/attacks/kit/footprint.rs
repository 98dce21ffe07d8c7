//! What a process holds and has used, as Linux tells it; elsewhere nothing is known.

use std::fmt;
use std::fs;
use std::time::Duration;

/// What a process held at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Footprint(Option<Held>);

#[derive(Debug, Clone, Copy)]
struct Held {
    /// Memory that it occupies.
    resident_kib: u64,
    /// The most that it ever occupied, since the measuring began.
    peak_kib: u64,
    descriptors: i64,
    cpu: Duration,
}

/// What it holds more than before.
pub struct Growth {
    before: Footprint,
    now: Footprint,
}

impl Footprint {
    /// Begins to measure.
    pub fn from_now_on(pid: u32) -> Self {
        // The peak begins anew (proc(5)); where that is not allowed, it includes the start.
        let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
        Self::of(pid)
    }

    pub fn until_now(self, pid: u32) -> Growth {
        Growth {
            before: self,
            now: Self::of(pid),
        }
    }

    fn of(pid: u32) -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).ok();
        let held = || {
            let status = read("status")?;
            Some(Held {
                resident_kib: field(&status, "VmRSS:")?,
                peak_kib: field(&status, "VmHWM:")?,
                descriptors: i64::try_from(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())
                    .ok()?,
                cpu: cpu(&read("stat")?)?,
            })
        };
        Self(held())
    }
}

impl Growth {
    pub fn peak_kib(&self) -> Option<u64> {
        let (before, now) = self.both()?;
        Some(now.peak_kib.saturating_sub(before.resident_kib))
    }

    fn kept_kib(&self) -> Option<i64> {
        let (before, now) = self.both()?;
        Some(now.resident_kib.cast_signed() - before.resident_kib.cast_signed())
    }

    pub fn descriptors(&self) -> Option<i64> {
        let (before, now) = self.both()?;
        Some(now.descriptors - before.descriptors)
    }

    pub fn cpu(&self) -> Option<Duration> {
        let (before, now) = self.both()?;
        Some(now.cpu.saturating_sub(before.cpu))
    }

    fn both(&self) -> Option<(Held, Held)> {
        self.before.0.zip(self.now.0)
    }
}

/// `peak KiB | kept KiB | CPU ms`.
impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.peak_kib().zip(self.kept_kib()).zip(self.cpu());
        match known {
            Some(((peak, kept), cpu)) => write!(f, "{peak} | {kept} | {}", cpu.as_millis()),
            None => f.write_str("- | - | -"),
        }
    }
}

/// `VmRSS:     5124 kB`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The 14th and the 15th word, in ticks of 10 ms; the second is a name in brackets, which may
/// have spaces (proc(5)).
fn cpu(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut words = rest.split_ascii_whitespace().skip(11);
    let user: u64 = words.next()?.parse().ok()?;
    let system: u64 = words.next()?.parse().ok()?;
    Some(Duration::from_millis(10 * (user + system)))
}
