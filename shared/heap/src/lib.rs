//! How the process keeps the memory that it has freed.
//!
//! By default, glibc keeps an arena for each thread, and after the first large allocation it takes such ones from the
//! arenas as well (malloc(3), `M_MMAP_THRESHOLD`). Photos of 20 MB then leave holes that are never given back.

/// Gives large allocations back to the system as soon as they are freed, and keeps few arenas. Call it once, before the
/// first thread starts.
pub fn settle() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::settle();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    /// Allocations from this size on are mapped by themselves, in bytes: larger than what a request allocates often.
    const MAPPED: libc::c_int = 256 * 1024;
    /// So much free memory is kept at the end of an arena.
    const KEPT: libc::c_int = 4 * 1024 * 1024;
    const ARENAS: libc::c_int = 2;

    #[allow(unsafe_code)]
    pub fn settle() {
        let settings = [
            (libc::M_MMAP_THRESHOLD, MAPPED),
            (libc::M_TRIM_THRESHOLD, KEPT),
            (libc::M_ARENA_MAX, ARENAS),
        ];
        for (setting, value) in settings {
            // SAFETY: `mallopt` takes two numbers, and no other thread exists yet. Values that it does not know change
            // nothing.
            unsafe { libc::mallopt(setting, value) };
        }
    }
}
