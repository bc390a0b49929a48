//! SIGKILL of the daemon, at named points and at any time: nothing is lost, nothing comes twice, everything
//! runs on.

use brummer_tests::{Home, Process, until};
use serde_json::Value;

use crate::common::{assert_complete, lines, pid, process, texts, until_state};

const TICKER: &str = "[processes.tick]\nrun = [\"@testproc\", \"tick\", \"--every\", \"5ms\"]\n";

/// Numbers that the ticker said (`tick 17`), in order.
fn ticks(lines: &[String]) -> Vec<u64> {
    lines.iter().filter_map(|text| text.strip_prefix("tick ")?.parse().ok()).collect()
}

#[track_caller]
fn assert_ticks_complete(texts: &[String]) {
    let ticks = ticks(texts);
    assert!(!ticks.is_empty());
    let first = ticks[0];
    let expected: Vec<u64> = (first..first + ticks.len() as u64).collect();
    assert_eq!(ticks, expected, "a tick is missing or came twice");
}

#[test]
fn f43_twenty_writing_children_outlive_a_killed_daemon_and_no_line_is_missing_or_doubled() {
    let home = Home::new();
    let daemon = home.daemon();
    let mut config = String::new();
    for number in 0..20 {
        config.push_str(&format!(
            "[processes.t{number}]\nrun = [\"@testproc\", \"tick\", \"--every\", \"5ms\"]\n"
        ));
    }
    let project = home.project("shop", &config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let before = home.ctl_in(project.dir(), ["ps", "-o", "json"]).ok().json();
    daemon.kill();
    let _daemon = home.daemon();
    let after = home.ctl_in(project.dir(), ["ps", "-o", "json"]).ok().json();
    for (old, new) in
        before["processes"].as_array().unwrap().iter().zip(after["processes"].as_array().unwrap())
    {
        for field in ["name", "pid", "run", "started_at", "restarts"] {
            assert_eq!(old[field], new[field], "{field}");
        }
        assert_eq!(new["state"], "running");
        assert!(new["uptime_ms"].as_u64() >= old["uptime_ms"].as_u64(), "uptime goes on");
    }
    home.ctl_in(project.dir(), ["down"]).ok();
    for number in 0..20 {
        let name = format!("t{number}");
        assert_complete(&lines(&home, project.dir(), &name));
        assert_ticks_complete(&texts(&home, project.dir(), &name));
    }
}

#[test]
fn f48_what_ended_while_no_daemon_ran_has_its_code_and_its_time() {
    let home = Home::new();
    let daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.api]\nrun = \"trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done\"\nrestart = \"no\"\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["wait", "api", "--for", "log=ready"]).ok();
    let child = Process::of(pid(&home, project.dir(), "api"));
    let shims = home.living_shims();
    daemon.kill();
    child.signal(nix::sys::signal::Signal::SIGTERM);
    child.wait_gone();
    let ended = std::time::SystemTime::now();
    until("its shim has written the end", || {
        let alive = home.living_shims();
        shims.iter().all(|shim| !alive.contains(shim)).then_some(())
    });
    let _daemon = home.daemon();
    let told = until_state(&home, project.dir(), "api", &["failed"]);
    assert_eq!(told["exit"]["code"], 9);
    let seconds = ended.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let at = told["exit"]["at"].as_str().unwrap();
    let near: Vec<String> = (seconds - 3..=seconds + 1).map(rfc3339_to_the_second).collect();
    assert!(near.iter().any(|time| at.starts_with(time)), "{at} is not about {near:?}");
}

/// `2026-01-02T03:04:05` of seconds since 1970 (days to a civil date, proleptic Gregorian).
fn rfc3339_to_the_second(seconds: u64) -> String {
    let days = i64::try_from(seconds / 86_400).unwrap();
    let of_day = seconds % 86_400;
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Kills the daemon at a fault point, starts it again, and proves that everything is there once.
fn dies_at(fault: &str) {
    let home = Home::new();
    let project = home.project("shop", &format!("{TICKER}[processes.late]\nrun = [\"@testproc\", \"tick\", \"--every\", \"5ms\"]\nautostart = false\n"));
    let mut daemon = home.faulty_daemon(fault);
    // One of these meets the fault; what was started before or after must not suffer.
    let autostart = ["--no-autostart"];
    let _ = home.ctl_in(project.dir(), ["up", "-d"].iter().chain(&autostart));
    let _ = home.ctl_in(project.dir(), ["start", "late"].iter().chain(&autostart));
    let _ = home.ctl_in(project.dir(), ["logs", "-n", "5"].iter().chain(&autostart));
    assert_eq!(daemon.wait_exit(), None, "it died at {fault}\n{}", daemon.stderr());
    let _daemon = home.daemon();
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["start", "late"]).ok();
    for name in ["tick", "late"] {
        assert_eq!(process(&home, project.dir(), name)["state"], "running");
    }
    home.ctl_in(project.dir(), ["wait", "tick", "late", "--for", "log=tick 50"]).ok();
    // Never two of one: the tickers that live are the two that are listed.
    let listed: Vec<u32> = ["tick", "late"].iter().map(|name| pid(&home, project.dir(), name)).collect();
    let shims = home.living_shims().len();
    assert!(shims <= 2 * 2 + 1, "two shims (with their children) and the daemon: {shims}");
    home.ctl_in(project.dir(), ["down"]).ok();
    assert!(listed.iter().all(|pid| !Process::of(*pid).lives()));
    for name in ["tick", "late"] {
        let all = lines(&home, project.dir(), name);
        assert_complete(&all);
        let mut runs: Vec<&str> = all.iter().map(|line| line["run"].as_str().unwrap()).collect();
        runs.dedup();
        for run in runs {
            let said: Vec<String> = all
                .iter()
                .filter(|line| line["run"] == run && line["stream"] == "out")
                .map(|line| line["text"].as_str().unwrap().to_owned())
                .collect();
            if !said.is_empty() {
                assert_ticks_complete(&said);
            }
        }
    }
}

#[test]
fn dies_at_the_first_index_write() {
    dies_at("abort@index_write:1");
}

#[test]
fn dies_at_a_later_index_write() {
    dies_at("abort@index_write:7");
}

#[test]
fn dies_at_the_first_publication() {
    dies_at("abort@publish:1");
}

#[test]
fn dies_at_the_third_publication() {
    dies_at("abort@publish:3");
}

#[test]
fn dies_between_intent_and_spawn() {
    dies_at("abort@intent:1");
}

#[test]
fn dies_between_the_second_intent_and_its_spawn() {
    dies_at("abort@intent:2");
}

#[test]
fn dies_right_after_a_spawn() {
    dies_at("abort@spawned:1");
}

#[test]
fn dies_right_after_the_second_spawn() {
    dies_at("abort@spawned:2");
}

#[test]
fn killed_at_random_under_load_again_and_again_every_line_is_there_once() {
    let home = Home::new();
    let project = home.project(
        "shop",
        "[processes.a]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1ms\"]\n\
         [processes.b]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1ms\"]\n\
         [processes.flood]\nrun = [\"@testproc\", \"flood\", \"300000\"]\nkind = \"task\"\n",
    );
    let mut daemon = home.daemon();
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut follow = home.follow_in(project.dir(), ["logs", "-f", "-n", "all", "-o", "jsonl", "a"]);
    // Instants that differ from run to run and machine to machine are the point.
    for round in 0..6u64 {
        let wanted = format!("tick {}", 150 * (round + 1));
        follow.until_json("the ticker goes on", |line| line["text"] == wanted.as_str());
        daemon.kill();
        daemon = home.daemon();
    }
    home.ctl_in(project.dir(), ["wait", "flood", "--for", "exit"]).ok();
    home.ctl_in(project.dir(), ["down", "a", "b"]).ok();
    for name in ["a", "b", "flood"] {
        assert_complete(&lines(&home, project.dir(), name));
    }
    for name in ["a", "b"] {
        assert_ticks_complete(&texts(&home, project.dir(), name));
    }
    assert_eq!(texts(&home, project.dir(), "flood").len(), 300_000);
    let last = texts(&home, project.dir(), "a").last().unwrap().clone();
    follow.until_json("the follower has the last line too", |line| line["text"] == last.as_str());
    let followed: Vec<Value> =
        follow.seen_json().into_iter().filter(|line| line.get("gap").is_none()).collect();
    assert_complete(&followed);
}

#[test]
fn daemon_restart_keeps_every_process_and_followers_go_on() {
    let home = Home::new();
    let project = home.project("shop", TICKER);
    // Autostarted: there is no daemon yet.
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let before = process(&home, project.dir(), "tick");
    let mut followers: Vec<_> =
        (0..10).map(|_| home.follow_in(project.dir(), ["logs", "-f", "-o", "jsonl", "tick"])).collect();
    for follower in &mut followers {
        follower.until_json("a first line", |line| line["stream"] == "out");
    }
    let old = home.lock_holder().unwrap();
    home.ctl_in(project.dir(), ["daemon", "restart"]).ok();
    let new = home.lock_holder().unwrap();
    assert_ne!(old, new);
    let after = process(&home, project.dir(), "tick");
    assert_eq!((&before["pid"], &before["run"]), (&after["pid"], &after["run"]));
    let newest = texts(&home, project.dir(), "tick").last().unwrap().clone();
    for follower in &mut followers {
        let at_least = newest.strip_prefix("tick ").unwrap().parse::<u64>().unwrap();
        follower.until_json("a line of after the restart", |line| {
            line["text"].as_str().and_then(|text| text.strip_prefix("tick ")?.parse::<u64>().ok())
                > Some(at_least)
        });
        let texts: Vec<String> =
            follower.seen_json().iter().filter_map(|line| Some(line["text"].as_str()?.to_owned())).collect();
        assert_ticks_complete(&texts);
    }
}

#[test]
fn a_restart_that_could_not_come_back_stops_nothing_and_says_why() {
    let home = Home::new();
    let project = home.project("shop", TICKER);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let before = process(&home, project.dir(), "tick");
    let daemon = home.lock_holder().unwrap();
    let config = home.path().join("home/.config/brummer/config.toml");
    std::fs::write(&config, "logz = 1\n").unwrap();
    for arguments in [&["daemon", "restart"][..], &["daemon", "restart", "--all"]] {
        let refused = home.ctl_in(project.dir(), arguments).code(2);
        for told in ["nothing was stopped", "config.toml", "did you mean `logs`?"] {
            assert!(refused.stderr.contains(told), "{told}: {}", refused.stderr);
        }
    }
    assert_eq!(home.lock_holder(), Some(daemon));
    let after = process(&home, project.dir(), "tick");
    assert_eq!((&before["pid"], &before["run"]), (&after["pid"], &after["run"]));
    // Who stops it all the same is told by the next start, and nothing else is glued on.
    home.ctl_in(project.dir(), ["daemon", "stop"]).ok();
    let refused = home.ctl_in(project.dir(), ["daemon", "start"]).code(3);
    assert!(refused.stderr.trim_end().ends_with("did you mean `logs`?"), "{}", refused.stderr);
    std::fs::write(&config, "").unwrap();
    home.ctl_in(project.dir(), ["daemon", "start"]).ok();
    home.ctl_in(project.dir(), ["daemon", "restart"]).ok();
}

#[test]
fn a_backoff_goes_on_after_a_crash_in_the_same_boot() {
    let home = Home::new();
    let daemon = home.daemon();
    let project = home.project("shop", "[processes.crashy]\nrun = [\"@testproc\", \"exit\", \"1\"]\n");
    let mut events = home.follow_in(project.dir(), ["events", "-f", "--topic", "process"]);
    home.ctl_in(project.dir(), ["up", "-d"]);
    events.until_json("backoff", |event| event["kind"] == "backoff");
    daemon.kill();
    let _daemon = home.daemon();
    let failed = until_state(&home, project.dir(), "crashy", &["failed"]);
    assert!(failed["note"].as_str().unwrap().contains("gave up"), "{failed}");
}

#[test]
fn nothing_is_started_by_a_daemon_start() {
    let home = Home::new();
    let mut daemon = home.daemon();
    let project = home.project("shop", TICKER);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    assert_eq!(daemon.terminate(), Some(0));
    let _daemon = home.daemon();
    let stopped = process(&home, project.dir(), "tick");
    assert_eq!(stopped["state"], "stopped");
    assert!(
        home.ctl_in(project.dir(), ["wait", "tick", "--for", "log=never", "--timeout", "300ms"]).code != 0
    );
    assert_eq!(process(&home, project.dir(), "tick")["state"], "stopped");
}
