//! Electron: the desktop shell is started by its own program where no script of the project does it.

use brummer_event::spec::Kind;

use super::{PackageJson, Runner, Scripts, Task};

const PACKAGES: [&str; 3] = ["electron", "electron-builder", "electron-packager"];

pub(super) fn add(scripts: &mut Scripts<'_>, root: &PackageJson, runner: &Runner) {
    let uses = PACKAGES.iter().any(|package| root.depends_on(package));
    let started = root.scripts.iter().any(|(_, command)| {
        command.split_whitespace().any(|word| word.starts_with("electron") && !word.starts_with("electron-b"))
    });
    // Without `main` Electron would not know what to open.
    if !uses || started || root.main.is_none() {
        return;
    }
    let dir = scripts.dir.to_owned();
    scripts.add_task(Task {
        name: "electron",
        package: "",
        directory: &dir,
        argv: runner.manager.exec("electron", &["."]),
        tool: "electron",
        source: "package.json".to_owned(),
        kind: Kind::Service,
        is_default: false,
    });
}
