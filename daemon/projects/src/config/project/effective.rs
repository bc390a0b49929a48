//! The values of a process that no configuration has, for `config show`: those of the script that it configures,
//! with the script's file, and the defaults.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::{Command, Kind, ProcessSpec, Restart, Retry, Stdin};

use super::super::check::dotted;
use super::super::layers::ConfigValue;
use super::super::text;
use crate::detect::Script;

/// Adds the values of a process that no layer has: of the script that it configures, or else the defaults.
pub(super) fn add_unwritten(spec: &ProcessSpec, script: Option<&Script>, values: &mut Vec<ConfigValue>) {
    let word = |word: &str| toml_edit::Value::from(word).to_string();
    let list = |argv: &[String]| {
        argv.iter().map(|arg| toml_edit::Value::from(arg.as_str())).collect::<toml_edit::Value>().to_string()
    };
    let run = match &spec.command {
        Command::Shell(text) => word(text),
        Command::Exec(argv) => list(argv),
    };
    let restart = match spec.restart {
        Restart::No => "no",
        Restart::OnFailure => "on-failure",
        Restart::Always => "always",
    };
    let kind = match spec.kind {
        Kind::Service => "service",
        Kind::Task => "task",
    };
    let stdin = match spec.stdin {
        Stdin::Open => "open",
        Stdin::Null => "null",
    };
    let files: Vec<String> = spec.env_files.iter().map(|file| file.display().to_string()).collect();
    let check = |part: &'static [&'static str], value: String| (part, value);
    let ready = spec.ready.iter().flat_map(|ready| {
        [
            check(&["ready", "log"], word(&ready.log)),
            check(&["ready", "deadline"], word(&text::show_duration(ready.deadline))),
        ]
    });
    let effective: [(&[&str], String); 16] = [
        (&["run"], run),
        (&["dir"], word(&spec.dir.display().to_string())),
        (&["env_file"], list(&files)),
        (&["depends_on"], list(&spec.depends_on)),
        (&["autostart"], spec.autostart.to_string()),
        (&["restart"], word(restart)),
        (&["backoff", "min"], word(&text::show_duration(spec.retry.least.unwrap_or(Retry::LEAST)))),
        (&["backoff", "max"], word(&text::show_duration(spec.retry.most.unwrap_or(Retry::MOST)))),
        (&["max_restarts"], spec.retry.restarts.unwrap_or(Retry::RESTARTS).to_string()),
        (&["kind"], word(kind)),
        (&["stop", "signal"], word(&brummer_event::state::signal_name(spec.stop.signal))),
        (&["stop", "timeout"], word(&text::show_duration(spec.stop.timeout))),
        (&["stdin"], word(stdin)),
        (&["merge_output"], spec.merge_output.to_string()),
        (&["daemonizes"], spec.daemonizes.to_string()),
        (&["restart_on_change"], spec.restart_on_change.to_string()),
    ];
    let of_script = |path: &[&str]| {
        script.filter(|script| match path {
            ["run" | "dir" | "kind"] => true,
            ["env_file"] => !script.env_files.is_empty(),
            ["depends_on"] => !script.depends_on.is_empty(),
            ["ready", _] => script.ready.is_some(),
            _ => false,
        })
    };
    let mut add = |path: &[&str], value: String, source: &str| {
        let key = dotted(&[&["processes", spec.name.as_str()], path].concat());
        if !values.iter().any(|written| written.key == key) {
            values.push(ConfigValue { key, value, source: source.to_owned() });
        }
    };
    for (path, value) in effective.into_iter().chain(ready) {
        let source = of_script(path).map_or("default", |script| script.source.as_str());
        add(path, value, source);
    }
    for (variable, value) in script.into_iter().flat_map(|script| &script.env) {
        let is_unset = spec.env_unset.contains(variable);
        let source = script.map_or("default", |script| script.source.as_str());
        if !is_unset {
            add(&["env", variable.as_str()], word(value), source);
        }
    }
}
