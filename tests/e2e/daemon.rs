//! The daemon itself: exactly one, safe directories, a socket that heals, quiet when idle.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use brummer_tests::{Home, Process, http, until};
use nix::sys::signal::Signal;

use crate::common::{pid, process};

#[test]
fn f50_of_twenty_daemons_one_serves_and_nineteen_say_who() {
    let home = Home::new();
    let children: Vec<_> = (0..20)
        .map(|_| {
            home.command(home.binaries().path("brummerd"))
                .arg("--foreground")
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let holder = until("one holds the lock and answers", || {
        let holder = home.lock_holder()?;
        (home.ctl(["--no-autostart", "ping"]).code == 0).then_some(holder)
    });
    let mut refused = 0;
    for child in children {
        if child.id() == holder {
            continue;
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(75));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("already running"), "{said}");
        refused += 1;
    }
    assert_eq!(refused, 19);
    Process::of(holder).signal(Signal::SIGTERM);
    Process::of(holder).wait_gone();
}

#[test]
fn twenty_clients_at_once_start_one_daemon() {
    let home = Home::new();
    let pids: std::collections::HashSet<u64> = std::thread::scope(|scope| {
        let pings: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| home.ctl(["ping", "-o", "json"]).ok().json()["pid"].as_u64().unwrap()))
            .collect();
        pings.into_iter().map(|ping| ping.join().unwrap()).collect()
    });
    assert_eq!(pids.len(), 1, "{pids:?}");
}

#[test]
fn f51_a_stale_socket_is_no_obstacle() {
    let home = Home::new();
    home.daemon().kill();
    assert!(home.socket().exists(), "a killed daemon leaves its socket");
    let _daemon = home.daemon();
    home.ctl(["--no-autostart", "ping"]).ok();
}

#[test]
fn f52_a_deleted_socket_comes_back() {
    let home = Home::new();
    let _daemon = home.daemon();
    std::fs::remove_file(home.socket()).unwrap();
    until("clients are served again", || (home.ctl(["--no-autostart", "ping"]).code == 0).then_some(()));
}

#[test]
fn f53_a_child_has_descriptors_0_1_2_and_the_signals_of_a_shell() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    home.ctl_in(project.dir(), ["run", "--name", "probe", "--", "sleep", "600"]).ok();
    let probe = Process::of(pid(&home, project.dir(), "probe"));
    assert_eq!(probe.descriptors(), [0, 1, 2]);
    let mut plain = home.command("sh").args(["-c", "exec sleep 600"]).spawn().unwrap();
    let reference = Process::of(plain.id());
    until("the shell has become sleep", || {
        std::fs::read_to_string(format!("/proc/{}/comm", plain.id()))
            .is_ok_and(|name| name.trim() == "sleep")
            .then_some(())
    });
    for field in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        // Signals 32 and 33 belong to the C library; a test's own parent may have left them ignored.
        let mask = |process: &Process| {
            u64::from_str_radix(&process.status(field).unwrap(), 16).unwrap() & !(3 << 31)
        };
        assert_eq!(mask(&probe), mask(&reference), "{field}");
    }
    for field in ["Umask:", "NoNewPrivs:"] {
        assert_eq!(probe.status(field), reference.status(field), "{field}");
    }
    plain.kill().unwrap();
    plain.wait().unwrap();
}

#[test]
fn f31_out_of_descriptors_the_daemon_waits_quietly_and_recovers() {
    let home = Home::new();
    let daemon = home.daemon();
    let project =
        home.project("shop", "[processes.api]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1s\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let process = daemon.process();
    let open = process.descriptors().len();
    let limit = |count: usize| {
        let status = home
            .command("prlimit")
            .args(["--pid", &daemon.pid().to_string(), &format!("--nofile={count}:")])
            .status()
            .unwrap();
        assert!(status.success());
    };
    limit(open + 4);
    let connections: Vec<_> =
        (0..40).filter_map(|_| std::os::unix::net::UnixStream::connect(home.socket()).ok()).collect();
    let before = process.cpu();
    // The measured interval itself, not a wait for something.
    std::thread::sleep(Duration::from_secs(2));
    let used = process.cpu() - before;
    assert!(used < Duration::from_millis(500), "the accept loop burns CPU: {used:?} in 2 s");
    drop(connections);
    limit(4096);
    until("clients are served again", || (home.ctl(["--no-autostart", "ping"]).code == 0).then_some(()));
    assert_eq!(self::process(&home, project.dir(), "api")["state"], "running");
}

#[test]
fn unsafe_state_directories_are_refused_with_the_cure() {
    for (what, prepare) in [
        (
            "writable by others",
            (|path: &std::path::Path| {
                std::fs::create_dir_all(path).unwrap();
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
            }) as fn(&std::path::Path),
        ),
        ("a symlink", |path| {
            let real = path.with_file_name("elsewhere");
            std::fs::create_dir_all(&real).unwrap();
            std::os::unix::fs::symlink(real, path).unwrap();
        }),
        ("of another owner", |path| {
            std::fs::create_dir_all(path).unwrap();
            if nix::unistd::geteuid().is_root() {
                std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
            } else {
                // An ordinary user cannot give a directory away; make it unsafe in the way it can.
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o772)).unwrap();
            }
        }),
    ] {
        let home = Home::new();
        let path = home.path().join("st");
        prepare(&path);
        let output = home
            .command(home.binaries().path("brummerd"))
            .args(["--foreground", "--state-dir"])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(78), "{what}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(path.to_str().unwrap()), "{what}: {said}");
    }
}

#[test]
fn a_merely_readable_state_directory_is_closed() {
    let home = Home::new();
    std::fs::create_dir_all(home.state()).unwrap();
    std::fs::set_permissions(home.state(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let _daemon = home.daemon();
    assert_eq!(std::fs::metadata(home.state()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(std::fs::metadata(home.socket()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_idle_daemon_with_ten_quiet_processes_does_nothing() {
    let home = Home::new();
    let daemon = home.daemon();
    let mut config = String::new();
    for number in 0..10 {
        config.push_str(&format!("[processes.q{number}]\nrun = [\"sleep\", \"600\"]\n"));
    }
    let project = home.project("shop", &config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let process = daemon.process();
    // What the start left behind (a sync of the log within a second) ends first.
    let mut last = process.voluntary_switches();
    until("the daemon has come to rest", || {
        std::thread::sleep(Duration::from_secs(2));
        let now = process.voluntary_switches();
        // Threads that ended take their count along.
        let rest = now.saturating_sub(last);
        last = now;
        (rest < 10).then_some(())
    });
    let before = process.voluntary_switches();
    // The measured interval itself.
    std::thread::sleep(Duration::from_secs(10));
    let woken = process.voluntary_switches().saturating_sub(before);
    assert!(woken <= 20, "an idle daemon was woken {woken} times in 10 s");
}

#[test]
fn a_busy_fixed_http_port_is_an_error_and_a_default_one_moves() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    std::fs::write(
        home.path().join("home/.config/brummer/config.toml"),
        format!("[daemon]\nhttp_port = {port}\n"),
    )
    .unwrap();
    let output = home.command(home.binaries().path("brummerd")).arg("--foreground").output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&port.to_string()));
}

#[test]
fn metrics_and_health_are_served_on_the_published_address() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project =
        home.project("shop", "[processes.api]\nrun = [\"@testproc\", \"lines\", \"10\"]\nkind = \"task\"\n");
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let addresses = home.addresses();
    let url = addresses["metrics"].as_str().unwrap();
    assert_eq!(http::get(&url.replace("/metrics", "/healthz")).0, 200);
    let metrics = home.metrics();
    assert!(metrics.contains("brummer_events_total{topic=\"process\"}"), "{metrics}");
    assert_eq!(http::get_as(url, "evil.example").0, 403, "a foreign Host is refused");
    assert!(addresses.get("mcp").is_none(), "keys of parts that are absent are absent");
}
