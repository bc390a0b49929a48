//! One fixture a format, as its tool's users write it; then what nobody should write.

use proptest::prelude::*;

use super::*;

fn beside() -> Beside {
    Beside { dotenv: true, ports: Ports::of(None, Some("PORT=3000")) }
}

/// Result and report of a fixture.
fn report(name: &str, text: &str) -> String {
    let imported = convert(name, text, None, beside()).unwrap();
    let mut out = imported.text;
    out.push_str("\n----\n");
    for note in imported.notes {
        let line = note.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        out.push_str(&format!("{}{line}: {}\n", note.place, note.why));
    }
    out
}

macro_rules! fixture {
    ($test:ident, $name:literal) => {
        #[test]
        fn $test() {
            insta::assert_snapshot!(report($name, include_str!(concat!("fixtures/", $name))));
        }
    };
}

fixture!(procfile, "Procfile");
fixture!(compose, "compose.yaml");
fixture!(process_compose, "process-compose.yaml");
fixture!(mprocs, "mprocs.yaml");
fixture!(dekit, "dekit.json");
fixture!(pm2_as_json, "ecosystem.config.json");
fixture!(pm2_as_yaml, "ecosystem.yaml");
fixture!(vscode, "tasks.json");
fixture!(pitchfork, "pitchfork.toml");
fixture!(predecessor, ".brum.toml");

fn refused(name: &str, text: &str) -> String {
    let error = convert(name, text, None, Beside::default()).unwrap_err();
    let hint = error.hint().map(|hint| format!("\n  = help: {hint}")).unwrap_or_default();
    format!("{error}{hint}\n")
}

#[test]
fn what_cannot_be_imported_is_told_with_its_cure() {
    let told: String = [
        ("ecosystem.config.js", "module.exports = {}"),
        ("it's mine.mjs", "export default {}"),
        ("mprocs.lua", "return {}"),
        ("notes.yaml", "a: 1"),
        ("both.yaml", "services: {}\nprocs: {}"),
        ("list.yaml", "- a"),
        ("dev.toml", "[package]\nname = 'x'"),
        ("compose.yaml", "services:\n  db: {image: x\n"),
        ("compose.yaml", "volumes: {}"),
        ("compose.yaml", "services: [a, b]"),
        ("process-compose.yaml", "processes:\n  a: {command: [1, {}]}"),
        ("tasks.json", "{\"tasks\": [{\"label\": \"a\", \"type\": \"shell\", \"command\": \"\"}]}"),
        ("mprocs.json", "{\"procs\": {\"a\": 1, \"a\": 2}}"),
        ("Procfile", "# nothing\n"),
        ("Procfile", "nonsense"),
    ]
    .map(|(name, text)| format!("{name}: {}\n", refused(name, text)))
    .concat();
    insta::assert_snapshot!(told);
}

#[test]
fn names_become_names_and_circles_end() {
    let yaml = "processes:
  \"a\\e[31m\": {command: x, depends_on: [\"; rm -rf ~\"]}
  \"; rm -rf ~\": {command: y, depends_on: [\"a\\e[31m\"]}
  \"..\": {command: z, environment: {BRUMMER_X: 1, \"a=b\": 2}}
";
    insta::assert_snapshot!(report("process-compose.yaml", yaml));
}

#[test]
fn text_for_a_shell_stays_so_and_a_list_stays_a_list() {
    for (name, text, expected) in [
        ("Procfile", "a: echo $HOME; ls", "run = \"echo $HOME; ls\""),
        ("mprocs.yaml", "procs: {a: {cmd: [ls, '$HOME; rm']}}", "run = [\"ls\", \"$HOME; rm\"]"),
        ("compose.yaml", "services: {'a;b': {}}", "\"--no-log-prefix\", \"a;b\"]"),
    ] {
        let imported = convert(name, text, None, Beside::default()).unwrap();
        assert!(imported.text.contains(expected), "{}", imported.text);
    }
}

#[test]
fn what_is_kept_as_a_comment_is_not_built() {
    for key in [
        "ready.http",
        "ready.tcp",
        "ready.exec",
        "health",
        "tty",
        "groups",
        "replicas",
        "schedule",
        "watch",
        "limits",
        "port",
    ] {
        let path = ["processes", "x"].into_iter().chain(key.split('.'));
        assert!(
            super::super::schema::find(super::super::schema::PROJECT, path).is_none(),
            "`{key}` is built: write it as a key, in `import/`"
        );
    }
}

#[test]
fn many_processes_are_bounded() {
    let text: String = (0..5000).map(|n| format!("p{n}: x\n")).collect();
    let imported = convert("Procfile", &text, None, Beside::default()).unwrap();
    assert_eq!(imported.processes.len(), MOST);
    assert!(imported.notes.iter().any(|note| note.why.contains("first 1000 of 5000")));
}

#[test]
fn files_are_read_with_a_bound_and_written_once() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let put = |name: &str, bytes: &[u8]| {
        std::fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        std::fs::write(dir.join(name), bytes).unwrap();
        dir.join(name)
    };
    let fails = |path: &Path| read(path, None).unwrap_err().to_string();
    assert!(fails(&dir.join("Procfile")).contains("there is no file"));
    assert!(fails(&put("a/Procfile", b"web: \xff\n")).contains("no UTF-8"));
    assert!(fails(&put("b/Procfile", &vec![b'x'; 2 << 20])).contains("larger than"));
    assert!(fails(dir).contains("is no file"));
    std::os::unix::fs::symlink("loop", dir.join("loop")).unwrap();
    assert!(fails(&dir.join("loop")).contains("cannot be read"));

    put("shop/.env", b"A=1\nPORT=4000\n");
    let tasks = put("shop/.vscode/tasks.json", b"{\"tasks\": [{\"label\": \"a\", \"command\": \"x\"}]}");
    assert_eq!(read(&tasks, None).unwrap().target, dir.join("shop/brummer.toml"));
    let procfile = put("shop/Procfile", b"web: x -p $PORT\n");
    let found = read(&procfile, None).unwrap();
    assert!(found.imported.text.contains("PORT = \"4000\""), "{}", found.imported.text);
    write(&found.target, &found.imported.text).unwrap();
    assert_eq!(std::fs::read_to_string(&found.target).unwrap(), found.imported.text);
    assert!(matches!(write(&found.target, "x"), Err(ImportError::Exists { .. })));
    put("other/brummer.yaml", b"");
    assert!(matches!(write(&dir.join("other/brummer.toml"), "x"), Err(ImportError::Exists { .. })));
    std::fs::create_dir(dir.join("linked")).unwrap();
    std::os::unix::fs::symlink("nowhere", dir.join("linked/brummer.toml")).unwrap();
    assert!(matches!(write(&dir.join("linked/brummer.toml"), "x"), Err(ImportError::Exists { .. })));
}

/// A tree of a few shapes below keys that the formats know, as JSON.
fn foreign() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "processes",
        "services",
        "procs",
        "tasks",
        "apps",
        "daemons",
        "command",
        "shell",
        "cmd",
        "run",
        "script",
        "env",
        "environment",
        "depends_on",
        "deps",
        "condition",
        "args",
        "label",
        "name",
        "stop",
        "shutdown",
        "signal",
        "timeout_seconds",
        "kill_timeout",
        "readiness_probe",
        "http_get",
        "a",
        "\\u001b[0m",
        "BRUMMER_X",
    ]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i32>().prop_map(|number| number.to_string()),
        ".{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("\"a\"".to_owned()),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let entry = (key.clone(), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::btree_map(entry.0, entry.1, 0..5).prop_map(|entries| {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_the_tree_what_comes_of_it_passes_our_own_check(text in foreign()) {
        for format in Format::ALL.into_iter().filter(|format| !matches!(format, Format::Pitchfork | Format::Brum)) {
            let made = convert("x.json", &text, Some(format), beside());
            prop_assert!(!matches!(made, Err(ImportError::Unsound { .. })), "{format:?}: {made:?}");
        }
    }

    #[test]
    fn whatever_the_lines_what_comes_of_them_passes_our_own_check(text in "([a-z\u{1b}é ]{0,5}:? ?[ -~\\n\\t]{0,20}\\n){0,6}") {
        for format in Format::ALL {
            let made = convert("x", &text, Some(format), beside());
            prop_assert!(!matches!(made, Err(ImportError::Unsound { .. })), "{format:?}: {made:?}");
        }
    }
}
