//! The terminal UI in a real terminal.

use std::time::Duration;

use brummer_tests::{Home, Process, Terminal};
use nix::sys::signal::Signal;

use crate::common::{assert_complete, lines, state};

fn tui(home: &Home, dir: &std::path::Path, rows: u16, columns: u16) -> Terminal {
    let mut command = home.command(home.binaries().path("brummer-tui"));
    command.current_dir(dir);
    Terminal::start(command, rows, columns)
}

#[test]
fn the_tui_shows_processes_logs_and_errors_and_acts_on_keys() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.api]\nrun = [\"@testproc\", \"tick\", \"--every\", \"100ms\"]\n\
         [processes.bad]\nrun = [\"@testproc\", \"stderr-trace\", \"js\"]\nkind = \"task\"\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]);
    let mut screen = tui(&home, project.dir(), 24, 100);
    screen
        .until("the processes", |text| text.contains("api") && text.contains("bad") && text.contains("shop"));
    screen.until("live lines", |text| text.contains("tick"));
    screen.send("3");
    screen.until("the error", |text| text.contains("TypeError"));
    screen.send("1");
    screen.send("?");
    screen.until("help made from the key table", |text| {
        text.contains("┌ all keys") && text.contains("restart the process")
    });
    screen.send("\u{1b}");
    // Sent at once the two would be one key, as a terminal says Alt.
    screen.until("the help is closed", |text| !text.contains("┌ all keys"));
    screen.send("g");
    screen.send("s");
    screen.until("it is stopped", |text| text.contains("stopped"));
    assert_eq!(state(&home, project.dir(), "api"), "stopped");
    screen.send("q");
    assert_eq!(screen.wait(), Some(0));
}

#[test]
fn after_a_stop_from_elsewhere_the_terminal_is_taken_again_and_leaving_says_what_runs_on() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.api]\nrun = [\"sleep\", \"600\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut screen = tui(&home, project.dir(), 24, 100);
    screen.until("the process", |text| text.contains("api") && text.contains("1/1 up"));
    let process = Process::of(screen.pid());
    // Nobody can prepare for this one, and a shell then has the terminal.
    process.signal(Signal::SIGSTOP);
    let stopped = || process.status("State:").is_some_and(|state| state.starts_with('T'));
    brummer_tests::until("it is stopped", || stopped().then_some(()));
    screen.take_for_a_shell();
    process.signal(Signal::SIGCONT);
    brummer_tests::until("the terminal is taken again", || {
        screen.read(Duration::from_millis(20));
        (String::from_utf8_lossy(screen.raw()).matches("\u{1b}[?1049h").count() == 2).then_some(())
    });
    screen.until("the whole screen anew", |text| text.contains("1/1 up"));
    // A terminal that still edits lines would keep the key to itself.
    screen.send("4");
    screen.until("the URLs", |text| text.contains("no URLs yet"));
    screen.send("q");
    assert_eq!(screen.wait(), Some(0));
    screen.until("what runs on", |text| {
        text.contains("1 process of shop keeps running; `brummerctl -p shop down` stops it")
    });
    assert_eq!(state(&home, project.dir(), "api"), "running");
}

#[test]
fn an_error_stays_to_be_read_when_its_process_is_started_again() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.bad]\nrun = \"[ -e told ] || { touch told; @testproc stderr-trace js; }; exec sleep 600\"\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut screen = tui(&home, project.dir(), 24, 120);
    screen.until("the error is counted", |text| text.contains("3 Errors 1"));
    screen.send("3");
    screen.until("the error", |text| text.contains("TypeError"));
    home.ctl_in(project.dir(), ["restart", "bad"]).ok();
    screen.until("it is of before", |text| {
        text.contains("earlier run · TypeError") && text.contains("3 Errors") && !text.contains("3 Errors 1")
    });
    screen.send("q");
    assert_eq!(screen.wait(), Some(0));
}

#[test]
fn f25_no_escape_of_a_log_reaches_the_terminal() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home
        .project("shop", "[processes.bomb]\nrun = [\"@testproc\", \"bomb\", \"ansi\"]\nkind = \"task\"\n");
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let mut screen = tui(&home, project.dir(), 24, 80);
    screen.until("the process", |text| text.contains("bomb"));
    screen.send("2");
    screen.until("the bomb's last line", |text| text.contains("END"));
    let raw = String::from_utf8_lossy(screen.raw()).into_owned();
    for forbidden in ["\u{1b}]0;pwn", "\u{1b}]52;c;cm0=", "\u{1b}P$q"] {
        assert!(!raw.contains(forbidden), "{forbidden:?} reached the terminal");
    }
    screen.send("q");
    screen.wait();
}

#[test]
fn two_tuis_and_ten_followers_go_through_a_daemon_restart() {
    let home = Home::new();
    let project =
        home.project("shop", "[processes.tick]\nrun = [\"@testproc\", \"tick\", \"--every\", \"20ms\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut screens = [tui(&home, project.dir(), 24, 120), tui(&home, project.dir(), 24, 80)];
    for screen in &mut screens {
        screen.until("live", |text| text.contains("live") && text.contains("tick"));
    }
    let mut followers: Vec<_> = (0..10)
        .map(|_| home.follow_in(project.dir(), ["logs", "-f", "-n", "all", "-o", "jsonl", "tick"]))
        .collect();
    for follower in &mut followers {
        follower.until_json("a first line", |line| line["stream"] == "out");
    }
    home.ctl_in(project.dir(), ["daemon", "restart"]).ok();
    let marker = lines(&home, project.dir(), "tick").last().unwrap()["seq"].as_u64().unwrap();
    for follower in &mut followers {
        follower.until_json("a line of after the restart", |line| line["seq"].as_u64() > Some(marker));
        assert_complete(&follower.seen_json());
    }
    for screen in &mut screens {
        screen.read(Duration::ZERO);
        screen.until("live again", |text| text.contains("● live"));
    }
}

#[test]
fn scripts_are_chosen_run_with_arguments_and_stand_on_top_afterwards() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    std::fs::write(project.dir().join("Procfile"), "say: echo said\nother: echo other\n").unwrap();
    let mut screen = tui(&home, project.dir(), 24, 100);
    screen.until("the screen", |text| text.contains("1 Processes"));
    screen.send("x");
    screen.until("the scripts", |text| text.contains("▸  say") && text.contains("other"));
    // Ctrl-O asks for arguments; no shell may read them.
    screen.send("\u{f}");
    screen.until("the question", |text| text.contains("with these arguments"));
    screen.send("'two words' $HOME\r");
    screen.until("the line", |text| text.contains("said two words $HOME"));
    screen.send("x");
    screen.until("what ran on top", |text| text.contains("recent") && text.contains(" ago"));
    screen.send("oth\t");
    screen.until("a mark", |text| text.contains("1 marked"));
    screen.send("\r");
    screen.until("the other's line", |text| text.contains("other started"));
    screen.send(",");
    screen.until("the settings", |text| text.contains("settings of shop") && text.contains("default"));
    screen.send("/keep_lines\r");
    screen.until("one of them", |text| text.contains("keep_lines") && !text.contains("allow_root"));
    screen.send("qq");
    screen.until("they are closed", |text| !text.contains("keep_lines"));
    screen.send("q");
    assert_eq!(screen.wait(), Some(0));
}

#[test]
fn a_broken_configuration_stands_in_the_header_until_it_is_mended() {
    let home = Home::new();
    let _daemon = home.daemon();
    let config = "[processes.api]\nrun = [\"sleep\", \"600\"]\n";
    let project = home.project("shop", config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut screen = tui(&home, project.dir(), 24, 100);
    screen.until("the process", |text| text.contains("api") && !text.contains("config broken"));
    project.write("brummer.toml", "[processes.api]\nrn = \"x\"\n");
    screen.until("it is said", |text| text.contains("! config broken") && text.contains("running"));
    project.write("brummer.toml", config);
    screen.until("it is mended", |text| !text.contains("config broken"));
    screen.send("q");
    assert_eq!(screen.wait(), Some(0));
}
