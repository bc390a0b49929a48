//! Starting a shim: the run directory, what the shim is to do, the control connection, exec. The only place of
//! the daemon that builds a command.
//!
//! Everything here blocks for a moment and runs on the blocking pool. A run that cannot be brought to its shim
//! still becomes a run: the end that a shim would have written is written here, so that `logs` and `ps` tell
//! why.

use std::fs::File;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;

use brummer_capture::frame::{FrameFlags, FrameKind};
use brummer_capture::meta::{Cookie, PIPE_ERR_BYTES, PIPE_OUT_BYTES, StopPlan};
use brummer_capture::{AliveLock, ExitRecord, Meta, ProcId, RunDir, SegmentWriter, WhenBehind};
use brummer_event::spec::{ClientContext, ProcessSpec};
use brummer_event::{ExitReason, ProcessKey, RunId};
use brummer_scope::clock;

use crate::environment::{Composed, For, Layers};
use crate::record::unseen;

/// Processes up to which pipes are made larger.
const WIDE_PIPES: usize = 32;
/// Bytes of an `.env` file, at most.
const MOST_DOTENV: u64 = 1024 * 1024;

/// Executes the shim's binary through a descriptor that was opened at the daemon's start.
#[derive(Debug)]
pub(crate) struct Launcher {
    binary: File,
    path: PathBuf,
    /// Larger pipes for up to [`WIDE_PIPES`] processes fit into half of what the user may have.
    wide_pipes: bool,
}

impl Launcher {
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let wide = (PIPE_OUT_BYTES as usize + PIPE_ERR_BYTES as usize) / 4096 * WIDE_PIPES;
        // Zero means no limit; where the file is missing there is none either.
        let soft = std::fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft").ok();
        let soft = soft.and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(0);
        let wide_pipes = soft == 0 || wide <= soft / 2;
        Ok(Self { binary: File::open(path)?, path: path.to_owned(), wide_pipes })
    }

    fn exec(&self, dir: &RunDir, alive: &AliveLock) -> std::io::Result<Launched> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let program = if cfg!(target_os = "linux") {
            PathBuf::from(format!("/proc/self/fd/{}", self.binary.as_raw_fd()))
        } else {
            self.path.clone()
        };
        #[expect(clippy::disallowed_methods, reason = "the one place that starts a process: the shim")]
        let mut command = std::process::Command::new(program);
        command
            .arg0("brummer-shim")
            .arg(dir.path())
            // What belongs to the child is in meta.json; what belongs to the daemon is none of the shim's.
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::from(alive.to_inherit()?))
            .stderr(Stdio::null());
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).map_err(std::io::Error::other)?;
        // It is ours to reap, so until then its number is its own.
        let shim = ProcId::of(pid).ok();
        Ok(Launched { socket: ours, child, shim })
    }
}

/// A shim that was started.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) socket: UnixStream,
    pub(crate) child: Child,
    pub(crate) shim: Option<ProcId>,
}

/// A run that is to be.
#[derive(Debug, Clone)]
pub(crate) struct RunPlan {
    pub(crate) key: ProcessKey,
    pub(crate) run: RunId,
    pub(crate) spec: Arc<ProcessSpec>,
    /// Instead of the spec's own: for a `stop.command`.
    pub(crate) argv: Vec<String>,
    pub(crate) client: Arc<ClientContext>,
    pub(crate) runs_dir: PathBuf,
    pub(crate) boot_id: String,
    pub(crate) orphan_grace_ms: u64,
    pub(crate) when_behind: WhenBehind,
    /// Processes that live already.
    pub(crate) living: usize,
}

/// What became of a plan.
#[derive(Debug)]
pub(crate) enum Spawned {
    Launched(RunDir, Cookie, Launched),
    /// It did not get to its shim; its end is in its directory.
    Stillborn(RunDir, Cookie),
    /// Not even that could be written.
    Nothing(String),
}

/// Brings a run to its shim. Blocks.
pub(crate) fn spawn(launcher: &Launcher, plan: &RunPlan) -> Spawned {
    let dir = RunDir::of(&plan.runs_dir, plan.run);
    let cookie = match Cookie::generate() {
        Ok(cookie) => cookie,
        Err(error) => return Spawned::Nothing(format!("no randomness: {error}")),
    };
    if let Err(error) = dir.create() {
        return Spawned::Nothing(error.to_string());
    }
    let alive = match AliveLock::try_take(dir.path()) {
        Ok(Some(alive)) => alive,
        Ok(None) => return Spawned::Nothing("its run directory is in use".to_owned()),
        Err(error) => {
            return stillborn(plan, dir, cookie, &format!("cannot lock its run directory: {error}"));
        }
    };
    let meta = match meta(launcher, plan, cookie) {
        Ok(meta) => meta,
        Err(reason) => return stillborn(plan, dir, cookie, &reason),
    };
    if let Err(error) = dir.write_meta(&meta) {
        return stillborn(plan, dir, cookie, &error.to_string());
    }
    match launcher.exec(&dir, &alive) {
        Ok(launched) => Spawned::Launched(dir, cookie, launched),
        Err(error) => stillborn(plan, dir, cookie, &format!("its shim cannot be started: {error}")),
    }
}

fn meta(launcher: &Launcher, plan: &RunPlan, cookie: Cookie) -> Result<Meta, String> {
    let spec = &plan.spec;
    runnable(spec)?;
    let wide = launcher.wide_pipes && plan.living < WIDE_PIPES;
    let mut meta = Meta::new(plan.run, cookie, plan.argv.clone(), spec.dir.clone());
    meta.project = plan.key.project.to_string();
    meta.process = plan.key.name.to_string();
    Composed { variables: meta.env, sources: meta.env_sources } = environment(plan)?;
    meta.umask = plan.client.umask;
    meta.rlimits.clone_from(&plan.client.rlimits);
    meta.stdin = spec.stdin;
    meta.merge_output = spec.merge_output;
    meta.stop = stop_plan(spec);
    meta.boot_id.clone_from(&plan.boot_id);
    meta.created_mono_ns = clock::mono_ns();
    meta.created_wall_ns = clock::wall_ns();
    meta.orphan_grace_ms = plan.orphan_grace_ms;
    meta.when_behind = plan.when_behind;
    meta.keep_bytes = spec.logs.keep_bytes;
    meta.pipe_out_bytes = wide.then_some(PIPE_OUT_BYTES);
    meta.pipe_err_bytes = wide.then_some(PIPE_ERR_BYTES);
    Ok(meta)
}

/// How a process of this form is asked to stop.
pub(crate) fn stop_plan(spec: &ProcessSpec) -> StopPlan {
    let grace_ms = u64::try_from(spec.stop.timeout.as_millis()).unwrap_or(u64::MAX);
    StopPlan { signal: spec.stop.signal, grace_ms, limit_ms: None }
}

fn runnable(spec: &ProcessSpec) -> Result<(), String> {
    match &spec.unrunnable {
        Some(why) => Err(format!("it {why}")),
        None => Ok(()),
    }
}

/// What would keep a start of this from being one, as far as it can be known before. Blocks.
pub(crate) fn check(spec: &ProcessSpec, client: &ClientContext) -> Result<(), String> {
    runnable(spec)?;
    layers(spec, client).map(drop)
}

fn environment(plan: &RunPlan) -> Result<Composed, String> {
    Ok(layers(&plan.spec, &plan.client)?.finish(For { key: &plan.key, run: plan.run }))
}

fn layers(spec: &ProcessSpec, client: &ClientContext) -> Result<Layers, String> {
    let mut layers = Layers::from_client(&client.env);
    for path in &spec.env_files {
        let bytes = read_dotenv(path)?;
        layers.add_dotenv(path, &bytes).map_err(|error| format!("{}:{error}", path.display()))?;
    }
    layers.add_configured(spec);
    Ok(layers)
}

fn read_dotenv(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let shown = path.display();
    let fault = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("its env_file {shown} is not there; make it, or take it out of `env_file`")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("its env_file {shown} may not be read; `chmod u+r` it")
        }
        _ => format!("its env_file {shown} cannot be read: {error}"),
    };
    // To open a FIFO would already wait for its writer.
    if !std::fs::metadata(path).map_err(fault)?.is_file() {
        return Err(format!("its env_file {shown} is no file; name one"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(fault)?.take(MOST_DOTENV + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > MOST_DOTENV {
        return Err(format!("its env_file {shown} is larger than 1 MiB; is this the right file?"));
    }
    Ok(bytes)
}

/// Writes the end that no shim will write.
fn stillborn(plan: &RunPlan, dir: RunDir, cookie: Cookie, reason: &str) -> Spawned {
    let (mono, wall) = (clock::mono_ns(), clock::wall_ns());
    let exit =
        unseen(ExitReason::StartFailed, mono, wall, format!("cannot start `{}`: {reason}", plan.key.name));
    let written = || -> Result<(), String> {
        let directory = File::open(dir.path()).map_err(|error| error.to_string())?;
        let mut writer = SegmentWriter::create(directory.into(), brummer_capture::segment::SEGMENT_BYTES)
            .map_err(|error| error.to_string())?;
        let mut payload = Vec::new();
        exit.encode(&mut payload);
        let frame = writer
            .append(FrameKind::Exit, FrameFlags::NONE, mono, wall, &payload)
            .map_err(|error| error.to_string())?;
        let mut record = ExitRecord::new(plan.run, &exit, writer.position());
        record.exit_at = Some(frame.end);
        dir.write_exit(&record).map_err(|error| error.to_string())
    };
    match written() {
        Ok(()) => Spawned::Stillborn(dir, cookie),
        Err(error) => Spawned::Nothing(format!("{reason}; its end could not be written either: {error}")),
    }
}
