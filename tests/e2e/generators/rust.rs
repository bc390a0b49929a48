//! `cargo new`: a program, and a workspace of several.

use std::path::Path;

use brummer_tests::Home;

use super::{ends_well, home_with, listed, run, up_asks, up_starts};

/// A world in which `cargo` is the one that builds these tests, not one that looks for toolchains at home.
fn home() -> (Home, String) {
    let cargo = std::env::var("CARGO").expect("cargo runs these tests");
    (home_with(&[Path::new(&cargo).parent().unwrap()]), cargo)
}

#[test]
fn cargo_new_runs_its_only_program() {
    let (home, cargo) = home();
    let _daemon = home.daemon();
    run(&home.path().join("src"), &[&cargo, "new", "--quiet", "hello"]);
    let hello = home.path().join("src/hello");
    assert_eq!(
        listed(&home, &hello),
        ["run = cargo run", "build = cargo build", "test = cargo test", "check = cargo check"]
    );
    let said = up_starts(&home, &hello, "run");
    assert!(said.contains("run (`cargo run`, found by Cargo.toml)"), "{said}");
    assert_eq!(ends_well(&home, &hello, "run").last().unwrap(), "Hello, world!");
}

#[test]
fn a_cargo_workspace_of_several_programs_asks_which() {
    let (home, cargo) = home();
    let _daemon = home.daemon();
    let shop = home.project("shop", "");
    shop.write("Cargo.toml", "[workspace]\nresolver = \"3\"\n");
    for arguments in [["--bin", "api"], ["--bin", "worker"], ["--lib", "model"]] {
        run(shop.dir(), &[&[cargo.as_str(), "new", "--quiet"], arguments.as_slice()].concat());
    }
    assert_eq!(
        listed(&home, shop.dir()),
        [
            "run:api = cargo run -p api --bin api",
            "run:worker = cargo run -p worker --bin worker",
            "build = cargo build",
            "test = cargo test",
            "check = cargo check",
        ]
    );
    up_asks(&home, shop.dir(), "run:api, run:worker, build, test, check");
    home.ctl_in(shop.dir(), ["up", "-d", "run:worker"]).ok();
    assert_eq!(ends_well(&home, shop.dir(), "run:worker").last().unwrap(), "Hello, world!");
}
