//! What a daemon is told about a run, as it is at this moment.

use std::os::fd::{AsFd as _, BorrowedFd};

use brummer_capture::meta::Cookie;
use brummer_capture::protocol::{MAX_TREE, Member, PROTOCOL, Phase, StartFailed, State, Up};
use brummer_capture::{ExitPayload, Position, ProcId};
use brummer_event::RunId;

use crate::control::{Due, Speaker};
use crate::keeper::Keeper;
use crate::sys::Now;

#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) run: RunId,
    pub(crate) cookie: Cookie,
    pub(crate) shim: ProcId,
    pub(crate) child: Option<ProcId>,
    /// When the child's program began to run.
    pub(crate) started: Option<Now>,
    /// Why it did not.
    pub(crate) failed: Option<StartFailed>,
    pub(crate) state: State,
    /// The living descendants, as last counted; `None` while nobody needed to count.
    pub(crate) tree: Option<Vec<Member>>,
    /// How the leader ended, and where its EXIT frame ends.
    pub(crate) exit: Option<(ExitPayload, Position)>,
    pub(crate) keeper: Keeper,
    /// A memory file was in use at some time.
    pub(crate) memory_used: bool,
    /// Bytes of the last input that did not fit.
    pub(crate) refused: u32,
}

impl Facts {
    /// Nothing has happened yet.
    pub(crate) fn new(run: RunId, cookie: Cookie, shim: ProcId, keeper: Keeper) -> Self {
        let state = State {
            phase: Phase::Starting,
            written: keeper.position(),
            others: 0,
            slowed: false,
            disk_full: false,
            missed_bytes: 0,
            output_open: false,
        };
        Self {
            run,
            cookie,
            shim,
            child: None,
            started: None,
            failed: None,
            state,
            tree: None,
            exit: None,
            keeper,
            memory_used: false,
            refused: 0,
        }
    }
}

impl Speaker for Facts {
    fn say(&self, due: Due) -> Option<Up> {
        match due {
            Due::Hello => Some(Up::Hello {
                protocol: PROTOCOL,
                run: self.run,
                cookie: self.cookie,
                shim: self.shim,
                child: self.child,
            }),
            Due::Start => match (&self.failed, self.started, self.child) {
                (Some(failed), ..) => Some(Up::StartFailed(failed.clone())),
                (None, Some(at), Some(child)) => {
                    Some(Up::Started { child, mono_ns: at.mono, wall_ns: at.wall })
                }
                _ => None,
            },
            Due::Memory => match self.keeper.memory() {
                Some(memory) => {
                    let Position { segment, offset: base } = memory.base();
                    Some(Up::Memory { segment, base })
                }
                None => self.memory_used.then_some(Up::MemoryDone),
            },
            Due::State => Some(Up::State(self.state)),
            Due::Tree => {
                self.tree.as_ref().map(|tree| Up::Tree(tree.iter().take(MAX_TREE).cloned().collect()))
            }
            Due::Exit => self.exit.as_ref().map(|(exit, at)| Up::Exit { exit: exit.clone(), at: *at }),
            Due::InputRefused => Some(Up::InputRefused { bytes: self.refused }),
            Due::Bell => Some(Up::Bell(self.keeper.position())),
        }
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.keeper.memory().map(|memory| memory.as_fd())
    }
}
