//! `config import` and `config init`: what somebody meets who comes from another tool, or from none.

use brummer_tests::Home;

#[test]
fn a_procfile_becomes_a_brummer_toml_that_runs() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    let testproc = home.testproc();
    project
        .write("Procfile", &format!("web: exec {testproc} tick --every 1s\nnonsense\nmy-job: exec true\n"));
    project.write(".env", "A=1\n");

    let printed = home.ctl_in(project.dir(), ["config", "import", "Procfile"]).ok();
    assert!(printed.stdout.contains("[processes.web]\nrun = "), "{}", printed.stdout);
    assert!(printed.stderr.contains("Procfile (line 2): is not `name: command`"), "{}", printed.stderr);
    assert!(!project.dir().join("brummer.toml").exists(), "printing writes nothing");

    home.ctl_in(project.dir(), ["config", "import", "--write", "Procfile"]).ok();
    assert_eq!(std::fs::read_to_string(project.dir().join("brummer.toml")).unwrap(), printed.stdout);
    home.ctl_in(project.dir(), ["config", "check"]).ok();
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["wait", "web", "--for", "running"]).ok();

    let again = home.ctl_in(project.dir(), ["config", "import", "--write", "Procfile"]).code(5);
    assert!(again.stderr.contains("brummer.toml exists; nothing was written"), "{}", again.stderr);
    home.ctl_in(project.dir(), ["config", "init"]).code(5);
}

#[test]
fn what_cannot_be_imported_has_its_exit_code_and_its_cure() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    let import = |file: &str| home.ctl_in(project.dir(), ["config", "import", file]);
    import("nowhere.yaml").code(4);
    project.write("ecosystem.config.js", "module.exports = {}");
    let program = import("ecosystem.config.js").code(2);
    assert!(program.stderr.contains("JSON.stringify(require("), "{}", program.stderr);
    project.write("odd.yaml", "a: 1\n");
    assert!(import("odd.yaml").code(2).stderr.contains("--from"));
    home.ctl_in(project.dir(), ["config", "import", "--from", "nope", "odd.yaml"]).code(2);
    project.write("compose.yaml", "services:\n  db: [\n");
    assert!(import("compose.yaml").code(2).stderr.contains("compose.yaml, line"));
}

#[test]
fn an_import_as_json_is_one_document() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    project.write("mprocs.yaml", "procs:\n  web: vite\n  \"a b\": x\n");
    let document = home.ctl_in(project.dir(), ["config", "import", "mprocs.yaml", "-o", "json"]).ok().json();
    assert_eq!(document["schema"], 1);
    assert_eq!(document["format"], "mprocs");
    assert_eq!(document["processes"], serde_json::json!(["web", "a-b"]));
    assert_eq!(document["written"], false);
    assert_eq!(document["notes"][0]["line"], 3);
}

#[test]
fn a_start_file_names_what_is_there_and_changes_nothing() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    project.write("package.json", r#"{"scripts": {"dev": "vite"}}"#);
    let made = home.ctl_in(project.dir(), ["config", "init"]).ok();
    assert!(made.stderr.contains("1 script found here"), "{}", made.stderr);
    let text = std::fs::read_to_string(project.dir().join("brummer.toml")).unwrap();
    assert!(text.contains("# [processes.dev]") && text.contains("npm run dev"), "{text}");
    home.ctl_in(project.dir(), ["config", "check"]).ok();
    let again = home.ctl_in(project.dir(), ["config", "init"]).code(5);
    assert!(again.stderr.contains("brummer.toml exists"), "{}", again.stderr);
}
