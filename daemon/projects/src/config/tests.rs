//! The configuration as its users meet it: every mistake with its place, layers, no key without effect.

use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, Kind, Origin, ReadyCheck, Restart, Stdin};
use proptest::prelude::*;

use super::project::files::Files;
use super::schema::{self, Key, Kind as Holds};
use super::*;
use crate::detect::Script;

fn user() -> UserConfig {
    UserConfig::builtin().unwrap()
}

fn script(name: &str, kind: Kind) -> Script {
    let run = Command::Exec(vec!["npm".to_owned(), "run".to_owned(), name.to_owned()]);
    let script = Script::new(name, run, Path::new("/p/web"), "package.json", "node", "npm");
    Script { kind, ..script }
}

fn together(files: &[(&str, &str)]) -> Files {
    let mut together = Files::beside(Path::new("/u/config.yaml"));
    for (name, text) in files {
        together.add(Path::new(name), text, false);
    }
    together
}

fn project(files: &[(&str, &str)], detected: &[Script]) -> Result<ProjectConfig, Vec<Diagnostic>> {
    join(Path::new("/p"), &user(), &together(files), detected, None)
}

fn mistakes(text: &str) -> String {
    with_cures(&project(&[("brummer.toml", text)], &[script("dev", Kind::Service)]).unwrap_err())
}

fn user_mistakes(text: &str) -> String {
    let file = Path::new("config.toml");
    with_cures(&UserConfig::check(Some((file, text)), &Environment::new()).unwrap_err())
}

/// Whatever is wrong, there is something to be done about it.
fn with_cures(wrong: &[Diagnostic]) -> String {
    for diagnostic in wrong {
        assert!(diagnostic.hint.is_some(), "no cure: {diagnostic:?}");
    }
    render_all(wrong)
}

mod agreement;
mod broken;
mod layering;

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    insta::assert_snapshot!(mistakes(
        r#"
version = 2
[process.api]
run = "x"

[processes.api]
run = ""
dpends_on = ["db"]
restart = "on_failure"
autostart = "yes"
stdin = "tty"
env = { PORT = 3000, BRUMMER_RUN = "x", "A=B" = "y", list = [1] }

[processes.api.stop]
signal = "SIGTREM"
timeout = 10
command = []

[processes."my api"]
run = [1.5, "x"]
depends_on = "db"
merge_output = 1

[processes.worker]
run = { cmd = "x" }
kind = "daemon"
env_file = [1]
dir = ""

[logs]
keep_line = 5
keep_lines = 0
keep_bytes = "256 mib"
keep_total = "1GiB"
when_behind = 7
ring_bytes = { process = "1MiB", total = "1GiB" }

[daemon]
http_port = 1
"#
    ));
}

#[test]
fn text_that_is_no_toml_says_where() {
    insta::assert_snapshot!(mistakes("[processes.api]\nrun = \"x\nkind = 1\n"));
    insta::assert_snapshot!(mistakes("[processes.api]\nrun = \"x\"\n[processes.api]\nrun = \"y\"\n"));
}

#[test]
fn what_needs_all_files_is_checked_over_all_files() {
    insta::assert_snapshot!(mistakes(
        r#"
[processes.api]
run = "x"
depends_on = ["dv", "nobody"]

[processes.a]
run = "x"
depends_on = ["b"]

[processes.b]
run = "x"
depends_on = ["api", "c"]

[processes.c]
run = "x"
depends_on = ["a", "c"]

[processes.deev]
env = { A = "1" }
"#
    ));
}

#[test]
fn a_wrong_value_hides_no_other_mistake_and_makes_none() {
    let text = r#"
[processes.a]
run = 1
autostrt = true
depends_on = ["b", "d"]

[processes.b]
rnu = "x"
depends_on = ["a", "nobody"]

[processes]
d = 1
"#;
    let wrong = project(&[("brummer.toml", text)], &[]).unwrap_err();
    let codes: Vec<String> = wrong.iter().map(|d| format!("{} {}", d.position().0, d.code)).collect();
    assert_eq!(
        codes,
        ["3 E002", "4 E001", "5 E005", "8 E001", "9 E004", "12 E002"],
        "none says `no command`"
    );
}

#[test]
fn the_users_file_has_its_own_keys() {
    insta::assert_snapshot!(user_mistakes(
        r#"
[concurrency.eventbus]
worker_pool_size = "many"
queue_buffer_size = -1
backpressure_strategy = "degrad"

[concurrency.log_store]
timeout_ms = "50ms"

[logs]
keep_age = 7
fsync = "never"
ring_bytes = true

[daemon]
http_port = 99999

[project.shop]
resume = 1

[processes.api]
run = "x"
"#
    ));
}

#[test]
fn a_full_project_becomes_its_specs() {
    let config = project(
        &[(
            "brummer.toml",
            r#"
[processes.web]
run = ["npm", "run", "dev"]
dir = "./apps/web"
env = { PORT = 3000, DEBUG = true, RATE = 1.50 }
env_file = ".env.local"
depends_on = ["seed", "api", "seed"]
stop = { signal = "int", timeout = "1m30s", command = "echo bye" }

[processes.seed]
run = "sh seed.sh"
kind = "task"

[processes.api]
run = "exec ./api"
autostart = false
restart = "always"
stdin = "null"
merge_output = true
daemonizes = true
restart_on_change = true

[processes.dev]
env = { A = "1" }
"#,
        )],
        &[script("dev", Kind::Service), script("build", Kind::Task)],
    )
    .unwrap();
    let [web, seed, api, dev] = config.declared.as_slice() else { panic!("{:?}", config.declared) };
    assert_eq!(web.command, Command::Exec(vec!["npm".into(), "run".into(), "dev".into()]));
    assert_eq!(web.dir, PathBuf::from("/p/apps/web"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(web.env, vec![pair("DEBUG", "true"), pair("PORT", "3000"), pair("RATE", "1.50")]);
    assert_eq!(web.env_files, vec![PathBuf::from("/p/.env.local")]);
    assert_eq!(web.depends_on, vec!["seed", "api"]);
    assert_eq!((web.stop.signal, web.stop.timeout.as_secs()), (2, 90));
    assert_eq!(web.stop.command, Some(Command::Shell("echo bye".to_owned())));
    assert_eq!((web.kind, web.restart, web.stdin), (Kind::Service, Restart::OnFailure, Stdin::Open));
    assert_eq!((seed.kind, seed.restart, seed.stdin), (Kind::Task, Restart::No, Stdin::Null));
    assert_eq!((api.autostart, api.restart, api.stdin), (false, Restart::Always, Stdin::Null));
    assert!(api.merge_output && api.daemonizes && api.restart_on_change && web.autostart);
    assert!(!web.restart_on_change);
    assert_eq!(dev.command, script("dev", Kind::Service).run, "a detected name is configured");
    assert_eq!((dev.dir.as_path(), dev.origin), (Path::new("/p/web"), Origin::Declared));
    assert_eq!(dev.env, vec![pair("A", "1")]);
}

#[test]
fn a_local_file_wins_key_by_key_and_keeps_the_order() {
    let config = project(
        &[
            (
                "brummer.toml",
                "[processes.b]\nrun = \"b\"\nenv = { A = \"1\", B = \"1\" }\n[processes.a]\nrun = \"a\"",
            ),
            (
                "brummer.local.toml",
                "[processes.c]\nrun = \"c\"\n[processes.b]\nautostart = false\nenv = { A = \"2\" }",
            ),
        ],
        &[],
    )
    .unwrap();
    let names: Vec<&str> = config.declared.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
    let b = &config.declared[0];
    assert!(!b.autostart);
    assert_eq!(b.env, vec![("A".to_owned(), "2".to_owned()), ("B".to_owned(), "1".to_owned())]);
    assert_eq!(config.sources["c"], "brummer.local.toml");
    assert_eq!(config.sources["b"], "brummer.toml");
}

#[test]
fn every_value_tells_its_source() {
    let environment = Environment::from([("BRUMMER_LOGS__KEEP_BYTES".to_owned(), "1GiB".to_owned())]);
    let text = "[logs]\nkeep_lines = 1\nkeep_bytes = 1\n[daemon]\nhttp_port = 8000\n";
    let user = UserConfig::check(Some((Path::new("/u/config.toml"), text)), &environment).unwrap();
    assert_eq!((user.logs.keep_lines, user.logs.keep_bytes), (1, 1 << 30));
    assert!(user.daemon.http_port_by_hand && user.daemon.http_port == 8000);
    let text = "[processes.api]\nrun = \"x\"\n[processes.'a.b']\nrun = 'y'\n[logs]\nkeep_lines = 2\nring_bytes = '1MiB'\nkeep_bytes = 9\n";
    let files = together(&[("/p/brummer.toml", text)]);
    let config = join(Path::new("/p"), &user, &files, &[], None).unwrap();
    let logs = config.logs;
    assert_eq!((logs.keep_lines, logs.ring_bytes, logs.keep_bytes), (Some(2), Some(1 << 20), None));
    let shown: Vec<String> =
        config.values.iter().map(|v| format!("{} = {} ({})", v.key, v.value, v.source)).collect();
    insta::assert_snapshot!(shown.join("\n"));
    let shown: Vec<String> =
        user.values().iter().map(|v| format!("{} = {} ({})", v.key, v.value, v.source)).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_a_configured_script_has_from_its_own_file_says_so() {
    let run = Command::Exec(vec!["npm".to_owned(), "run".to_owned(), "dev".to_owned()]);
    let script = Script {
        kind: Kind::Service,
        env: vec![("PORT".to_owned(), "1".to_owned()), ("MODE".to_owned(), "x".to_owned())],
        depends_on: vec!["build".to_owned()],
        ready: Some(ReadyCheck::log("up")),
        ..Script::new("dev", run, Path::new("/p/web"), ".vscode/tasks.json", "vscode", "npm")
    };
    let build = self::script("build", Kind::Task);
    let text = "[processes.dev]\nenv = { MODE = 'y' }\n";
    let config = project(&[("brummer.toml", text)], &[script, build]).unwrap();
    let shown = config.values.iter().filter(|value| value.key.starts_with("processes."));
    let shown = shown.map(|v| format!("{} = {} ({})", v.key, v.value, v.source));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
}

#[test]
fn without_a_file_the_documented_defaults_hold() {
    let user = user();
    let logs = &user.logs;
    assert_eq!((logs.keep_lines, logs.keep_bytes, logs.keep_total), (10_000, 256 << 20, 2 << 30));
    assert_eq!((logs.ring_bytes.process, logs.ring_bytes.project), (16 << 20, 32 << 20));
    assert_eq!((logs.ring_bytes.total, logs.min_free), (128 << 20, 200 << 20));
    assert_eq!((logs.keep_age.as_secs(), logs.keep_runs), (7 * 86_400, 1000));
    assert_eq!(
        (logs.when_behind, logs.fsync.map(|d| d.as_millis())),
        (brummer_event::spec::WhenBehind::Slow, Some(1000))
    );
    let bus = &user.concurrency.eventbus;
    assert_eq!((bus.worker_pool_size, bus.queue_buffer_size, bus.ring_size), (None, 1000, 10_000));
    assert_eq!(bus.backpressure_strategy, Backpressure::Degrade);
    assert_eq!(user.concurrency.process_manager.max_concurrent_starts, 10);
    assert_eq!(user.concurrency.process_manager.status_read_strategy, StatusRead::Atomic);
    let store = &user.concurrency.log_store;
    assert_eq!((store.buffer_size, store.batch_size, store.timeout.as_millis()), (10_000, 100, 50));
    let daemon = &user.daemon;
    assert_eq!((daemon.http_port, daemon.http_port_by_hand, daemon.allow_root), (7777, false, false));
    assert_eq!((daemon.orphan_grace.as_secs(), daemon.ingest_threads), (900, None));
}

/// An allowed value of `key` that is not its default, as TOML.
fn other_value(key: &Key) -> String {
    match key.kind {
        Holds::Bool => match key.preset {
            schema::Preset::Bool(true) => "false".to_owned(),
            _ => "true".to_owned(),
        },
        Holds::Int { .. } | Holds::AutoInt { .. } => "17".to_owned(),
        Holds::Duration => "\"42m\"".to_owned(),
        Holds::DurationOrOff => "\"off\"".to_owned(),
        Holds::Size => "\"77KiB\"".to_owned(),
        Holds::Word(words) => format!("\"{}\"", words[words.len() - 1]),
        Holds::Path | Holds::Paths => "\"other\"".to_owned(),
        Holds::Command => "[\"other\"]".to_owned(),
        Holds::Names => "[\"base\"]".to_owned(),
        Holds::Variables => "{ A = \"1\" }".to_owned(),
        Holds::Unset { .. } => "[\"B\"]".to_owned(),
        Holds::Signal => "\"SIGINT\"".to_owned(),
        Holds::Pattern => "'other'".to_owned(),
        _ => unreachable!(),
    }
}

fn leaves(keys: &'static [Key], prefix: &str, out: &mut Vec<(String, &'static Key)>) {
    for key in keys {
        let name = format!("{prefix}{}", key.name);
        match key.kind {
            Holds::Table(keys) | Holds::Sizes { keys, .. } => leaves(keys, &format!("{name}."), out),
            Holds::PerProcess(keys) => leaves(keys, &format!("{name}.api."), out),
            Holds::PerDirectory(keys) => leaves(keys, &format!("{name}.\"/p\"."), out),
            // Its effect is that of the keys above, and it has a test of its own.
            Holds::PerProfile(_) | Holds::Version => {}
            _ => out.push((name, key)),
        }
    }
}

#[test]
fn no_key_is_without_effect() {
    let mut keys = Vec::new();
    leaves(schema::USER, "", &mut keys);
    assert!(keys.len() > 20, "the table was walked");
    let before = user();
    for (path, key) in keys {
        // The words' last one is a default once.
        let value =
            if path.ends_with("status_read_strategy") { "\"locked\"".to_owned() } else { other_value(key) };
        let text = format!("{path} = {value}\n");
        let after = UserConfig::check(Some((Path::new("config.toml"), &text)), &Environment::new())
            .unwrap_or_else(|wrong| panic!("{text}: {}", render_all(&wrong)));
        let same = (&after.concurrency, &after.logs, &after.daemon, &after.projects)
            == (&before.concurrency, &before.logs, &before.daemon, &before.projects);
        assert!(!same, "{text} changes nothing");
    }

    let base = "processes.base.run = \"x\"\nprocesses.api.run = \"x\"\n";
    let read = |text: String| {
        let before = project(&[("brummer.toml", &text)], &[]).unwrap();
        (text, before)
    };
    let plain = read(base.to_owned());
    // A deadline is one of a check.
    let with_check = read(format!("{base}processes.api.ready.log = 'x'\n"));
    let mut keys = Vec::new();
    leaves(schema::PROJECT, "", &mut keys);
    for (path, key) in keys {
        let local = format!("{path} = {}\n", other_value(key));
        let (base, before) = if path.ends_with("ready.deadline") { &with_check } else { &plain };
        let after = project(&[("brummer.toml", base), ("brummer.local.toml", &local)], &[])
            .unwrap_or_else(|wrong| panic!("{local}: {}", render_all(&wrong)));
        assert!((&after.declared, after.logs) != (&before.declared, before.logs), "{local} changes nothing");
    }
}

#[test]
fn a_missing_file_is_a_mistake_only_if_it_was_named() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path().display().to_string();
    let mut environment = Environment::from([("HOME".to_owned(), home)]);
    let loaded = UserConfig::load(None, &environment).unwrap();
    assert_eq!(loaded.file, None);

    let dir = temp.path().join(".config/brummer");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.yaml"), "logs: {keep_runs: 4}").unwrap();
    let loaded = UserConfig::load(None, &environment).unwrap();
    assert_eq!(loaded.logs.keep_runs, 4);

    std::fs::write(dir.join("config.toml"), "").unwrap();
    let wrong = UserConfig::load(None, &environment).unwrap_err();
    assert_eq!((wrong.len(), wrong[0].code), (1, Code::Duplicate));
    std::fs::remove_file(dir.join("config.yaml")).unwrap();

    std::fs::write(dir.join("config.toml"), "[logs]\nkeep_runs = 5\n[project.\"~/shop\"]\nresume = true")
        .unwrap();
    let loaded = UserConfig::load(None, &environment).unwrap();
    assert_eq!(loaded.logs.keep_runs, 5);
    assert!(loaded.resumes(&temp.path().join("shop")));
    assert!(!loaded.resumes(&temp.path().join("other")));

    environment.insert("BRUMMER_CONFIG".to_owned(), temp.path().join("none.toml").display().to_string());
    let wrong = UserConfig::load(None, &environment).unwrap_err();
    assert_eq!((wrong.len(), wrong[0].code), (1, Code::Unreadable));
    let loaded = UserConfig::load(Some(&dir.join("config.toml")), &environment).unwrap();
    assert_eq!(loaded.logs.keep_runs, 5, "a flag beats the variable");
}

#[test]
fn the_users_file_is_known_there_or_not() {
    let place = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        UserConfig::check(None, &variables.collect()).unwrap().place
    };
    assert_eq!(place(&[("HOME", "/h")]), Path::new("/h/.config/brummer/config.toml"));
    assert_eq!(place(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), Path::new("/x/brummer/config.toml"));
    assert_eq!(place(&[("BRUMMER_CONFIG", "/b.yaml"), ("XDG_CONFIG_HOME", "/x")]), Path::new("/b.yaml"));
    let text = Some((Path::new("/h/.config/brummer/config.yaml"), "{}"));
    let user = UserConfig::check(text, &Environment::new()).unwrap();
    assert_eq!(user.place, Path::new("/h/.config/brummer/config.yaml"));
}

#[test]
fn unreadable_files_are_told() {
    let temp = tempfile::tempdir().unwrap();
    let written = |name: &str, bytes: &[u8]| {
        let path = temp.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let link = temp.path().join("link.toml");
    std::os::unix::fs::symlink("gone.toml", &link).unwrap();
    let files = [
        written("latin.toml", b"# \n# caf\xe9\n"),
        written("huge.toml", &vec![b'#'; 1 << 21]),
        temp.path().to_owned(),
        temp.path().join("nowhere.toml"),
        link,
    ];
    let said =
        files.iter().map(|path| with_cures(&UserConfig::load(Some(path), &Environment::new()).unwrap_err()));
    let said: Vec<String> = said.collect();
    insta::assert_snapshot!(
        said.join("\n").replace(temp.path().to_str().unwrap(), "/home/ann/.config/brummer")
    );
}

#[test]
fn what_is_named_and_not_there_is_told() {
    let text = "foo = 1\n[processes.api]\ndir = 'nowhere'\nenv_file = ['gone.env', '/gone.env']\n\
        [processes.web]\nrun = 1\ndir = '~/src/web'\nenv_file = '/proc'\n";
    let files = together(&[("brummer.toml", text)]);
    insta::assert_snapshot!(with_cures(&not_there(Path::new("/p"), &named(Path::new("/p"), &files, None))));
}

/// Nobody is told anything that was not looked at once.
#[test]
fn each_code_that_is_in_use_has_its_message_in_a_snapshot() {
    let mut said = String::new();
    for folder in ["src/config/snapshots", "src/config/tests/snapshots", "fixtures/said"] {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            said += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
        }
    }
    let unsaid = Code::ALL.iter().filter(|code| !said.contains(&format!("[{}]", code.as_str())));
    assert_eq!(unsaid.collect::<Vec<_>>(), Vec::<&Code>::new());
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    assert!(check(Path::new("brummer.toml"), "\u{feff}[processes.a]\nrun = \"x\"\n").is_ok());
}

#[test]
fn deep_texts_are_mistakes_and_no_end() {
    let deep = |open: &str, n: usize| open.repeat(n);
    for text in [
        format!("a = {}1{}", deep("[", 50_000), deep("]", 50_000)),
        format!("a = {}", deep("{ a = ", 50_000)),
        format!("a{} = 1", deep(".a", 100_000)),
        format!("[a{}]", deep(".a", 100_000)),
        format!("[[a{}]]", deep(".a", 100_000)),
        format!("a = {{ b{} = 1 }}", deep(".a", 100_000)),
        format!("processes.a{} = 1", deep(".a", 70)),
    ] {
        let wrong = project(&[("brummer.toml", &text)], &[]).unwrap_err();
        assert!(!wrong.is_empty() && wrong.iter().all(|mistake| mistake.render().len() < 2_000));
    }
}

#[test]
fn the_demo_has_no_mistake() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/demo").canonicalize().unwrap();
    let loaded = crate::load::load(&dir, &user(), &crate::detect::Look::default(), None, 1).unwrap();
    assert_eq!(loaded.choose(&dir).unwrap().names, ["seed", "api", "web", "worker", "crashy"]);
    assert_eq!(loaded.notices, Vec::<String>::new());
    for spec in loaded.declared() {
        let argv = spec.command.argv().join(" ");
        let program = argv.split_whitespace().find(|word| word.ends_with(".py")).unwrap();
        assert!(dir.join(program).is_file(), "{argv}");
    }
}

/// Text that is TOML more often than not, of the words that the table knows and some that it does not.
fn near_toml() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "run",
        "dir",
        "env",
        "env_file",
        "depends_on",
        "autostart",
        "restart",
        "kind",
        "stop",
        "signal",
        "timeout",
        "stdin",
        "merge_output",
        "nope",
        "processes",
        "logs",
        "keep_lines",
        "ring_bytes",
        "\"ü\"",
        "a.b",
        "daemon",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "-1",
        "true",
        "\"x\"",
        "\"10s\"",
        "[]",
        "[\"a\", 1]",
        "{ a = 1 }",
        "1.5",
        "1979-05-27",
        "\"\\u0000\"",
        "[[1]]",
        "''",
        "\"\"\"\nmulti\n\"\"\"",
        "{ signal = 3 }",
        "\"auto\"",
        "99999999999999999999",
        "nan",
        "\"",
    ]);
    let table = prop::sample::select(vec![
        "[processes.a]",
        "[processes.b]",
        "[processes.\"x y\"]",
        "[logs]",
        "[[processes]]",
        "[a.b.c]",
        "[daemon]",
        "[processes.a.stop]",
        "[project.\"/x\"]",
        "[concurrency.eventbus]",
        "[",
        "",
    ]);
    let line = prop_oneof![
        4 => (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => table.prop_map(str::to_owned),
    ];
    prop::collection::vec(line, 0..14).prop_map(|lines| lines.join("\n"))
}

fn never_breaks(name: &str, text: &str) -> Result<(), TestCaseError> {
    let lines: Vec<&str> = text.split('\n').collect();
    let file = Path::new(name);
    let both = [
        project(&[(name, text)], &[script("dev", Kind::Service)]).err(),
        UserConfig::check(Some((file, text)), &Environment::new()).err(),
    ];
    for mistake in both.into_iter().flatten().flatten() {
        let harmless = !mistake.render().contains(char::from(27));
        prop_assert!(harmless);
        prop_assert!(matches!(mistake.place, Place::Span(_)), "{mistake}");
        let (line, column) = mistake.position();
        prop_assert!(line >= 1 && line <= lines.len(), "{mistake}");
        prop_assert!(column >= 1 && column <= lines[line - 1].chars().count() + 1, "{mistake}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn arbitrary_text_never_breaks_it(
        name in prop::sample::select(vec!["brummer.toml", "brummer.yaml", "brummer.json"]),
        text in "\\PC{0,120}|[\\x00-\\x7f]{0,120}|[-a-z:&*<\\[\\]{},#|>!%\"' \n\té]{0,120}",
    ) {
        never_breaks(name, &text)?;
    }

    #[test]
    fn near_yaml_and_json_never_break_it(
        ending in prop::sample::select(vec!["yaml", "json"]),
        words in prop::collection::vec(prop::sample::select(vec![
            "processes", ":", " ", "\n", "  ", "api", "run", "{", "}", "[", "]", ",", "\"", "- ", "&a ", "*a", "<<",
            "null", "1", "true", "é", "env", "depends_on", "profile", "!!str ", "|", "'", "#", "\t", "\r\n", "---",
        ]), 0..40),
    ) {
        never_breaks(&format!("brummer.{ending}"), &words.concat())?;
    }

    #[test]
    fn near_configurations_never_break_it(text in near_toml()) {
        never_breaks("brummer.toml", &text)?;
    }
}
