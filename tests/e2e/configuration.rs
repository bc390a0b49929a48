//! Configuration as a whole: what is said of it with which exit code, and the files above a project's own.

use std::path::Path;

use brummer_tests::{Home, until};

const API: &str = "[processes.api]\nrun = [\"sleep\", \"600\"]\n";

#[test]
fn warnings_alone_are_no_mistake() {
    let home = Home::new();
    let _daemon = home.daemon();
    // A key of a later version, and a directory that is not there (yet).
    let project = home.project("shop", &format!("{API}replicas = 2\ndir = \"nowhere\"\n"));
    let answer = home.ctl_in(project.dir(), ["config", "check"]).ok();
    assert!(answer.stdout.contains("warning[W102]") && answer.stdout.contains("warning[E009]"), "{answer:?}");
    assert!(answer.stderr.contains("brummer.toml: ok, 2 warnings"), "{}", answer.stderr);
    let document = home.ctl_in(project.dir(), ["config", "check", "-o", "json"]).ok().json();
    let severities: Vec<&str> = document["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnostic| diagnostic["severity"].as_str().unwrap())
        .collect();
    assert_eq!(severities, ["warning", "warning"], "{document}");
    let place = &document["diagnostics"][0];
    assert_eq!(
        (&place["code"], &place["line"], &place["key"]),
        (&"W102".into(), &3.into(), &"processes.api.replicas".into())
    );
}

#[test]
fn mistakes_are_counted_apart_from_warnings() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project =
        home.project("shop", &format!("{API}replicas = 2\nstop = {{ timeout = 10 }}\nrestrat = \"no\"\n"));
    let check = home.ctl_in(project.dir(), ["config", "check"]).code(2);
    assert!(check.stderr.contains("2 mistakes, 1 warning"), "{}", check.stderr);
    // A bare number is no duration: seconds to one tool, milliseconds to another.
    assert!(check.stdout.contains("E003") && check.stdout.contains("10s"), "{}", check.stdout);
    let document = home.ctl_in(project.dir(), ["config", "check", "-o", "json"]).code(2).json();
    assert_eq!(document["diagnostics"].as_array().unwrap().len(), 3, "{document}");
    let up = home.ctl_in(project.dir(), ["up", "-d"]).code(2);
    assert!(up.stderr.contains("the configuration has 2 mistakes, 1 warning"), "{}", up.stderr);

    project.write("brummer.toml", API);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    project.write("brummer.toml", &format!("{API}replicas = 2\nrestrat = \"no\"\n"));
    let reload = home.ctl_in(project.dir(), ["reload"]).code(2);
    assert!(reload.stderr.contains("shop: 1 mistake, 1 warning; everything stays"), "{}", reload.stderr);
}

/// Makes `dir` the root of a repository, or with `git` of a linked worktree.
fn repository(dir: &Path, git: Option<&str>) {
    std::fs::create_dir_all(dir).unwrap();
    match git {
        None => std::fs::create_dir(dir.join(".git")).unwrap(),
        Some(text) => std::fs::write(dir.join(".git"), text).unwrap(),
    }
}

#[test]
fn files_between_the_repository_and_the_project_are_read_again_when_they_change() {
    let home = Home::new();
    let _daemon = home.daemon();
    let root = home.path().join("src/mono");
    repository(&root, None);
    let project = home.project("mono/apps/web", API);
    let dir = project.dir();
    home.ctl_in(dir, ["up", "-d"]).ok();
    let mistakes = || {
        let status = home.ctl_in(dir, ["status", "-o", "json"]).ok().json();
        let projects = status["projects"].as_array().unwrap();
        projects[0]["mistakes"].as_array().unwrap().len()
    };
    // Two levels up and one, created, changed and removed; nobody asks for a reading.
    for file in ["mono/brummer.toml", "mono/apps/brummer.local.toml"] {
        let file = home.path().join("src").join(file);
        std::fs::write(&file, "[logs]\nkeep_lines = 0\n").unwrap();
        until("it is read", || (mistakes() == 1).then_some(()));
        std::fs::write(&file, "[logs]\nkeep_lines = 5\n").unwrap();
        until("it is read again", || (mistakes() == 0).then_some(()));
        let shown = home.ctl_in(dir, ["config", "show", "--sources"]).ok().stdout;
        let source = format!("logs.keep_lines = 5  # {}:2:14", file.canonicalize().unwrap().display());
        assert!(shown.contains(&source), "{shown}");
        std::fs::write(&file, "nonsense\n").unwrap();
        until("it is broken", || (mistakes() == 1).then_some(()));
        std::fs::remove_file(&file).unwrap();
        until("it is gone", || (mistakes() == 0).then_some(()));
    }
}

#[test]
fn every_profile_is_checked_also_those_that_are_not_chosen() {
    let home = Home::new();
    let _daemon = home.daemon();
    let config = "[profile.ci.processes.new]\nenv = { A = \"1\" }\n[profile.ci.processes.api]\ndepends_on = [\"db\"]\n\
                  [profile.off.processes.api]\nautostart = false\n";
    let project = home.project("shop", &format!("{API}{config}"));
    let told = home.ctl_in(project.dir(), ["config", "check"]).code(2).stdout;
    for code in ["error[E017]", "error[E004]"] {
        assert_eq!(told.matches(code).count(), 1, "{told}");
    }
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
}

#[test]
fn what_was_edited_just_now_is_shown() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", API);
    let file = home.path().join("home/.config/brummer/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    for lines in [7, 8, 9] {
        std::fs::write(&file, format!("[logs]\nkeep_lines = {lines}\n")).unwrap();
        project.write("brummer.toml", &format!("{API}env = {{ N = {lines} }}\n"));
        let shown = home.ctl_in(project.dir(), ["config", "show", "--sources"]).ok().stdout;
        for line in [format!("logs.keep_lines = {lines}  # "), format!("processes.api.env.N = \"{lines}\"")] {
            assert!(shown.contains(&line), "{line}: {shown}");
        }
    }
}

#[test]
fn layers_end_at_the_root_of_a_worktree_and_of_a_repository() {
    let home = Home::new();
    let _daemon = home.daemon();
    let main = home.path().join("src/shop");
    repository(&main, None);
    std::fs::write(main.join("brummer.toml"), "[logs]\nkeep_lines = 5\n").unwrap();
    let worktree = main.join(".worktrees/fix");
    repository(&worktree, Some("gitdir: ../../.git/worktrees/fix\n"));
    let clone = main.join("vendor/clone");
    repository(&clone, None);
    for (dir, inherits) in [(&main, true), (&worktree, false), (&clone, false)] {
        let web = dir.join("apps/web");
        std::fs::create_dir_all(&web).unwrap();
        std::fs::write(web.join("brummer.toml"), API).unwrap();
        let dir = web.to_str().unwrap();
        let shown = home.ctl(["-p", dir, "config", "show"]).ok().stdout;
        assert_eq!(shown.contains("logs.keep_lines = 5\n"), inherits, "{dir}: {shown}");
    }
}

#[test]
fn the_predecessors_file_is_read_and_each_of_its_keys_told() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", API);
    project.write(".brum.toml", "mcp_port = 7777\npreferred_package_manager = \"pnpm\"\n");
    let said = home.ctl_in(project.dir(), ["up", "-d"]).ok().stderr;
    for notice in
        [".brum.toml:1:1: `mcp_port`: MCP is not built", ".brum.toml:2:1: `preferred_package_manager`: "]
    {
        assert!(said.contains(notice), "{said}");
    }
    let check = home.ctl_in(project.dir(), ["config", "check"]).ok();
    assert!(check.stdout.contains("warning[W103]"), "{}", check.stdout);
    assert!(check.stderr.contains(".brum.toml: ok, 2 warnings"), "{}", check.stderr);

    // Alone it is no project of ours, and still something to be told of.
    let alone = home.project("alone", "");
    alone.write(".brum.toml", "mcp_port = \n");
    let scripts = home.ctl_in(alone.dir(), ["scripts"]).ok();
    assert!(scripts.stderr.contains(".brum.toml:1:1: no valid TOML"), "{}", scripts.stderr);
    let up = home.ctl_in(alone.dir(), ["up", "-d"]).code(5);
    assert!(up.stderr.contains(".brum.toml:1:1: no valid TOML"), "{}", up.stderr);
}

#[test]
fn up_without_anything_to_start_says_why() {
    let home = Home::new();
    let _daemon = home.daemon();
    let broken = home.project("broken", "");
    broken.write("package.json", "{\"scripts\":{\"dev\":");
    broken.write("docker-compose.yml", "services: [\n");
    let up = home.ctl_in(broken.dir(), ["up", "-d"]).code(5);
    for said in
        ["nothing to start here", "package.json is no valid JSON", "docker-compose.yml is no valid YAML"]
    {
        assert!(up.stderr.contains(said), "{said}: {}", up.stderr);
    }

    let root = home.project("repo", "[logs]\nkeep_lines = 5\n");
    repository(root.dir(), None);
    root.write("in/package.json", r#"{"scripts":{"dev":"true"}}"#);
    let up = home.ctl_in(&root.dir().join("in"), ["up", "-d"]).code(5);
    let root = root.dir().canonicalize().unwrap();
    let said = format!("nothing to start in {}: brummer.toml declares no process", root.display());
    assert!(up.stderr.contains(&said), "{}", up.stderr);
    // The cure works.
    home.ctl_in(&root.join("in"), ["-p", ".", "up", "-d"]).ok();
}

#[test]
fn what_is_checked_names_every_file_with_a_mistake() {
    let home = Home::new();
    let _daemon = home.daemon();
    let root = home.project("repo", "[logs]\nkeep_lines = 0\n");
    repository(root.dir(), None);
    root.write("nest/deep/brummer.toml", API);
    let check = home.ctl_in(&root.dir().join("nest/deep"), ["config", "check", "-o", "json"]).code(2).json();
    let above = root.dir().canonicalize().unwrap().join("brummer.toml").display().to_string();
    let files: Vec<&str> =
        check["files"].as_array().unwrap().iter().filter_map(|file| file.as_str()).collect();
    assert!(files.contains(&above.as_str()), "{check}");

    // Something else in the place of a file.
    let odd = home.project("odd", "");
    std::fs::create_dir(odd.dir().join("brummer.toml")).unwrap();
    let check = home.ctl_in(odd.dir(), ["config", "check"]).code(2);
    assert!(check.stdout.contains("E018") && check.stdout.contains("is no file"), "{}", check.stdout);
}
