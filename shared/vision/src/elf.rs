//! What keeps a shared library from loading that the operating system's loader does not say, or dies of: a library that is
//! cut short kills the process (SIGBUS) instead of being refused.

use object::Endianness;
use object::elf::FileHeader64;
use object::read::ReadCache;
use object::read::elf::{FileHeader, ProgramHeader};
use rustix::fs::{StatVfsMountFlags, statvfs};
use std::fs::File;
use std::path::Path;

/// `e_machine` of this architecture, and what architectures are called (ELF-64 object file format, and its supplements).
const MACHINES: [(u16, &str); 3] = [(62, "x86_64"), (183, "aarch64"), (243, "riscv64")];

/// Checks a library that exists. The error is a reason, worded as the end of a sentence.
pub fn check(path: &Path) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let content = ReadCache::new(file);
    let no_library = |_| "it is no shared library for 64-bit Linux".to_owned();
    let header = FileHeader64::<Endianness>::parse(&content).map_err(no_library)?;
    let endian = header.endian().map_err(no_library)?;
    let machine = header.e_machine(endian);
    let name = MACHINES.iter().find(|(known, _)| *known == machine);
    let name = name.map_or("another architecture", |(_, name)| name);
    if name != std::env::consts::ARCH {
        return Err(format!(
            "it is for {name}, and this machine is {}",
            std::env::consts::ARCH
        ));
    }
    let cut_short = |_| format!("it is cut short, with {length} bytes");
    let segments = header.program_headers(endian, &content).map_err(cut_short)?;
    let ends = segments
        .iter()
        .map(|segment| segment.p_offset(endian).saturating_add(segment.p_filesz(endian)));
    let end = ends.max().unwrap_or(0);
    if end > length {
        return Err(format!("it is cut short, with {length} of at least {end} bytes"));
    }
    if statvfs(path).is_ok_and(|place| place.f_flag.contains(StatVfsMountFlags::NOEXEC)) {
        return Err("its file system is mounted noexec, so no program can load it".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(bytes: &[u8]) -> Result<(), String> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("library.so");
        std::fs::write(&path, bytes).unwrap();
        check(&path)
    }

    #[test]
    fn what_does_not_load_says_why() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        check(&std::env::current_exe().unwrap()).unwrap();
        for length in [own.len() / 4, 70] {
            let error = with(&own[..length]).unwrap_err();
            assert!(error.contains("cut short"), "{error}");
        }
        let mut other = own.clone();
        let foreign = if std::env::consts::ARCH == "x86_64" {
            183
        } else {
            62
        };
        other[18..20].copy_from_slice(&u16::to_le_bytes(foreign));
        let error = with(&other).unwrap_err();
        assert!(
            error.starts_with("it is for ") && error.contains("this machine is"),
            "{error}"
        );
        for bytes in [&b"<!doctype html>"[..], b"", &own[..20]] {
            let error = with(bytes).unwrap_err();
            assert!(error.contains("no shared library"), "{error}");
        }
    }
}
