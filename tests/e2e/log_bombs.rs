//! Log bombs: bounded memory, nothing lost, the terminal safe.

use brummer_tests::Home;

use crate::common::{assert_complete, lines};

fn bomb(home: &Home, kind: &str) -> (brummer_tests::Project, Vec<serde_json::Value>) {
    let project = home.project(
        "shop",
        &format!("[processes.b]\nrun = [\"@testproc\", \"bomb\", \"{kind}\"]\nkind = \"task\"\n"),
    );
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let all = lines(home, project.dir(), "b");
    assert_complete(&all);
    (project, all)
}

#[test]
fn f23_a_hundred_megabytes_without_a_newline_come_in_parts_and_memory_stays_bounded() {
    let home = Home::new();
    let daemon = home.daemon();
    let before = daemon.process().rss_kib();
    let project =
        home.project("shop", "[processes.b]\nrun = [\"@testproc\", \"bomb\", \"long\"]\nkind = \"task\"\n");
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let grown = daemon.process().rss_kib().saturating_sub(before);
    assert!(grown < 64 * 1024, "the daemon grew by {grown} KiB");
    let raw = {
        let mut command = home.command(home.binaries().path("brummerctl"));
        command
            .args(["logs", "b", "-n", "all", "--raw", "--stream", "out", "--no-prefix"])
            .current_dir(project.dir());
        command.output().unwrap().stdout
    };
    assert_eq!(raw.iter().filter(|byte| **byte == b'x').count(), 100 << 20, "all bytes are there");
    let last = home.ctl_in(project.dir(), ["logs", "b", "-n", "3", "-o", "jsonl"]).ok().jsonl();
    assert!(last.iter().any(|line| line["text"] == "END"), "the stream goes on after it");
}

#[test]
fn f24_invalid_utf8_is_kept_as_it_is_and_shown_with_replacements() {
    let home = Home::new();
    let _daemon = home.daemon();
    let (project, all) = bomb(&home, "utf8");
    assert!(all[0]["text"].as_str().unwrap().contains('\u{fffd}'));
    let mut command = home.command(home.binaries().path("brummerctl"));
    command.args(["logs", "b", "--raw", "--stream", "out", "--no-prefix"]).current_dir(project.dir());
    let raw = command.output().unwrap().stdout;
    let written = b"ok \xff\xfe\xc3\x28 \xed\xa0\x80 \x00 nul\nEND\n";
    assert_eq!(raw, written);
}

#[test]
fn f25_terminal_escapes_reach_neither_json_nor_a_pipe() {
    let home = Home::new();
    let _daemon = home.daemon();
    let (project, all) = bomb(&home, "ansi");
    for line in &all {
        let text = line["text"].as_str().unwrap();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{text:?}");
    }
    let answer = home.ctl_in(project.dir(), ["logs", "b"]).ok();
    assert!(!answer.stdout.contains('\u{1b}'), "{:?}", answer.stdout);
    assert!(answer.stdout.contains("red"), "what is text stays");
}

#[test]
fn f26_a_progress_bar_keeps_its_last_state() {
    let home = Home::new();
    let _daemon = home.daemon();
    let (project, all) = bomb(&home, "cr");
    assert!(all.len() < 2000, "at most ten states a second: {}", all.len());
    let out: Vec<_> = all.iter().filter(|line| line["stream"] == "out").collect();
    let shown = home.ctl_in(project.dir(), ["logs", "b", "--stream", "out"]).ok();
    assert!(shown.stdout.contains("progress 100000"), "{}", shown.stdout);
    assert_eq!(shown.stdout.lines().filter(|line| line.contains("progress")).count(), 1, "readers fold");
    assert_eq!(out.last().unwrap()["text"], "END");
}

#[test]
fn f27_a_million_lines_at_once_are_all_there() {
    let home = Home::new();
    let daemon = home.daemon();
    let before = daemon.process().rss_kib();
    let project =
        home.project("shop", "[processes.b]\nrun = [\"@testproc\", \"bomb\", \"flood\"]\nkind = \"task\"\n");
    home.ctl_in(project.dir(), ["up", "-d", "--wait", "--timeout", "120s"]).ok();
    let count = home.ctl_in(project.dir(), ["logs", "b", "--stream", "out", "--count"]).ok();
    assert_eq!(count.stdout.trim(), "1000000");
    let grown = daemon.process().rss_kib().saturating_sub(before);
    assert!(grown < 128 * 1024, "the daemon grew by {grown} KiB");
}
