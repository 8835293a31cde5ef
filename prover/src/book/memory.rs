//! Memory that a process can still take, on Linux.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// Where control groups are.
const GROUPS: &str = "/sys/fs/cgroup";

/// Bytes that are free, by the system and by the limits of this process's control groups; `None`
/// where the system does not tell.
pub(super) fn available() -> Option<u64> {
    let system = of_system(&read_to_string("/proc/meminfo").ok()?)?;
    let own = read_to_string("/proc/self/cgroup").unwrap_or_default();
    let groups = folders(&own).into_iter().filter_map(|folder| {
        let read = |name: &str| read_to_string(folder.join(name)).ok();
        of_group(read)
    });
    Some(groups.fold(system, u64::min))
}

fn of_system(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Folders of the groups that a process is in, by its list of them: version 2, or version 1. Inside
/// a container the root is the container's own.
fn folders(list: &str) -> Vec<PathBuf> {
    let of_line = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let root = match controllers {
            "" => PathBuf::from(GROUPS),
            _ if controllers.split(',').any(|c| c == "memory") => Path::new(GROUPS).join("memory"),
            _ => return None,
        };
        let own = root.join(path.trim_start_matches('/'));
        let inside = own.ancestors().filter(|folder| folder.starts_with(&root));
        Some(inside.map(Path::to_owned).collect::<Vec<_>>())
    };
    list.lines().filter_map(of_line).flatten().collect()
}

/// What a group may still take; `None` without a limit.
fn of_group(read: impl Fn(&str) -> Option<String>) -> Option<u64> {
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    let limit = number("memory.max").or_else(|| number("memory.limit_in_bytes"))?;
    let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"))?;
    // Files that the system keeps in memory as long as nobody needs it.
    let stat = read("memory.stat").unwrap_or_default();
    let file = |line: &str| line.strip_prefix("inactive_file ")?.trim().parse().ok();
    let files: u64 = stat.lines().find_map(file).unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(files)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_kibibytes() {
        let text = "MemTotal:       24000000 kB\nMemAvailable:    1000 kB\nCached: 7 kB\n";
        assert_eq!(of_system(text), Some(1_024_000));
        assert_eq!(of_system("MemTotal: 1 kB\n"), None);
        assert_eq!(of_system("MemAvailable: much kB\n"), None);
    }

    #[test]
    fn groups_are_those_of_the_process_and_around_it() {
        let found = |list| folders(list);
        let path = |path: &str| Path::new(GROUPS).join(path);
        assert_eq!(
            found("0::/a/b\n"),
            [path("a/b"), path("a"), PathBuf::from(GROUPS)]
        );
        let first = "3:cpu,cpuacct:/x\n2:memory:/c\nnonsense\n";
        assert_eq!(found(first), [path("memory/c"), path("memory")]);
    }

    #[test]
    fn a_group_has_what_its_limit_leaves() {
        let group = |limit: &'static str| {
            of_group(move |name| {
                let text = match name {
                    "memory.max" => limit,
                    "memory.current" => "600\n",
                    "memory.stat" => "anon 300\ninactive_file 250\n",
                    _ => return None,
                };
                Some(text.to_owned())
            })
        };
        assert_eq!(group("1000\n"), Some(650));
        assert_eq!(group("100\n"), Some(0));
        assert_eq!(group("max\n"), None);
        assert_eq!(of_group(|_| None), None);
    }
}
