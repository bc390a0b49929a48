//! Wishes for one process.

use std::time::Duration;

use brummer_event::ProcessKey;
use brummer_event::spec::ClientContext;
use tokio::sync::oneshot;

use super::Supervisor;
use crate::ProcessError;
use crate::actor::{Ask, Verb, Wish};
use crate::commands::{Answered, CommandKey};
use crate::registry::Handle;
use crate::request::{Asker, Did, NewSpec, Outcome, StartRequest, Until, UpRequest};

/// How long the last of an ended run may take to go before what lives is said to live.
const EMPTIED: Duration = Duration::from_secs(5);

/// What goes along with a wish.
#[derive(Debug, Clone)]
pub(super) struct With {
    pub(super) client: Option<ClientContext>,
    pub(super) until: Until,
    pub(super) without_dependencies: bool,
}

impl With {
    pub(super) const NOTHING: Self =
        Self { client: None, until: Until::Running, without_dependencies: false };
}

/// A wish that was sent.
pub(super) struct Sent {
    /// Ends once the process shows that the wish was taken up (or it was sent long ago).
    accepted: Option<oneshot::Receiver<()>>,
    pub(super) answer: Answered,
}

impl Sent {
    pub(super) async fn accepted(&mut self) {
        if let Some(accepted) = self.accepted.take() {
            // Refused: then the answer says why.
            let _either = accepted.await;
        }
    }
}

impl Supervisor {
    /// Starts one process. What runs already is `AlreadyRunning`, with its run.
    ///
    /// # Errors
    /// Unknown and without a spec; the name taken where it must be new; not spawnable; ended before it was what
    /// was waited for. A failed dependency is no error but [`Did::Waiting`].
    pub async fn start(&self, request: StartRequest) -> Result<Outcome, ProcessError> {
        let StartRequest { asker, key, spec, client, until, with_dependencies, must_be_new } = request;
        // A retry finds the process that its first try made.
        let retry = self.commands.knows(&command_key(&asker, &key, Verb::Start.as_str()));
        let handle = self.registry.ensure(key.clone(), spec, must_be_new && !retry).await?;
        if !with_dependencies {
            let with = With { client, until, without_dependencies: true };
            return self.send(&handle, Verb::Start, &asker, with).answer.await;
        }
        let names = vec![key.name.to_string()];
        let project = key.project.to_string();
        let up = UpRequest { asker, project, names, client, until, with_dependencies };
        let answers = self.up(up).await?;
        let own = answers.into_iter().find(|(answered, _)| *answered == key);
        own.map_or(Err(ProcessError::NotFound { key }), |(_, answer)| answer)
    }

    /// Makes a process known without starting it, so that others can depend on it.
    ///
    /// # Errors
    /// It cannot be written down, or there are too many.
    pub async fn make_known(&self, key: ProcessKey, spec: NewSpec) -> Result<(), ProcessError> {
        self.registry.ensure(key, Some(spec), false).await.map(drop)
    }

    /// Whether a start of this process began under this request id lately (by an earlier daemon too): who gives
    /// names by himself finds by it the one that his first try gave.
    pub fn has_begun(&self, asker: &Asker, key: &ProcessKey) -> bool {
        self.commands.knows(&command_key(asker, key, Verb::Start.as_str()))
    }

    /// Stops one process: returns when its whole tree is gone.
    ///
    /// # Errors
    /// Unknown, or changed meanwhile.
    pub async fn stop(&self, asker: Asker, key: &ProcessKey) -> Result<Outcome, ProcessError> {
        let handle = self.known(key)?;
        self.send(&handle, Verb::Stop, &asker, With::NOTHING).answer.await
    }

    /// Forgets an ended process that no configuration declares. Its logs stay; who wants them gone tells the
    /// log engine.
    ///
    /// # Errors
    /// Unknown, declared, or something of it still lives.
    pub async fn remove(&self, asker: Asker, key: &ProcessKey) -> Result<Outcome, ProcessError> {
        let command = command_key(&asker, key, "remove");
        let retry = self.commands.knows(&command);
        let handle = match self.known(key) {
            Ok(handle) => handle,
            Err(_) if retry => {
                let (answer, _) = self.commands.join(command, || std::future::ready(Err(not_found(key))));
                return answer.await;
            }
            Err(error) => return Err(error),
        };
        let view = handle.cell.load();
        let (registry, shared, key) = (self.registry.clone(), self.shared.clone(), key.clone());
        let (answer, _) = self.commands.join(command, || async move {
            // Asked outside of the registry, which waits for nobody's tree.
            let emptied = handle.ask(&shared, Ask::Emptied);
            if let Ok(emptied) = tokio::time::timeout(EMPTIED, emptied).await {
                emptied?;
            }
            registry.forget(key).await?;
            Ok(Outcome { did: Did::Removed, view })
        });
        answer.await
    }

    pub(super) fn known(&self, key: &ProcessKey) -> Result<Handle, ProcessError> {
        self.shared.handle(key).ok_or_else(|| not_found(key))
    }

    /// Sends a wish, or joins the work that goes on under the same request id.
    pub(super) fn send(&self, handle: &Handle, verb: Verb, asker: &Asker, with: With) -> Sent {
        let command = command_key(asker, &handle.key, verb.as_str());
        let (accepted, accepting) = oneshot::channel();
        let before = self.commands.inherited(&command).cloned();
        let (shared, handle, asker) = (self.shared.clone(), handle.clone(), asker.clone());
        let (answer, begun) = self.commands.join(command, || async move {
            let mut goes_on = None;
            if let Some(row) = before {
                let view = handle.cell.load();
                let told = row.answer.as_deref().and_then(Did::from_text);
                // An answer that was given, or work whose effect is there: the run is another, or it ended.
                let done = match verb {
                    Verb::Start | Verb::Restart => view.run != row.run_before && !view.state.is_ended(),
                    Verb::Stop => view.state.is_ended() && view.leftovers.is_empty(),
                };
                let did = match verb {
                    Verb::Start => Did::Started,
                    Verb::Restart => Did::Restarted,
                    Verb::Stop => Did::Stopped,
                };
                // The run that it began lives; that it gets ready is still to be waited for.
                if told.is_none() && done && with.until == Until::Ready && view.ready != Some(true) {
                    goes_on = Some(did);
                } else if let Some(did) = told.or(done.then_some(did)) {
                    return Ok(Outcome { did, view });
                }
            }
            let request = asker.request.clone();
            let key = handle.key.clone();
            let outcome = handle
                .ask(&shared, |answer| {
                    Ask::Wish(Box::new(Wish {
                        verb: if goes_on.is_some() { Verb::Start } else { verb },
                        request: asker.request,
                        expected_generation: asker.expected_generation.filter(|_| goes_on.is_none()),
                        client: with.client,
                        until: with.until,
                        without_dependencies: with.without_dependencies,
                        shutdown: None,
                        accepted,
                        answer,
                    }))
                })
                .await
                .and_then(|answer| answer)
                .map(|outcome| Outcome { did: goes_on.unwrap_or(outcome.did), ..outcome });
            if let Ok(Outcome { did: did @ (Did::Started | Did::Restarted | Did::Stopped), .. }) = &outcome {
                let did = did.as_str();
                let kept = shared.store.call(move |c| {
                    brummer_store::processes::end_command(c, &request, &key, verb.as_str(), did)
                });
                if let Err(error) = kept.await {
                    tracing::warn!(%error, "an answer is remembered in memory only");
                }
            }
            outcome
        });
        Sent { accepted: begun.then_some(accepting), answer }
    }
}

fn not_found(key: &ProcessKey) -> ProcessError {
    ProcessError::NotFound { key: key.clone() }
}

fn command_key(asker: &Asker, process: &ProcessKey, verb: &'static str) -> CommandKey {
    CommandKey { request: asker.request.clone(), process: process.clone(), verb }
}
