//! The level and URL samples: a tool's own mark decides, the stream does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use brummer_event::Level::{self, Debug, Error, Fatal, Info, Trace, Warn};
use brummer_event::Stream;
use brummer_insight::{Classifier, ClassifierContext, Findings, Scout};

const ROWS: &[(&str, Level)] = &[
    ("  VITE v5.4.21  ready in 1856 ms", Info),
    ("  \u{279c}  Network: use --host to expose", Info),
    (
        "10:24:05 AM [vite] Internal server error: Failed to resolve import \"./missing\" from \"src/main.ts\".",
        Error,
    ),
    (" \u{2713} Compiled / in 1.2s (545 modules)", Info),
    ("Module not found: Can't resolve 'foo'", Error),
    ("webpack 5.91.0 compiled successfully in 1234 ms", Info),
    ("ERROR in ./src/index.js 3:0-20", Error),
    ("10:24:01 AM - Found 0 errors. Watching for file changes.", Info),
    ("10:24:01 AM - Found 2 errors. Watching for file changes.", Error),
    (
        "\x1b[96msrc/index.ts\x1b[0m:\x1b[93m3\x1b[0m:\x1b[93m7\x1b[0m - \x1b[91merror\x1b[0m\x1b[90m TS2322: \x1b[0mType 'string'",
        Error,
    ),
    ("PASS src/sum.test.js", Info),
    ("FAIL src/sum.test.js", Error),
    ("Tests:       12 passed, 12 total", Info),
    ("      Tests  1 failed | 4 passed (5)", Error),
    ("  12:5  error  'x' is not defined  no-undef", Error),
    ("  12:5  warning  'x' is unused  no-unused-vars", Warn),
    ("\u{2716} 3 problems (0 errors, 3 warnings)", Warn),
    ("\u{2716} 3 problems (1 error, 2 warnings)", Error),
    ("npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.", Warn),
    ("npm error code ELIFECYCLE", Error),
    ("npm ERR! code 1", Error),
    ("npm notice New version", Info),
    ("TypeError: Cannot read properties of undefined (reading 'map')", Error),
    ("Error: listen EADDRINUSE: address already in use :::3000", Error),
    ("   Compiling serde v1.0.200", Info),
    ("   Compiling thiserror v2.0.21", Info),
    ("warning: unused variable: `x`", Warn),
    ("test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s", Info),
    ("test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured", Error),
    ("thread 'main' panicked at src/main.rs:4:5:", Fatal),
    ("panic: runtime error: index out of range [5] with length 3", Fatal),
    ("ok  \texample.com/app\t0.003s", Info),
    ("=================== 1 failed, 3 passed in 0.12s ===================", Error),
    ("=================== 3 passed in 0.12s ===================", Info),
    ("WARNING: This is a development server. Do not use it in a production deployment.", Warn),
    ("[INFO] BUILD SUCCESS", Info),
    ("    0 Error(s)", Info),
    ("    2 Error(s)", Error),
    ("      Now listening on: http://localhost:5000", Info),
    ("   INFO  Server running on [http://127.0.0.1:8000].", Info),
    ("GET /static/undefined.png 200", Info),
    ("GET /errors/fatal.html 200", Info),
    ("level=warn msg=\"slow query\" took=3.2s", Warn),
    ("building 100%", Info),
    // Others of their kind.
    ("INFO:     127.0.0.1:1 - \"GET /error HTTP/1.1\" 500 Internal Server Error", Info),
    ("ERROR:    Exception in ASGI application", Error),
    ("2024-01-01 10:00:00,123 - root - ERROR - boom", Error),
    ("2024-01-01 10:00:00.123 | WARNING  | app:main:3 - slow", Warn),
    ("10:24:05.123 [main] ERROR com.example.App - failed", Error),
    ("2024-01-01T10:00:00.000Z  WARN app::db: slow query", Warn),
    ("[2024-01-01T10:00:00Z ERROR app] boom", Error),
    ("[10:24:05 ERR] boom", Error),
    ("[2024-01-01 10:00:00] local.ERROR: boom", Error),
    ("10:00AM DBG text", Debug),
    ("10:00AM INF text", Info),
    ("2024/01/01 00:00:00 [error] 123#0: open() failed", Error),
    ("E0102 10:24:05.123456    1 main.go:9] boom", Error),
    ("I0102 10:24:05.123456    1 main.go:9] error free", Info),
    ("fail: Microsoft.AspNetCore[1]", Error),
    ("dbug: Microsoft.AspNetCore[1]", Debug),
    ("trce: Microsoft.AspNetCore[1]", Trace),
    ("web_1  | ERROR boom", Error),
    ("web_1  | INFO error page rendered", Info),
    ("db-1  | 2024-01-01 10:00:00.000 UTC [45] ERROR:  relation \"x\" does not exist", Error),
    ("db-1  | 2024-01-01 10:00:00.000 UTC [45] LOG:  no error", Info),
    ("error Command failed with exit code 1.", Error),
    ("warn  - Fast Refresh had to perform a full reload", Warn),
    ("error: could not compile `x` (bin \"x\") due to 1 previous error", Error),
    ("main.c:3:5: warning: unused variable", Warn),
    ("main.c:3:5: error: expected ';'", Error),
    ("src/main.ts(3,1): error TS1128: Declaration or statement expected.", Error),
    ("(node:4711) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.", Warn),
    ("make: *** [Makefile:2: all] Error 1", Error),
    ("sh: 1: vite: not found", Error),
    ("Segmentation fault (core dumped)", Fatal),
    ("\u{2717} Build failed in 85ms", Error),
    ("\u{26a0} Unsupported metadata", Warn),
    ("{\"level\":30,\"msg\":\"no error\"}", Info),
    ("{\"level\":60,\"msg\":\"down\"}", Fatal),
    ("api: ERROR lost", Error),
    ("CRITICAL:root:down", Fatal),
    ("DEBUG:root:details", Debug),
    // Words in prose, names and counts are no marks.
    ("0 errors", Info),
    ("Found 0 errors", Info),
    ("no error: all fine", Info),
    ("error handling is enabled", Info),
    ("Errors: 0", Info),
    ("errors: 0", Info),
    ("error: 0", Info),
    ("Error count: 0", Info),
    ("loaded error.js", Info),
    ("src/errors/index.ts 1.2kB", Info),
    ("ErrorBoundary mounted", Info),
    ("failed=0 changed=2", Info),
    ("a warning light", Info),
    ("std::error::Error is implemented", Info),
    ("error::Error is implemented", Info),
    ("trace the path", Info),
    ("debugging enabled", Info),
    ("Waiting for the debugger to disconnect...", Info),
    ("", Info),
    ("    ", Info),
];

#[test]
fn the_mark_decides_on_both_streams() {
    let mut wrong = Vec::new();
    for (line, expected) in ROWS {
        for stream in [Stream::Out, Stream::Err] {
            let mut classifier = Classifier::new(ClassifierContext::default());
            let level = classifier.line(stream, 1, 0, line.as_bytes(), &mut Findings::default());
            if level != *expected {
                wrong.push(format!("{stream} {line:?}: {level}, expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_of_a_group_have_its_level() {
    let mut classifier = Classifier::new(ClassifierContext::default());
    let mut out = Findings::default();
    let mut level =
        |number: u64, line: &str| classifier.line(Stream::Err, number, 0, line.as_bytes(), &mut out);
    assert_eq!(level(1, "warning: unused variable: `x`"), Warn);
    assert_eq!(level(2, "  --> src/main.rs:4:20"), Warn);
    assert_eq!(level(3, ""), Info);
    assert_eq!(level(4, "Traceback (most recent call last):"), Error);
    assert_eq!(level(5, "  File \"/app/main.py\", line 10, in <module>"), Error);
    assert_eq!(level(6, "ValueError: x"), Error);
    assert_eq!(level(7, "done"), Info);
    assert_eq!(level(8, "java.lang.NullPointerException: x"), Error);
    assert_eq!(out.incidents.len(), 2, "a warning is no incident");
}

#[test]
fn urls_of_lines() {
    let rows: &[(&str, &[&str])] = &[
        ("\x1b[2K\x1b[1Ghttp://localhost:8080/", &["http://localhost:8080/"]), // U13
        (
            "  \x1b[32m\u{279c}\x1b[39m  \x1b[1mLocal\x1b[22m:   \x1b[36mhttp://localhost:\x1b[1m5173\x1b[22m/\x1b[39m",
            &["Local http://localhost:5173/"],
        ),
        ("  \u{279c}  Network: http://192.168.1.7:5173/", &["Network http://192.168.1.7:5173/"]),
        ("Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...", &["http://localhost:8000/"]),
        ("docs at https://vite.dev/guide", &[]),
        ("\"GET http://localhost:3000/a HTTP/1.1\" 200", &[]),
        ("Error: connect ECONNREFUSED http://localhost:3000/", &[]),
        ("ws://localhost:3000", &[]),
        ("INFO: running on http://127.0.0.1:8000 (Press CTRL+C to quit)", &["http://127.0.0.1:8000/"]),
        (
            "\x1b]8;;http://localhost:4000/\x1b\\link\x1b]8;;\x1b\\ http://localhost:4001/",
            &["http://localhost:4001/"],
        ),
    ];
    for (line, expected) in rows {
        let mut out = Findings::default();
        Classifier::new(ClassifierContext::default()).line(Stream::Out, 1, 0, line.as_bytes(), &mut out);
        let found: Vec<String> = out
            .urls
            .iter()
            .map(|url| url.label.map_or_else(|| url.url.clone(), |label| format!("{label} {}", url.url)))
            .collect();
        assert_eq!(found, *expected, "{line:?}");
    }
}

#[test]
fn a_url_said_again_and_again_is_told_once_a_second() {
    let mut classifier = Classifier::new(ClassifierContext::default());
    let mut out = Findings::default();
    for number in 0..3_000u64 {
        classifier.line(Stream::Out, number, number as i64 * 1_000_000, b"at http://localhost:1/", &mut out);
    }
    assert_eq!(out.urls.len(), 3);
}

#[test]
fn any_bytes_are_lines() {
    use proptest::prelude::*;
    let words = prop_oneof![
        Just("error".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(": ".to_owned()),
        Just("ERROR".to_owned()),
        Just("http://".to_owned()),
        Just("localhost".to_owned()),
        Just("\u{1b}[".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("    at ".to_owned()),
        Just("1:2".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("level=".to_owned()),
        Just("Traceback (most recent call last)".to_owned()),
        Just("File \"".to_owned()),
        Just("panicked at ".to_owned()),
        Just("thread '".to_owned()),
        Just("\u{2718}".to_owned()),
        Just(" ".to_owned()),
        Just("\"level\":".to_owned()),
        Just("Transform failed with ".to_owned()),
        Just("\u{256d}\u{2500}[".to_owned()),
        Just("warning: ".to_owned()),
        ".{0,6}",
    ];
    let line = proptest::collection::vec(words, 0..8).prop_map(|words| words.concat());
    let lines = proptest::collection::vec(line, 0..30);
    proptest!(|(lines in lines)| {
        let context = ClassifierContext { project_dir: Some("/".to_owned()), host_name: None };
        let mut classifier = Classifier::new(context.clone());
        let mut out = Findings::default();
        let mut levels = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            levels.push(classifier.line(Stream::Out, number as u64, 0, line.as_bytes(), &mut out));
        }
        classifier.flush(i64::MAX, &mut out);
        // The same lines right behind one another, looked through at once.
        let text = lines.concat();
        let mut scout = Scout::new(text.as_bytes());
        let mut classifier = Classifier::new(context);
        let mut out_among = Findings::default();
        let mut start = 0;
        for (number, line) in lines.iter().enumerate() {
            let part = start..start + line.len();
            start = part.end;
            let among = (&mut scout, part);
            let level = classifier.line_among(Stream::Out, number as u64, 0, among, &mut out_among);
            prop_assert_eq!(level, levels[number], "{}", line);
        }
        classifier.flush(i64::MAX, &mut out_among);
        prop_assert_eq!(out_among.urls, out.urls);
        prop_assert_eq!(out_among.incidents, out.incidents);
    });
}
