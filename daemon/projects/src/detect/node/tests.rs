//! Package managers and their workspaces: a fixture each, and what no fixture can hold.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::detect::tests::fixture::{fixture, make, with_programs, worked};
use crate::detect::{Detected, Lack, Look, Notices, detect};

#[test]
fn yarn_classic_is_told_by_its_lock() {
    let yarn = fixture("yarn-classic");
    insta::assert_snapshot!(yarn.listing());
    assert_eq!(yarn.up("."), "start: script `start` of package.json");
}

#[test]
fn yarn_berry_is_told_by_its_file_with_the_version_that_runs() {
    let yarn = fixture("yarn-berry");
    insta::assert_snapshot!(yarn.listing());
}

#[test]
fn pnpm_workspaces_know_deep_patterns_exclusions_and_comments() {
    let pnpm = fixture("pnpm");
    insta::assert_snapshot!(pnpm.listing());
    assert_eq!(pnpm.up("."), "dev: script `dev` of package.json");
    assert_eq!(pnpm.up("apps/web"), "dev: script `dev` of package.json");
}

#[test]
fn a_workspace_without_a_root_script_lists_what_could_be_meant() {
    let pnpm = fixture("pnpm-bare");
    insta::assert_snapshot!(pnpm.listing());
    assert_eq!(
        pnpm.up("."),
        "nothing says what to start; name one of these scripts: build, a:dev, b:dev, c:dev"
    );
    assert_eq!(pnpm.up("packages/b"), "b:dev: script `dev` of packages/b/package.json");
}

#[test]
fn npm_workspaces_know_braces_and_exclusions() {
    insta::assert_snapshot!(fixture("npm-workspaces").listing());
}

#[test]
fn bun_is_told_by_its_lock() {
    let bun = fixture("bun");
    insta::assert_snapshot!(bun.listing());
    assert_eq!(bun.up("."), "dev: script `dev` of package.json");
}

#[test]
fn bun_runs_its_file_where_no_script_starts_it() {
    let bun = fixture("bun-init");
    insta::assert_snapshot!(bun.listing());
    assert_eq!(bun.up("."), "run: `bun run index.ts`, found by package.json");
}

#[test]
fn a_script_that_looks_like_an_option_is_called_by_name() {
    for (lock, expected) in [("bun.lock", "bun run -- --help"), ("package-lock.json", "npm run -- --help")] {
        let (_temp, root) = make(&[("package.json", r#"{"scripts":{"--help":"x"}}"#), (lock, "")]);
        assert_eq!(detect(&root, &Look::default()).scripts[0].argv().join(" "), expected);
    }
}

#[test]
fn deno_has_tasks_in_two_forms_and_members() {
    let deno = fixture("deno");
    insta::assert_snapshot!(deno.listing());
    assert_eq!(deno.up("."), "dev: script `dev` of deno.jsonc");
}

#[test]
fn deno_runs_the_scripts_of_a_package_json_that_its_own_tasks_do_not_shadow() {
    let deno = fixture("deno-vite");
    insta::assert_snapshot!(deno.listing());
    assert_eq!(deno.up("."), "dev: script `dev` of deno.json");
}

#[test]
fn electron_is_started_where_no_script_does_it() {
    insta::assert_snapshot!(fixture("electron").listing());
}

#[test]
fn wails_has_two_verbs() {
    let wails = fixture("wails");
    insta::assert_snapshot!(wails.listing());
    assert_eq!(wails.up("."), "wails:dev: `wails dev`, found by wails.json");
}

#[test]
fn the_manager_and_its_version_are_chosen_by_what_is_surest() {
    let runner = |files: &[(&str, &str)]| {
        let (_temp, root) = make(files);
        let script = detect(&root, &Look::default()).scripts.remove(0);
        [Some(script.runner), script.runner_version].into_iter().flatten().collect::<Vec<_>>().join("@")
    };
    type Files = &'static [(&'static str, &'static str)];
    let tables: &[(&str, Files, &str)] = &[
        ("", &[], "npm"),
        ("", &[("bun.lock", "")], "bun"),
        ("", &[("bun.lockb", "")], "bun"),
        ("", &[("pnpm-lock.yaml", "")], "pnpm"),
        ("", &[("deno.lock", "")], "deno"),
        ("", &[("deno.lock", ""), ("package-lock.json", "")], "npm"),
        ("", &[("yarn.lock", "# yarn lockfile v1\n")], "yarn@classic"),
        ("", &[("yarn.lock", "__metadata:\n  version: 8\n")], "yarn@berry"),
        ("", &[("yarn.lock", "")], "yarn"),
        ("", &[(".yarnrc.yml", "nodeLinker: pnp\n")], "yarn@berry"),
        ("", &[("node_modules/.modules.yaml", "")], "pnpm"),
        ("", &[("node_modules/.yarn-state.yml", "")], "yarn"),
        ("", &[("lerna.json", r#"{"npmClient":"pnpm"}"#)], "pnpm"),
        (r#""packageManager":"PNPM@9.1.0+sha512.x","#, &[("yarn.lock", "")], "pnpm@9.1.0"),
        (r#""packageManager":"yarn@https://x/y.js","#, &[("yarn.lock", "__metadata:\n")], "yarn@berry"),
        (r#""packageManager":"yarn@4.5.1","#, &[], "yarn@4.5.1"),
        (r#""packageManager":"deno@2","#, &[("yarn.lock", "")], "yarn"),
        (r#""packageManager":"deno@2","#, &[], "deno"),
        (r#""packageManager":"pip@2","#, &[], "npm"),
        (r#""devEngines":{"packageManager":{"name":"pnpm","version":"^9"}},"#, &[("yarn.lock", "")], "pnpm"),
        (r#""engines":{"node":"20","pnpm":"9"},"#, &[], "pnpm@9"),
        (r#""engines":{"node":"20","pnpm":"9"},"#, &[("yarn.lock", "")], "pnpm@9"),
        (r#""engines":{"npm":"please-use-yarn","yarn":">=1.22"},"#, &[("package-lock.json", "")], "yarn"),
        (r#""engines":{"yarn":"please-use-npm"},"#, &[], "npm"),
        (r#""engines":{"npm":">=9"},"#, &[("pnpm-lock.yaml", "")], "pnpm"),
    ];
    for (head, files, expected) in tables {
        let package = format!(r#"{{{head}"scripts":{{"dev":"x"}}}}"#);
        let all = [&[("package.json", package.as_str())], *files].concat();
        assert_eq!(runner(&all), *expected, "{head} {files:?}");
    }
}

fn missing(detected: &Detected) -> Vec<String> {
    detected
        .scripts
        .iter()
        .map(|script| script.missing.as_ref().map(Lack::what).unwrap_or_default())
        .collect()
}

#[test]
fn what_is_missing_is_the_manager_or_the_first_program() {
    let package = r#"{"scripts":{"dev":"vite","x":"A=1 tsc -w","n":"node a.js","cd":"cd a && b","p":"./p"}}"#;
    let (_temp, root) = make(&[("package.json", package), ("yarn.lock", "")]);
    assert_eq!(missing(&detect(&root, &with_programs(&root, &["node"]))), ["yarn"; 5]);
    let look = with_programs(&root, &["node", "yarn"]);
    assert_eq!(missing(&detect(&root, &look)), ["vite", "tsc", "", "", ""]);
    std::fs::create_dir_all(root.join("node_modules/.bin")).unwrap();
    std::fs::write(root.join("node_modules/.bin/vite"), "").unwrap();
    assert_eq!(missing(&detect(&root, &with_programs(&root, &["node", "yarn"]))), ["", "tsc", "", "", ""]);
    std::fs::write(root.join(".pnp.cjs"), "").unwrap();
    assert_eq!(missing(&detect(&root, &look)), [""; 5], "plug'n'play leaves no files to look for");
}

#[test]
fn where_nothing_is_named_it_is_what_is_installed_in_its_version() {
    let (_temp, root) = make(&[
        ("package.json", r#"{"scripts":{"dev":"node x"}}"#),
        ("lib/pnpm/package.json", r#"{"name":"pnpm","version":"10.1.2"}"#),
        ("lib/pnpm/bin/pnpm.cjs", ""),
    ]);
    let look = with_programs(&root, &["node"]);
    std::fs::set_permissions(root.join("lib/pnpm/bin/pnpm.cjs"), std::fs::Permissions::from_mode(0o755))
        .unwrap();
    symlink(root.join("lib/pnpm/bin/pnpm.cjs"), root.join("path/pnpm")).unwrap();
    let script = detect(&root, &look).scripts.remove(0);
    assert_eq!((script.runner.as_str(), script.runner_version.as_deref()), ("pnpm", Some("10.1.2")));
    assert_eq!(script.missing, None);
}

#[test]
fn bad_files_are_notices_and_the_rest_is_listed() {
    let huge = format!(r#"{{"scripts":{{"a":"{}"}}}}"#, "x".repeat(5 << 20));
    let (_temp, root) = make(&[
        (
            "package.json",
            r#"{"workspaces":["p/*","../up"],"scripts":{"dev":"x","\u001b[31mred":"y","odd":{}}}"#,
        ),
        ("p/cut/package.json", r#"{"scripts":{"#),
        ("p/huge/package.json", &huge),
        ("p/list/package.json", "[]"),
        ("p/good/package.json", r#"{"name":7,"scripts":{"dev":"x"}}"#),
        ("p/deep/package.json", &format!("{{\"name\":{}", "[".repeat(100_000))),
        ("deno.json", "{ tasks: }"),
        ("turbo.json", "{"),
        ("nx.json", "["),
        ("rush.json", "{,}"),
        ("lerna.json", "nonsense"),
        (".moon/workspace.yml", "a: [b"),
    ]);
    std::fs::create_dir_all(root.join("p/bytes")).unwrap();
    std::fs::write(root.join("p/bytes/package.json"), b"{\"name\":\"\xff\"}").unwrap();
    std::fs::create_dir_all(root.join("p/dir/package.json")).unwrap();
    std::fs::create_dir_all(root.join("p/pipe")).unwrap();
    nix::unistd::mkfifo(&root.join("p/pipe/package.json"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    symlink(&root, root.join("p/loop")).unwrap();
    symlink("self", root.join("p/self")).unwrap();
    let detected = detect(&root, &Look::default());
    insta::assert_snapshot!(detected.notices.join("\n"));
    let names: Vec<&str> = detected.scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names, ["dev", "31mred", "good:dev"]);
}

#[test]
fn ten_thousand_packages_are_found_in_a_moment() {
    // In memory where that can be: making so many files is most of this test.
    let memory = std::path::Path::new("/dev/shm");
    let temp = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let root = temp.path().canonicalize().unwrap();
    let files = [
        (".git", ""),
        ("package.json", r#"{"workspaces":["packages/**"],"scripts":{"dev":"x"}}"#),
        ("nx.json", "{}"),
        ("turbo.json", r#"{"tasks":{"dev":{},"build":{}}}"#),
    ];
    for (name, text) in files {
        std::fs::write(root.join(name), text).unwrap();
    }
    for n in 0..10_000 {
        let dir = root.join(format!("packages/group{}/p{n}/src", n % 100));
        std::fs::create_dir_all(&dir).unwrap();
        // Every second name clashes.
        let name = if n % 2 == 0 { "same".to_owned() } else { format!("@acme/p{n}") };
        let text = format!(r#"{{"name":"{name}","scripts":{{"dev":"vite","build":"tsc","test":"vitest"}}}}"#);
        std::fs::write(dir.parent().unwrap().join("package.json"), text).unwrap();
    }
    let look = with_programs(&root, &["npm", "vite"]);
    let start = worked();
    let detected = detect(&root, &look);
    let took = worked() - start;
    assert_eq!(detected.notices, Notices::default());
    assert_eq!(detected.packages.len(), 10_000);
    assert_eq!(detected.scripts.len(), 30_002);
    eprintln!("detection of 10 000 packages: {took:?}");
    // Measured in a release build it is below a second; this one has ten times as long.
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
}
