//! One run: the loop that waits for everything at once, and the order in which a turn does its work.
//!
//! A turn: the children first (an exit is noticed before anything a daemon says about it), then what the
//! daemon says, then the pipes, then what time brings, last what the daemon is to be told. Between turns the
//! process sleeps in `poll`, without a timer unless something is pending.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use brummer_capture::meta::StopPlan;
use brummer_capture::proc::PidFd;
use brummer_capture::protocol::{Down, Member, Target};
use brummer_capture::{
    AliveLock, ExitPayload, FrameFlags, FrameKind, Holder, Meta, Position, ProcId, RunDir,
};
use nix::libc::{POLLIN, POLLOUT};

use crate::control::{Control, Due, MOST_PENDING, Ready};
use crate::facts::Facts;
use crate::keeper::Keeper;
use crate::launch::{self, Report};
use crate::stop::Stop;
use crate::sys::{self, NO_POLL, Now, PollEntry};

mod ending;
mod output;

/// Between two tries to move what is in memory to a disk that was full.
const RETRY_NS: u64 = 1_000_000_000;
/// How long the end of a run waits for a full disk before it gives up what is in memory.
const LAST_WAIT_NS: u64 = 60 * 1_000_000_000;

/// The leader, held by its pidfd until the tree is empty.
#[derive(Debug)]
struct Leader {
    id: ProcId,
    pidfd: PidFd,
}

/// Everything that is open before the child is started.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) dir: RunDir,
    pub(crate) meta: Meta,
    pub(crate) alive: AliveLock,
    pub(crate) signals: OwnedFd,
    pub(crate) shim: ProcId,
    pub(crate) keeper: Keeper,
    pub(crate) listener: UnixListener,
}

#[derive(Debug)]
pub(crate) struct Run {
    own: i32,
    dir: RunDir,
    /// Kept until the start has succeeded or failed; not a byte of the environment longer.
    meta: Option<Box<Meta>>,
    plan: StopPlan,
    orphan_ns: u64,
    alive: AliveLock,
    signals: OwnedFd,
    control: Control,
    facts: Facts,
    inbox: Vec<Down>,

    leader: Option<Leader>,
    /// When the child was forked.
    launched: Now,
    report: Option<OwnedFd>,
    output: output::Output,

    stop: Stop,
    /// When the stop is looked at again; looking means reading the whole tree from `/proc`.
    stop_look_at: Option<u64>,
    /// The stop's signal went to every descendant, since the leader was gone.
    asked_all: bool,
    killed: Vec<Member>,
    paused: bool,
    /// The leader ended (or there never was one).
    ended: bool,
    /// How, until its EXIT frame is written.
    unwritten_exit: Option<ExitPayload>,
    tree_empty: bool,
    armed: Option<Position>,
    retry_at: Option<u64>,
    give_up_at: Option<u64>,
}

/// Places in the list of what is waited for.
mod place {
    pub(super) const SIGNALS: usize = 0;
    pub(super) const REPORT: usize = 1;
    pub(super) const LEADER: usize = 2;
    pub(super) const ERR: usize = 3;
    pub(super) const OUT: usize = 4;
    pub(super) const STDIN: usize = 5;
    pub(super) const CONTROL: usize = 6;
}
const ENTRIES: usize = place::CONTROL + 2 + MOST_PENDING;

impl Run {
    /// Starts the child. That it cannot be started is a run too, a short one.
    pub(crate) fn begin(prepared: Prepared, connection: OwnedFd) -> Self {
        let Prepared { dir, meta, alive, signals, shim, keeper, listener } = prepared;
        let control = Control::new(meta.run, meta.cookie, listener, connection);
        let facts = Facts::new(meta.run, meta.cookie, shim, keeper);
        let mut run = Self {
            own: shim.pid,
            dir,
            plan: meta.stop,
            orphan_ns: meta.orphan_grace_ms.saturating_mul(1_000_000),
            meta: None,
            alive,
            signals,
            control,
            facts,
            inbox: Vec::new(),
            leader: None,
            launched: sys::now(),
            report: None,
            output: output::Output::new(),
            stop: Stop::new(),
            stop_look_at: None,
            asked_all: false,
            killed: Vec::new(),
            paused: false,
            ended: false,
            unwritten_exit: None,
            tree_empty: false,
            armed: None,
            retry_at: None,
            give_up_at: None,
        };
        match launch::launch(&meta) {
            Ok(launched) => {
                run.facts.child = Some(launched.child);
                run.leader = Some(Leader { id: launched.child, pidfd: launched.pidfd });
                run.report = Some(launched.report);
                run.output.open(launched.out, launched.err, launched.stdin);
                run.meta = Some(Box::new(meta));
            }
            Err(failed) => {
                run.facts.failed = Some(failed);
                run.tree_empty = true;
                run.leader_ended(None, sys::now());
            }
        }
        run.write_holder();
        run
    }

    /// Lives until the run is over and told.
    pub(crate) fn live(mut self) -> std::io::Result<()> {
        let mut now = sys::now();
        self.tell(now);
        while !self.is_over(now) {
            let mut entries = self.entries();
            sys::poll(&mut entries, self.timeout(now))?;
            now = sys::now();
            self.turn(&entries, now);
        }
        self.finish(now);
        Ok(())
    }

    fn turn(&mut self, entries: &[PollEntry; ENTRIES], now: Now) {
        let ready = |place: usize| entries.get(place).is_some_and(|entry| entry.revents != 0);
        if ready(place::REPORT) {
            self.read_report();
        }
        if ready(place::SIGNALS) {
            self.read_signals(now);
        }
        if ready(place::LEADER) {
            self.look_at_leader(now);
        }
        let ready_control = Ready {
            listener: ready(place::CONTROL),
            current: ready(place::CONTROL + 1),
            pending: std::array::from_fn(|index| ready(place::CONTROL + 2 + index)),
        };
        let mut inbox = std::mem::take(&mut self.inbox);
        self.control.receive(ready_control, now.mono, &mut inbox);
        for message in inbox.drain(..) {
            self.obey(message, now);
        }
        self.inbox = inbox;
        if ready(place::STDIN) {
            self.output.write_input();
        }
        self.read_output(ready(place::ERR), ready(place::OUT), now);
        self.watch_the_clock(now);
        self.facts.keeper.enforce(self.control.is_connected(), now);
        self.tell(now);
    }

    fn entries(&self) -> [PollEntry; ENTRIES] {
        let mut entries = [NO_POLL; ENTRIES];
        let mut put = |place: usize, entry: PollEntry| {
            if let Some(slot) = entries.get_mut(place) {
                *slot = entry;
            }
        };
        put(place::SIGNALS, sys::poll_entry(&self.signals, POLLIN));
        if let Some(report) = &self.report {
            put(place::REPORT, sys::poll_entry(report, POLLIN));
        }
        if let Some(leader) = self.leader.as_ref().filter(|_| !self.ended) {
            put(place::LEADER, sys::poll_entry(&leader.pidfd, POLLIN));
        }
        if let Some(events) = self.pipe_events() {
            let (out, err) = self.output.pipes();
            if let Some(err) = err {
                put(place::ERR, sys::poll_entry(err, events));
            }
            if let Some(out) = out {
                put(place::OUT, sys::poll_entry(out, events));
            }
        }
        if let Some(stdin) = self.output.waiting_input() {
            put(place::STDIN, sys::poll_entry(stdin, POLLOUT));
        }
        for (index, entry) in self.control.poll_entries().into_iter().enumerate() {
            put(place::CONTROL + index, entry);
        }
        entries
    }

    /// Milliseconds until time itself brings something; -1 = never.
    fn timeout(&self, now: Now) -> i32 {
        let orphaned = self.orphaned_at();
        let drained = self.output.drained_at();
        let timers = [self.stop_look_at, self.retry_at, self.give_up_at, orphaned, drained];
        match timers.into_iter().flatten().min() {
            Some(at) => i32::try_from(at.saturating_sub(now.mono).div_ceil(1_000_000)).unwrap_or(i32::MAX),
            None => -1,
        }
    }

    /// When the run is stopped for want of a daemon.
    fn orphaned_at(&self) -> Option<u64> {
        let since = self.control.alone_since().filter(|_| !self.stop.has_begun())?;
        Some(since.saturating_add(self.orphan_ns))
    }

    fn watch_the_clock(&mut self, now: Now) {
        if self.orphaned_at().is_some_and(|at| now.mono >= at) {
            let minutes = self.orphan_ns / 60_000_000_000;
            self.mark(&format!("no daemon for {minutes}m"), now);
            self.accept_stop(self.plan, now);
        }
        if self.facts.keeper.memory().is_some() {
            match self.retry_at {
                Some(at) if now.mono < at => {}
                tried => {
                    if tried.is_some() && self.facts.keeper.retry(now) {
                        self.retry_at = None;
                        self.control.tell(Due::Memory);
                    } else {
                        self.retry_at = Some(now.mono.saturating_add(RETRY_NS));
                    }
                    if tried.is_none() {
                        self.facts.memory_used = true;
                        self.control.tell(Due::Memory);
                    }
                }
            }
        }
        self.write_exit(now);
        if self.stop_look_at.is_some_and(|at| now.mono >= at) {
            self.carry_out_stop(now);
        }
        let drains = self.stop.has_begun() && self.tree_empty && self.facts.exit.is_some();
        self.output.drain(drains, now.mono);
    }

    fn obey(&mut self, message: Down, now: Now) {
        match message {
            // Checked where it is received; repeated it changes nothing. Without a terminal no size.
            Down::Hello { .. } | Down::Bye | Down::Resize { .. } => {}
            Down::Signal { signal, target } => self.signal(signal, target),
            Down::Stop(plan) => self.accept_stop(plan, now),
            Down::Input(bytes) => {
                if let Err(refused) = self.output.input(&bytes) {
                    self.facts.refused = u32::try_from(refused).unwrap_or(u32::MAX);
                    self.control.tell(Due::InputRefused);
                }
            }
            Down::Indexed(at) => self.facts.keeper.indexed(at),
            Down::Release { through } => self.facts.keeper.release(through, now),
            Down::Arm(at) => self.armed = Some(at),
            Down::Behind(when) => self.facts.keeper.set_when_behind(when),
        }
    }

    fn signal(&mut self, signal: i32, target: Target) {
        let Some(leader) = &self.leader else { return };
        match target {
            Target::Group => {
                if !sys::signal_group(leader.id.pid, signal) && !self.ended {
                    // Between fork and setsid the group does not exist yet.
                    let _gone = leader.pidfd.signal(signal);
                }
            }
            Target::Leader => {
                let _gone = leader.pidfd.signal(signal);
            }
            Target::Tree => {
                for stat in crate::tree::living(self.own) {
                    crate::tree::signal(self.own, stat.id, signal);
                }
            }
        }
    }

    fn read_report(&mut self) {
        let Some(report) = &self.report else { return };
        match launch::read_report(report) {
            Report::Pending => return,
            Report::Running => self.facts.started = Some(self.launched),
            Report::Failed(failure) => {
                self.facts.failed = self.meta.as_deref().map(|meta| launch::explain(meta, failure));
            }
        }
        self.report = None;
        self.meta = None;
        self.control.tell(Due::Start);
        sys::give_back();
    }

    fn read_signals(&mut self, now: Now) {
        let (mut children, mut asked) = (false, false);
        while let Some(signal) = sys::next_signal(&self.signals) {
            children |= signal == nix::libc::SIGCHLD;
            asked |= signal == nix::libc::SIGTERM;
        }
        if children {
            self.children_changed(now);
        }
        if asked && !self.stop.has_begun() {
            self.mark("the shim was asked to end", now);
            self.accept_stop(self.plan, now);
        }
    }

    /// Brings what the daemon is told up to date and sends what there is room for.
    fn tell(&mut self, now: Now) {
        let state = self.state();
        if state != (brummer_capture::protocol::State { written: state.written, ..self.facts.state }) {
            self.control.tell(Due::State);
        }
        self.facts.state = state;
        if self.armed.is_some_and(|armed| state.written > armed) {
            self.armed = None;
            self.control.tell(Due::Bell);
        }
        self.control.send(&self.facts, now.mono);
    }

    /// A sentence of our own in the capture.
    fn mark(&mut self, text: &str, now: Now) {
        self.facts.keeper.append(FrameKind::Mark, FrameFlags::NONE, now, text.as_bytes());
    }

    fn write_holder(&self) {
        // Only for people and for a daemon that finds the shim dead; a full disk must not stop the run.
        let _best_effort =
            self.alive.write_holder(&Holder { shim: self.facts.shim, child: self.facts.child });
    }
}
