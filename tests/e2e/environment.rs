//! The environment of a process: `.env` files, what wins, and where each variable came from.

use std::path::Path;

use brummer_tests::Home;
use serde_json::{Value, json};

use crate::common::{process, texts};

fn full(home: &Home, dir: &Path, name: &str) -> Value {
    home.ctl_in(dir, ["status", name, "-o", "json"]).ok().json()["process"].clone()
}

#[test]
fn every_variable_tells_where_it_came_from_and_over_what() {
    let home = Home::new().env("MODE", "client").env("GONE", "client").env("HOSTNAME_", "h");
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.api]\nrun = \"echo $MODE $URL $GREETING [$GONE]\"\nkind = \"task\"\nenv_file = [\".env\", \".env.local\"]\n\
         env_unset = [\"GONE\"]\n[processes.api.env]\nMODE = \"project\"\n",
    );
    let dir = project.dir();
    project.write(".env", "export MODE=env\r\nPORT=3000\r\nURL=http://$HOSTNAME_:${PORT:-80}/\r\n");
    project.write(".env.local", "\n# mine\nMODE=local\nGREETING=\"good $DAY\" # a comment\n");
    project.write("brummer.local.toml", "[processes.api]\nenv = { EXTRA = \"1\" }\n");
    home.ctl_in(dir, ["up", "-d", "--wait"]).ok();
    assert_eq!(texts(&home, dir, "api"), ["project http://h:3000/ good []"]);

    let api = full(&home, dir, "api");
    let place = |file: &str| format!("{}/{file}", dir.canonicalize().unwrap().display());
    let sources = &api["environment_sources"];
    let mode = [place("brummer.toml:7:8"), place(".env.local:3:1"), place(".env:1:8"), "client".to_owned()];
    assert_eq!(sources["MODE"], json!(mode));
    assert_eq!(sources["URL"], json!([place(".env:3:1")]));
    assert_eq!(sources["EXTRA"], json!([place("brummer.local.toml:2:17")]));
    assert_eq!(sources["GONE"], json!([place("brummer.toml:5:14"), "client"]));
    assert_eq!(sources["BRUMMER_PROCESS"], json!(["brummer"]));
    assert!(sources.get("PATH").is_none() && api["environment"].get("PATH").is_some());
    assert!(api["environment"].get("GONE").is_none());
    let note = api["environment_notes"][0].as_str().unwrap();
    assert!(note.starts_with(&place(".env.local:4:16: refers to a variable that is not set")), "{note}");

    let text = home.ctl_in(dir, ["status", "api"]).ok().stdout;
    assert!(text.contains("brummer.toml:7:8, over .env.local:3:1, .env:1:8, client"), "{text}");
    assert!(text.contains("GONE") && text.contains("(taken out)"), "{text}");
    assert!(!text.contains("PATH="), "what just came along is counted: {text}");

    home.ctl_in(dir, ["run", "--name", "once", "-e", "MODE=option", "--", "true"]).ok();
    assert_eq!(full(&home, dir, "once")["environment_sources"]["MODE"], json!(["run -e", "client"]));
}

#[test]
fn an_env_file_that_is_missing_or_wrong_fails_the_start_with_the_cure() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project =
        home.project("shop", "[processes.api]\nrun = [\"true\"]\nkind = \"task\"\nenv_file = \".env\"\n");
    let dir = project.dir();
    let refused = home.ctl_in(dir, ["up", "-d"]).code(1);
    let said = "/.env is not there; make it, or take it out of `env_file`";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let api = process(&home, dir, "api");
    assert_eq!(api["state"], "failed");
    assert_eq!(api["exit"]["reason"], "start_failed");
    assert!(api["note"].as_str().unwrap().contains(said), "{api}");
    // The configuration says it before anything is started.
    let check = home.ctl_in(dir, ["config", "check"]).ok();
    assert!(format!("{}{}", check.stdout, check.stderr).contains("/.env is not there"), "{check:?}");

    for (text, said) in [
        ("A=1\nB=\"x\n", "/.env:2:3: the \" is never closed"),
        (
            "DB=${DB_HOST:?say where the database is}\n",
            "/.env:1:4: `DB_HOST` must be set and not empty: say where the database is",
        ),
    ] {
        project.write(".env", text);
        let refused = home.ctl_in(dir, ["start", "api"]).code(1);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    project.write(".env", "A=1\n");
    home.ctl_in(dir, ["start", "api", "--wait"]).ok();
}
