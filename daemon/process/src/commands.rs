//! Commands by request id: a retry joins the work or gets the same answer, for five minutes in memory and, for
//! work that an earlier daemon began, from the database. Callers that go away end their waiting, never the work.
//!
//! **When full**: [`MOST`] answers are kept; the oldest answered one gives way, counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use brummer_event::{ProcessKey, RequestId};
use brummer_scope::{Scope, clock};
use brummer_store::processes::CommandRow;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use parking_lot::Mutex;

use crate::ProcessError;
use crate::request::Outcome;

/// Answers that are kept at most.
const MOST: usize = 10_000;

/// An answer that any number of callers may await.
pub(crate) type Answered = Shared<BoxFuture<'static, Result<Outcome, ProcessError>>>;

/// One process's part of one command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CommandKey {
    pub(crate) request: RequestId,
    pub(crate) process: ProcessKey,
    pub(crate) verb: &'static str,
}

struct Entry {
    answer: Answered,
    since_mono_ns: u64,
}

pub(crate) struct Commands {
    scope: Scope,
    memory: Duration,
    /// A leaf lock: a look and an insertion, no await, no callback.
    entries: Mutex<HashMap<CommandKey, Entry>>,
    /// What earlier daemons began within the time of memory.
    inherited: Vec<CommandRow>,
}

impl Commands {
    pub(crate) fn new(scope: Scope, memory: Duration, inherited: Vec<CommandRow>) -> Arc<Self> {
        Arc::new(Self { scope, memory, entries: Mutex::new(HashMap::new()), inherited })
    }

    /// What an earlier daemon began under this id.
    pub(crate) fn inherited(&self, key: &CommandKey) -> Option<&CommandRow> {
        self.inherited
            .iter()
            .find(|row| row.request == key.request && row.key == key.process && row.verb == key.verb)
    }

    pub(crate) fn knows(&self, key: &CommandKey) -> bool {
        self.inherited(key).is_some() || self.entries.lock().contains_key(key)
    }

    /// The answer of this command: of the work that goes on or went on under its id, else of `work`, which
    /// begins now. The flag tells which: true if it began.
    pub(crate) fn join<F>(&self, key: CommandKey, work: impl FnOnce() -> F) -> (Answered, bool)
    where
        F: Future<Output = Result<Outcome, ProcessError>> + Send + 'static,
    {
        let now = clock::mono_ns();
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.get(&key) {
            return (entry.answer.clone(), false);
        }
        self.make_room(&mut entries, now);
        let task = self.scope.spawn("command", work());
        let answer = task
            .map(|result| result.unwrap_or_else(|error| Err(ProcessError::Internal(error.to_string()))))
            .boxed()
            .shared();
        entries.insert(key, Entry { answer: answer.clone(), since_mono_ns: now });
        (answer, true)
    }

    fn make_room(&self, entries: &mut HashMap<CommandKey, Entry>, now: u64) {
        let memory = u64::try_from(self.memory.as_nanos()).unwrap_or(u64::MAX);
        // Looked through only when there are many, so that a command costs the same however many came before.
        if entries.len() < 64 || !entries.len().is_power_of_two() && entries.len() < MOST {
            return;
        }
        entries.retain(|_, entry| {
            entry.answer.peek().is_none() || now.saturating_sub(entry.since_mono_ns) < memory
        });
        if entries.len() >= MOST {
            let oldest = entries
                .iter()
                .filter(|(_, entry)| entry.answer.peek().is_some())
                .min_by_key(|(_, entry)| entry.since_mono_ns)
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                metrics::counter!("brummer_process_commands_forgotten_total").increment(1);
                entries.remove(&oldest);
            }
        }
    }
}
