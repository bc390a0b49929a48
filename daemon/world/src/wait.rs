//! `wait`: one call, answered at once when already true, else when it becomes true or impossible. Nothing is
//! polled: supervision, followers and the bus tell.

use std::sync::Arc;

use brummer_bus::TopicSet;
use brummer_event::{Exit, LineCursor, ProcessKey, Stream, Topic};
use brummer_logs::{Filter, FollowItem, Matcher};
use brummer_process::Condition;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::{ProjectRef, Refusal, Selection, World};

/// What is waited for.
#[derive(Debug, Clone)]
pub enum WaitFor {
    Running,
    /// A service without a check is ready once it runs; a task once it has succeeded.
    Ready,
    /// The newest run ended and no other is scheduled.
    Exit,
    /// A line of the newest run, also one that is already there.
    Log(Matcher),
    /// It serves a URL.
    Url,
}

#[derive(Debug, Clone)]
pub struct WaitAsk {
    pub selection: Selection,
    pub condition: WaitFor,
    /// One of the names is enough.
    pub any: bool,
}

/// How one process stands to the condition.
#[derive(Debug, Clone)]
pub struct WaitItem {
    pub key: ProcessKey,
    pub met: bool,
    pub impossible: Option<String>,
    pub exit: Option<Exit>,
    pub url: Option<String>,
    pub line: Option<String>,
    pub never_ran: bool,
}

#[derive(Debug, Clone)]
pub struct WaitDone {
    pub project: Option<ProjectRef>,
    pub met: bool,
    pub items: Vec<WaitItem>,
}

impl WaitItem {
    fn open(key: &ProcessKey) -> Self {
        Self {
            key: key.clone(),
            met: false,
            impossible: None,
            exit: None,
            url: None,
            line: None,
            never_ran: false,
        }
    }

    fn decided(&self) -> bool {
        self.met || self.impossible.is_some()
    }
}

impl World {
    /// Waits until the condition holds for all (with `any`: one), or cannot hold any more.
    ///
    /// # Errors
    /// A name or project that is not known.
    pub async fn wait(&self, ask: WaitAsk) -> Result<WaitDone, Refusal> {
        let selected = self.select(&ask.selection).await?;
        let keys = selected.keys;
        let items = match ask.condition {
            WaitFor::Running => self.wait_supervised(&keys, Condition::Running, ask.any).await,
            WaitFor::Ready => self.wait_supervised(&keys, Condition::Ready, ask.any).await,
            WaitFor::Exit => self.wait_supervised(&keys, Condition::Exit, ask.any).await,
            WaitFor::Log(matcher) => {
                self.decide(&keys, ask.any, |key| self.wait_log(key, matcher.clone())).await
            }
            WaitFor::Url => self.decide(&keys, ask.any, |key| self.wait_url(key)).await,
        };
        let met = if ask.any { items.iter().any(|item| item.met) } else { items.iter().all(|item| item.met) };
        Ok(WaitDone { project: selected.project, met, items })
    }

    async fn wait_supervised(&self, keys: &[ProcessKey], condition: Condition, any: bool) -> Vec<WaitItem> {
        let waited = self.processes().wait(keys, condition, any).await;
        waited
            .into_iter()
            .map(|waited| WaitItem {
                met: waited.met,
                impossible: waited.impossible,
                exit: waited.exit,
                never_ran: waited.never_ran,
                ..WaitItem::open(&waited.key)
            })
            .collect()
    }

    /// Waits for each key until the whole is decided; who is still open then stays open in the answer.
    async fn decide<'a, F>(
        &'a self,
        keys: &[ProcessKey],
        any: bool,
        wait: impl Fn(ProcessKey) -> F,
    ) -> Vec<WaitItem>
    where
        F: Future<Output = WaitItem> + 'a,
    {
        let mut items: Vec<WaitItem> = keys.iter().map(WaitItem::open).collect();
        let mut open: FuturesUnordered<F> = keys.iter().cloned().map(wait).collect();
        while let Some(item) = open.next().await {
            let enough = if any { item.met } else { !item.met };
            if let Some(place) = items.iter_mut().find(|place| place.key == item.key) {
                *place = item;
            }
            if enough || items.iter().all(WaitItem::decided) {
                break;
            }
        }
        items
    }

    async fn wait_log(&self, key: ProcessKey, matcher: Matcher) -> WaitItem {
        let mut item = WaitItem::open(&key);
        let from = self.before_newest_run(&key);
        let filter = Filter {
            processes: Some(vec![key.clone()]),
            streams: Some(vec![Stream::Out, Stream::Err]),
            texts: vec![matcher],
            // A line is said, whatever is written over it.
            include_replaced: true,
            ..Filter::default()
        };
        let mut follower = self.logs().follow(from, filter, false);
        let keys = [key];
        let end = self.processes().wait(&keys, Condition::Exit, false);
        let mut end = std::pin::pin!(end);
        // Once the process has ended: everything up to here must be looked at before it is impossible.
        let mut last: Option<u64> = None;
        loop {
            let next = tokio::select! {
                next = follower.next() => next,
                ended = &mut end, if last.is_none() => {
                    if let Some(ended) = ended.into_iter().next() {
                        item.exit = ended.exit;
                        item.never_ran = ended.never_ran;
                    }
                    last = Some(self.logs().next_seq());
                    // From here on the follower is asked from where it stands, and says when it is through.
                    if self.scanned(&follower, last) {
                        break;
                    }
                    continue;
                }
            };
            match next {
                Ok(FollowItem::Lines(lines)) => {
                    if let Some(line) = lines.first() {
                        item.met = true;
                        item.line = Some(brummer_insight::strip(&line.text).into_owned());
                        return item;
                    }
                }
                Ok(FollowItem::Gap(_) | FollowItem::Progress { .. }) => {}
                Err(error) => {
                    item.impossible = Some(error.to_string());
                    return item;
                }
            }
            if self.scanned(&follower, last) {
                break;
            }
        }
        item.impossible = Some(if item.never_ran {
            "it never ran".to_owned()
        } else {
            "it ended without such a line".to_owned()
        });
        item
    }

    fn scanned(&self, follower: &brummer_logs::Follower, last: Option<u64>) -> bool {
        last.is_some_and(|last| follower.cursor().seq + 1 >= last)
    }

    /// The cursor before the first line of the newest run; before everything that comes if there is none.
    fn before_newest_run(&self, key: &ProcessKey) -> LineCursor {
        // Taken before the look: a run that begins in between says everything after it.
        let now = self.logs().cursor_now();
        match self.processes().snapshot().get(key).and_then(|view| view.run) {
            Some(run) => self.logs().before_run(key, run),
            None => now,
        }
    }

    async fn wait_url(&self, key: ProcessKey) -> WaitItem {
        let mut item = WaitItem::open(&key);
        // Subscribed before the look, so that what is found in between wakes.
        let mut found = self.bus().subscribe(TopicSet::of(Topic::Endpoint), self.bus().cursor());
        let keys = Arc::new([key.clone()]);
        let end = self.processes().wait(&*keys, Condition::Exit, false);
        let mut end = std::pin::pin!(end);
        loop {
            if let Some(url) = self.urls_of(&key).into_iter().next() {
                item.met = true;
                item.url = Some(url);
                return item;
            }
            tokio::select! {
                _delivery = found.next() => {}
                ended = &mut end => {
                    if let Some(ended) = ended.into_iter().next() {
                        item.exit = ended.exit;
                        item.never_ran = ended.never_ran;
                    }
                    item.impossible = Some("it does not run".to_owned());
                    return item;
                }
            }
        }
    }
}
