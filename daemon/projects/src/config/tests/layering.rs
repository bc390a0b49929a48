//! Which value wins, in every format, over directories and profiles.

use std::path::Path;

use super::{join, mistakes, project, script, together, user};
use crate::config::{
    Beside, Code, Diagnostic, ProjectConfig, check, convert, predecessor, read_files, render_all,
};
use brummer_event::spec::Kind;

fn shown(config: &ProjectConfig) -> Vec<String> {
    let values = config.values.iter().filter(|value| value.source != "default");
    values.map(|value| format!("{} = {} ({})", value.key, value.value, value.source)).collect()
}

fn with_profile(files: &[(&str, &str)], profile: Option<&str>) -> Result<ProjectConfig, Vec<Diagnostic>> {
    join(Path::new("/p"), &user(), &together(files), &[], profile)
}

#[test]
fn the_three_formats_say_the_same() {
    let toml = "[processes.api]\nrun = ['x', '1']\nenv = { A = 1, B = true, C = 'c' }\nenv_unset = ['D']\nstop = { timeout = '3s' }\n[logs]\nkeep_lines = 7\n";
    let yaml = "processes:\n  api:\n    run: [x, 1]\n    env: {A: 1, B: true, C: c, D: null}\n    stop:\n      timeout: 3s\nlogs:\n  keep_lines: 7\n";
    let json = r#"{"$schema": "x", "processes": {"api": {"run": ["x", 1], "env": {"A": 1, "B": true, "C": "c", "D": null}, "stop": {"timeout": "3s"}}}, "logs": {"keep_lines": 7}}"#;
    let [mut toml, mut yaml, mut json] =
        [("brummer.toml", toml), ("brummer.yaml", yaml), ("brummer.json", json)]
            .map(|file| project(&[file], &[]).unwrap_or_else(|wrong| panic!("{}", render_all(&wrong))));
    let places = |config: &mut ProjectConfig| {
        let places = std::mem::take(&mut config.declared[0].env_places);
        places.into_iter().map(|(name, place)| format!("{name} {place}")).collect::<Vec<_>>()
    };
    let of_toml =
        ["A brummer.toml:3:13", "B brummer.toml:3:20", "C brummer.toml:3:30", "D brummer.toml:4:14"];
    assert_eq!(places(&mut toml), of_toml);
    let of_yaml =
        ["A brummer.yaml:4:14", "B brummer.yaml:4:20", "C brummer.yaml:4:29", "D brummer.yaml:4:35"];
    assert_eq!(places(&mut yaml), of_yaml);
    assert_eq!(places(&mut json).len(), 4);
    assert_eq!(toml.declared[0].env_unset, ["D"]);
    assert_eq!((&toml.declared, toml.logs), (&yaml.declared, yaml.logs));
    assert_eq!((&toml.declared, toml.logs), (&json.declared, json.logs));
    let place = |config: &ProjectConfig| {
        config.values.iter().find(|v| v.key.ends_with("timeout")).unwrap().source.clone()
    };
    assert_eq!(place(&yaml), "brummer.yaml:6:16");
    assert!(
        shown(&yaml).contains(&"processes.api.env.D = null (brummer.yaml:4:35)".to_owned()),
        "{:?}",
        shown(&yaml)
    );
}

#[test]
fn a_variable_that_is_unset_can_be_set_again_above() {
    let base = "[processes.api]\nrun = 'x'\nenv = { A = '1' }\nenv_unset = ['B', 'C']\n";
    let local = "[processes.api]\nenv = { B = '2' }\nenv_unset = ['A']\n";
    let config = project(&[("brummer.toml", base), ("brummer.local.toml", local)], &[]).unwrap();
    let api = &config.declared[0];
    assert_eq!(api.env, [("B".to_owned(), "2".to_owned())]);
    assert_eq!(api.env_unset, ["A", "C"]);
    assert_eq!(api.env_places["A"], "brummer.local.toml:3:14");
    assert_eq!(api.env_places["B"], "brummer.local.toml:2:13");
    let both = mistakes("[processes.dev]\nenv = { A = '1' }\nenv_unset = ['A']\n");
    assert!(both.contains("error[E007]: `A` is both in `env` and in `env_unset`"), "{both}");
}

#[test]
fn configuring_a_script_keeps_the_variables_of_its_own_tool() {
    let mut launch = script("launch", Kind::Service);
    launch.source = ".vscode/launch.json".to_owned();
    launch.env =
        [("A", "tool"), ("B", "tool"), ("C", "tool")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    let file = ("brummer.toml", "[processes.launch]\nenv = { B = 'mine', D = 'mine' }\nenv_unset = ['C']\n");
    let config = project(&[file], &[launch.clone()]).unwrap();
    let api = &config.declared[0];
    let env: Vec<String> = api.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(env, ["A=tool", "B=mine", "D=mine"]);
    assert_eq!(api.env_unset, ["C"]);
    let (a, b) = (&api.env_places["A"], &api.env_places["B"]);
    assert_eq!((a.as_str(), b.as_str()), (".vscode/launch.json", "brummer.toml:2:13"));
    let own = ("brummer.toml", "[processes.launch]\nrun = 'mine'\n");
    let config = project(&[own], &[launch]).unwrap();
    assert!(config.declared[0].env.is_empty(), "with a command of its own it is another process");
}

#[test]
fn configuring_a_script_keeps_what_its_own_tool_starts_first_unless_told_otherwise() {
    let mut test = script("test", Kind::Task);
    test.depends_on = vec!["build".to_owned()];
    let detected = [test, script("build", Kind::Task), script("seed", Kind::Task)];
    let needs = |own: &str| {
        let text = format!("[processes.test]\nenv = {{ A = '1' }}\n{own}");
        project(&[("brummer.toml", &text)], &detected).unwrap().declared.remove(0).depends_on
    };
    assert_eq!(needs(""), ["build"]);
    assert_eq!(needs("depends_on = ['seed']\n"), ["seed"]);
}

#[test]
fn what_another_tool_keeps_apart_is_a_profile_once_imported() {
    let text = r#"{"apps": [{"name": "api", "script": "a.js", "env": {"A": "1", "B": "1", "C": null},
        "env_production": {"A": "2", "B": null}, "env_on demand": {"A": "3"}}]}"#;
    let imported = convert("ecosystem.config.json", text, None, Beside::default()).unwrap();
    let notes: Vec<String> =
        imported.notes.iter().map(|note| format!("{}: {}", note.place, note.why)).collect();
    assert_eq!(notes, ["apps.0.\"env_on demand\": is the profile `on-demand` here"]);
    let with = |profile| {
        let config = with_profile(&[("brummer.toml", &imported.text)], profile).unwrap();
        let api = config.declared.into_iter().next().unwrap();
        (api.env, api.env_unset)
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(with(None), (vec![pair("A", "1"), pair("B", "1")], vec!["C".to_owned()]));
    let unset = vec!["B".to_owned(), "C".to_owned()];
    assert_eq!(with(Some("production")), (vec![pair("A", "2")], unset));
    assert_eq!(with(Some("on-demand")).0, [pair("A", "3"), pair("B", "1")]);
}

#[test]
fn files_above_give_everything_but_processes() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().canonicalize().unwrap();
    let web = root.join("apps/web");
    std::fs::create_dir_all(&web).unwrap();
    std::fs::create_dir(root.join(".git")).unwrap();
    let write = |dir: &Path, name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    write(
        &root,
        "brummer.yaml",
        "logs: {keep_lines: 1, keep_bytes: 1MiB}\nprocesses: {root: {run: x}}\nprofile: {ci: {logs: {when_behind: gap}, processes: {no: {run: x}}}}\n",
    );
    write(&root, "brummer.local.toml", "[logs]\nring_bytes = '1MiB'\n");
    write(&root.join("apps"), "brummer.json", "{\"logs\": {\"keep_lines\": 2}}");
    write(&web, "brummer.toml", "[processes.web]\nrun = 'x'\n[logs]\nkeep_bytes = '2MiB'\n");
    let read = |profile| join(&web, &user(), &read_files(&web, None, &user()), &[], profile).unwrap();
    let config = read(None);
    let names: Vec<&str> = config.declared.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["web"]);
    assert_eq!(
        (config.logs.keep_lines, config.logs.keep_bytes, config.logs.ring_bytes),
        (Some(2), Some(2 << 20), Some(1 << 20))
    );
    assert_eq!(config.files.len(), 4);
    let config = read(Some("ci"));
    assert_eq!(config.declared.len(), 1);
    assert_eq!(config.logs.when_behind, Some(brummer_event::spec::WhenBehind::Gap));

    // Mistakes above count too, and the home directory is a border.
    write(&root, "brummer.local.toml", "[daemon]\nhttp_port = 1\n");
    let wrong = join(&web, &user(), &read_files(&web, None, &user()), &[], None).unwrap_err();
    assert_eq!((wrong.len(), wrong[0].code), (1, Code::UserOnly));
    assert_eq!(
        join(&web, &user(), &read_files(&web, Some(&root.join("apps")), &user()), &[], None)
            .unwrap()
            .files
            .len(),
        1
    );
}

#[test]
fn a_directory_has_one_file_of_each_name() {
    let temp = tempfile::tempdir().unwrap();
    for name in ["brummer.toml", "brummer.yml", "brummer.json", "brummer.local.toml"] {
        std::fs::write(temp.path().join(name), if name.ends_with("json") { "{}" } else { "" }).unwrap();
    }
    let wrong = join(temp.path(), &user(), &read_files(temp.path(), None, &user()), &[], None).unwrap_err();
    let said: Vec<&str> = wrong.iter().map(|mistake| mistake.message.as_str()).collect();
    let expected = |other: &str| format!("{other} stands beside brummer.toml; only one of them can count");
    assert_eq!(said, [expected("brummer.json"), expected("brummer.yml")]);
    assert!(wrong.iter().all(|mistake| mistake.code == Code::Duplicate));
}

#[test]
fn a_profile_wins_over_all_files_and_says_where() {
    let base = "[processes.api]\nrun = 'x'\nenv = { A = 'base', B = 'base' }\n\
                [profile.ci.processes.api]\nenv = { A = 'ci' }\nautostart = false\n\
                [profile.ci.processes.seed]\nrun = 'y'\nkind = 'task'\n[profile.ci.logs]\nkeep_lines = 9\n";
    let local = "[processes.api]\nenv = { A = 'local', B = 'local' }\n";
    let files = [("brummer.toml", base), ("brummer.local.toml", local)];
    let plain = with_profile(&files, None).unwrap();
    assert_eq!((plain.declared.len(), plain.declared[0].autostart), (1, true));
    assert_eq!(plain.declared[0].env[0].1, "local");
    let ci = with_profile(&files, Some("ci")).unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(ci.declared[0].env, [pair("A", "ci"), pair("B", "local")]);
    assert_eq!((ci.declared[0].autostart, ci.logs.keep_lines), (false, Some(9)));
    assert_eq!((ci.declared[1].name.as_str(), ci.declared[1].kind), ("seed", Kind::Task));
    assert_eq!(ci.sources["seed"], "brummer.toml");
    insta::assert_snapshot!(shown(&ci).join("\n"));

    let wrong = with_profile(&files, Some("cj")).unwrap_err();
    insta::assert_snapshot!(render_all(&wrong));
}

#[test]
fn a_profile_is_checked_with_all_of_the_files() {
    let base = "[processes.api]\nrun = 'x'\n[profile.ci.processes.api]\ndepends_on = ['db']\n[profile.ci.processes.web]\nautostart = true\n";
    assert!(with_profile(&[("brummer.toml", base)], None).is_ok());
    let wrong = with_profile(&[("brummer.toml", base)], Some("ci")).unwrap_err();
    let codes: Vec<(Code, usize)> =
        wrong.iter().map(|mistake| (mistake.code, mistake.position().0)).collect();
    assert_eq!(codes, [(Code::UnknownDependency, 4), (Code::NoCommand, 5)]);
}

#[test]
fn warnings_stop_nothing_and_name_their_key() {
    let text = "[processes.dev]\nport = 3000\nautostart = false\n";
    let config = project(&[("brummer.toml", text)], &[script("dev", Kind::Service)]).unwrap();
    assert!(!config.declared[0].autostart, "what is built counts");
    let [warning] = config.warnings.as_slice() else { panic!("{:?}", config.warnings) };
    assert_eq!((warning.code, warning.is_error()), (Code::NotBuilt, false));
    assert_eq!(warning.key.as_deref(), Some("processes.dev.port"));
    assert_eq!(check(Path::new("brummer.toml"), text).unwrap().warnings(), config.warnings);
}

#[test]
fn the_predecessors_file_is_told_whatever_is_wrong_with_it() {
    let said =
        ["mcp_port = 7777\n\n  preferred_package_manager = \"pnpm\"\n", "mcp_port = \n", "a = \"\u{1}\""];
    let said = said.map(|text| {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join(".brum.toml"), text).unwrap();
        let said = predecessor(temp.path());
        assert!(said.iter().all(|warning| !warning.is_error() && warning.hint.is_some()));
        render_all(&said).replace(&format!("{}/", temp.path().display()), "")
    });
    insta::assert_snapshot!(said.join("\n\n"));
    let temp = tempfile::tempdir().unwrap();
    std::fs::create_dir(temp.path().join(".brum.toml")).unwrap();
    assert_eq!(predecessor(temp.path())[0].message, "is no file");
    assert_eq!(predecessor(&temp.path().join("none")), Vec::new());
}

#[test]
fn beside_a_second_format_nothing_is_said_of_all_together() {
    let temp = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(temp.path().join(name), text).unwrap();
    write("brummer.toml", "[processes.api]\nrun = 'x'\nfoo = 1\n");
    write("brummer.yaml", "processes: {web: {run: y}}");
    write("brummer.local.toml", "[processes.web]\nenv = { A = '1' }\n");
    let wrong = join(temp.path(), &user(), &read_files(temp.path(), None, &user()), &[], None).unwrap_err();
    let codes: Vec<Code> = wrong.iter().map(|mistake| mistake.code).collect();
    assert_eq!(codes, [Code::UnknownKey, Code::Duplicate]);
}
