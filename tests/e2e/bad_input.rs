//! Bad input: a clear sentence, the nearest name, the right exit code.

use brummer_tests::Home;

const API: &str = "[processes.api]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1s\"]\n";

#[test]
fn an_unknown_process_is_not_found_and_the_nearest_is_named() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", API);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let answer = home.ctl_in(project.dir(), ["start", "apii"]).code(4);
    assert_eq!(answer.stderr.trim(), "brummerctl: no process `apii` in shop; did you mean `api`?");
    let answer = home.ctl_in(project.dir(), ["start", "apii", "-o", "json"]).code(4);
    let document: serde_json::Value = serde_json::from_str(answer.stderr.trim()).unwrap();
    assert_eq!(document["error"]["code"], "NOT_FOUND");
    assert_eq!(document["schema"], 1);
    home.ctl_in(project.dir(), ["logs", "nope*"]).code(4);
    home.ctl_in(project.dir(), ["-p", "shopp", "ps"]).code(4);
}

#[test]
fn an_unknown_verb_is_a_usage_error_with_the_nearest() {
    let home = Home::new();
    let answer = home.ctl(["stauts"]).code(2);
    assert!(answer.stderr.contains("status"), "{}", answer.stderr);
    home.ctl(["completion", "klingon"]).code(2);
    home.ctl(["logs", "-f", "-o", "json"]).code(2);
}

#[test]
fn without_a_project_the_way_in_is_told() {
    let home = Home::new();
    let _daemon = home.daemon();
    let empty = home.path().join("src/empty");
    std::fs::create_dir_all(&empty).unwrap();
    let answer = home.ctl_in(&empty, ["ps"]).code(4);
    assert!(
        answer.stderr.contains("no project here; `brummerctl up` opens one, `ps -a` shows all"),
        "{}",
        answer.stderr
    );
    home.ctl_in(&empty, ["ps", "-a"]).ok();
}

#[test]
fn a_slip_of_the_hand_opens_and_trusts_nothing() {
    let home = Home::new();
    let _daemon = home.daemon();
    let dir = home.path().join("src/new");
    std::fs::create_dir_all(&dir).unwrap();
    let answer = home.ctl_in(&dir, ["up", "nope", "-d"]).code(4);
    assert_eq!(answer.stderr.trim(), "brummerctl: no process `nope` in new");
    let answer = home.ctl_in(&dir, ["projects", "-o", "json"]).ok();
    assert_eq!(answer.json()["projects"], serde_json::json!([]));
}

#[test]
fn without_a_daemon_and_without_starting_one_the_exit_code_is_3() {
    let home = Home::new();
    home.ctl(["--no-autostart", "ping"]).code(3);
    home.ctl(["daemon", "status"]).code(3);
    assert!(home.lock_holder().is_none(), "asking started nothing");
}

#[test]
fn every_mistake_of_a_configuration_is_told_at_once_with_its_place_and_cure() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.api]\nrnu = \"x\"\nrestart = 7\n[processes.web]\nrun = \"x\"\ndepends_on = [\"apj\"]\nstop = { timeout = \"10 parsecs\" }\n",
    );
    let answer = home.ctl_in(project.dir(), ["config", "check"]).code(2);
    let said = format!("{}{}", answer.stdout, answer.stderr);
    for expected in [
        "brummer.toml:2:1",
        "`rnu`",
        "did you mean `run`",
        "brummer.toml:3:",
        "apj",
        "did you mean `api`",
        "10 parsecs",
    ] {
        assert!(said.contains(expected), "`{expected}` is missing:\n{said}");
    }
    home.ctl_in(project.dir(), ["up", "-d"]).code(2);
}

#[test]
fn a_dependency_cycle_is_told_with_its_way() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.a]\nrun = \"x\"\ndepends_on = [\"b\"]\n[processes.b]\nrun = \"x\"\ndepends_on = [\"a\"]\n",
    );
    let answer = home.ctl_in(project.dir(), ["up", "-d"]).code(2);
    assert!(answer.stderr.contains("cycle"), "{}", answer.stderr);
}

#[test]
fn hostile_names_and_arguments_are_never_given_to_a_shell() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", API);
    for name in ["../../etc", "a b", "$(touch pwned)", "-x", "a/b/c", ""] {
        let answer = home.ctl_in(project.dir(), ["run", "--name", name, "--", "true"]);
        assert!([2, 4].contains(&answer.code), "{name}: {answer:?}");
    }
    assert!(!project.dir().join("pwned").exists());
}

#[test]
fn a_name_that_is_taken_or_runs_is_a_conflict() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", API);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["run", "--name", "api", "--", "true"]).code(5);
    home.ctl_in(project.dir(), ["rm", "api"]).code(5);
    let scripts = home.project("scripts", "");
    scripts.write("package.json", r#"{"scripts":{"build":"true"}}"#);
    let answer = home.ctl_in(scripts.dir(), ["up", "-d"]).code(5);
    assert!(
        answer.stderr.contains("build"),
        "nothing is meant to start; the scripts are listed: {}",
        answer.stderr
    );
}

#[test]
fn text_that_is_no_cursor_is_a_usage_error() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", API);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["logs", "--after", "yesterday"]).code(2);
}

#[test]
fn waiting_tells_apart_met_timed_out_and_impossible() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        &format!("{API}[processes.done]\nrun = [\"@testproc\", \"exit\", \"3\"]\nkind = \"task\"\n[processes.never]\nrun = \"x\"\nautostart = false\n"),
    );
    home.ctl_in(project.dir(), ["up", "-d"]);
    home.ctl_in(project.dir(), ["wait", "api", "--for", "running"]).ok();
    home.ctl_in(project.dir(), ["wait", "done", "--for", "exit"]).code(3);
    home.ctl_in(project.dir(), ["wait", "api", "--for", "log=never said", "--timeout", "200ms"]).code(17);
    home.ctl_in(project.dir(), ["wait", "never", "--for", "exit"]).code(18);
    home.ctl_in(project.dir(), ["wait", "done", "--for", "log=never said"]).code(18);
}

#[test]
fn waiting_for_a_line_looks_at_the_newest_run_only() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.p]\nrun = \"echo old; exec sleep 600\"\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["wait", "p", "--for", "log=old"]).ok();
    project.write("brummer.toml", "[processes.p]\nrun = \"exec sleep 600\"\n");
    home.ctl_in(project.dir(), ["restart", "p"]).ok();
    home.ctl_in(project.dir(), ["wait", "p", "--for", "log=old", "--timeout", "300ms"]).code(17);
}
