//! Large and hostile projects, listed by the real binaries.

use brummer_tests::Home;

#[test]
fn forty_thousand_scripts_are_all_listed() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("huge", "");
    project.write("package.json", r#"{"workspaces":["packages/*"]}"#);
    for n in 0..10_000 {
        let scripts = r#""dev":"vite","build":"vite build","test":"vitest","lint":"eslint ."#;
        let text = format!(r#"{{"name":"@acme/p{n:04}","scripts":{{{scripts}"}}}}"#);
        project.write(&format!("packages/p{n:04}/package.json"), &text);
    }
    let answer = home.ctl_in(project.dir(), ["scripts", "-o", "json"]).ok();
    let document = answer.json();
    let scripts = document["scripts"].as_array().unwrap();
    assert_eq!(scripts.len(), 40_000);
    assert_eq!((&scripts[0]["name"], &scripts[39_999]["name"]), (&"p0000:dev".into(), &"p9999:lint".into()));

    let refused = home.ctl_in(project.dir(), ["up", "-d"]).code(5);
    assert!(refused.stderr.len() < 4_000, "the refusal names some, not all: {}", refused.stderr);
}
