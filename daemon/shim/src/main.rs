//! `brummer-shim RUN_DIRECTORY`: holds one run so that it survives the daemon.
//!
//! **Owns** the child and everything that descends from it, the pipes, the capture and the control socket of
//! one run, from `meta.json` to `exit.json`. **Called** by the daemon only, with the control connection as
//! descriptor 0 and the locked file `alive` as descriptor 1; it needs neither afterwards.
//!
//! One thread, one `poll`; no allocation on the way from a pipe to the capture. **When full** it stops
//! reading, as a full pipe does, or leaves a GAP, as the run wants it ([`keeper`]). **When stopping** it
//! carries out the stop sequence by itself ([`stop`]), reaps everything, the leader last, and tells how it
//! went. It cannot be stopped by losing the daemon, its terminal, its disk or its reader.
//!
//! Exit codes: 0 the run is over · 64 usage · 70 internal · 74 the run directory cannot be used · 75 the run
//! is held by another shim · 78 `meta.json` cannot be used.

#[cfg(not(target_os = "linux"))]
compile_error!("brummer-shim is written for Linux: pidfd, signalfd, child subreaper");

use std::io::Write as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use brummer_capture::protocol::{Message as _, StartFailed, Up};
use brummer_capture::{AliveLock, ProcId, RunDir, socket};

use crate::keeper::Keeper;
use crate::run::{Prepared, Run};

mod control;
mod facts;
mod keeper;
mod launch;
mod memory;
mod run;
mod stop;
mod sys;
mod tree;

/// Why there is no run.
struct Refusal {
    code: u8,
    text: String,
}

fn refuse(code: u8, what: &str, reason: impl std::fmt::Display) -> Refusal {
    Refusal { code, text: format!("{what}: {reason}") }
}

fn main() -> ExitCode {
    sys::close_strangers();
    sys::be_named();
    brummer_capture::turns::take_short_ones();
    // A shim that went on after a panic would hold a run that it no longer understands: the leader dies with
    // us, and the daemon sees a dead shim.
    match catch_unwind(AssertUnwindSafe(hold_a_run)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(refusal)) => {
            // Nobody may be listening.
            let _unheard = writeln!(std::io::stderr(), "brummer-shim: {}", refusal.text);
            ExitCode::from(refusal.code)
        }
        Err(_) => std::process::abort(),
    }
}

fn hold_a_run() -> Result<(), Refusal> {
    let mut arguments = std::env::args_os().skip(1);
    let path = match (arguments.next().map(PathBuf::from), arguments.next()) {
        (Some(path), None) if path.is_absolute() => path,
        _ => return Err(refuse(64, "usage", "brummer-shim /RUN/DIRECTORY, started by brummerd")),
    };
    let null = std::fs::File::open("/dev/null").map_err(|error| refuse(70, "/dev/null", error))?;
    let null = sys::above_standard(null.into()).map_err(|error| refuse(70, "/dev/null", error))?;
    let connection =
        sys::take_inherited(0, null.as_fd()).map_err(|error| refuse(64, "descriptor 0", error))?;
    if sys::peer_uid(&connection).is_none() {
        return Err(refuse(64, "descriptor 0", "not the control connection; only brummerd starts a shim"));
    }
    let prepared = prepare(path, &null).inspect_err(|refusal| tell_refusal(&connection, refusal))?;
    drop(null);
    Run::begin(prepared, connection).live().map_err(|error| refuse(70, "poll", error))
}

/// Takes the lock, reads what is to be done, and opens everything that the run needs.
fn prepare(path: PathBuf, null: &OwnedFd) -> Result<Prepared, Refusal> {
    let system = |error: std::io::Error| refuse(70, "the system refuses", error);
    let inherited = sys::take_inherited(1, null.as_fd()).map_err(system)?;
    let alive = match AliveLock::from_inherited(inherited, &path) {
        Ok(alive) => alive,
        // Not handed over (some other stdout): then the lock is taken now.
        Err(_other) => AliveLock::try_take(&path)
            .map_err(|error| refuse(74, "lock file `alive`", error))?
            .ok_or_else(|| refuse(75, "lock file `alive`", "another shim holds this run"))?,
    };
    sys::stand_alone().map_err(system)?;
    let signals = sys::signals().map_err(system)?;
    // Keeps no directory busy.
    nix::unistd::chdir("/").map_err(|errno| system(errno.into()))?;
    let dir = RunDir::at(path);
    let meta = dir.read_meta().map_err(|error| refuse(78, "this run", error))?;
    let directory = std::fs::File::open(dir.path()).map_err(|error| refuse(74, "run directory", error))?;
    let keeper = Keeper::create(directory.into(), &meta).map_err(|error| refuse(74, "capture", error))?;
    let listener = dir.listen().map_err(|error| refuse(74, "control socket", error))?;
    listener.set_nonblocking(true).map_err(system)?;
    let shim = ProcId::own().map_err(system)?;
    Ok(Prepared { dir, meta, alive, signals, shim, keeper, listener })
}

/// The daemon that waits for a Hello hears why there is none.
fn tell_refusal(connection: &OwnedFd, refusal: &Refusal) {
    let mut bytes = Vec::new();
    Up::StartFailed(StartFailed { errno: 0, text: refusal.text.clone() }).encode(&mut bytes);
    // It also reads our exit code.
    let _unheard = socket::send(connection.as_fd(), &bytes, None);
}
