//! Texts of flags and of control groups.

use std::path::Path;

use super::{FALLBACK, MemorySize, default_size, limit_files, quantity};
use crate::flags::FlagValue as _;

#[test]
fn quantities() {
    for (text, expected) in [
        ("1", Some(1)),
        ("1073741824", Some(1 << 30)),
        ("512Mi", Some(512 << 20)),
        ("1.5Gi", Some(3 << 29)),
        ("2G", Some(2_000_000_000)),
        ("64k", Some(64_000)),
        ("0.5Ki", Some(512)),
        ("1.5", None),
        ("", None),
        ("Mi", None),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("1 Gi", None),
        ("1.Gi", None),
        ("1GiB", None),
        ("99999999999Ti", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(quantity(text), expected, "{text}");
    }
}

#[test]
fn the_flag_refuses_what_is_no_size() {
    let read = |text: &str| MemorySize::read(&[text.to_owned()]);
    assert_eq!(read(""), Ok(MemorySize(None)));
    assert_eq!(read("64Mi"), Ok(MemorySize(Some(64 << 20))));
    assert_eq!(MemorySize(Some(7)).or_system(), 7);
    for wrong in ["0", "0Mi", "much"] {
        assert_eq!(read(wrong).expect_err("refused").0, wrong);
    }
}

/// A system of these files.
fn size(files: &[(&str, &str)]) -> u64 {
    default_size(|path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned())
    })
}

#[test]
fn the_smallest_limit_of_the_groups_counts() {
    let groups = ("/proc/self/cgroup", "0::/a/b\n");
    assert_eq!(size(&[]), FALLBACK);
    assert_eq!(size(&[groups, ("/sys/fs/cgroup/a/b/memory.max", "max\n")]), FALLBACK);
    let own = ("/sys/fs/cgroup/a/b/memory.max", "1000\n");
    assert_eq!(size(&[groups, own]), 700);
    assert_eq!(size(&[groups, own, ("/sys/fs/cgroup/a/memory.max", "500\n")]), 350);
    // In a container, the host's path does not exist, and the group is mounted at the root.
    assert_eq!(size(&[groups, ("/sys/fs/cgroup/memory.max", "2000\n")]), 1400);
}

#[test]
fn version_one_is_read_too() {
    let groups = ("/proc/self/cgroup", "5:cpu,memory:/pod\n3:pids:/pod\n0::/\n");
    assert_eq!(size(&[groups, ("/sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "1000\n")]), 700);
    let none = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_eq!(size(&[groups, none]), FALLBACK);
    assert_eq!(limit_files("not a list\n7\n").len(), 0);
}
