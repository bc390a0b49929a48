//! Lines as readers get them: each once, in order, fetched by what they were told.

use brummer_tests::{Home, until};

use crate::common::{assert_complete, lines, texts};

#[test]
fn d26_d28_a_burst_comes_to_a_follower_once_and_in_order() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.burst]\nrun = \"read go < gate; exec @testproc flood 30000\"\nkind = \"task\"\n",
    );
    nix::unistd::mkfifo(&project.dir().join("gate"), nix::sys::stat::Mode::from_bits_truncate(0o600))
        .unwrap();
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut follow = home.follow_in(project.dir(), ["logs", "-f", "-n", "all", "-o", "jsonl", "burst"]);
    std::fs::write(project.dir().join("gate"), "go\n").unwrap();
    follow.until_json("the end", |line| line["stream"] == "sys");
    let seen = follow.seen_json();
    assert_complete(&seen);
    assert_eq!(seen.iter().filter(|line| line["stream"] == "out").count(), 30_000);
}

#[test]
fn d27_every_line_that_a_stream_told_can_be_fetched_by_its_cursor() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project =
        home.project("shop", "[processes.p]\nrun = [\"@testproc\", \"lines\", \"500\"]\nkind = \"task\"\n");
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let all = lines(&home, project.dir(), "p");
    for (index, line) in all.iter().enumerate().step_by(97) {
        let cursor = line["cursor"].as_str().unwrap();
        let after = home
            .ctl_in(project.dir(), ["logs", "p", "-n", "all", "--after", cursor, "-o", "jsonl"])
            .ok()
            .jsonl();
        assert_eq!(after, all[index + 1..]);
    }
}

#[test]
fn d41_merged_output_keeps_the_exact_order_of_both_streams() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.alt]\nrun = [\"@testproc\", \"alternate\", \"1000\"]\nkind = \"task\"\nmerge_output = true\n",
    );
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let texts = texts(&home, project.dir(), "alt");
    assert_eq!(texts.len(), 1000);
    for (index, text) in texts.iter().enumerate() {
        assert!(text.ends_with(&format!(" {}", index + 1)), "line {} is {text}", index + 1);
    }
    assert!(lines(&home, project.dir(), "alt").iter().all(|line| line["stream"] != "err"));
}

#[test]
fn d11_a_flood_and_ten_starts_do_not_hold_up_another_follower() {
    let home = Home::new();
    let _daemon = home.daemon();
    let mut config = "[processes.quiet]\nrun = [\"@testproc\", \"tick\", \"--every\", \"10ms\"]\n\
                      [processes.flood]\nrun = [\"@testproc\", \"flood\", \"500000\"]\nkind = \"task\"\nautostart = false\n"
        .to_owned();
    for number in 0..10 {
        config.push_str(&format!("[processes.p{number}]\nrun = [\"sleep\", \"600\"]\nautostart = false\n"));
    }
    let project = home.project("shop", &config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut follow = home.follow_in(project.dir(), ["logs", "-f", "-n", "0", "-o", "jsonl", "quiet"]);
    follow.until_json("a first tick", |line| line["stream"] == "out");
    std::thread::scope(|scope| {
        let flood = scope
            .spawn(|| home.ctl_in(project.dir(), ["start", "flood", "--wait", "--timeout", "120s"]).ok());
        for number in 0..10 {
            let name = format!("p{number}");
            scope.spawn(|| home.ctl_in(project.dir(), ["start".to_owned(), name]).ok());
        }
        flood.join().unwrap();
    });
    let last = texts(&home, project.dir(), "quiet").last().unwrap().clone();
    follow.until_json("the newest tick", |line| line["text"] == last.as_str());
    assert_complete_from_first(&follow.seen_json());
}

/// As `assert_complete`, for a follower that came late.
fn assert_complete_from_first(lines: &[serde_json::Value]) {
    let numbers: Vec<u64> = lines.iter().filter_map(|line| line["line"].as_u64()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}

#[test]
fn the_same_question_gives_the_same_lines_everywhere() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.p]\nrun = \"for i in 1 2 3 4 5 6; do echo \\\"line $i\\\"; echo \\\"ERROR bad $i\\\" >&2; done\"\nkind = \"task\"\n",
    );
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let ask = |arguments: &[&'static str]| {
        let with = |more: &[&'static str]| {
            let all = ["logs", "p"].iter().chain(arguments).chain(more).copied().collect::<Vec<_>>();
            home.ctl_in(project.dir(), all).ok()
        };
        let read = with(&["-n", "all", "-o", "jsonl"]).jsonl().len();
        let count = with(&["--count"]).stdout;
        assert_eq!(count.trim(), read.to_string(), "{arguments:?}");
        read
    };
    assert_eq!(ask(&["--stream", "out"]), 6);
    assert_eq!(ask(&["--level", "error"]), 6);
    assert_eq!(ask(&["--grep", "error bad"]), 6, "smart case");
    assert_eq!(ask(&["--grep", "Error bad"]), 0, "an upper-case letter makes it exact");
    assert_eq!(ask(&["--regex", "(line|bad) [12]$"]), 4);
}

#[test]
fn logs_clear_hides_what_was_and_says_so() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project =
        home.project("shop", "[processes.p]\nrun = [\"@testproc\", \"lines\", \"10\"]\nkind = \"task\"\n");
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    home.ctl_in(project.dir(), ["logs", "p", "--clear"]).ok();
    assert!(texts(&home, project.dir(), "p").is_empty());
    home.ctl_in(project.dir(), ["start", "p", "--wait"]).ok();
    until("the new run's lines are there", || (texts(&home, project.dir(), "p").len() == 10).then_some(()));
}
