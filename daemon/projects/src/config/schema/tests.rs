//! What is generated from the table is current, what is planned is not built, every example is allowed.

use std::path::{Path, PathBuf};

use super::planned::PLANNED;
use super::{Key, Kind, PROJECT, USER, find};
use crate::config::{Environment, UserConfig, check, project_schema, reference, render_all, user_schema};

fn published(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file)
}

#[test]
fn what_is_published_is_what_the_table_says() {
    for (file, text) in [
        ("schema/brummer.schema.json", project_schema()),
        ("schema/config.schema.json", user_schema()),
        ("reference/configuration.md", reference()),
    ] {
        let path = published(file);
        if std::env::var_os("BRUMMER_PUBLISH").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let current = std::fs::read_to_string(&path).unwrap_or_default() == text;
        assert!(
            current,
            "deploy/{file} is old; `BRUMMER_PUBLISH=1 cargo test -p brummer-projects schema::` writes it"
        );
    }
}

#[test]
fn no_planned_key_is_built() {
    for planned in PLANNED {
        let path: Vec<&str> = planned.path.split('.').collect();
        assert!(find(PROJECT, path.iter().copied()).is_none(), "{} is built", planned.path);
        // `project = "shop"` is planned; `[project."DIR"]` is the user's.
        assert!(planned.path == "project" || find(USER, path).is_none(), "{} is built", planned.path);
    }
}

fn examples(keys: &'static [Key], prefix: &str, out: &mut String) {
    for key in keys {
        let path = format!("{prefix}{}", key.name);
        assert!(key.doc.ends_with('.') && key.doc.len() < 110, "{path}: {}", key.doc);
        match key.kind {
            Kind::Table(keys) | Kind::Sizes { keys, .. } => examples(keys, &format!("{path}."), out),
            Kind::PerProcess(keys) => {
                for name in ["db", "migrate"] {
                    out.push_str(&format!("{path}.{name}.run = \"x\"\n"));
                }
                examples(keys, &format!("{path}.api."), out);
            }
            Kind::PerDirectory(keys) => examples(keys, &format!("{path}.\"~/shop\"."), out),
            Kind::PerProfile(keys) => examples(keys, &format!("{path}.ci."), out),
            _ => out.push_str(&format!("{path} = {}\n", key.example)),
        }
    }
}

#[test]
fn every_example_is_allowed() {
    let mut text = String::new();
    examples(PROJECT, "", &mut text);
    let parsed =
        check(Path::new("brummer.toml"), &text).unwrap_or_else(|wrong| panic!("{}", render_all(&wrong)));
    assert_eq!(parsed.warnings(), []);
    let mut text = String::new();
    examples(USER, "", &mut text);
    let environment = Environment::from([("HOME".to_owned(), "/home/me".to_owned())]);
    let checked = UserConfig::check(Some((Path::new("config.toml"), &text)), &environment);
    assert!(checked.is_ok(), "{}", render_all(&checked.unwrap_err()));
}
