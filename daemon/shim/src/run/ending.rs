//! How a run ends: the leader, what is left of its tree, the stop, the last acts.

use brummer_capture::meta::StopPlan;
use brummer_capture::protocol::{Member, Phase, State};
use brummer_capture::{ExitPayload, ExitRecord, FrameFlags, FrameKind, Usage};
use brummer_event::ExitReason;
use brummer_event::state::signal_name;
use nix::libc::{SIGCONT, SIGKILL, SIGSTOP, SIGTERM};

use super::{LAST_WAIT_NS, Run};
use crate::control::Due;
use crate::stop::{Act, Living};
use crate::sys::{self, Ended, Now};
use crate::tree;

/// Between two looks at the tree that nothing but time asks for.
const LEAST_PAUSE_NS: u64 = 10_000_000;

impl Run {
    /// Notices the leader's end.
    pub(super) fn look_at_leader(&mut self, now: Now) {
        if self.ended {
            return;
        }
        if let Some(ended) = self.leader.as_ref().and_then(|leader| sys::peek_ended(&leader.pidfd)) {
            self.leader_ended(Some(ended), now);
        }
    }

    /// SIGCHLD: reaps everything but the leader, which stays a zombie so that its number, and with it its
    /// group's, cannot become a stranger's while it is still signalled.
    pub(super) fn children_changed(&mut self, now: Now) {
        self.look_at_leader(now);
        let leader = self.leader.as_ref().map(|leader| leader.id.pid);
        while let Some(pid) = sys::peek_any() {
            if Some(pid) == leader {
                // It hides the zombies behind it.
                for child in brummer_capture::proc::children(self.own).unwrap_or_default() {
                    if Some(child) != leader {
                        sys::reap(child);
                    }
                }
                break;
            }
            sys::reap(pid);
        }
        if self.ended {
            self.count_leftovers();
        } else if let Some(leader) = leader {
            while let Some(stopped) = sys::job_change(leader) {
                self.paused = stopped;
            }
        }
        self.carry_out_stop(now);
    }

    /// What is left of the tree after the leader's end.
    fn count_leftovers(&mut self) {
        let leader = self.leader.as_ref().map(|leader| leader.id.pid);
        self.tree_empty = tree::is_empty_but_for(self.own, leader);
        let left = if self.tree_empty { Vec::new() } else { tree::living(self.own) };
        self.note_tree(left.iter().map(tree::member).collect());
    }

    fn note_tree(&mut self, members: Vec<Member>) {
        if members.is_empty() && self.facts.tree.is_none() {
            return;
        }
        if self.facts.tree.as_ref() != Some(&members) {
            self.facts.tree = Some(members);
            self.control.tell(Due::Tree);
        }
    }

    /// The leader ended (`None`: it was never there). Its last words come before EXIT.
    pub(super) fn leader_ended(&mut self, ended: Option<Ended>, now: Now) {
        // A failed exec is told through the report pipe, and the child's end comes right behind it.
        self.read_report();
        self.ended = true;
        self.paused = false;
        self.note_last_words();
        self.unwritten_exit = Some(self.exit_payload(ended, now));
        self.write_exit(now);
    }

    fn exit_payload(&self, ended: Option<Ended>, now: Now) -> ExitPayload {
        let started = self.facts.started.unwrap_or(self.launched);
        let mut exit = ExitPayload {
            code: None,
            signal: None,
            core: false,
            reason: ExitReason::StartFailed,
            started_mono_ns: started.mono,
            started_wall_ns: started.wall,
            ended_mono_ns: now.mono,
            ended_wall_ns: now.wall,
            usage: Usage::default(),
            detail: None,
        };
        if let Some(failed) = &self.facts.failed {
            exit.detail = Some(failed.text.clone());
        } else if let Some(ended) = ended {
            exit.code = ended.code;
            exit.signal = ended.signal;
            exit.core = ended.core;
            exit.usage = Usage {
                user_us: ended.user_us,
                system_us: ended.system_us,
                max_rss_bytes: ended.max_rss_bytes,
            };
            exit.reason = match ended.code {
                _ if self.stop.has_begun() => ExitReason::Stopped,
                Some(_) => ExitReason::Exited,
                None => ExitReason::Signaled,
            };
        }
        exit
    }

    /// Writes EXIT as soon as the last words and the frame itself find room; then tells what outlived it.
    pub(super) fn write_exit(&mut self, now: Now) {
        if self.unwritten_exit.is_none() || !self.read_last_words(now) {
            return;
        }
        let Some(exit) = self.unwritten_exit.take() else { return };
        let mut payload = Vec::new();
        exit.encode(&mut payload);
        if !self.facts.keeper.append(FrameKind::Exit, FrameFlags::NONE, now, &payload) {
            self.unwritten_exit = Some(exit);
            return;
        }
        self.last_words_are_told();
        self.facts.exit = Some((exit, self.facts.keeper.position()));
        self.control.tell(Due::Exit);
        self.count_leftovers();
        if let Some(left) = self.facts.tree.clone().filter(|left| !left.is_empty() && !self.stop.has_begun())
        {
            let what = if left.len() == 1 { "process" } else { "processes" };
            self.mark(&format!("{} {what} outlived it: {}", left.len(), tree::names(left.iter())), now);
        }
    }

    /// Accepts a stop plan; carried out from here on without anyone's help.
    pub(super) fn accept_stop(&mut self, plan: StopPlan, now: Now) {
        // Who ended by itself before this moment was not stopped.
        self.look_at_leader(now);
        self.stop.accept(plan, now.mono);
        self.carry_out_stop(now);
    }

    /// Does what the stop asks for now.
    pub(super) fn carry_out_stop(&mut self, now: Now) {
        self.stop_look_at = None;
        let over = self.ended && self.tree_empty;
        if !self.stop.has_begun() || self.stop.gave_up() || over {
            return;
        }
        let leader = self.leader.as_ref().map(|leader| leader.id.pid);
        loop {
            let living = tree::living(self.own);
            let in_group = |stat: &brummer_capture::proc::ProcStat| {
                Some(stat.group) == leader || Some(stat.id.pid) == leader
            };
            let any = !living.is_empty();
            let asked = if self.asked_all { any } else { living.iter().any(in_group) };
            let act = self.stop.next(now.mono, Living { asked, any });
            let members: Vec<Member> = living.iter().map(tree::member).collect();
            match act {
                None => {
                    self.note_tree(members);
                    let soonest = now.mono.saturating_add(LEAST_PAUSE_NS);
                    self.stop_look_at = self.stop.timer().map(|at| at.max(soonest));
                    return;
                }
                Some(Act::Ask) => self.ask(&members, now),
                Some(Act::Terminate) => self.terminate(&members, now),
                Some(Act::Kill) => self.kill(members, now),
                Some(Act::GiveUp) => {
                    let names = tree::names(members.iter());
                    self.mark(&format!("{} could not be killed: {names}", members.len()), now);
                }
            }
        }
    }

    fn ask(&mut self, members: &[Member], now: Now) {
        let signal = self.stop.signal();
        self.mark(&format!("stop: {}", signal_name(signal)), now);
        if self.ended {
            self.asked_all = true;
            for member in members {
                tree::signal(self.own, member.id, signal);
                tree::signal(self.own, member.id, SIGCONT);
            }
        } else {
            self.signal(signal, brummer_capture::protocol::Target::Group);
            self.signal(SIGCONT, brummer_capture::protocol::Target::Group);
        }
    }

    fn terminate(&mut self, members: &[Member], now: Now) {
        let names = tree::names(members.iter());
        self.mark(&format!("stop: SIGTERM to {} still there: {names}", members.len()), now);
        for member in members {
            tree::signal(self.own, member.id, SIGTERM);
            tree::signal(self.own, member.id, SIGCONT);
        }
    }

    /// One pass: everything is frozen first, so that nobody forks while the others are killed.
    fn kill(&mut self, members: Vec<Member>, now: Now) {
        for member in &members {
            tree::signal(self.own, member.id, SIGSTOP);
        }
        let mut fresh = Vec::new();
        for member in members {
            if tree::signal(self.own, member.id, SIGKILL)
                && self.killed.iter().all(|known| known.id != member.id)
            {
                fresh.push(member);
            }
        }
        if !fresh.is_empty() {
            let ignored = match self.stop.signal() {
                _ if !self.stop.asked() => String::new(),
                signal => format!(" that ignored {}", signal_name(signal)),
            };
            self.mark(&format!("killed {}{ignored}: {}", fresh.len(), tree::names(fresh.iter())), now);
            self.killed.extend(fresh);
        }
    }

    pub(super) fn state(&self) -> State {
        let stopping = self.stop.has_begun() && !self.stop.gave_up();
        let phase = if self.ended {
            if stopping && !self.tree_empty { Phase::Stopping } else { Phase::Ended }
        } else if stopping {
            Phase::Stopping
        } else if self.facts.started.is_none() {
            Phase::Starting
        } else if self.paused {
            Phase::Paused
        } else {
            Phase::Running
        };
        let leader = self.leader.as_ref().map(|leader| leader.id);
        let others = self.facts.tree.iter().flatten().filter(|member| Some(member.id) != leader).count();
        State {
            phase,
            written: self.facts.keeper.position(),
            others: u32::try_from(others).unwrap_or(u32::MAX),
            slowed: self.is_slowed(),
            disk_full: self.facts.keeper.memory().is_some(),
            missed_bytes: self.facts.keeper.missed(),
            output_open: self.output.is_open(),
        }
    }

    /// The leader's end is told, its tree is gone, its pipes are closed, and the disk has it all (or had its
    /// chance).
    pub(super) fn is_over(&mut self, now: Now) -> bool {
        if !self.ended || !self.tree_empty || self.output.is_open() {
            return false;
        }
        if self.unwritten_exit.is_none() && self.facts.keeper.memory().is_none() {
            return true;
        }
        let until = *self.give_up_at.get_or_insert(now.mono.saturating_add(LAST_WAIT_NS));
        now.mono >= until
    }

    /// The last acts, in this order: the leader is reaped, `exit.json`, `ctl.sock` goes, everything due is
    /// told. No acknowledgement is waited for; the lock falls with the process.
    pub(super) fn finish(mut self, now: Now) {
        if let Some(leader) = &self.leader {
            sys::reap(leader.id.pid);
        }
        let (exit, exit_at) = match (self.facts.exit.take(), self.unwritten_exit.take()) {
            (Some((exit, at)), _) => (exit, Some(at)),
            (None, Some(exit)) => (exit, None),
            (None, None) => (self.exit_payload(None, now), None),
        };
        let mut record = ExitRecord::new(self.facts.run, &exit, self.facts.keeper.position());
        record.exit_at = exit_at;
        record.missed_bytes = self.facts.keeper.missed();
        record.killed =
            self.killed.iter().map(|member| format!("{} ({})", member.name, member.id.pid)).collect();
        self.facts.exit = exit_at.map(|at| (exit, at));
        // Where this fails the next daemon finds a dead shim without a last word, and says `lost`.
        let _told = self.dir.write_exit(&record);
        let _gone = self.dir.unlink_control();
        self.tell(now);
        self.control.finish();
    }
}
