//! create-vite, `npm init` and a workspace of pnpm.

use std::path::{Path, PathBuf};

use brummer_tests::{Home, http, until};

use super::{
    copied, down_leaves_nothing, fetch, home_with, kept, listed, need, run, up_asks, up_starts, url,
};
use crate::common::texts;

/// Serves on a port that the system chooses, and says where.
const SERVER: &str = r#"
const server = require("node:http").createServer((_, answer) => answer.end("served by " + __filename));
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}/`));
"#;

/// A new Vite app, its packages installed.
fn vite_app() -> PathBuf {
    kept("create-vite-9", |dir| {
        need("npm");
        let node = run(dir, &["node", "--print", "process.versions.node"]).stdout;
        let mut numbers = node.trim().split('.').map(|part| part.parse::<u32>().unwrap());
        let version = (numbers.next().unwrap(), numbers.next().unwrap());
        assert!(version >= (20, 19), "Vite needs Node 20.19 or newer, here is {node}{}", super::CURE);
        let options = ["--template", "vanilla-ts", "--no-interactive"];
        fetch(dir, &[["npm", "create", "--yes", "vite@9", ".", "--"].as_slice(), &options].concat());
        npm_install(dir, &[]);
    })
}

#[track_caller]
pub(super) fn npm_install(dir: &Path, packages: &[&str]) {
    let options = ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"];
    fetch(dir, &[options.as_slice(), packages].concat());
}

#[test]
fn a_new_vite_app_serves_tells_a_broken_file_once_and_leaves_nothing() {
    let app = vite_app();
    let home = Home::new();
    let _daemon = home.daemon();
    let app = copied(&home, &app, "app");
    assert_eq!(
        listed(&home, &app),
        ["dev = npm run dev", "build = npm run build", "preview = npm run preview"]
    );
    let said = up_starts(&home, &app, "dev");
    assert!(said.contains("dev (script `dev` of package.json)"), "{said}");
    let url = url(&home, &app, "dev");
    let (status, page) = http::get(&url);
    assert_eq!((status, page.contains("src=\"/src/main.ts")), (200, true), "{page}");

    let main = app.join("src/main.ts");
    let good = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, format!("= = ;\n{good}")).unwrap();
    // Vite may still be looking for dependencies, and then reports a third time. The page makes Vite look ahead; the module itself is refused.
    http::get(&url);
    let module = format!("{url}src/main.ts");
    assert_eq!(http::get(&module).0, 500);
    until("both reports are in the log", || {
        let lines = texts(&home, &app, "dev");
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        (has("Pre-transform error") && has("Internal server error")).then_some(())
    });
    let error = until("both reports are counted", || {
        let document = home.ctl_in(&app, ["errors", "-o", "json"]).ok().json();
        let errors = document["errors"].as_array().unwrap().clone();
        assert!(errors.len() < 2, "one fault, one incident: {document:#}");
        errors.into_iter().find(|error| error["count"].as_u64() >= Some(2))
    });
    assert_eq!(
        (&error["file"], &error["line"], &error["column"]),
        (&"src/main.ts".into(), &1.into(), &1.into()),
        "{error:#}"
    );

    std::fs::write(&main, good).unwrap();
    until("the module is served again", || (http::get(&module).0 == 200).then_some(()));
    down_leaves_nothing(&home, &app, "dev", &[&url]);
}

#[test]
fn npm_init_makes_nothing_to_start_until_a_script_is_added() {
    need("npm");
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("hello", "");
    run(project.dir(), &["npm", "init", "-y"]);
    assert_eq!(listed(&home, project.dir()), ["test = npm run test"]);
    up_asks(&home, project.dir(), "test");

    project.write("server.js", SERVER);
    run(project.dir(), &["npm", "pkg", "set", "scripts.start=node server.js"]);
    assert_eq!(listed(&home, project.dir()), ["test = npm run test", "start = npm run start"]);
    up_starts(&home, project.dir(), "start");
    let url = url(&home, project.dir(), "start");
    assert_eq!(http::get(&url).0, 200);
    down_leaves_nothing(&home, project.dir(), "start", &[&url]);
}

/// Three packages; `ui` only builds.
fn write_workspace(home: &Home, name: &str, root: &str) -> PathBuf {
    let project = home.project(name, "");
    project.write("pnpm-workspace.yaml", "packages:\n  - \"apps/*\"\n  - \"packages/*\"\n");
    project.write("package.json", root);
    project.write(
        "apps/web/package.json",
        r#"{"name": "@shop/web", "version": "1.0.0", "private": true,
            "scripts": {"dev": "node server.js", "build": "node --check server.js"},
            "dependencies": {"@shop/ui": "workspace:*"}}"#,
    );
    project.write("apps/web/server.js", &format!("require(\"@shop/ui\");\n{SERVER}"));
    project.write(
        "apps/api/package.json",
        r#"{"name": "@shop/api", "version": "1.0.0", "private": true, "scripts": {"dev": "node server.js"}}"#,
    );
    project.write("apps/api/server.js", SERVER);
    project.write(
        "packages/ui/package.json",
        r#"{"name": "@shop/ui", "version": "1.0.0", "main": "index.js", "scripts": {"build": "node --check index.js"}}"#,
    );
    project.write("packages/ui/index.js", "module.exports = {};\n");
    project.dir().to_owned()
}

#[test]
fn a_pnpm_workspace_starts_its_root_else_says_what_there_is() {
    need("node");
    let pnpm = kept("pnpm-10", |dir| {
        std::fs::write(dir.join("package.json"), "{}").unwrap();
        npm_install(dir, &["pnpm@10"]);
    });
    let pnpm = pnpm.join("node_modules/.bin");
    let home = home_with(&[&pnpm]);
    let _daemon = home.daemon();
    let packages = [
        "api:dev = pnpm run dev",
        "web:dev = pnpm run dev",
        "web:build = pnpm run build",
        "ui:build = pnpm run build",
    ];

    let whole = write_workspace(
        &home,
        "whole",
        r#"{"name": "whole", "private": true,
            "scripts": {"dev": "pnpm --recursive --parallel run dev", "build": "pnpm --recursive run build"}}"#,
    );
    run(&whole, &[pnpm.join("pnpm").to_str().unwrap(), "install", "--offline"]);
    assert_eq!(
        listed(&home, &whole),
        [["dev = pnpm run dev", "build = pnpm run build"].as_slice(), &packages].concat()
    );
    up_starts(&home, &whole, "dev");
    let both = until("both apps serve", || {
        let document = home.ctl_in(&whole, ["urls", "-o", "json"]).ok().json();
        let rows = document["urls"].as_array().unwrap();
        let urls: Vec<String> = rows.iter().map(|row| row["url"].as_str().unwrap().to_owned()).collect();
        <[String; 2]>::try_from(urls).ok()
    });
    let mut bodies = both.clone().map(|url| http::get(&url).1);
    bodies.sort();
    assert!(
        bodies[0].ends_with("apps/api/server.js") && bodies[1].ends_with("apps/web/server.js"),
        "{bodies:?}"
    );
    down_leaves_nothing(&home, &whole, "dev", &[&both[0], &both[1]]);

    let parts = write_workspace(&home, "parts", r#"{"name": "parts", "private": true}"#);
    run(&parts, &[pnpm.join("pnpm").to_str().unwrap(), "install", "--offline"]);
    assert_eq!(listed(&home, &parts), packages);
    up_asks(&home, &parts, "api:dev, web:dev, web:build, ui:build");
    let web = parts.join("apps/web");
    up_starts(&home, &web, "web:dev");
    let url = url(&home, &web, "web:dev");
    assert!(http::get(&url).1.ends_with("apps/web/server.js"));
    down_leaves_nothing(&home, &parts, "web:dev", &[&url]);
}
