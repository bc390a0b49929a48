//! Links `brummerctl` on Linux with glibc for a command that lives for two milliseconds: at a fixed address (else
//! the loader writes 160 KiB of pointers for the address that chance gave it) and without shared libraries (to
//! find, map and bind four of them takes it a fifth of its life).
//!
//! A static C library is the whole program's choice of a target feature, which Cargo cannot make for one binary.
//! So the libraries that std names (`-lc`, `-lgcc_s`, …) are found first in a directory that has them as archives
//! only. Where the archives are not installed the program is linked to shared libraries, and a warning says so.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What std links to, and the archive that stands in for it.
const ARCHIVES: [(&str, &str); 7] = [
    ("libc.a", "libc.a"),
    ("libm.a", "libm.a"),
    ("libpthread.a", "libpthread.a"),
    ("libdl.a", "libdl.a"),
    ("librt.a", "librt.a"),
    ("libutil.a", "libutil.a"),
    ("libgcc_s.a", "libgcc_eh.a"),
];

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=RUSTC_LINKER");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    // Who builds everything with a static C library has all of this from the compiler already.
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") != "linux" || target("ENV") != "gnu" || is_static {
        return Ok(());
    }
    println!("cargo:rustc-link-arg-bins=-no-pie");
    let linker = std::env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let mut found = Vec::new();
    for (named, archive) in ARCHIVES {
        match installed(Path::new(&linker), archive) {
            Some(path) => found.push((named, path)),
            None => {
                println!(
                    "cargo:warning={archive} is not installed (glibc-static?): brummerctl is linked to shared \
                     libraries and starts 0.4 ms later"
                );
                return Ok(());
            }
        }
    }
    let directory = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("static");
    // What an earlier build left may point to a compiler that is gone.
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    for (named, path) in found {
        symlink(path, directory.join(named))?;
    }
    // For binaries alone: tests keep their shared libraries.
    println!("cargo:rustc-link-arg-bins=-L{}", directory.display());
    // The C library and the compiler's own need each other.
    for argument in ["-static", "-Wl,--start-group", "-lgcc", "-lgcc_eh", "-lc", "-Wl,--end-group"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    Ok(())
}

/// Where the compiler has this archive.
fn installed(compiler: &Path, archive: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "only the compiler knows where its libraries are")]
    let asked = Command::new(compiler).arg(format!("-print-file-name={archive}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim());
    (path.is_absolute() && path.is_file()).then_some(path)
}
