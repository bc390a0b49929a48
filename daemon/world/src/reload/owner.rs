//! The owner of reloads: hears of changed files and of people who ask, waits until a burst of changes is over,
//! and lets at most one reading of each subject go on.
//!
//! Who asks while a reading goes on gets the answer of the next one: the one that goes on may have looked too
//! early. **When stopping** it takes no more orders; who waits is told.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use brummer_event::Payload;
use brummer_projects::watch::{Interests, Subject, Watch};
use brummer_projects::{Diagnostic, ProjectsError};
use brummer_scope::clock;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::{Outcome, Works};

/// A burst of changes is over when nothing changed for so long…
const QUIET: Duration = Duration::from_millis(100);
/// …or when it has lasted so long.
const MOST: Duration = Duration::from_secs(1);

pub(super) enum Order {
    User { answer: oneshot::Sender<Vec<Diagnostic>> },
    Project { name: Arc<str>, answer: oneshot::Sender<Outcome> },
}

/// Who waits for a reading.
enum Waiter {
    User(oneshot::Sender<Vec<Diagnostic>>),
    Project(oneshot::Sender<Outcome>),
}

/// What a reading came to.
enum Read {
    User(Vec<Diagnostic>),
    Project(Outcome),
}

/// How far one subject is.
#[derive(Default)]
struct Work {
    goes_on: bool,
    /// Asked since the reading that goes on began.
    waiting: Vec<Waiter>,
    /// Of the reading that goes on.
    served: Vec<Waiter>,
    /// When the burst that goes on began, and when it counts as over.
    burst: Option<(Instant, Instant)>,
}

type Reading = Pin<Box<dyn Future<Output = (Subject, Read)> + Send>>;

struct Owner {
    works: Works,
    inbox: mpsc::Receiver<Order>,
    watch: Option<Watch>,
    interests: Interests,
    by_subject: HashMap<Subject, Work>,
    readings: FuturesUnordered<Reading>,
}

pub(super) fn spawn(works: Works, inbox: mpsc::Receiver<Order>) {
    let scope = works.scope.clone();
    let watch = match Watch::open() {
        Ok(watch) => Some(watch),
        Err(error) => {
            tracing::error!(%error, "changes of configuration files are not noticed; `brummerctl reload` reads them");
            None
        }
    };
    let owner = Owner {
        works,
        inbox,
        watch,
        interests: Interests::default(),
        by_subject: HashMap::new(),
        readings: FuturesUnordered::new(),
    };
    let _task = scope.spawn_until_cancelled("reload", owner.live());
}

impl Owner {
    async fn live(mut self) {
        let mut listed = self.works.projects.changes();
        self.look_around().await;
        loop {
            let due = self.by_subject.values().filter_map(|work| work.burst).map(|(_, over)| over).min();
            tokio::select! {
                order = self.inbox.recv() => match order {
                    Some(order) => self.ordered(order),
                    None => return,
                },
                Some((subject, read)) = self.readings.next() => self.finished(subject, read).await,
                Ok(()) = listed.changed() => self.look_around().await,
                subjects = changed(&mut self.watch) => {
                    subjects.into_iter().for_each(|subject| self.mark(subject));
                    // What is there to be watched may be something else by now.
                    self.look_around().await;
                }
                () = until(due) => self.begin_due(),
            }
        }
    }

    fn ordered(&mut self, order: Order) {
        let (subject, waiter) = match order {
            Order::User { answer } => (Subject::User, Waiter::User(answer)),
            Order::Project { name, answer } => (Subject::Project(name), Waiter::Project(answer)),
        };
        self.by_subject.entry(subject.clone()).or_default().waiting.push(waiter);
        self.begin(subject);
    }

    /// Something changed: read it once the burst is over.
    fn mark(&mut self, subject: Subject) {
        let now = Instant::now();
        let work = self.by_subject.entry(subject).or_default();
        let began = work.burst.map_or(now, |(began, _)| began);
        work.burst = Some((began, (now + QUIET).min(began + MOST)));
    }

    fn begin_due(&mut self) {
        let now = Instant::now();
        let due: Vec<Subject> = self
            .by_subject
            .iter()
            .filter(|(_, work)| work.burst.is_some_and(|(_, over)| over <= now))
            .map(|(subject, _)| subject.clone())
            .collect();
        due.into_iter().for_each(|subject| self.begin(subject));
    }

    /// Begins a reading, unless one goes on: then another follows it.
    fn begin(&mut self, subject: Subject) {
        let work = self.by_subject.entry(subject.clone()).or_default();
        if work.goes_on {
            // What changed meanwhile is asked for again when this one may be over.
            work.burst = work.burst.map(|(began, _)| (began, Instant::now() + QUIET));
            return;
        }
        (work.goes_on, work.burst) = (true, None);
        work.served = std::mem::take(&mut work.waiting);
        let (works, of) = (self.works.clone(), subject.clone());
        let task = self.works.scope.spawn("reload-one", async move {
            match &of {
                Subject::User => Read::User(user(&works).await),
                Subject::Project(name) => Read::Project(works.reload(name).await),
            }
        });
        self.readings.push(Box::pin(async move {
            let read = task.await.unwrap_or_else(|broke| match &subject {
                Subject::User => Read::User(Vec::new()),
                Subject::Project(_) => Read::Project(Outcome::Failed(ProjectsError::from(broke).into())),
            });
            (subject, read)
        }));
    }

    async fn finished(&mut self, subject: Subject, read: Read) {
        let Some(work) = self.by_subject.get_mut(&subject) else { return };
        work.goes_on = false;
        let again = !work.waiting.is_empty();
        let served = std::mem::take(&mut work.served);
        if !again && work.burst.is_none() {
            self.by_subject.remove(&subject);
        }
        if matches!((&subject, &read), (Subject::User, Read::User(mistakes)) if mistakes.is_empty()) {
            // It lies below every project's.
            let open = self.works.projects.list();
            open.iter()
                .filter(|project| project.open)
                .for_each(|project| self.mark(Subject::Project(project.name.clone())));
            self.look_around().await;
        }
        if let (Subject::Project(name), Read::Project(Outcome::Failed(refusal))) = (&subject, &read) {
            tracing::warn!(project = %name, "its configuration cannot be read again: {}", refusal.message);
        }
        for waiter in served {
            // Who went away ended its waiting, not the work.
            match (waiter, &read) {
                (Waiter::User(answer), Read::User(mistakes)) => drop(answer.send(mistakes.clone())),
                (Waiter::Project(answer), Read::Project(outcome)) => drop(answer.send(outcome.clone())),
                (Waiter::User(_), Read::Project(_)) | (Waiter::Project(_), Read::User(_)) => {}
            }
        }
        if again {
            self.begin(subject);
        }
    }

    /// Watches what there is to watch now. What is newly watched may have changed before: it is read.
    async fn look_around(&mut self) {
        let Ok(interests) = self.works.projects.interests().await else { return };
        if interests == self.interests {
            return;
        }
        let new = interests.new_since(&self.interests);
        self.interests = interests.clone();
        if let Some(watch) = &mut self.watch {
            for (dir, error) in watch.set(interests) {
                tracing::warn!(dir = %dir.display(), %error, "changes there are not noticed; `brummerctl reload` reads them");
            }
        }
        new.into_iter().for_each(|subject| self.mark(subject));
    }
}

/// Reads the user's configuration again and tells what became of it.
async fn user(works: &Works) -> Vec<Diagnostic> {
    let (old, was_broken) = (works.projects.user(), !works.projects.user_mistakes().is_empty());
    let (kind, text, mistakes) = match works.projects.reload().await {
        Ok(new) if new.values() == old.values() && !was_broken => return Vec::new(),
        Ok(_) => ("config_reloaded", "the user's configuration was read again".to_owned(), Vec::new()),
        Err(ProjectsError::Config(mistakes)) => {
            let told: Vec<String> = mistakes.iter().map(Diagnostic::brief).collect();
            ("config_broken", told.join("; "), mistakes)
        }
        // The daemon stops.
        Err(_) => return Vec::new(),
    };
    works.bus.publish_state(clock::wall_ns(), Payload::System { kind: kind.into(), text: text.into() });
    mistakes
}

async fn changed(watch: &mut Option<Watch>) -> Vec<Subject> {
    if let Some(watching) = watch {
        match watching.changed().await {
            Ok(subjects) => return subjects,
            Err(error) => {
                tracing::error!(%error, "changes of configuration files are no longer noticed");
                *watch = None;
            }
        }
    }
    std::future::pending().await
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
