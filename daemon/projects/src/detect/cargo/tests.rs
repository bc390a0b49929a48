//! What is read is compared with what `cargo metadata` says of the same trees.

use std::path::Path;

use super::workspace::Workspace;
use crate::detect::json::Json;
use crate::detect::notices::Notices;
use crate::detect::tests::fixture::{fixture, make};

#[test]
fn bins_examples_and_aliases_are_listed() {
    let workspace = fixture("cargo");
    insta::assert_snapshot!(workspace.listing());
    assert!(workspace.up("").starts_with("nothing says what to start"), "{}", workspace.up(""));
}

/// `package bin|example NAME [features]` of every target, as cargo sees it.
#[expect(clippy::disallowed_methods, reason = "the test asks the real cargo")]
fn by_cargo(root: &Path) -> Vec<String> {
    let output = std::process::Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = Json::parse_commented(std::str::from_utf8(&output.stdout).unwrap()).unwrap();
    let mut lines = Vec::new();
    for package in metadata.get("packages").unwrap().items() {
        let name = package.text_at("name").unwrap();
        let default = package.text_at("default_run").unwrap_or_default();
        for target in package.get("targets").unwrap().items() {
            let kinds = target.get("kind").unwrap().texts();
            let types = target.get("crate_types").unwrap().texts();
            if types == ["bin"] && ["bin", "example"].contains(&kinds[0].as_str()) {
                let features = target.get("required-features").map(Json::texts).unwrap_or_default();
                lines.push(format!(
                    "{name} {} {} {features:?} {default}",
                    kinds[0],
                    target.text_at("name").unwrap()
                ));
            }
        }
    }
    lines.sort();
    lines
}

fn by_us(root: &Path) -> Vec<String> {
    let mut notices = Notices::default();
    let workspace = Workspace::read(root, &mut notices).unwrap();
    assert_eq!(notices, Notices::default());
    let mut lines = Vec::new();
    for package in &workspace.members {
        for (kind, targets) in [("bin", &package.bins), ("example", &package.examples)] {
            for target in targets {
                let default = package.default_run.as_deref().unwrap_or_default();
                let features = &target.required_features;
                lines.push(format!("{} {kind} {} {features:?} {default}", package.name, target.name));
            }
        }
    }
    lines.sort();
    lines
}

#[test]
fn reading_tells_what_cargo_metadata_tells() {
    let trees: [&[(&str, &str)]; 4] = [
        // Path dependencies become members; what is excluded, and what has a workspace of its own, does not.
        &[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"apps/*\"]\nexclude = [\"old\"]\nresolver = \"3\"\n[workspace.dependencies]\nshared = { path = \"libs/shared\" }\n",
            ),
            (
                "apps/a/Cargo.toml",
                "[package]\nname = \"a\"\nedition = \"2024\"\ndefault-run = \"a\"\n[dependencies]\nshared.workspace = true\nnear = { path = \"../../libs/near\" }\n[features]\nx = []\n[[bin]]\nname = \"tool\"\nrequired-features = [\"x\"]\n",
            ),
            ("apps/a/src/main.rs", ""),
            ("apps/a/src/bin/tool.rs", ""),
            ("apps/a/src/bin/multi/main.rs", ""),
            ("apps/a/src/bin/.hidden.rs", ""),
            ("apps/a/examples/e.rs", ""),
            ("apps/a/examples/big/main.rs", ""),
            ("libs/shared/Cargo.toml", "[package]\nname = \"shared\"\nedition = \"2021\"\n"),
            ("libs/shared/src/lib.rs", ""),
            ("libs/shared/src/bin/from-shared.rs", ""),
            (
                "libs/near/Cargo.toml",
                "[package]\nname = \"near\"\nedition = \"2021\"\nautobins = false\nautoexamples = false\n[target.'cfg(unix)'.dev-dependencies]\nfar = { path = \"../far\" }\n",
            ),
            ("libs/near/src/lib.rs", ""),
            ("libs/near/src/bin/no.rs", ""),
            ("libs/near/examples/no.rs", ""),
            ("libs/far/Cargo.toml", "[package]\nname = \"far\"\nedition = \"2021\"\n"),
            ("libs/far/src/main.rs", ""),
        ],
        // The first edition discovers nothing beside what is written down.
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"old\"\nversion = \"0.1.0\"\n[[bin]]\nname = \"one\"\npath = \"src/one.rs\"\n",
            ),
            ("src/one.rs", ""),
            ("src/main.rs", ""),
            ("examples/e.rs", ""),
        ],
        // An example that is a library; a binary that takes another's file.
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"lib\"\nedition = \"2021\"\n[[example]]\nname = \"plugin\"\ncrate-type = [\"cdylib\"]\n[[bin]]\nname = \"renamed\"\npath = \"src/main.rs\"\n",
            ),
            ("src/lib.rs", ""),
            ("src/main.rs", ""),
            ("examples/plugin.rs", ""),
            ("examples/show.rs", ""),
        ],
        // A root package with default members; inherited fields.
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"root\"\nversion.workspace = true\nedition.workspace = true\n[workspace]\nmembers = [\"x\"]\ndefault-members = [\"x\"]\n[workspace.package]\nversion = \"1.0.0\"\nedition = \"2021\"\n",
            ),
            ("src/main.rs", ""),
            ("src/bin/other.rs", ""),
            (
                "x/Cargo.toml",
                "[package]\nname = \"x\"\nedition.workspace = true\n[[bin]]\nname = \"xx\"\npath = \"main.rs\"\n",
            ),
            ("x/main.rs", ""),
        ],
    ];
    for tree in trees {
        let (_temp, root) = make(tree);
        assert_eq!(by_us(&root), by_cargo(&root), "{:?}", tree[0].1);
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    assert_eq!(by_us(own), by_cargo(own), "this workspace");
}

#[test]
fn cargo_run_finds_its_binary_by_default_members() {
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\ndefault-members = [\"b\"]\n"),
        ("a/Cargo.toml", "[package]\nname = \"a\"\nedition = \"2024\"\n"),
        ("a/src/main.rs", ""),
        ("b/Cargo.toml", "[package]\nname = \"b\"\nedition = \"2024\"\n"),
        ("b/src/main.rs", ""),
    ];
    let (_temp, root) = make(&files);
    let detected = crate::detect::detect(&root, &crate::detect::Look::default());
    let lines: Vec<String> = detected
        .scripts
        .iter()
        .map(|script| format!("{} = {}", script.name, script.argv().join(" ")))
        .collect();
    assert_eq!(lines[..2], ["run = cargo run", "run:a = cargo run -p a --bin a"]);
    assert!(detected.scripts[0].is_default);
}
