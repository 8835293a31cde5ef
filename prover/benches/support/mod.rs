//! What benchmarks share.

#[allow(dead_code, reason = "not every benchmark is about a book")]
pub mod book;

#[allow(dead_code, reason = "not every benchmark tells its memory")]
/// The most memory that this process has had.
pub fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .map_or_else(|| "unknown".to_owned(), |v| v.trim().to_owned())
}
