//! Questions about lines, with names as people say them.

use brummer_event::{Level, LineCursor, ProcessKey, RunId, Stream, WallNs};
use brummer_logs::{Anchor, Count, Filter, LineView, Matcher, Page, ReadQuery};

use crate::{ProjectRef, Refusal, Selection, World};

/// Which runs of the selected processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunChoice {
    All,
    /// The newest of each.
    Last,
    Ids(Vec<RunId>),
}

/// A filter before its names are resolved.
#[derive(Debug, Clone)]
pub struct LinesAsk {
    pub selection: Selection,
    pub runs: RunChoice,
    pub streams: Option<Vec<Stream>>,
    pub min_level: Option<Level>,
    /// Each must match.
    pub texts: Vec<Matcher>,
    pub since: Option<WallNs>,
    pub until: Option<WallNs>,
    pub include_replaced: bool,
    pub context: usize,
}

impl World {
    /// The filter that the question means, and the project it is about (none with all).
    ///
    /// # Errors
    /// A project or name that is not known.
    pub async fn filter(&self, ask: LinesAsk) -> Result<(Option<ProjectRef>, Filter), Refusal> {
        let selected = self.select(&ask.selection).await?;
        let runs = match ask.runs {
            RunChoice::All => None,
            RunChoice::Ids(ids) => Some(ids),
            RunChoice::Last => {
                let registry = self.processes().snapshot();
                let last = |key: &ProcessKey| registry.get(key).and_then(|view| view.run);
                Some(selected.keys.iter().filter_map(last).collect())
            }
        };
        // Without names the project is the filter, so that processes which come later are in it too.
        let named = !ask.selection.names.is_empty();
        let filter = Filter {
            processes: named.then(|| selected.keys.clone()),
            project: selected.project.as_ref().filter(|_| !named).map(|project| project.name.clone()),
            runs,
            streams: ask.streams,
            min_level: ask.min_level,
            texts: ask.texts,
            since: ask.since,
            until: ask.until,
            include_replaced: ask.include_replaced,
            context: ask.context,
        };
        Ok((selected.project, filter))
    }

    /// A page of lines.
    ///
    /// # Errors
    /// The captures cannot be read, or the daemon is stopping.
    pub async fn read(&self, query: ReadQuery) -> Result<Page, Refusal> {
        Ok(self.logs().read(query).await?)
    }

    /// How many lines match.
    ///
    /// # Errors
    /// As [`World::read`].
    pub async fn count(&self, filter: Filter) -> Result<Count, Refusal> {
        Ok(self.logs().count(filter).await?)
    }

    /// The newest matching lines and the cursor behind everything that was looked at: a follower goes on
    /// from there without a hole.
    ///
    /// # Errors
    /// As [`World::read`].
    pub async fn newest(
        &self,
        count: usize,
        filter: &Filter,
    ) -> Result<(LineCursor, Vec<LineView>), Refusal> {
        if count == 0 {
            return Ok((self.logs().cursor_now(), Vec::new()));
        }
        let query = ReadQuery { anchor: Anchor::Last, before: count, after: 0, filter: filter.clone() };
        let page = self.read(query).await?;
        Ok((page.last, page.lines))
    }

    /// Lines of the selected processes before now are no longer shown.
    ///
    /// # Errors
    /// A name that is not known; or it could not be kept.
    pub async fn clear(&self, selection: &Selection) -> Result<(Option<ProjectRef>, LineCursor), Refusal> {
        let selected = self.select(selection).await?;
        let cursor = self.logs().clear(&selected.keys).await?;
        Ok((selected.project, cursor))
    }
}
