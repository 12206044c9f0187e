//! How `/proc` is read, and what is shown of this process.

use insta::assert_snapshot;
use prometheus::{Encoder as _, Registry, TextEncoder};

use super::{Process, Stat, most_files, resident_kilobytes};

const STAT: &str = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 7 0 100 1048576 300 1844 1";

#[test]
fn the_stat_file_is_read_whatever_the_command_is_called() {
    let expected = Stat { user: 150.0, system: 50.0, threads: 7.0, virtual_bytes: 1_048_576.0 };
    assert_eq!(Stat::parse(STAT), Some(expected));
    assert_eq!(Stat::parse(&STAT.replace("(a) b (c)", "(plain)")), Stat::parse(STAT));
}

#[test]
fn a_stat_file_that_is_cut_off_gives_nothing() {
    for text in ["", "nonsense", "42 (a", "42 (a) S 1 2 3", &STAT[..STAT.len() / 2]] {
        assert_eq!(Stat::parse(text), None, "{text}");
    }
    assert_eq!(Stat::parse(&STAT.replace("150", "many")), None);
}

#[test]
fn resident_memory_is_a_line_of_the_status_file() {
    assert_eq!(resident_kilobytes("Name:\tx\nVmRSS:\t   1234 kB\nThreads:\t1\n"), Some(1234.0));
    for text in ["", "Name:\tx\n", "VmRSS:\n", "VmRSS:\tmuch kB\n", "NotVmRSS:\t1 kB\n"] {
        assert_eq!(resident_kilobytes(text), None, "{text}");
    }
}

#[test]
fn the_limit_on_files_is_the_soft_one() {
    let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n";
    assert_eq!(most_files(limits), Some(1024.0));
    for text in ["", "Max open files unlimited unlimited files\n", "Max processes 1 1 processes\n"] {
        assert_eq!(most_files(text), None, "{text}");
    }
}

#[test]
fn the_figures_have_the_names_of_prometheus_client_libraries() {
    let registry = Registry::new();
    drop(Process::new(&registry));
    let mut bytes = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut bytes).expect("written");
    let text = String::from_utf8(bytes).expect("UTF-8");
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    assert_snapshot!(heads.join("\n"), @r"
    # HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
    # TYPE process_cpu_seconds_total counter
    # HELP process_max_fds Maximum number of open file descriptors.
    # TYPE process_max_fds gauge
    # HELP process_open_fds Number of open file descriptors.
    # TYPE process_open_fds gauge
    # HELP process_resident_memory_bytes Resident memory size in bytes.
    # TYPE process_resident_memory_bytes gauge
    # HELP process_start_time_seconds Start time of the process since unix epoch.
    # TYPE process_start_time_seconds gauge
    # HELP process_threads Number of threads of the process.
    # TYPE process_threads gauge
    # HELP process_virtual_memory_bytes Virtual memory size in bytes.
    # TYPE process_virtual_memory_bytes gauge
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn this_process_has_memory_files_and_threads() {
    let process = Process::new(&Registry::new());
    assert!(process.resident.get().abs() < f64::EPSILON, "nothing is read before somebody asks");
    process.refresh();
    let cpu = process.cpu.get();
    process.refresh();
    assert!(process.cpu.get() >= cpu && cpu < 600.0, "CPU time is not added up anew");
    assert!(process.max_files.get() >= process.files.get());
    assert!(process.resident.get() > 100_000.0 && process.virtual_memory.get() >= process.resident.get());
    assert!(process.files.get() >= 3.0 && process.threads.get() >= 1.0);
}
