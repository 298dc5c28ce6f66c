//! The machine, and the memory and mappings of a process as the kernel reports them.

use std::fs;

/// One line about the machine, printed above the figures.
pub fn describe() -> String {
    let field = |text: &str, name: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with(name))?
            .split_once(':')?
            .1
            .trim()
            .to_owned();
        Some(line)
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "Machine: {cores} x {}, {} memory, Linux {}, load {} before the start",
        field(&cpu, "model name").unwrap_or_else(|| "unknown processor".to_owned()),
        field(&memory, "MemTotal").unwrap_or_else(|| "unknown".to_owned()),
        kernel.trim(),
        load.split(' ').next().unwrap_or_default(),
    )
}

/// Current resident memory of a process, in MB.
pub fn resident(pid: u32) -> f64 {
    status(pid, "VmRSS")
}

/// Peak resident memory of a process, in MB.
pub fn peak(pid: u32) -> f64 {
    status(pid, "VmHWM")
}

fn status(pid: u32, field: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs, on Linux");
    let line = text
        .lines()
        .find(|line| line.starts_with(field))
        .expect("the kernel reports the field");
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number");
    kilobytes / 1024.0
}

/// Whether a process has mapped a file whose path contains `name`.
pub fn maps(pid: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/maps"))
        .expect("the server runs, on Linux")
        .contains(name)
}
