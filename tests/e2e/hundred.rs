//! A hundred processes as an ordinary user: the kernel gives an ordinary user 64 MiB of pipe pages in all.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use brummer_tests::binaries::binaries;

/// As root the binaries are copied to a directory open to all, and the work is done as uid 65534.
#[test]
fn a_hundred_processes_run_for_an_ordinary_user() {
    let open = tempfile::Builder::new().prefix("b100").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["brummerd", "brummerctl", "brummer-shim", "testproc"] {
        let to = open.path().join(name);
        std::fs::copy(binaries().path(name), &to).unwrap();
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let home = open.path().join("home");
    let shop = home.join("shop");
    std::fs::create_dir_all(&shop).unwrap();
    let mut config = String::new();
    for number in 0..100 {
        config.push_str(&format!(
            "[processes.p{number}]\nrun = [\"{}\", \"tick\", \"--every\", \"200ms\"]\n",
            open.path().join("testproc").display()
        ));
    }
    std::fs::write(shop.join("brummer.toml"), config).unwrap();
    let root = nix::unistd::geteuid().is_root();
    if root {
        let status = Command::new("chown").args(["-R", "65534:65534"]).arg(&home).status().unwrap();
        assert!(status.success());
    }
    let run = |arguments: &[&str]| {
        let ctl = open.path().join("brummerctl");
        let mut command = if root {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"])
                .arg(ctl);
            command
        } else {
            Command::new(ctl)
        };
        let output = command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .current_dir(&shop)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {:?}\n{}\n{}",
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    };
    run(&["up", "-d", "--timeout", "120s"]);
    run(&["wait", "p0", "p50", "p99", "--for", "log=tick 3"]);
    let list: serde_json::Value = serde_json::from_str(&run(&["ps", "-o", "json"])).unwrap();
    let running =
        list["processes"].as_array().unwrap().iter().filter(|process| process["state"] == "running").count();
    assert_eq!(running, 100);
    run(&["daemon", "stop", "--timeout", "120s"]);
}
