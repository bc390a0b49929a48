//! What the daemon understands in lines: errors grouped with their place, URLs.

use brummer_tests::{Home, until};

#[test]
fn stack_traces_become_one_error_each_with_their_place() {
    let home = Home::new();
    let _daemon = home.daemon();
    let mut config = String::new();
    for language in ["js", "python", "rust"] {
        config.push_str(&format!(
            "[processes.{language}]\nrun = [\"@testproc\", \"stderr-trace\", \"{language}\"]\nkind = \"task\"\n"
        ));
    }
    let project = home.project("shop", &config);
    home.ctl_in(project.dir(), ["up", "-d"]);
    let errors = until("three errors are known", || {
        let document = home.ctl_in(project.dir(), ["errors", "-o", "json"]).ok().json();
        let errors = document["errors"].as_array().unwrap().clone();
        (errors.len() == 3).then_some(errors)
    });
    for error in &errors {
        assert!(error["line"].as_u64().is_some(), "{error}");
        assert_eq!(error["count"], 1, "{error}");
        let id = error["id"].as_str().unwrap();
        let shown = home.ctl_in(project.dir(), ["errors", "show", &id[..4], "-o", "json"]).ok().json();
        assert_eq!(shown["errors"][0]["id"].as_str().or(shown["error"]["id"].as_str()), Some(id), "{shown}");
    }
}

#[test]
fn a_url_that_a_process_says_is_shown_and_goes_with_it() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.web]\nrun = [\"@testproc\", \"listen\", \"0\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["wait", "web", "--for", "url"]).ok();
    let urls = home.ctl_in(project.dir(), ["urls", "-o", "json"]).ok().json();
    let url = urls["urls"][0].clone();
    assert!(url["url"].as_str().unwrap().starts_with("http://localhost:"), "{urls}");
    assert_eq!(url["alive"], true);
    home.ctl_in(project.dir(), ["stop", "web"]).ok();
    until("the url is no longer alive", || {
        let urls = home.ctl_in(project.dir(), ["urls", "-o", "json"]).ok().json();
        urls["urls"].as_array().unwrap().iter().all(|url| url["alive"] == false).then_some(())
    });
}
