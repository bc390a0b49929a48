//! A process of another tool on its way into `brummer.toml`, and what makes a set of them sound: names that
//! are names, dependencies that are there and run in no circle.
//!
//! Pure: no files, no environment, no clock.

use std::collections::{BTreeMap, BTreeSet};

use brummer_event::spec::{Command, Kind, Restart};
use brummer_event::state::signal_number;

use super::super::graph;
use super::field::{Field, Notes};
use crate::names::{self, Named};
use crate::tree::Value;

/// Words for what is kept as a comment.
const KEPT: &str = "is not built into this version; kept as a comment";

#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// As it is called in its file.
    pub(super) original: String,
    /// Where it stands there.
    pub(super) place: String,
    pub(super) line: Option<usize>,
    /// Ours; set by [`settle`].
    pub(super) name: String,
    /// Said above it.
    pub(super) comments: Vec<String>,
    pub(super) run: Option<Command>,
    pub(super) dir: Option<String>,
    pub(super) env: Variables,
    /// What a profile lays over `env`, by its name.
    pub(super) profiles: BTreeMap<String, Variables>,
    pub(super) env_files: Vec<String>,
    pub(super) depends_on: Vec<Needs>,
    pub(super) autostart: Option<bool>,
    pub(super) restart: Option<Restart>,
    /// Least and greatest delay before a restart.
    pub(super) backoff: (Option<String>, Option<String>),
    pub(super) max_restarts: Option<u64>,
    pub(super) kind: Option<Kind>,
    /// Of a service: a line by which it is ready.
    pub(super) ready: Option<String>,
    pub(super) stop_signal: Option<String>,
    pub(super) stop_timeout: Option<String>,
    pub(super) stop_command: Option<Command>,
    pub(super) daemonizes: Option<bool>,
    /// Keys of parts that are not built, each a line of TOML.
    pub(super) planned: Vec<String>,
    /// Parts of `ready` that are not built: that one key, however many checks there are.
    pub(super) planned_ready: Vec<String>,
}

/// In the order of their file; nothing as a value unsets one.
pub(super) type Variables = Vec<(String, Option<String>)>;

/// Adds variables; later ones win.
fn lay_over(variables: &mut Variables, found: Variables) {
    for (name, value) in found {
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
    }
}

/// A dependency, by its name in the foreign file.
#[derive(Debug, Clone)]
pub(super) struct Needs {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) line: Option<usize>,
    /// It must have ended well: the process it names is a task.
    pub(super) succeeded: bool,
}

impl Draft {
    pub(super) fn at(field: &Field<'_>) -> Self {
        Self {
            original: field.key().to_owned(),
            place: field.place(),
            line: Some(field.line),
            ..Self::default()
        }
    }

    /// Takes `key = value` as a comment, and says so.
    pub(super) fn plan(
        &mut self,
        notes: &mut Notes,
        field: &Field<'_>,
        what: &str,
        key: &str,
        value: String,
    ) {
        field.leave(notes, format!("{what} {KEPT}"));
        self.planned.push(format!("{key} = {value}"));
    }

    /// Takes parts of a ready check as a comment, and says so.
    pub(super) fn plan_ready(&mut self, notes: &mut Notes, field: &Field<'_>, parts: Vec<String>) {
        field.leave(notes, format!("a ready check {KEPT}"));
        self.planned_ready.extend(parts);
    }

    /// The line by which it is ready; `pattern` is a regular expression, of whatever dialect.
    pub(super) fn ready_by(&mut self, notes: &mut Notes, field: &Field<'_>, pattern: &str) {
        match brummer_event::pattern::compile(pattern, false) {
            Ok(_) if pattern.is_empty() => {}
            Ok(_) => self.ready = Some(pattern.to_owned()),
            Err(error) => field.leave(notes, format!("cannot be used as it is: {error}")),
        }
    }

    /// A list of names.
    pub(super) fn needs_all(&mut self, field: &Field<'_>, notes: &mut Notes) {
        for item in field.items(notes) {
            if let Some(name) = item.text(notes) {
                self.needs(&item, &name, false);
            }
        }
    }

    /// A list of names, which are taken, or a table whose names wait for a condition each: those are given
    /// back with its word, empty if there is none.
    pub(super) fn needs_on_condition<'a>(
        &mut self,
        field: &Field<'a>,
        notes: &mut Notes,
    ) -> Vec<(Field<'a>, String)> {
        if matches!(field.node.value, Value::List(_)) {
            self.needs_all(field, notes);
            return Vec::new();
        }
        let needs = field.fields(notes).into_iter();
        needs
            .map(|need| {
                let condition = need.get("condition").and_then(|condition| condition.text(notes));
                (need, condition.unwrap_or_default())
            })
            .collect()
    }

    pub(super) fn needs(&mut self, field: &Field<'_>, name: &str, succeeded: bool) {
        let (place, line) = (field.place(), Some(field.line));
        self.depends_on.push(Needs { name: name.to_owned(), place, line, succeeded });
    }

    /// Variables; later ones win.
    pub(super) fn set(&mut self, found: Variables) {
        lay_over(&mut self.env, found);
    }

    /// Variables that count only with a profile, whose name is made one of ours.
    pub(super) fn set_in_profile(
        &mut self,
        notes: &mut Notes,
        field: &Field<'_>,
        profile: &str,
        found: Variables,
    ) {
        let name = names::map(profile, Named::Script);
        if name != profile {
            field.leave(notes, format!("is the profile `{name}` here"));
        }
        lay_over(self.profiles.entry(name).or_default(), found);
    }

    /// Ended processes are started again as often as they end, unless a number was said.
    pub(super) fn restarts_for_ever(&mut self) {
        if matches!(self.restart, Some(Restart::Always | Restart::OnFailure)) {
            self.max_restarts.get_or_insert(0);
        }
    }

    /// Restarts before it is given up, of all time there and of the last minute here; 0 is for ever.
    pub(super) fn restarts(&mut self, notes: &mut Notes, field: &Field<'_>) {
        match field.number(notes) {
            Some(count @ 0..=1000) => self.max_restarts = Some(count),
            Some(_) => {
                self.max_restarts = Some(0);
                field.leave(notes, "is more than the 1000 that can be counted here; it is never given up");
            }
            None => {}
        }
    }

    pub(super) fn signal(&mut self, notes: &mut Notes, field: &Field<'_>, signal: &str) {
        let signal = signal.trim().to_ascii_uppercase();
        let number = signal.parse::<i32>().ok();
        let named = number.map(brummer_event::state::signal_name).unwrap_or_else(|| {
            if signal.starts_with("SIG") { signal.clone() } else { format!("SIG{signal}") }
        });
        if signal_number(&named).is_some() {
            self.stop_signal = Some(named);
        } else {
            field.leave(notes, format!("{signal:?} is no signal"));
        }
    }
}

/// The places of a foreign file's names in ours, and what had to give way.
pub(super) fn settle(mut drafts: Vec<Draft>, notes: &mut Notes) -> Vec<Draft> {
    drafts.retain(|draft| {
        let runs = draft.run.is_some();
        if !runs {
            notes.add(draft.place.clone(), draft.line, "has no command that could be run; left out");
        }
        runs
    });
    name_all(&mut drafts, notes);
    let ours: BTreeMap<String, String> =
        drafts.iter().map(|draft| (draft.original.clone(), draft.name.clone())).collect();
    let mut tasks = BTreeSet::new();
    for draft in &mut drafts {
        let mut kept: Vec<Needs> = Vec::new();
        for mut needs in std::mem::take(&mut draft.depends_on) {
            match ours.get(&needs.name) {
                Some(name) => {
                    needs.name.clone_from(name);
                    if needs.succeeded {
                        tasks.insert(name.clone());
                    }
                    if !kept.iter().any(|known| known.name == needs.name) {
                        kept.push(needs);
                    }
                }
                None => {
                    let why = format!("`{}` is not among what is imported", needs.name.escape_debug());
                    notes.add(needs.place, needs.line, why);
                }
            }
        }
        draft.depends_on = kept;
    }
    for draft in drafts.iter_mut().filter(|draft| tasks.contains(&draft.name)) {
        draft.kind = Some(Kind::Task);
        // What a task does by itself.
        draft.restart = draft.restart.filter(|restart| *restart != Restart::No);
    }
    for draft in drafts.iter_mut().filter(|draft| draft.kind == Some(Kind::Task)) {
        if draft.ready.take().is_some() {
            notes.add(
                draft.place.clone(),
                draft.line,
                "is a task: it is ready once it has succeeded, not by a line",
            );
        }
    }
    cut_circles(&mut drafts, notes);
    drafts
}

fn name_all(drafts: &mut [Draft], notes: &mut Notes) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for draft in drafts {
        let wanted = names::map(&draft.original, Named::Script);
        draft.name = names::unique(&wanted, |name| taken.contains(name));
        taken.insert(draft.name.clone());
        if draft.name != draft.original {
            let original = draft.original.escape_debug();
            draft.comments.insert(0, format!("\"{original}\" there"));
            notes.add(draft.place.clone(), draft.line, format!("is called `{}` here", draft.name));
        }
    }
}

/// Takes dependencies out until nothing waits for itself.
fn cut_circles(drafts: &mut [Draft], notes: &mut Notes) {
    loop {
        let circles = {
            let nodes: Vec<(&str, Vec<&str>)> = drafts
                .iter()
                .map(|draft| {
                    let needs = draft.depends_on.iter().map(|needs| needs.name.as_str()).collect();
                    (draft.name.as_str(), needs)
                })
                .collect();
            graph::cycles(&nodes)
                .into_iter()
                .filter_map(|circle| {
                    let last = circle.last()?.to_string();
                    Some((last, circle.first()?.to_string()))
                })
                .collect::<Vec<_>>()
        };
        if circles.is_empty() {
            return;
        }
        for (from, to) in circles {
            for draft in drafts.iter_mut().filter(|draft| draft.name == from) {
                draft.depends_on.retain(|needs| {
                    if needs.name == to {
                        let why = format!("`{from}` and `{to}` wait for each other; this one is left out");
                        notes.add(needs.place.clone(), needs.line, why);
                    }
                    needs.name != to
                });
            }
        }
    }
}
