//! The reference of every key, generated from the table of keys and the list of codes.
//!
//! Pure: data.

use std::fmt::Write as _;

use super::planned::PLANNED;
use super::{Key, Kind, PROJECT, Preset, USER};
use crate::config::diagnostic::{Code, RESERVED, Severity};

const HEAD: &str = "# Configuration reference

Generated from the table of keys that the checker itself reads; a test keeps it current.

| later wins | what |
|---|---|
| built in | the defaults below |
| your configuration | `config.toml` (or `.yaml`, `.yml`, `.json`) in `$XDG_CONFIG_HOME/brummer`, or `BRUMMER_CONFIG` |
| a project's files | `brummer.toml` (or `.yaml`, `.yml`, `.json`), from the repository's root down to the project's directory; from those above it everything but `processes` |
| not committed | `brummer.local.toml` (or the other formats) beside each of them |
| a profile | `[profile.NAME.…]` of these files, in the same order, if `brummerctl --profile NAME up` chose it; kept until the next `up` |
| environment of the daemon | `BRUMMER_SECTION__KEY`, for the keys of your configuration: `BRUMMER_LOGS__KEEP_LINES=5000` |

`brummerctl config show --sources` tells of each value where it comes from, `brummerctl config check` what is wrong, `brummerctl config schema` prints the JSON Schema for an editor. An editor finds it by the first line of a file, after `brummerctl config schema > brummer.schema.json`: `#:schema ./brummer.schema.json` in TOML (taplo), `# yaml-language-server: $schema=./brummer.schema.json` in YAML, or by the key `$schema` in any format (`config schema --user` is that of your own configuration). TOML, YAML and JSON have the same keys. A duration has a unit (`250ms`, `10s`, `1m30s`, `1.5h`, `7d`), a size too (`64KiB`, `256MiB`, `2GB`; a bare number is bytes).

An environment comes from, later wins: the client that started the process, `env_file` in its order, `env` and `env_unset`, Brummer's own (`BRUMMER`, `BRUMMER_PROJECT`, `BRUMMER_PROCESS`, `BRUMMER_RUN`). `brummerctl status NAME` tells of each variable where it came from, and over what. What was found in a Procfile has a `PORT` in its `env`, as foreman gives it: 5000 and a hundred more for each further line, counted from `port` of `.foreman`, else from `PORT` of `.env`.

A `.env` file is read as docker compose reads it: `NAME=value`, `NAME: value`, `export NAME=value`, comments. In bare and double-quoted values `$NAME` and `${NAME}` stand for what is set before or outside, `${NAME:-default}`, `${NAME:?message}` and `${NAME:+other}` (without the colon: also where it is set and empty) do what they do there, and `\\$` is a plain dollar sign; single quotes and backquotes keep everything. Quoted values may span lines. A file that is not there, or a line that is none of these, is told with its place, and the process is not started.

Values of variables whose names look like secrets (`…_TOKEN`, `…_KEY`, `…PASSWORD…`, and so on) and passwords within URLs are shown as `***` by every command; `config import --write` writes them as they are.
";

/// The reference as Markdown.
pub fn reference() -> String {
    let mut out = HEAD.to_owned();
    out.push_str("\n## Of a project: `brummer.toml`\n");
    section(&mut out, "", PROJECT);
    out.push_str("\n## Of the user: `config.toml`\n\nIn a project's file these are E015.\n");
    section(&mut out, "", USER);
    out.push_str(
        "\n## Not built into this version\n\nGiving one is the warning W102 (in a project's file, those of \
         the user are E015); everything else counts.\n\n",
    );
    for (words, user_only) in [("Of a project", false), ("Of the user", true)] {
        let of = PLANNED.iter().filter(|planned| planned.user_only == user_only);
        let list: Vec<String> =
            of.map(|planned| format!("`{}`", planned.path.replace('*', "NAME"))).collect();
        let _ = writeln!(out, "- {words}: {}", list.join(", "));
    }
    let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
    let warnings: Vec<&str> = warnings.map(|code| code.as_str()).collect();
    let _ = writeln!(
        out,
        "\n## Codes\n\nWith a mistake `config check` ends with exit code 2, with warnings alone ({}) with 0.\n",
        warnings.join(", ")
    );
    out.push_str("| code | means |\n|---|---|\n");
    let mut codes: Vec<(&str, String)> =
        Code::ALL.iter().map(|code| (code.as_str(), code.words().to_owned())).collect();
    codes.extend(RESERVED.iter().map(|(code, words)| (*code, format!("reserved: {words}"))));
    codes.sort();
    for (code, words) in codes {
        let _ = writeln!(out, "| {code} | {words} |");
    }
    out
}

/// One table a table of keys; those below follow.
fn section(out: &mut String, path: &str, keys: &'static [Key]) {
    let leaves: Vec<&Key> = keys.iter().filter(|key| key.kind.keys().is_none()).collect();
    if !leaves.is_empty() {
        if !path.is_empty() {
            let _ = writeln!(out, "\n### `[{path}]`");
        }
        out.push_str("\n| key | type | default | example | what it does |\n|---|---|---|---|---|\n");
        for key in leaves {
            let (kind, default) = (cell(&kind(key.kind)), cell(&default(key)));
            let (name, example, doc) = (key.name, cell(&format!("`{}`", key.example)), cell(key.doc));
            let _ = writeln!(out, "| `{name}` | {kind} | {default} | {example} | {doc} |");
        }
    }
    for key in keys {
        let name = match key.kind {
            Kind::PerProcess(_) | Kind::PerProfile(_) => ".NAME",
            Kind::PerDirectory(_) => ".\"DIR\"",
            _ => "",
        };
        let below = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        match key.kind {
            Kind::PerProfile(_) => {
                let _ = writeln!(out, "\n### `[{below}.NAME.…]`\n\n{} Keys: those of the file.", key.doc);
            }
            kind => {
                if let Some(keys) = kind.keys() {
                    section(out, &format!("{below}{name}"), keys);
                }
            }
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Version => "1".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Int { least, most } => format!("{least} to {most}"),
        Kind::AutoInt { least, most } => format!("`\"auto\"`, or {least} to {most}"),
        Kind::Duration => "duration".to_owned(),
        Kind::DurationOrOff => "duration, or `\"off\"`".to_owned(),
        Kind::Size | Kind::Sizes { .. } => "size".to_owned(),
        Kind::Word(words) => words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "),
        Kind::Path => "path".to_owned(),
        Kind::Paths => "path, or a list of them".to_owned(),
        Kind::Command => "text, or a list".to_owned(),
        Kind::Names => "list of names".to_owned(),
        Kind::Variables => "table of variables".to_owned(),
        Kind::Unset { .. } => "list of variables".to_owned(),
        Kind::Signal => "signal".to_owned(),
        Kind::Pattern => "regular expression".to_owned(),
        Kind::Table(_) | Kind::PerProcess(_) | Kind::PerDirectory(_) | Kind::PerProfile(_) => {
            "table".to_owned()
        }
    }
}

fn default(key: &Key) -> String {
    match key.preset {
        Preset::Unset if key.otherwise.is_empty() => "none".to_owned(),
        Preset::Unset => key.otherwise.to_owned(),
        Preset::Bool(truth) => format!("`{truth}`"),
        Preset::Int(number) => format!("`{number}`"),
        Preset::Text(text) => format!("`\"{text}\"`"),
    }
}
