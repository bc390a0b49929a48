//! One user's world: a home, state and runtime directory of its own, and the daemon in it.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::{Answer, Binaries, Follow, PATIENCE, Process, Project, binaries, http, process};

/// A world of its own. Everything in it is stopped and removed when it goes.
pub struct Home {
    dir: tempfile::TempDir,
    binaries: Binaries,
    extra: Vec<(String, String)>,
}

/// A running `brummerd`.
pub struct Daemon {
    child: Child,
    stderr: PathBuf,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    pub fn new() -> Self {
        // Below /tmp and short: the control socket's path may have 107 bytes.
        let dir = tempfile::Builder::new().prefix("bt").tempdir_in("/tmp").unwrap();
        let home = Self { dir, binaries: binaries::binaries().clone(), extra: Vec::new() };
        for name in ["home", "home/.config/brummer", "src"] {
            std::fs::create_dir_all(home.path().join(name)).unwrap();
        }
        home
    }

    /// A world with this user configuration (TOML).
    pub fn with_config(config: &str) -> Self {
        let home = Self::new();
        std::fs::write(home.path().join("home/.config/brummer/config.toml"), config).unwrap();
        home
    }

    /// Sets a variable for every program started here.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn state(&self) -> PathBuf {
        self.path().join("home/.local/state/brummer")
    }

    pub fn socket(&self) -> PathBuf {
        self.state().join("runtime/brummerd.sock")
    }

    pub fn runs(&self) -> PathBuf {
        self.state().join("runs")
    }

    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    pub fn testproc(&self) -> String {
        self.binaries.path("testproc").to_str().unwrap().to_owned()
    }

    /// A new project directory with a `brummer.toml`; `@testproc` in it becomes the helper's path.
    pub fn project(&self, name: &str, config: &str) -> Project {
        Project::create(&self.path().join("src").join(name), &config.replace("@testproc", &self.testproc()))
    }

    /// A program of Brummer's with this world's environment and nothing of the caller's but PATH.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path().join("home"))
            .env("LANG", "C.UTF-8")
            .env("NO_COLOR", "1")
            .envs(self.extra.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path().join("src"))
            .stdin(Stdio::null());
        command
    }

    /// Starts the daemon and waits until it says that it is ready.
    pub fn daemon(&self) -> Daemon {
        self.daemon_from(&self.binaries.path("brummerd"), &[])
    }

    /// Starts the daemon that dies at a fault point: `abort@publish:3`. It may die before it is ready.
    pub fn faulty_daemon(&self, fault: &str) -> Daemon {
        self.spawn(&self.binaries.faulty_brummerd(), &[("BRUMMER_FAULT", fault)], true)
    }

    fn daemon_from(&self, program: &Path, env: &[(&str, &str)]) -> Daemon {
        self.spawn(program, env, false)
    }

    fn spawn(&self, program: &Path, env: &[(&str, &str)], may_die: bool) -> Daemon {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let stderr = self.path().join(format!("brummerd-{number}.err"));
        let notify = self.path().join(format!("notify-{number}"));
        let socket = UnixDatagram::bind(&notify).unwrap();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&stderr).unwrap();
        let child = self
            .command(program)
            .arg("--foreground")
            .envs(env.iter().copied())
            .env("NOTIFY_SOCKET", &notify)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut daemon = Daemon { child, stderr };
        daemon.wait_ready(&socket, may_die);
        daemon
    }

    /// The addresses that the daemon publishes.
    pub fn addresses(&self) -> serde_json::Value {
        let text = std::fs::read_to_string(self.state().join("runtime/addresses.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The daemon's metrics, in Prometheus' text format.
    pub fn metrics(&self) -> String {
        http::get(self.addresses()["metrics"].as_str().unwrap()).1
    }

    /// Runs `brummerctl` in `src`.
    pub fn ctl<I, S>(&self, arguments: I) -> Answer
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.ctl_in(&self.path().join("src"), arguments)
    }

    /// Runs `brummerctl` in a directory.
    pub fn ctl_in<I, S>(&self, dir: &Path, arguments: I) -> Answer
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command(self.binaries.path("brummerctl"));
        command.args(arguments).current_dir(dir);
        Answer::of(command)
    }

    /// Follows `brummerctl` in a directory, line by line.
    pub fn follow_in<I, S>(&self, dir: &Path, arguments: I) -> Follow
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command(self.binaries.path("brummerctl"));
        command.args(arguments).current_dir(dir);
        Follow::start(command)
    }

    /// Pid of the daemon that holds the lock, if one does.
    pub fn lock_holder(&self) -> Option<u32> {
        let path = self.state().join("brummerd.lock");
        let file = std::fs::File::open(&path).ok()?;
        match file.try_lock_shared() {
            Ok(()) => None,
            Err(_) => {
                let text = std::fs::read_to_string(&path).ok()?;
                let value: serde_json::Value = serde_json::from_str(&text).ok()?;
                u32::try_from(value.get("pid")?.as_u64()?).ok()
            }
        }
    }

    /// Pids of the shims and supervised trees whose run directory is in this world.
    pub fn living_shims(&self) -> Vec<u32> {
        let runs = self.runs();
        let runs = runs.to_str().unwrap().to_owned();
        process::pids_with_open_file_below(&runs)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let stop = |home: &Self| {
            if let Some(pid) = home.lock_holder() {
                let daemon = Process::of(pid);
                // Asked twice: at once instead of in order.
                daemon.signal(nix::sys::signal::Signal::SIGTERM);
                daemon.signal(nix::sys::signal::Signal::SIGTERM);
                if !daemon.gone_within(Duration::from_secs(20)) {
                    daemon.signal(nix::sys::signal::Signal::SIGKILL);
                }
            }
        };
        stop(self);
        for pid in self.living_shims() {
            let shim = Process::of(pid);
            shim.signal(nix::sys::signal::Signal::SIGTERM);
            if !shim.gone_within(Duration::from_secs(20)) {
                shim.signal(nix::sys::signal::Signal::SIGKILL);
            }
        }
    }
}

impl Daemon {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn process(&self) -> Process {
        Process::of(self.pid())
    }

    /// What it wrote to stderr.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// SIGKILL, as any crash would be; returns when it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; answers the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        self.process().signal(nix::sys::signal::Signal::SIGTERM);
        self.wait_exit()
    }

    /// Waits until it ended by itself; answers the exit code (`None`: killed by a signal).
    pub fn wait_exit(&mut self) -> Option<i32> {
        assert!(self.process().gone_or_zombie_within(PATIENCE), "brummerd did not end\n{}", self.stderr());
        self.child.wait().unwrap().code()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    fn wait_ready(&mut self, socket: &UnixDatagram, may_die: bool) {
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = [0u8; 4096];
        loop {
            if let Ok(length) = socket.recv(&mut buffer)
                && String::from_utf8_lossy(&buffer[..length]).lines().any(|line| line == "READY=1")
            {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(may_die, "brummerd ended before it was ready: {status}\n{}", self.stderr());
                return;
            }
            assert!(Instant::now() < deadline, "brummerd is not ready\n{}", self.stderr());
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // The world stops the daemon in order; this only reaps a child that already ended.
        let _ = self.child.try_wait();
        if std::thread::panicking() {
            let mut text = String::new();
            if let Ok(mut file) = std::fs::File::open(&self.stderr) {
                let _ = file.read_to_string(&mut text);
            }
            eprintln!("--- brummerd {} said:\n{text}", self.child.id());
        }
    }
}
