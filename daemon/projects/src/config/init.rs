//! `config init`: a start file that explains itself. Everything in it is a comment, so it changes nothing
//! until somebody takes a `#` away; what was detected stands there by name, and each key with its default.
//!
//! Pure: no files, no environment, no clock.

use std::fmt::Write as _;
use std::path::Path;

use super::check::dotted;
use super::import::render::{comment, text};
use crate::detect::Script;

/// Scripts that are written down; a monorepo has thousands, and nobody reads them here.
const MOST: usize = 50;

const HEAD: &str = "\
## What runs in this project. Everything here is a comment: take a `#` away to make it count.
##
##   brummerctl config check            every mistake, with its place and its cure
##   brummerctl config show --sources   what is in effect, and where each value comes from
##   brummerctl scripts                 what could be run, with or without this file
##
## Values for this machine alone belong into brummer.local.toml (keep it out of version control).
## Editors that know taplo complete and check it: brummerctl config schema > brummer.schema.json,
## and then as the first line of this file
##   #:schema ./brummer.schema.json
";

const KEYS: &str = "\
## All keys of a process, most with their default.
#
# [processes.api]
# run = \"cargo run\"              ## text: run by a shell; a list, as [\"cargo\", \"run\"]: executed as it is
# dir = \".\"                      ## seen from this file
# env = { PORT = \"3000\" }
# env_unset = [\"HTTP_PROXY\"]     ## variables that it must not have
# env_file = \".env\"              ## one or a list; `env` wins over them
# depends_on = [\"db\"]            ## a service must be ready, a task must have succeeded
# autostart = true               ## started by `brummerctl up` without names
# kind = \"service\"               ## or \"task\": it is expected to end with success
# restart = \"on-failure\"         ## no, on-failure, always; a task: no
# backoff = { min = \"250ms\", max = \"30s\" }
# max_restarts = 5               ## within a minute, then it is given up; 0: never
# ready = { log = 'listening on', deadline = \"60s\" }   ## a line of its output; else it is once it runs
# stop = { signal = \"SIGTERM\", timeout = \"10s\" }
# stdin = \"open\"                 ## or \"null\"; some tools quit when their input ends
# merge_output = false           ## one stream, in exact order
# daemonizes = false             ## its first process ends by design, what it started goes on
# restart_on_change = false      ## restart it when this file changes it, instead of only saying so
#
## Memory and disk for the lines of each process.
#
# [logs]
# keep_lines = 10000             ## in memory, at once at hand
# keep_bytes = \"256MiB\"          ## on disk
# ring_bytes = \"16MiB\"           ## in memory
# when_behind = \"slow\"           ## or \"gap\": drop the oldest rather than let it wait
#
## What differs with `brummerctl --profile ci up`.
#
# [profile.ci.processes.api]
# env = { LOG = \"debug\" }
";

/// The text of a new `brummer.toml` for the project in `dir`, with the scripts that were detected there.
pub fn start_file(dir: &Path, scripts: &[Script]) -> String {
    let mut out = HEAD.to_owned();
    if !scripts.is_empty() {
        out.push_str(
            "\n## Found here. A name alone makes `up` start it; further keys change it; what it runs stays\n\
             ## with the file it comes from.\n",
        );
    }
    let mut source = "";
    for script in scripts.iter().take(MOST) {
        if script.source != source {
            source = &script.source;
            out.push_str("#\n#");
            comment(&mut out, source);
        }
        let header = format!("[{}]", dotted(&["processes", script.name.as_str()]));
        let runs = shown(&script.run);
        let place = match script.directory.strip_prefix(dir) {
            Ok(inner) if !inner.as_os_str().is_empty() => format!("  (in {})", inner.display()),
            _ => String::new(),
        };
        comment(&mut out, &format!("{header:<30} ## {runs}{place}"));
    }
    if let Some(more) = scripts.len().checked_sub(MOST).filter(|more| *more > 0) {
        let _ = writeln!(out, "#\n## and {more} more: brummerctl scripts");
    }
    out.push('\n');
    out.push_str(KEYS);
    out
}

/// A command in one line, for people.
fn shown(run: &brummer_event::spec::Command) -> String {
    use brummer_event::spec::Command;
    let line = match run {
        Command::Shell(script) => script.split_whitespace().collect::<Vec<_>>().join(" "),
        Command::Exec(argv) => {
            let word = |word: &String| {
                if word.is_empty() || word.contains(char::is_whitespace) { text(word) } else { word.clone() }
            };
            argv.iter().map(word).collect::<Vec<_>>().join(" ")
        }
    };
    let mut short: String = line.chars().take(60).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::super::{import, schema};
    use super::*;
    use crate::detect::{Look, detect};

    /// The start file of a directory with these files.
    fn made(files: &[(&str, &str)]) -> String {
        let temp = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = temp.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        start_file(temp.path(), &detect(temp.path(), &Look::default()).scripts)
    }

    const FILES: [(&str, &str); 3] = [
        ("package.json", r#"{"workspaces": ["apps/*"], "scripts": {"dev": "vite", "a b": "x"}}"#),
        ("apps/web/package.json", r#"{"name": "web", "scripts": {"build": "vite build"}}"#),
        ("Procfile", "worker: bin/work   --all \u{1b}[31m\n"),
    ];

    #[test]
    fn it_names_what_was_found_and_each_key() {
        insta::assert_snapshot!(made(&FILES));
        insta::assert_snapshot!("init_of_an_empty_directory", made(&[]));
        let text = made(&[]);
        // taplo refuses a file whose schema is not there, and at first it is not.
        assert!(!text.lines().any(|line| line.starts_with("#:schema")), "{text}");
        let processes = schema::find(schema::PROJECT, ["processes"]).unwrap();
        for key in processes.kind.keys().unwrap() {
            assert!(text.contains(&format!("\n# {} = ", key.name)), "`{}` is not in it", key.name);
        }
    }

    #[test]
    fn it_is_in_order_as_it_is_and_with_every_comment_taken_away() {
        let text = made(&FILES);
        import::passes(&text).unwrap();
        let active: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("##"))
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .collect();
        assert!(active.contains(&"[processes.api]"));
        import::passes(&active.join("\n")).unwrap();
    }

    #[test]
    fn a_monorepo_does_not_fill_it() {
        let scripts: Vec<String> = (0..10_000).map(|n| format!("\"s{n}\": \"x\"")).collect();
        let text = made(&[("package.json", &format!("{{\"scripts\": {{{}}}}}", scripts.join(", ")))]);
        assert!(text.lines().count() < 150, "{}", text.lines().count());
        assert!(text.contains("and 9950 more"));
    }
}
