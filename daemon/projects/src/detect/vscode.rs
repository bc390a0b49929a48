//! VS Code: tasks.json and launch.json.
//!
//! Tasks of type shell, process, npm, typescript, cargo, gulp and grunt, with their settings for Linux;
//! `dependsOn` becomes a dependency, in a `sequence` also of each on the one before it; `isBackground` a
//! service, whose ready check is the `endsPattern` of its background matcher. What only the editor knows (`${file}`,
//! `${input:…}`, tasks of extensions) is listed with what it lacks. Of launch.json the programs of Node,
//! Python and Go are listed; browsers and attaching debuggers are nothing to run.

mod depend;
mod launch;
mod task;
mod variable;

use super::mark::Mark;
use super::room::Room;

pub(super) const MARKS: [Mark; 2] = [Mark::file(".vscode/tasks.json"), Mark::file(".vscode/launch.json")];

pub(super) fn detect(room: &mut Room<'_>) {
    task::detect(room);
    launch::detect(room);
}

#[cfg(test)]
mod tests {
    use brummer_event::spec::{Kind, ReadyCheck};

    use crate::detect::Lack;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn every_task_is_listed_with_folder_environment_and_dependencies() {
        let vscode = fixture("vscode");
        insta::assert_snapshot!(vscode.listing());
        let by = |name: &str| vscode.detected.scripts.iter().find(|script| script.name == name).unwrap();
        assert_eq!(
            by("Serve").env,
            [("PORT".to_owned(), "3000".to_owned()), ("MODE".to_owned(), "linux".to_owned())]
        );
        assert_eq!(by("Serve").ready, Some(ReadyCheck::log("listening on \\d+")));
        let watch = by("Watch");
        assert_eq!((watch.kind, watch.ready.is_some()), (Kind::Service, true), "$tsc-watch is known");
        assert_eq!(by("Odd").ready, None);
        assert_eq!(by("All").depends_on, ["Build", "Serve"]);
        assert_eq!(by("Ordered").depends_on, ["Serve"]);
        let editor = |what: &str| Some(Lack::Foreign { what: what.to_owned(), tool: "the editor" });
        assert_eq!(by("Ask").missing, editor("${input:name}"));
        assert_eq!(by("Ask").spec().unrunnable.unwrap(), "needs ${input:name}, which only the editor has");
        let value = by("Env-value").spec().unrunnable.unwrap();
        assert_eq!(value, "needs the value of ${env:B} before it starts, which only the editor has");
        assert!(by("Single").missing.is_some(), "a shell looks for nothing between single quotes");
        assert!(by("Env").missing.is_none() && by("Env-process").missing.is_none());
        assert_eq!(by("Extension").missing, editor("tasks of type docker-build"));
        assert_eq!(by("Extension").argv(), Vec::<String>::new(), "nothing stands in for it");
        assert!(by("Circle-1").depends_on.is_empty() || by("Circle-2").depends_on.is_empty());
    }
}
