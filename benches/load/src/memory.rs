//! Resident memory of processes, as Linux counts it.

use crate::failure::Result;

/// The bytes of a process that are in RAM now.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .map_err(|error| format!("the server (process {pid}) is gone: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib * 1024)
        .ok_or_else(|| "the system does not tell how much memory the server has".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched_is_counted() {
        let before = resident_bytes(std::process::id()).unwrap();
        let bytes = vec![1_u8; 32 << 20];
        let after = resident_bytes(std::process::id()).unwrap();
        assert_eq!(bytes.last(), Some(&1));
        assert!(after - before > 30 << 20, "{before} {after}");
    }
}
