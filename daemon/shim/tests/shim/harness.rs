//! A run directory, a shim in it, and the daemon's end of its connection.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use brummer_capture::meta::{Cookie, StopPlan};
use brummer_capture::proc;
use brummer_capture::protocol::{Decoder, Down, Member, Message as _, PROTOCOL, State, Up};
use brummer_capture::segment::MemoryTail;
use brummer_capture::{
    AliveLock, Block, ExitPayload, ExitRecord, FrameKind, GapPayload, Meta, Position, ProcId, RunDir,
    SegmentReader, socket,
};
use brummer_event::RunId;
use nix::poll::{PollFd, PollFlags, poll};

/// Far beyond what anything here takes, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const COOKIE: Cookie = Cookie([7; 16]);

/// A frame, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) kind: FrameKind,
    pub(crate) after_exit: bool,
    pub(crate) payload: Vec<u8>,
}

/// The daemon's end of a connection.
pub(crate) struct Line {
    socket: UnixStream,
    decoder: Decoder,
    pub(crate) descriptors: Vec<OwnedFd>,
    state: Option<State>,
    tree: Vec<Member>,
}

impl Line {
    pub(crate) fn over(socket: UnixStream) -> Self {
        Self { socket, decoder: Decoder::new(), descriptors: Vec::new(), state: None, tree: Vec::new() }
    }

    pub(crate) fn say(&self, message: &Down) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.say_bytes(&bytes);
    }

    pub(crate) fn say_bytes(&self, bytes: &[u8]) {
        use std::io::Write as _;
        match (&self.socket).write_all(bytes) {
            // The run may be over before we knew.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            result => result.unwrap(),
        }
    }

    /// The next message; `None` once the shim closed.
    pub(crate) fn hear(&mut self) -> Option<Up> {
        loop {
            if let Some(message) = self.decoder.message::<Up>().unwrap() {
                match &message {
                    Up::State(state) => self.state = Some(*state),
                    Up::Tree(members) => self.tree.clone_from(members),
                    _ => {}
                }
                return Some(message);
            }
            let patience = u16::try_from(PATIENCE.as_millis()).unwrap();
            let mut entries = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            assert_ne!(poll(&mut entries, patience).unwrap(), 0, "the shim says nothing");
            let mut buffer = [0u8; 4096];
            match socket::receive(self.socket.as_fd(), &mut buffer, &mut self.descriptors) {
                Ok(0) => return None,
                Err(error) if error.raw_os_error() == Some(nix::libc::ECONNRESET) => return None,
                Ok(count) => self.decoder.feed(&buffer[..count]),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Hears until `pick` finds what it looks for.
    pub(crate) fn until<T>(&mut self, mut pick: impl FnMut(&Up) -> Option<T>) -> T {
        let mut heard = Vec::new();
        loop {
            let message =
                self.hear().unwrap_or_else(|| panic!("the shim closed; all it said was {heard:#?}"));
            if let Some(found) = pick(&message) {
                return found;
            }
            heard.push(message);
        }
    }

    /// Hears until the state is like this; it may be already.
    pub(crate) fn until_state(&mut self, pick: impl Fn(&State) -> bool) -> State {
        loop {
            if let Some(state) = self.state.filter(&pick) {
                return state;
            }
            self.hear().unwrap_or_else(|| panic!("the shim closed in state {:?}", self.state));
        }
    }

    /// Hears until the tree is like this; it may be already.
    pub(crate) fn until_tree(&mut self, pick: impl Fn(&[Member]) -> bool) -> Vec<Member> {
        while !pick(&self.tree) {
            self.hear().unwrap_or_else(|| panic!("the shim closed with {:?}", self.tree));
        }
        self.tree.clone()
    }

    pub(crate) fn started(&mut self) -> ProcId {
        self.until(|message| match message {
            Up::Started { child, .. } => Some(*child),
            Up::StartFailed(failed) => panic!("{failed:?}"),
            _ => None,
        })
    }

    pub(crate) fn exit(&mut self) -> (ExitPayload, Position) {
        self.until(|message| match message {
            Up::Exit { exit, at } => Some((exit.clone(), *at)),
            _ => None,
        })
    }
}

/// A shim with its run.
pub(crate) struct Shim {
    pub(crate) meta: Meta,
    pub(crate) dir: RunDir,
    pub(crate) line: Line,
    pub(crate) process: Child,
    pub(crate) reader: SegmentReader,
    pub(crate) block: Block,
    pub(crate) frames: Vec<Kept>,
    reaped: bool,
    _state: tempfile::TempDir,
}

/// A run of `/bin/sh -c SCRIPT`.
pub(crate) fn sh(script: &str) -> Shim {
    sh_with(script, |_| {})
}

pub(crate) fn sh_with(script: &str, change: impl FnOnce(&mut Meta)) -> Shim {
    run_with(&["/bin/sh", "-c", script], change)
}

pub(crate) fn run_with(argv: &[&str], change: impl FnOnce(&mut Meta)) -> Shim {
    let state = tempfile::tempdir().unwrap();
    let dir = RunDir::of(state.path(), RunId::generate());
    dir.create().unwrap();
    start(state, dir, argv, change)
}

pub(crate) fn start(
    state: tempfile::TempDir,
    dir: RunDir,
    argv: &[&str],
    change: impl FnOnce(&mut Meta),
) -> Shim {
    let argv = argv.iter().map(|argument| (*argument).to_owned()).collect();
    let mut meta = Meta::new(dir.run().unwrap(), COOKIE, argv, "/".into());
    meta.boot_id = proc::boot_id().unwrap();
    meta.env = vec![("PATH".into(), std::env::var("PATH").unwrap())];
    change(&mut meta);
    dir.write_meta(&meta).unwrap();
    let alive = AliveLock::try_take(dir.path()).unwrap().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let process = Command::new(env!("CARGO_BIN_EXE_brummer-shim"))
        .arg(dir.path())
        .stdin(OwnedFd::from(theirs))
        .stdout(alive.to_inherit().unwrap())
        .spawn()
        .unwrap();
    let reader = SegmentReader::new(dir.path(), Position::START);
    Shim {
        meta,
        dir,
        line: Line::over(ours),
        process,
        reader,
        block: Block::new(),
        frames: Vec::new(),
        reaped: false,
        _state: state,
    }
}

impl Shim {
    pub(crate) fn stop(&self, grace_ms: u64) {
        self.line.say(&Down::Stop(StopPlan { signal: 15, grace_ms, limit_ms: None }));
    }

    /// A new connection through `ctl.sock`.
    pub(crate) fn connect(&self, cookie: Cookie) -> Line {
        let line = Line::over(self.dir.connect().unwrap());
        line.say(&Down::Hello { protocol: PROTOCOL, run: self.meta.run, cookie });
        line
    }

    /// Reads what is in the capture now.
    pub(crate) fn read(&mut self) {
        while let Some(frame) = self.reader.next(&mut self.block).unwrap() {
            self.frames.push(Kept {
                kind: frame.kind,
                after_exit: frame.flags.after_exit(),
                payload: frame.payload.to_vec(),
            });
        }
    }

    /// Reads until `found`, woken by the doorbell.
    pub(crate) fn read_until(&mut self, found: impl Fn(&Self) -> bool) {
        loop {
            self.read();
            if found(self) {
                return;
            }
            self.line.say(&Down::Arm(self.reader.position()));
            self.line.until(|message| matches!(message, Up::Bell(_)).then_some(()));
        }
    }

    /// Reads until stdout has this text.
    pub(crate) fn read_until_text(&mut self, text: &str) {
        self.read_until(|shim| shim.text(FrameKind::Out).contains(text));
    }

    pub(crate) fn bytes(&self, kind: FrameKind) -> Vec<u8> {
        self.frames
            .iter()
            .filter(|frame| frame.kind == kind)
            .flat_map(|frame| frame.payload.clone())
            .collect()
    }

    pub(crate) fn text(&self, kind: FrameKind) -> String {
        String::from_utf8(self.bytes(kind)).unwrap()
    }

    /// Brummer's own sentences.
    pub(crate) fn marks(&self) -> Vec<String> {
        let marks = self.frames.iter().filter(|frame| frame.kind == FrameKind::Mark);
        marks.map(|frame| String::from_utf8(frame.payload.clone()).unwrap()).collect()
    }

    pub(crate) fn gaps(&self) -> Vec<GapPayload> {
        let gaps = self.frames.iter().filter(|frame| frame.kind == FrameKind::Gap);
        gaps.map(|frame| GapPayload::decode(&frame.payload).unwrap()).collect()
    }

    /// Waits for the shim's own end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let shim = ProcId::of(i32::try_from(self.process.id()).unwrap()).unwrap();
        await_end(shim);
        self.reaped = true;
        self.process.wait().unwrap()
    }

    /// Waits for the whole run, reads the whole capture, checks the last acts.
    pub(crate) fn finish(&mut self) -> ExitRecord {
        while self.line.hear().is_some() {}
        assert!(self.wait().success());
        self.read();
        assert!(!self.dir.path().join("ctl.sock").exists(), "the socket is gone");
        self.await_fallen_lock();
        let record = self.dir.read_exit().unwrap().expect("exit.json");
        assert_eq!(record.end, self.reader.position(), "the record says where the capture ends");
        let exits: Vec<&Kept> = self.frames.iter().filter(|frame| frame.kind == FrameKind::Exit).collect();
        assert_eq!(exits.len(), 1, "exactly one EXIT frame");
        assert_eq!(ExitPayload::decode(&exits[0].payload).unwrap(), record.exit());
        record
    }

    /// The lock falls with the shim, but for a moment in which a process that another test is just starting has
    /// a copy of our descriptor.
    pub(crate) fn await_fallen_lock(&self) {
        let start = std::time::Instant::now();
        while brummer_capture::alive::is_held(self.dir.path()).unwrap() {
            assert!(start.elapsed() < PATIENCE, "the lock does not fall");
            std::thread::yield_now();
        }
    }

    pub(crate) fn pid(&self) -> ProcId {
        ProcId::of(i32::try_from(self.process.id()).unwrap()).unwrap()
    }

    /// Adds the memory file that came along with the last Memory message.
    pub(crate) fn use_memory(&mut self, segment: u32, base: u64) {
        let file = self.line.descriptors.pop().expect("a descriptor came along").into();
        self.reader.set_memory(Some(MemoryTail { segment, base, file }));
    }
}

impl Drop for Shim {
    /// A test that failed leaves nothing running.
    fn drop(&mut self) {
        if self.reaped {
            return;
        }
        let shim = i32::try_from(self.process.id()).unwrap();
        for stat in proc::descendants(shim).unwrap_or_default() {
            if let Ok(pidfd) = stat.id.open() {
                let _gone = pidfd.signal(9);
            }
        }
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Waits until a process has ended (a zombie has).
pub(crate) fn await_end(id: ProcId) {
    let Ok(pidfd) = id.open() else { return };
    let mut entries = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    let patience = u16::try_from(PATIENCE.as_millis()).unwrap();
    assert_ne!(poll(&mut entries, patience).unwrap(), 0, "process {id:?} does not end");
}

/// The processes whose numbers a child printed, one a line.
pub(crate) fn pids(text: &str) -> Vec<ProcId> {
    let numbers = text.split_ascii_whitespace().filter_map(|word| word.parse().ok());
    numbers.filter_map(|pid| ProcId::of(pid).ok()).collect()
}

/// A file with this text that may be executed.
pub(crate) fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
