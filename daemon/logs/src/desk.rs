//! Who reads next: the runs that are ready, in turn; those that sleep until their bell or a deadline; the
//! backlog. Readers are owned here while nobody works on them, and by a thread during their turn.
//!
//! A run whose bell rings is not behind: it gets its first turn in a lane of its own, so that a line of a quiet
//! process never waits for the turns of a flood. What is left after that turn waits with the others.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use brummer_event::RunId;
use brummer_scope::clock;
use parking_lot::{Condvar, Mutex};

use crate::backlog::Backlog;
use crate::reader::{Mail, RunReader};

/// The two kinds of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// For runs that woke: one short turn each.
    Quick,
    /// For runs that are behind, and the backlog.
    Bulk,
}

#[derive(Default)]
struct State {
    /// Runs that woke.
    woken: VecDeque<Box<RunReader>>,
    ready: VecDeque<Box<RunReader>>,
    idle: HashMap<RunId, Sleeper>,
    /// Mail of every run that is here or being worked on.
    mail: HashMap<RunId, Post>,
    deadlines: BTreeSet<(u64, RunId)>,
    backlog: Option<Box<Backlog>>,
    /// Runs for the backlog that came while a thread worked on it.
    joining: VecDeque<Box<RunReader>>,
    holds: usize,
    /// Threads that are between turns or in one.
    threads: usize,
    closing: bool,
}

struct Sleeper {
    reader: Box<RunReader>,
    deadline: Option<u64>,
}

#[derive(Default)]
struct Post {
    mail: Mail,
    /// Something came: another turn is needed although the last one read dry.
    rung: bool,
}

/// What a thread is to do.
pub(crate) enum Job {
    /// A turn of a run; `contended`: others wait.
    Turn {
        reader: Box<RunReader>,
        mail: Mail,
        contended: bool,
    },
    Backlog {
        backlog: Box<Backlog>,
        mail: Vec<(RunId, Mail)>,
    },
    End,
}

pub(crate) struct Desk {
    state: Mutex<State>,
    work: Condvar,
    wakes: Condvar,
}

impl Desk {
    pub(crate) fn new(threads: usize) -> Self {
        let state = State { backlog: Some(Box::default()), threads, ..State::default() };
        Self { state: Mutex::new(state), work: Condvar::new(), wakes: Condvar::new() }
    }

    /// A run to be read; `backlog`: it has bytes that are older than this daemon.
    pub(crate) fn add(&self, reader: Box<RunReader>, backlog: bool) {
        let mut state = self.state.lock();
        state.mail.insert(reader.run, Post::default());
        if !backlog {
            state.ready.push_back(reader);
        } else if let Some(waiting) = &mut state.backlog {
            waiting.add(reader);
        } else {
            state.joining.push_back(reader);
        }
        drop(state);
        self.work.notify_one();
    }

    pub(crate) fn knows(&self, run: RunId) -> bool {
        self.state.lock().mail.contains_key(&run)
    }

    pub(crate) fn runs(&self) -> usize {
        self.state.lock().mail.len()
    }

    /// Leaves news for a run and sees that it gets a turn.
    pub(crate) fn post(&self, run: RunId, change: impl FnOnce(&mut Mail)) {
        let mut state = self.state.lock();
        let Some(post) = state.mail.get_mut(&run) else { return };
        change(&mut post.mail);
        post.rung = true;
        if let Some(sleeper) = state.idle.remove(&run) {
            if let Some(deadline) = sleeper.deadline {
                state.deadlines.remove(&(deadline, run));
            }
            state.woken.push_back(sleeper.reader);
            drop(state);
            self.wakes.notify_one();
        }
    }

    /// The backlog waits while there are holds.
    pub(crate) fn hold(&self) {
        self.state.lock().holds += 1;
    }

    pub(crate) fn release(&self) {
        let mut state = self.state.lock();
        state.holds = state.holds.saturating_sub(1);
        drop(state);
        self.work.notify_all();
    }

    /// Waits for work of this lane.
    pub(crate) fn next(&self, lane: Lane) -> Job {
        match lane {
            Lane::Quick => self.next_woken(),
            Lane::Bulk => self.next_ready(),
        }
    }

    fn next_woken(&self) -> Job {
        let mut state = self.state.lock();
        loop {
            if state.closing {
                return Job::End;
            }
            if let Some(reader) = state.woken.pop_front() {
                let mail = state.mail_of(reader.run);
                return Job::Turn { reader, mail, contended: true };
            }
            self.wakes.wait(&mut state);
        }
    }

    fn next_ready(&self) -> Job {
        let mut guard = self.state.lock();
        loop {
            let state = &mut *guard;
            if state.closing {
                return Job::End;
            }
            let now = if state.deadlines.is_empty() { 0 } else { clock::mono_ns() };
            while let Some((_, run)) =
                state.deadlines.first().copied().filter(|(deadline, _)| *deadline <= now)
            {
                state.deadlines.pop_first();
                if let Some(sleeper) = state.idle.remove(&run) {
                    state.ready.push_back(sleeper.reader);
                }
            }
            if let Some(backlog) = state.backlog_job() {
                if !state.ready.is_empty() {
                    self.work.notify_one();
                }
                return backlog;
            }
            if let Some(reader) = state.ready.pop_front() {
                let mail = state.mail_of(reader.run);
                let contended = !state.ready.is_empty();
                // Others may sleep although there is more to do.
                if contended {
                    self.work.notify_one();
                }
                return Job::Turn { reader, mail, contended };
            }
            match state.deadlines.first() {
                Some((deadline, _)) => {
                    let wait = Duration::from_nanos(deadline.saturating_sub(now));
                    self.work.wait_for(&mut guard, wait);
                }
                None => self.work.wait(&mut guard),
            }
        }
    }

    /// After a turn: there is more to read, or the reader got no room. `wake` another thread for it, unless the
    /// calling one asks for its next job at once: a lone run that went from thread to thread would leave its
    /// bytes behind in the other one's cache.
    pub(crate) fn again(&self, reader: Box<RunReader>, wake: bool) {
        self.state.lock().ready.push_back(reader);
        if wake {
            self.work.notify_one();
        }
    }

    /// After a turn that read dry: sleeps until the deadline or news.
    pub(crate) fn sleep(&self, reader: Box<RunReader>, deadline: Option<u64>) {
        let mut state = self.state.lock();
        let run = reader.run;
        if state.mail.get(&run).is_some_and(|post| post.rung) {
            // Its bell rang during the turn: it is not behind either.
            state.woken.push_back(reader);
            drop(state);
            self.wakes.notify_one();
            return;
        }
        if let Some(deadline) = deadline {
            state.deadlines.insert((deadline, run));
        }
        let soonest = state.deadlines.first().is_some_and(|(_, first)| *first == run);
        state.idle.insert(run, Sleeper { reader, deadline });
        drop(state);
        if soonest {
            // Whoever waits must wait for this deadline now.
            self.work.notify_one();
        }
    }

    /// After the last turn of a run.
    pub(crate) fn done(&self, run: RunId) {
        self.state.lock().mail.remove(&run);
    }

    /// Gives the backlog back, with what left it.
    pub(crate) fn backlog_again(&self, mut backlog: Box<Backlog>) {
        let mut state = self.state.lock();
        let joining = std::mem::take(&mut state.joining);
        joining.into_iter().for_each(|reader| backlog.add(reader));
        state.ready.extend(backlog.leaving());
        state.backlog = Some(backlog);
        drop(state);
        self.work.notify_all();
    }

    /// Ends the threads after their turn.
    pub(crate) fn close(&self) {
        self.state.lock().closing = true;
        self.work.notify_all();
        self.wakes.notify_all();
    }

    /// A thread ended; true for the last one.
    pub(crate) fn left(&self) -> bool {
        let mut state = self.state.lock();
        state.threads = state.threads.saturating_sub(1);
        state.threads == 0
    }
}

impl State {
    /// What came for a run that gets its turn.
    fn mail_of(&mut self, run: RunId) -> Mail {
        let Some(post) = self.mail.get_mut(&run) else { return Mail::default() };
        post.rung = false;
        std::mem::take(&mut post.mail)
    }

    fn backlog_job(&mut self) -> Option<Job> {
        if self.holds > 0 || self.backlog.as_ref().is_none_or(|backlog| backlog.is_empty()) {
            return None;
        }
        let backlog = self.backlog.take()?;
        let mut mail = Vec::new();
        for run in backlog.runs() {
            if let Some(post) = self.mail.get_mut(&run).filter(|post| post.rung) {
                post.rung = false;
                mail.push((run, std::mem::take(&mut post.mail)));
            }
        }
        Some(Job::Backlog { backlog, mail })
    }
}
