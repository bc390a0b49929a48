//! Bun runs the file that package.json names, scripts or not: what `bun init` makes has no script for it.

use brummer_event::spec::{Command, Kind};

use super::{Manager, PackageJson, Runner, Scripts};
use crate::choose::STARTERS;
use crate::detect::Script;

pub(super) fn add(scripts: &mut Scripts<'_>, root: &PackageJson, runner: &Runner) {
    let has_starter = root.scripts.iter().any(|(name, _)| STARTERS.contains(&name.as_str()));
    if runner.manager != Manager::Bun || has_starter {
        return;
    }
    let program = root.module.as_ref().or(root.main.as_ref());
    let Some(program) = program.filter(|file| !file.starts_with('-') && scripts.dir.join(file).is_file())
    else {
        return;
    };
    let run = Command::Exec(["bun", "run", program].map(str::to_owned).to_vec());
    let mut script = Script::new("run", run, scripts.dir, "package.json", "bun", "bun");
    script.runner_version = runner.version.clone();
    script.kind = Kind::Service;
    script.missing = scripts.look.lack_of(scripts.dir, "bun");
    script.is_default = true;
    scripts.push(script, "", "bun");
}
