//! `django-admin startproject` and `uv init`.

use brummer_tests::{Home, http};

use super::{copied, down_leaves_nothing, ends_well, fetch, home_with, kept, listed, run, up_starts, url};

#[test]
fn a_new_django_project_runs_its_server() {
    let made = kept("django-5", |dir| {
        fetch(dir, &["python3", "-m", "venv", ".venv"]);
        fetch(dir, &[".venv/bin/python", "-m", "pip", "install", "--quiet", "django<6"]);
        run(dir, &[".venv/bin/python", "-m", "django", "startproject", "shop", "."]);
    });
    let home = Home::new();
    let _daemon = home.daemon();
    let shop = copied(&home, &made, "shop");
    // The port is fixed, and others may have it on this machine; it cannot be set but in the program.
    let manage = shop.join("manage.py");
    let text = std::fs::read_to_string(&manage).unwrap();
    let call = "    execute_from_command_line(sys.argv)";
    assert!(text.contains(call), "{text}");
    let port = http::free_port();
    let other = format!(
        "    from django.core.management.commands.runserver import Command\n    Command.default_port = '{port}'\n{call}"
    );
    std::fs::write(&manage, text.replace(call, &other)).unwrap();

    assert_eq!(
        listed(&home, &shop),
        [
            "runserver = .venv/bin/python manage.py runserver",
            "migrate = .venv/bin/python manage.py migrate",
            "makemigrations = .venv/bin/python manage.py makemigrations",
            "check = .venv/bin/python manage.py check",
            "test = .venv/bin/python manage.py test",
        ]
    );
    up_starts(&home, &shop, "runserver");
    let url = url(&home, &shop, "runserver");
    let (status, page) = http::get(&url);
    assert_eq!((status, page.contains("The install worked successfully")), (200, true), "{page}");
    down_leaves_nothing(&home, &shop, "runserver", &[&url]);
}

#[test]
fn new_uv_projects_run_by_uv() {
    let tool = kept("uv-0", |dir| {
        fetch(dir, &["python3", "-m", "venv", "venv"]);
        fetch(dir, &["venv/bin/python", "-m", "pip", "install", "--quiet", "uv<1"]);
    });
    let bin = tool.join("venv/bin");
    let uv = bin.join("uv");
    // Never another interpreter than what is installed.
    let home = home_with(&[&bin]).env("UV_PYTHON_DOWNLOADS", "never").env("UV_OFFLINE", "1");
    let _daemon = home.daemon();
    let src = home.path().join("src");
    let init = |options: &[&str]| {
        run(&src, &[[uv.to_str().unwrap(), "init", "--no-config"].as_slice(), options].concat());
    };

    init(&["--package", "packed"]);
    let packed = src.join("packed");
    assert_eq!(listed(&home, &packed), ["packed = uv run packed", "install = uv sync"]);
    up_starts(&home, &packed, "packed");
    assert_eq!(ends_well(&home, &packed, "packed").last().unwrap(), "Hello from packed!");

    init(&["--no-package", "plain"]);
    let plain = src.join("plain");
    assert_eq!(listed(&home, &plain), ["run = uv run python main.py", "install = uv sync"]);
    up_starts(&home, &plain, "run");
    assert_eq!(ends_well(&home, &plain, "run").last().unwrap(), "Hello from plain!");
}
