//! The binaries under test, built once for all test programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the binaries are.
#[derive(Debug, Clone)]
pub struct Binaries {
    dir: PathBuf,
    faults: PathBuf,
}

impl Binaries {
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Directory of all of them.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// `brummerd` with its fault points compiled in (and the shim beside it).
    pub fn faulty_brummerd(&self) -> PathBuf {
        self.faults.join("brummerd")
    }
}

/// Builds all binaries, the first caller for all others.
pub fn binaries() -> &'static Binaries {
    static BUILT: OnceLock<Binaries> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> Binaries {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // The test program lies in <target>/<profile>/deps.
    let exe = std::env::current_exe().unwrap();
    let profile_dir = exe.ancestors().find(|dir| dir.join("deps").is_dir()).unwrap().to_owned();
    let target = profile_dir.parent().unwrap();
    let faults = target.join("faults");

    // Several test programs may run at once: one builds, the others find it done.
    let lock = std::fs::File::create(target.join("harness.lock")).unwrap();
    lock.lock().unwrap();
    cargo(root, &["build", "--workspace", "--bins"], target);
    cargo(
        root,
        &["build", "-p", "brummerd", "-p", "brummer-shim", "--bins", "--features", "brummerd/faults"],
        &faults,
    );
    drop(lock);
    Binaries { dir: target.join("debug"), faults: faults.join("debug") }
}

fn cargo(root: &Path, arguments: &[&str], target: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .arg("--quiet")
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo can be run");
    assert!(
        output.status.success(),
        "cargo {} failed:\n{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
}
