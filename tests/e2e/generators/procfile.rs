//! A Procfile: all of it runs, with the variables of `.env` and a PORT each; of several the one for development.

use brummer_tests::{Home, http};

use super::{down_leaves_nothing, listed, need, url};
use crate::common::until_state;

#[test]
fn a_procfile_starts_whole() {
    need("python3");
    let home = Home::new();
    let _daemon = home.daemon();
    let shop = home.project("shop", "");
    shop.write(
        "Procfile",
        &format!(
            "web: exec python3 -u -m http.server --bind 127.0.0.1 $PORT\nworker: exec {} tick --every 1s\n",
            home.testproc()
        ),
    );
    let port = http::free_port();
    shop.write(".env", &format!("PORT={port}\n"));
    shop.write("Procfile.production", "web: exec false\n");
    let names: Vec<String> =
        listed(&home, shop.dir()).iter().map(|line| line.split(" = ").next().unwrap().to_owned()).collect();
    assert_eq!(names, ["web", "worker", "procfile.production:web"]);
    let said = home.ctl_in(shop.dir(), ["up", "-d"]).ok().stderr;
    assert!(said.contains("all of the Procfile"), "{said}");
    until_state(&home, shop.dir(), "worker", &["running"]);
    let told = home.ctl_in(shop.dir(), ["status", "worker"]).ok().stdout;
    let line = told.lines().find(|line| line.contains("PORT")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("Procfile") && line.contains(".env"), "{told}");
    let url = url(&home, shop.dir(), "web");
    assert!(url.contains(&format!(":{port}")), "{url}");
    let (status, page) = http::get(&url);
    assert_eq!((status, page.contains("Procfile")), (200, true), "{page}");
    down_leaves_nothing(&home, shop.dir(), "web", &[&url]);
    until_state(&home, shop.dir(), "worker", &["stopped"]);
}
