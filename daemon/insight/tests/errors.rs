//! Errors of real tools, captured from them (`fixtures/`), and the samples of the brief: fed in one buffer,
//! line by line with a buffer each, with 300 ms between lines, and mixed with another stream.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::collections::BTreeMap;

use brummer_event::{Level, Stream};
use brummer_insight::{Classifier, ClassifierContext, Findings, IncidentDraft};

const MS: i64 = 1_000_000;

fn classifier() -> Classifier {
    Classifier::new(ClassifierContext {
        project_dir: Some("/home/dev/shop".to_owned()),
        host_name: Some("box".to_owned()),
    })
}

fn show(draft: &IncidentDraft) -> String {
    let place = draft.place.as_ref().map_or_else(
        || "-".to_owned(),
        |place| format!("{}:{}:{}", place.file, place.line, place.column.unwrap_or(0)),
    );
    format!(
        "{} {} {} | {} | {place} | {} | {} frames ({} own) | {}x",
        draft.level,
        draft.kind,
        draft.code.as_deref().unwrap_or("-"),
        draft.message.replace('\n', "\\n"),
        draft.language.map_or("-", |language| language.as_str()),
        draft.stack.len(),
        draft.stack.iter().filter(|frame| frame.own).count(),
        draft.count,
    )
}

/// What an owner of incidents would hold at the end: the newest draft of each key, same errors as one.
#[derive(Default)]
struct Held(BTreeMap<u64, IncidentDraft>);

impl Held {
    fn take(&mut self, out: &mut Findings) {
        for draft in out.incidents.drain(..) {
            assert_eq!(
                draft.update,
                self.0.contains_key(&draft.key),
                "an update is of something handed out: {draft:?}"
            );
            self.0.insert(draft.key, draft);
        }
    }

    fn shown(self) -> Vec<String> {
        let mut by_fingerprint: Vec<IncidentDraft> = Vec::new();
        for draft in self.0.into_values() {
            match by_fingerprint.iter_mut().find(|known| known.fingerprint == draft.fingerprint) {
                Some(known) => {
                    known.count += draft.count;
                    if draft.stack.len() > known.stack.len() {
                        known.stack = draft.stack;
                    }
                }
                None => by_fingerprint.push(draft),
            }
        }
        by_fingerprint.sort_by_key(|draft| draft.line);
        by_fingerprint.iter().map(show).collect()
    }
}

fn run(text: &str, pause: i64, take_each: bool, noise: bool) -> Vec<String> {
    let mut classifier = classifier();
    let (mut out, mut held, mut time) = (Findings::default(), Held::default(), 0);
    let mut number = 0;
    for line in text.lines() {
        number += 1;
        time += pause;
        classifier.line(Stream::Err, number, time, line.as_bytes(), &mut out);
        if noise {
            number += 1;
            classifier.line(Stream::Out, number, time, b"    at the same time: 0 errors", &mut out);
        }
        if take_each {
            held.take(&mut out);
        }
    }
    classifier.flush(i64::MAX, &mut out);
    held.take(&mut out);
    held.shown()
}

fn check(text: &str, expected: &[&str]) {
    let whole = run(text, 0, false, false);
    assert_eq!(whole, expected);
    assert_eq!(run(text, 0, true, false), expected, "line by line");
    assert_eq!(run(text, 300 * MS, true, false), expected, "with pauses");
    assert_eq!(run(text, MS, true, true), {
        // Line numbers of the other stream lie between; nothing else may change.
        expected.to_vec()
    });
}

fn fixture(name: &str) -> String {
    String::from_utf8(std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap())
        .unwrap()
}

#[test]
fn vite_8_tells_a_broken_file_twice_and_it_is_one_incident() {
    for name in ["vite8_broken_color.err", "vite8_broken_plain.err"] {
        check(
            &fixture(name),
            &[
                "error BuildError PARSE_ERROR | Unexpected token | src/main.ts:3:1 | typescript | 5 frames (0 own) | 2x",
            ],
        );
    }
}

#[test]
fn vite_8_started_on_a_broken_file_tells_it_three_times_and_it_is_one_incident() {
    check(
        &fixture("vite8_broken_from_start.err"),
        &[
            "error BuildError PARSE_ERROR | Unexpected token | src/main.ts:1:1 | typescript | 6 frames (0 own) | 3x",
        ],
    );
}

#[test]
fn vite_8_builds_and_resolves() {
    check(
        &fixture("vite8_build_broken.err"),
        &["error BuildError - | Unexpected token | src/main.ts:3:1 | typescript | 7 frames (0 own) | 1x"],
    );
    check(
        &fixture("vite8_missing_import.err"),
        &[
            "error BuildError - | Failed to resolve import \"./missing\" from \"src/main.ts\". Does the file exist? \
           | src/main.ts:61:7 | typescript | 7 frames (0 own) | 2x",
        ],
    );
}

#[test]
fn node() {
    check(
        &fixture("node_errors.err"),
        &[
            "error TypeError - | Cannot read properties of undefined (reading 'map') | u.js:1:37 | javascript | 8 frames (2 own) | 1x",
            "error SyntaxError - | Unexpected token '=' | s.js:1:0 | javascript | 7 frames (0 own) | 1x",
            "error Error EADDRINUSE | listen EADDRINUSE: address already in use :::4567 | [eval]:1:82 | javascript | 10 frames (1 own) | 1x",
            "error Error MODULE_NOT_FOUND | Cannot find module './nope' | [eval]:1:1 | javascript | 10 frames (2 own) | 1x",
            "error Error - | outer | [eval]:1:40 | javascript | 10 frames (3 own) | 1x",
            "error AssertionError ERR_ASSERTION | Expected values to be strictly equal: | [eval]:1:40 | javascript | 7 frames (2 own) | 1x",
        ],
    );
}

#[test]
fn python() {
    check(
        &fixture("python_errors.err"),
        &[
            "error ZeroDivisionError - | division by zero | p.py:4:0 | python | 2 frames (2 own) | 1x",
            "error RuntimeError - | cannot load | p.py:12:0 | python | 1 frames (1 own) | 1x",
            "error SyntaxError - | invalid syntax | ps.py:1:0 | python | 1 frames (1 own) | 1x",
        ],
    );
}

#[test]
fn rust() {
    check(
        &fixture("rustc_errors.err"),
        &[
            "error error E0425 | cannot find value `y` in this scope | src/main.rs:1:44 | rust | 0 frames (0 own) | 1x",
            "error error E0308 | mismatched types | src/main.rs:1:64 | rust | 0 frames (0 own) | 1x",
        ],
    );
    check(
        &fixture("rust_panic.err"),
        &[
            "fatal panic - | assertion `left == right` failed: len is wrong\\nleft: 1\\nright: 2 | src/main.rs:1:23 | rust | 7 frames (2 own) | 2x",
        ],
    );
}

#[test]
fn typescript() {
    let expected = [
        "error error TS2322 | Type 'string' is not assignable to type 'number'. | src/main.ts:61:7 | typescript | 0 frames (0 own) | 1x",
    ];
    check(&fixture("tsc_pretty.out"), &expected);
    check(
        "src/main.ts(61,7): error TS2322: Type 'string' is not assignable to type 'number'.\n  The expected type is here.",
        &expected,
    );
}

#[test]
fn other_tools() {
    check(
        &fixture("others.err"),
        &[
            "error error - | expected declaration specifiers or \u{2018}...\u{2019} before \u{2018}{\u{2019} token | x.c:1:11 | - | 0 frames (0 own) | 1x",
            "error error ENOENT | enoent Could not read package.json: Error: ENOENT: no such file or directory, open '/home/dev/shop/package.json'\\n\
             enoent This is related to npm not being able to find a file.\\nenoent | - | - | 0 frames (0 own) | 1x",
            "error error - | sh: 1: vitee: not found | - | - | 0 frames (0 own) | 1x",
        ],
    );
}

#[test]
fn bundlers_of_other_kinds() {
    check(
        "10:24:05 AM [vite] Internal server error: Transform failed with 1 error:\n\
         /home/dev/shop/src/main.ts:3:0: ERROR: Unexpected \"=\"\n  Plugin: vite:esbuild\n  \
         File: /home/dev/shop/src/main.ts:3:0\n\n  Unexpected \"=\"\n  1  |  import x\n  3  |  = = ;\n     |  ^\n  \
         4  |  y\n      at failureErrorWithLog (/home/dev/shop/node_modules/esbuild/lib/main.js:1472:15)\n\
         10:24:07 AM [vite] page reload src/main.ts",
        &["error BuildError - | Unexpected \"=\" | src/main.ts:3:1 | typescript | 1 frames (0 own) | 1x"],
    );
    check(
        "\u{2718} [ERROR] Unexpected \"=\"\n\n    src/main.ts:3:0:\n      3 \u{2502} = = ;\n        \u{2575} ^\n\n1 error",
        &["error BuildError - | Unexpected \"=\" | src/main.ts:3:1 | typescript | 0 frames (0 own) | 1x"],
    );
    check(
        " \u{2a2f} ./src/app/page.tsx:5:1\nModule not found: Can't resolve 'foo'\n  3 |\n> 5 | import foo from 'foo'",
        &[
            "error BuildError - | Can't resolve 'foo' | src/app/page.tsx:5:1 | typescript | 0 frames (0 own) | 1x",
        ],
    );
    check(
        "ERROR in ./src/index.js 3:0-20\nModule not found: Error: Can't resolve './missing' in '/home/dev/shop/src'\n\
         resolve './missing' in '/home/dev/shop/src'\n  using description file\n\nwebpack 5.91.0 compiled with 1 error in 900 ms",
        &[
            "error BuildError - | Error: Can't resolve './missing' in '/home/dev/shop/src' | src/index.js:3:1 | javascript | 0 frames (0 own) | 1x",
        ],
    );
    // Two errors in one report are two.
    check(
        "[vite] Internal server error: Transform failed with 2 errors:\n\n[PARSE_ERROR] Unexpected token\n   \u{256d}\u{2500}[ src/a.ts:3:1 ]\n\
         \u{2500}\u{2500}\u{2500}\u{256f}\n\n[PARSE_ERROR] Expected a semicolon\n   \u{256d}\u{2500}[ src/a.ts:9:2 ]\n\u{2500}\u{2500}\u{256f}",
        &[
            "error BuildError PARSE_ERROR | Unexpected token | src/a.ts:3:1 | typescript | 0 frames (0 own) | 1x",
            "error BuildError PARSE_ERROR | Expected a semicolon | src/a.ts:9:2 | typescript | 0 frames (0 own) | 1x",
        ],
    );
}

#[test]
fn groups_end_and_do_not_swallow() {
    // G03: the place is the first frame of one's own code.
    check(
        "TypeError: Cannot read properties of undefined (reading 'map')\n    at lib (/home/dev/shop/node_modules/x/i.js:1:2)\n    \
         at node:internal/a:3:4\n    at render (/home/dev/shop/src/x.ts:3:9)\n\nlistening",
        &[
            "error TypeError - | Cannot read properties of undefined (reading 'map') | src/x.ts:3:9 | typescript | 3 frames (1 own) | 1x",
        ],
    );
    // L63: a printed object is one error.
    check(
        " \u{2a2f} unhandledRejection: [MongoServerSelectionError: getaddrinfo ENOTFOUND mongodb.localhost] {\n  reason: {\n    servers: [\n    ]\n  },\n  code: undefined\n}\nready",
        &[
            "error MongoServerSelectionError ENOTFOUND | getaddrinfo ENOTFOUND mongodb.localhost | - | - | 0 frames (0 own) | 1x",
        ],
    );
    // A runner's prefix is before every line.
    check(
        "[api] Traceback (most recent call last):\n[api]   File \"/home/dev/shop/main.py\", line 10, in <module>\n[api]     x()\n[api] ValueError: no",
        &["error ValueError - | no | main.py:10:0 | python | 1 frames (1 own) | 1x"],
    );
    // A traceback that nobody finishes is told at the end.
    check(
        "Traceback (most recent call last):\n  File \"/home/dev/shop/main.py\", line 10, in <module>\n    x()",
        &["error error - | Traceback | main.py:10:0 | python | 1 frames (1 own) | 1x"],
    );
    // Who ends a program by hand makes no error.
    check(
        "Traceback (most recent call last):\n  File \"/a.py\", line 1, in <module>\nKeyboardInterrupt",
        &[],
    );
    check(
        r#"{"level":50,"time":1,"err":{"type":"TypeError","message":"m","stack":"TypeError: m\n    at f (/home/dev/shop/src/x.ts:3:9)"},"msg":"request failed"}"#,
        &["error TypeError - | request failed: m | src/x.ts:3:9 | javascript | 1 frames (1 own) | 1x"],
    );
}

#[test]
fn silence_ends_a_group() {
    let mut classifier = classifier();
    let mut out = Findings::default();
    classifier.line(Stream::Err, 1, 0, b"Error: backup", &mut out);
    let level =
        classifier.line(Stream::Err, 2, 2_000 * MS, b"    at f (/home/dev/shop/src/x.ts:3:9)", &mut out);
    assert_eq!(level, Level::Info, "G15: too late to be a frame");
    assert!(out.incidents[0].stack.is_empty());
    assert_eq!(classifier.deadline(), None);
    classifier.line(Stream::Err, 3, 3_000 * MS, b"Traceback (most recent call last):", &mut out);
    assert_eq!(out.incidents.len(), 1, "it has no name yet");
    let deadline = classifier.deadline().expect("somebody has to wake it");
    classifier.flush(deadline, &mut out);
    assert_eq!(out.incidents.len(), 2);
}

#[test]
fn a_flood_of_one_error_is_one_draft() {
    let mut classifier = classifier();
    let mut out = Findings::default();
    for number in 1..=10_000u64 {
        let line = format!("ERROR: connection {number} lost");
        assert_eq!(
            classifier.line(Stream::Out, number, number as i64, line.as_bytes(), &mut out),
            Level::Error
        );
    }
    classifier.flush(i64::MAX, &mut out);
    assert_eq!(out.incidents.len(), 1);
    assert_eq!(out.incidents[0].count, 10_000);
}

#[test]
fn streams_do_not_mix() {
    let mut classifier = classifier();
    let mut out = Findings::default();
    for (number, (stream, line)) in [
        (Stream::Err, "TypeError: one"),
        (Stream::Out, "RangeError: two"),
        (Stream::Err, "    at a (/home/dev/shop/a.js:1:1)"),
        (Stream::Out, "    at b (/home/dev/shop/b.js:2:2)"),
    ]
    .into_iter()
    .enumerate()
    {
        classifier.line(stream, number as u64, 0, line.as_bytes(), &mut out);
    }
    let places: Vec<_> =
        out.incidents.iter().map(|draft| draft.place.as_ref().unwrap().file.as_str()).collect();
    assert_eq!(places, ["a.js", "b.js"]);
}
