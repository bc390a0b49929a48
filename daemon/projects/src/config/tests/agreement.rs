//! The published JSON Schemas and the checker agree: an editor marks what `config check` refuses, and nothing
//! else. What only the checker can know is listed here, with the reason.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{leaves, other_value};
use crate::config::check::{self, Which};
use crate::config::diagnostic::{Code, Diagnostic, Source};
use crate::config::dialect::Dialect;
use crate::config::schema::{self, Kind};
use crate::config::{file, project_schema, start_file, user_schema};
use crate::tree::{self, Format, Node, Value, Whose};

fn schema_of(which: Which) -> Json {
    let text = match which {
        Which::Project => project_schema(),
        Which::User => user_schema(),
    };
    serde_json::from_str(&text).unwrap()
}

/// By the regular expressions of ECMA, as editors have them.
fn validator(which: Which) -> Validator {
    jsonschema::draft7::new(&schema_of(which)).unwrap()
}

/// What a text says, as an editor hands it to its validator.
fn as_json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Text(text) | Value::Date(text) => json!(text),
        Value::Int(number) => json!(number),
        Value::Bool(truth) => json!(truth),
        Value::Float(text) => json!(text.replace('_', "").parse::<f64>().unwrap()),
        Value::List(nodes) => nodes.iter().map(as_json).collect(),
        Value::Table(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), as_json(&entry.node)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

fn read(path: &Path, text: &str) -> Json {
    as_json(&tree::read(text, Format::of(path), Whose::Ours).unwrap())
}

/// What the schema marks, by its place.
fn marks(validator: &Validator, document: &Json) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[track_caller]
fn takes(validator: &Validator, path: &Path, text: &str) {
    assert_eq!(marks(validator, &read(path, text)), Vec::<String>::new(), "{text}");
}

/// What the checker says of the shape of a document alone: no file system, no other file.
fn checked(which: Which, document: &Json) -> Vec<Diagnostic> {
    let text = serde_json::to_string_pretty(document).unwrap();
    let root = tree::read(&text, Format::Json, Whose::Ours).unwrap();
    let source = Source::new(Path::new("brummer.json"), &text);
    check::check(&root, which, Dialect::Json, "", &|span| source.place(span)).1
}

#[test]
fn the_schemas_are_schemas() {
    for which in [Which::Project, Which::User] {
        jsonschema::draft7::meta::validate(&schema_of(which)).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_schema_takes_every_value_that_the_tables_and_tests_write() {
    for (which, keys) in [(Which::Project, schema::PROJECT), (Which::User, schema::USER)] {
        let validator = validator(which);
        let mut found = Vec::new();
        leaves(keys, "", &mut found);
        assert!(found.len() > 10, "the table was walked");
        for (path, key) in found {
            for value in [key.example.to_owned(), other_value(key)] {
                takes(&validator, Path::new("x.toml"), &format!("{path} = {value}\n"));
            }
        }
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_schema_takes_what_we_write_ourselves() {
    let validator = validator(Which::Project);
    let toml = Path::new("brummer.toml");
    let start = start_file(Path::new("/p"), &[]);
    takes(&validator, toml, &start);
    let active: Vec<&str> = start
        .lines()
        .filter(|line| !line.starts_with("##") && !line.starts_with("#:"))
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    assert!(active.contains(&"[processes.api]"));
    takes(&validator, toml, &active.join("\n"));

    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/demo/brummer.toml");
    takes(&validator, toml, &std::fs::read_to_string(demo).unwrap());

    let fixtures = files("src/config/import/fixtures");
    assert!(fixtures.len() >= 10, "one a format");
    for fixture in fixtures {
        let imported = crate::config::read_foreign(&fixture, None).unwrap();
        takes(&validator, toml, &imported.imported.text);
    }
}

/// Broken files whose shape is right, or that are no text of their format at all: an editor's schema cannot
/// know of them.
const ONLY_THE_CHECKER_KNOWS: [(&str, &str); 11] = [
    ("06-unknown-dependency", "whether a name is declared or detected"),
    ("07-cycle", "what depends on what"),
    ("08-key-twice", "no text of its format"),
    ("09-key-twice", "no text of its format"),
    ("11-no-such-directory", "what is on the disk"),
    ("14-unclosed-quote", "no text of its format"),
    ("15-bad-indentation", "no text of its format"),
    ("16-trailing-comma", "no text of its format"),
    ("17-no-command", "whether a script of this name was detected"),
    ("18-billion-laughs", "how much of a text is read"),
    ("28-no-command", "whether a script of this name was detected"),
];

#[test]
fn the_schema_refuses_every_broken_file_whose_shape_is_wrong() {
    let validator = validator(Which::Project);
    let mut passed = Vec::new();
    for fixture in files("fixtures/broken") {
        let name = fixture.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&fixture).unwrap();
        let refused = tree::read(&text, Format::of(&fixture), Whose::Ours)
            .is_ok_and(|root| !validator.is_valid(&as_json(&root)));
        // The checker's shape and the schema's are one.
        let (parsed, found) = file::check(&fixture, &text, Which::Project, "");
        assert_eq!(refused, parsed.is_some() && !found.is_empty(), "{name}: {found:?}");
        if !refused {
            passed.push(name);
        }
    }
    assert_eq!(passed, ONLY_THE_CHECKER_KNOWS.map(|(name, _)| name));
}

/// A value at its place.
fn at(path: &[String], value: Json) -> Json {
    path.iter().rfold(value, |inner, key| json!({ key: inner }))
}

/// Every place of the table, tables among them.
fn places(keys: &'static [schema::Key], above: &[String], out: &mut Vec<Vec<String>>) {
    for key in keys {
        let mut path = [above, &[key.name.to_owned()]].concat();
        out.push(path.clone());
        match key.kind {
            Kind::PerProcess(_) | Kind::PerProfile(_) => path.push("api".to_owned()),
            Kind::PerDirectory(_) => path.push("~/shop".to_owned()),
            _ => {}
        }
        if path.len() > above.len() + 1 {
            out.push(path.clone());
        }
        places(key.kind.keys().unwrap_or(&[]), &path, out);
    }
}

/// Of every kind, right for some keys and wrong for others.
fn values() -> Vec<Json> {
    let mut all = vec![
        json!(null),
        json!(true),
        json!(1.5),
        json!([]),
        json!([1, "a"]),
        json!([1.5]),
        json!([null]),
        json!([[]]),
        json!([{}]),
        json!({}),
        json!({ "A": { "B": 1 } }),
        json!({ "min": "1s", "max": 1 }),
        json!({ "process": "1MiB" }),
        json!({ "run": "x" }),
        json!({ "$schema": "x" }),
    ];
    for number in [0, 1, -1, 17, 1000, 1001, 1024, 1025, 65_535, 65_536, 10_000_000, 10_000_001, i64::MAX] {
        all.push(json!(number));
    }
    let texts = "|  |a|auto|off|yes|true|10|10s|10 s|1.5h|1.s|10 megs|256MiB|64 KiB|1.5|-1s|always|on_failure|task|gap|null|block|locked\
        |SIGINT|sigint|Term|SIGNOPE|SIG|a\0b|~|~/x|~x|/x|A=B|BRUMMER|BRUMMERS|BRUMMER_RUN|a..b|-a|.a|x y|ü|nope|port";
    for text in texts.split('|') {
        all.extend([json!(text), json!([text]), json!(["a", text])]);
        for value in [json!("x"), json!(3), json!(null), json!({}), json!([])] {
            all.push(json!({ text: value }));
        }
    }
    all
}

#[test]
fn the_checker_and_the_schema_take_and_refuse_the_same() {
    for (which, keys) in [(Which::Project, schema::PROJECT), (Which::User, schema::USER)] {
        let validator = validator(which);
        let mut all = vec![Vec::new()];
        places(keys, &[], &mut all);
        for path in all {
            let (mut taken, mut refused) = (0, 0);
            for value in values() {
                let document = at(&path, value);
                let said = checked(which, &document);
                let marked = marks(&validator, &document);
                assert_eq!(said.is_empty(), marked.is_empty(), "{document}\n{said:?}\n{marked:?}");
                *if said.is_empty() { &mut taken } else { &mut refused } += 1;
            }
            assert!(taken > 0 && refused > 0, "{path:?} tells nothing apart: {taken}, {refused}");
        }
    }
}

/// What a schema has no words for; it takes them, the checker does not.
#[test]
fn what_the_schema_cannot_say_is_known() {
    let validator = validator(Which::Project);
    for (value, code) in [
        // Whole numbers with a point: to a schema 5.0 is 5.
        (json!({ "processes": { "api": { "max_restarts": 5.0 } } }), Code::WrongType),
        // The greatest of a text.
        (json!({ "processes": { "api": { "stop": { "timeout": "200000d" } } } }), Code::BadUnit),
        (json!({ "logs": { "keep_bytes": "99999999999TiB" } }), Code::BadUnit),
        // What is a regular expression of ours.
        (json!({ "processes": { "api": { "ready": { "log": "(" } } } }), Code::BadValue),
        // One key against another.
        (json!({ "processes": { "api": { "env": { "A": 1 }, "env_unset": ["A"] } } }), Code::Duplicate),
    ] {
        assert_eq!(marks(&validator, &value), Vec::<String>::new());
        let said: Vec<Code> = checked(Which::Project, &value).iter().map(|mistake| mistake.code).collect();
        assert_eq!(said, [code], "{value}");
    }
}

/// Texts near to durations and sizes: small, so that none is too great, and with one thing amiss at most.
fn near_amount() -> impl Strategy<Value = String> {
    let number = "[0-9]{1,2}(\\.[0-9]{0,10})?";
    let unit = "ms|s|m|h|d|B|KiB|MiB|GB|kB|KB|S|w|";
    let part = (number, " {0,2}", unit, " {0,2}")
        .prop_map(|(number, gap, unit, after)| [number, gap, unit, after].concat());
    let parts =
        (" ?", prop::collection::vec(part, 1..3)).prop_map(|(before, parts)| before + &parts.concat());
    let amiss = proptest::option::weighted(0.3, (any::<prop::sample::Index>(), "[-+._,\t a-zA-Z0-9]"));
    (parts, amiss).prop_map(|(mut text, amiss)| {
        if let Some((place, character)) = amiss {
            text.insert_str(place.index(text.len() + 1), &character);
        }
        text
    })
}

fn near_signal() -> impl Strategy<Value = String> {
    let known = (1..=31_i32).prop_map(brummer_event::state::signal_name);
    let cut = known.prop_flat_map(|name| {
        let cases = prop::collection::vec(any::<bool>(), name.len());
        (0..=name.len(), cases).prop_map(move |(from, cases)| {
            let lower =
                |(letter, lower): (char, bool)| if lower { letter.to_ascii_lowercase() } else { letter };
            name.chars().zip(cases).map(lower).skip(from).collect::<String>()
        })
    });
    prop_oneof![4 => cut, 1 => "(SIG|sig)?[A-Z0-9]{0,5} ?"]
}

/// Asks both about one text; whether it is taken.
fn both(validator: &Validator, path: &str, text: &str) -> Result<(), TestCaseError> {
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    let document = at(&path, json!(text));
    let said = checked(Which::Project, &document);
    prop_assert_eq!(said.is_empty(), validator.is_valid(&document), "{:?}: {:?}", document, said);
    Ok(())
}

proptest! {
    #[test]
    fn both_read_texts_alike(amount in near_amount(), signal in near_signal(), any in "\\PC{0,12}") {
        let validator = VALIDATOR.get_or_init(|| validator(Which::Project));
        for text in [&amount, &signal, &any] {
            both(validator, "processes.api.stop.timeout", text)?;
            both(validator, "processes.api.stop.signal", text)?;
            both(validator, "processes.api.run", text)?;
            both(validator, "processes.api.dir", text)?;
            both(validator, "logs.keep_bytes", text)?;
            both(validator, "logs.ring_bytes", text)?;
        }
    }
}

static VALIDATOR: std::sync::OnceLock<Validator> = std::sync::OnceLock::new();
