//! A configuration that was read again, as a difference to what is known. Pure.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use brummer_event::spec::{Origin, ProcessSpec};

use crate::ProcessView;

/// What becomes of one process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Nobody knows it yet.
    Add(Arc<ProcessSpec>, Place),
    /// Another form, from its next start on.
    Reform(Arc<ProcessSpec>, Place),
    /// Declared no longer. If something of it lives it goes on, with this form; none: known to be so already.
    Undeclare(Option<Arc<ProcessSpec>>),
    /// It is as it was.
    Leave,
}

/// Place among the declared ones; none for a script that was started.
pub(crate) type Place = Option<u32>;

impl Step {
    /// The form that it leads to, if it is another.
    pub(crate) fn form(&self) -> Option<(&Arc<ProcessSpec>, Place)> {
        match self {
            Self::Add(spec, place) | Self::Reform(spec, place) => Some((spec, *place)),
            Self::Undeclare(spec) => spec.as_ref().map(|spec| (spec, None)),
            Self::Leave => None,
        }
    }
}

/// What becomes of each process of a project at `dir`, of which `known` are known, when its files say `specs`:
/// first the declared ones in their order, then the others by name. Detected scripts become no processes by being
/// detected; those that already are get the new form. Ad-hoc processes are nobody's to change.
pub(crate) fn diff(known: &[Arc<ProcessView>], dir: &Path, specs: Vec<ProcessSpec>) -> Vec<(Arc<str>, Step)> {
    let (declared, detected): (Vec<_>, Vec<_>) =
        specs.into_iter().map(Arc::new).partition(|spec| spec.origin == Origin::Declared);
    let by_name: HashMap<&str, &Arc<ProcessView>> =
        known.iter().map(|view| (&*view.key.name, view)).collect();
    let mut steps = Vec::with_capacity(known.len());
    for (place, spec) in (0u32..).zip(&declared) {
        let place = Some(place);
        let step = match by_name.get(spec.name.as_str()) {
            None => Step::Add(spec.clone(), place),
            Some(view) if view.next == *spec && view.declared == place && *view.project_dir == *dir => {
                Step::Leave
            }
            Some(_) => Step::Reform(spec.clone(), place),
        };
        steps.push((Arc::from(spec.name.as_str()), step));
    }
    let mut others: Vec<&Arc<ProcessView>> =
        known.iter().filter(|view| declared.iter().all(|spec| *spec.name != *view.key.name)).collect();
    others.sort_by(|left, right| left.key.name.cmp(&right.key.name));
    for view in others {
        let script = detected.iter().find(|spec| *spec.name == *view.key.name);
        let step = match script {
            _ if view.declared.is_some() || view.next.origin == Origin::Declared => {
                let spec = script.unwrap_or(&view.next);
                let known = view.declared.is_none() && view.next == *spec;
                Step::Undeclare((!known).then(|| spec.clone()))
            }
            Some(script) if view.next.origin == Origin::Detected && view.next != *script => {
                Step::Reform(script.clone(), None)
            }
            _ => Step::Leave,
        };
        steps.push((view.key.name.clone(), step));
    }
    steps
}

#[cfg(test)]
mod tests {
    use brummer_event::ProcessState;
    use brummer_event::spec::{Command, Kind};

    use super::*;
    use crate::view::tests::view;

    fn spec(name: &str, text: &str, origin: Origin) -> ProcessSpec {
        ProcessSpec::new(name, Command::Shell(text.to_owned()), "/".into(), Kind::Service, origin)
    }

    fn known(name: &str, text: &str, origin: Origin, declared: Place) -> Arc<ProcessView> {
        let mut view = view(name, Kind::Service, ProcessState::Stopped);
        view.next = Arc::new(spec(name, text, origin));
        view.declared = declared;
        Arc::new(view)
    }

    fn words(known: &[Arc<ProcessView>], specs: Vec<ProcessSpec>) -> Vec<String> {
        let told = |(name, step): (Arc<str>, Step)| match step {
            Step::Add(_, place) => format!("add {name} at {place:?}"),
            Step::Reform(spec, place) => {
                format!("reform {name} to {:?} at {place:?}", spec.command.argv()[2])
            }
            Step::Undeclare(Some(spec)) => format!("undeclare {name} as {:?}", spec.origin),
            Step::Undeclare(None) => format!("undeclare {name} again"),
            Step::Leave => format!("leave {name}"),
        };
        diff(known, Path::new("/"), specs).into_iter().map(told).collect()
    }

    use Origin::{AdHoc, Declared, Detected};

    #[test]
    fn a_configuration_is_applied_as_a_difference() {
        type Case = (&'static str, Vec<Arc<ProcessView>>, Vec<ProcessSpec>, &'static [&'static str]);
        let api = || known("api", "a", Declared, Some(0));
        let table: Vec<Case> = vec![
            ("the same", vec![api()], vec![spec("api", "a", Declared)], &["leave api"]),
            ("new", vec![], vec![spec("api", "a", Declared)], &["add api at Some(0)"]),
            ("another", vec![api()], vec![spec("api", "b", Declared)], &["reform api to \"b\" at Some(0)"]),
            (
                "another place",
                vec![api()],
                vec![spec("db", "d", Declared), spec("api", "a", Declared)],
                &["add db at Some(0)", "reform api to \"a\" at Some(1)"],
            ),
            ("gone", vec![api()], vec![], &["undeclare api as Declared"]),
            ("gone before", vec![known("api", "a", Declared, None)], vec![], &["undeclare api again"]),
            (
                "back again",
                vec![known("api", "a", Declared, None)],
                vec![spec("api", "a", Declared)],
                &["reform api to \"a\" at Some(0)"],
            ),
            ("a script again", vec![api()], vec![spec("api", "s", Detected)], &["undeclare api as Detected"]),
            (
                "a script that was started",
                vec![known("dev", "npm", Detected, None)],
                vec![spec("dev", "pnpm", Detected), spec("build", "pnpm", Detected)],
                &["reform dev to \"pnpm\" at None"],
            ),
            (
                "a script that is configured now",
                vec![known("dev", "npm", Detected, None)],
                vec![spec("dev", "npm", Declared)],
                &["reform dev to \"npm\" at Some(0)"],
            ),
            ("a script that is gone", vec![known("dev", "npm", Detected, None)], vec![], &["leave dev"]),
            (
                "an ad-hoc process",
                vec![known("x", "x", AdHoc, None)],
                vec![spec("x", "y", Detected)],
                &["leave x"],
            ),
        ];
        for (what, known, specs, expected) in table {
            assert_eq!(words(&known, specs), expected, "{what}");
        }
    }

    #[test]
    fn a_moved_project_gets_new_forms() {
        let steps = diff(
            &[known("api", "a", Declared, Some(0))],
            Path::new("/new"),
            vec![spec("api", "a", Declared)],
        );
        assert!(matches!(&*steps, [(_, Step::Reform(..))]), "{steps:?}");
    }
}
