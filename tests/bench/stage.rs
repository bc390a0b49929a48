//! Where benchmarks play: release binaries, and a daemon in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The release binaries.
pub(crate) struct Stage {
    bin: PathBuf,
}

impl Stage {
    /// Builds them.
    pub(crate) fn build() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let exe = std::env::current_exe().unwrap();
        let bin = exe.parent().unwrap().to_owned();
        let target = bin.parent().unwrap();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--workspace", "--bins", "--quiet"])
            .current_dir(root)
            .env("CARGO_TARGET_DIR", target)
            .status()
            .unwrap();
        assert!(status.success());
        Self { bin: target.join("release") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// A directory that is removed afterwards; on the same file system for both sides of a ratio.
    pub(crate) fn directory(&self) -> tempfile::TempDir {
        tempfile::Builder::new().prefix("bb").tempdir_in("/tmp").unwrap()
    }

    /// A daemon with this user configuration and a project with this one.
    pub(crate) fn world(&self, user: &str, project: &str) -> World {
        let dir = self.directory();
        let home = dir.path().join("home");
        let shop = dir.path().join("shop");
        std::fs::create_dir_all(home.join(".config/brummer")).unwrap();
        std::fs::create_dir_all(&shop).unwrap();
        std::fs::write(home.join(".config/brummer/config.toml"), user).unwrap();
        let testproc = self.path("testproc").to_str().unwrap().to_owned();
        std::fs::write(shop.join("brummer.toml"), project.replace("@testproc", &testproc)).unwrap();
        let world = World { bin: self.bin.clone(), home, shop, _dir: dir };
        world.ctl(&["daemon", "start"]);
        world.ctl(&["projects", "add", world.shop.to_str().unwrap()]);
        world
    }
}

/// A running daemon and its project.
pub(crate) struct World {
    bin: PathBuf,
    home: PathBuf,
    shop: PathBuf,
    _dir: tempfile::TempDir,
}

impl World {
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.bin.join("brummerctl"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .current_dir(&self.shop);
        command
    }

    /// Runs `brummerctl`, which must succeed; answers its output.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "brummerctl {arguments:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The directory of its project.
    pub(crate) fn project(&self) -> &Path {
        &self.shop
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    pub(crate) fn follow(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.command(&["daemon", "stop", "--timeout", "60s"]).output();
    }
}

/// How long `work` takes.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The value that this share of the values does not exceed.
pub(crate) fn percentile(values: &mut [Duration], share: f64) -> Duration {
    values.sort();
    let place = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len());
    values[place - 1]
}

/// Writes back what earlier work left in the page cache, so that it does not disturb the next.
pub(crate) fn settle() {
    let _ = Command::new("sync").status();
}

/// Has a file in the page cache as after a boot. What a linker has just written lies there in single pages, and
/// mapping those costs a program that lives for a moment a fifth of its time.
pub(crate) fn read_back(path: &Path) {
    let file = std::fs::File::open(path).unwrap();
    file.sync_all().unwrap();
    nix::fcntl::posix_fadvise(&file, 0, 0, nix::fcntl::PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
    std::fs::read(path).unwrap();
}

/// What it was measured on.
pub(crate) fn machine() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?.to_owned();
            Some(line.split_once(": ")?.1.to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores, Linux {}", kernel.trim())
}
