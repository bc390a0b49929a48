//! The values of a process that nobody wrote, for `config show`.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::{Command, Kind, ProcessSpec, Restart, Retry, Stdin};

use super::super::check::dotted;
use super::super::layers::ConfigValue;
use super::super::text;

/// Adds the values of a process that nobody wrote.
pub(super) fn add_defaults(spec: &ProcessSpec, values: &mut Vec<ConfigValue>) {
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
    for (path, value) in effective.into_iter().chain(ready) {
        let key = dotted(&[&["processes", spec.name.as_str()], path].concat());
        if !values.iter().any(|written| written.key == key) {
            values.push(ConfigValue { key, value, source: "default".to_owned() });
        }
    }
}
