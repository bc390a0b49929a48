//! Django, Flask and FastAPI: what serves, and what their own tools do.
//!
//! Django by a `manage.py` that speaks of it, in the root or one directory below. Flask and FastAPI by the
//! dependency and by a line `NAME = Flask(` or `NAME = FastAPI(` at the start of a line of a usual file; an
//! application that a function makes is found for Flask only (`create_app`).

use std::path::PathBuf;

use super::{Manager, Project};
use crate::detect::glob;
use crate::detect::room::Room;

/// Where applications usually stand.
const FILES: &[&str] = &[
    "main.py",
    "app.py",
    "wsgi.py",
    "asgi.py",
    "api.py",
    "server.py",
    "app/main.py",
    "app/app.py",
    "app/api.py",
    "app/__init__.py",
    "src/main.py",
    "src/app.py",
];

/// True if something was found that starts the project. Where pytest runs the tests, `test` is its.
pub(super) fn detect(room: &mut Room<'_>, manager: &Manager, project: &Project, has_pytest: bool) -> bool {
    let django = django(room, manager, has_pytest);
    if django {
        return true;
    }
    let candidates: Vec<PathBuf> =
        FILES.iter().map(|name| room.root.join(name)).filter(|path| path.is_file()).collect();
    for path in candidates {
        let Some(text) = room.text(&path) else { continue };
        let below = path.strip_prefix(room.root).unwrap_or(&path).to_string_lossy().into_owned();
        let module = below.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
        if project.has("fastapi")
            && let Some(name) = application(&text, "FastAPI")
        {
            room.at(room.root, &path);
            let argv = if project.has("fastapi-cli") || !project.has("uvicorn") {
                manager.python(&["-m", "fastapi", "dev", &below])
            } else {
                manager.python(&["-m", "uvicorn", &format!("{module}:{name}"), "--reload"])
            };
            let script = room.script("dev", &argv).service().default_if(true);
            room.put(script);
            return true;
        }
        let makes = text.lines().any(|line| line.starts_with("def create_app(")).then_some("create_app");
        if project.has("flask")
            && let Some(name) = application(&text, "Flask").or(makes)
        {
            room.at(room.root, &path);
            let app = format!("{module}:{name}");
            let argv = manager.python(&["-m", "flask", "--app", &app, "run", "--debug"]);
            let script = room.script("run", &argv).service().default_if(true);
            room.put(script);
            return true;
        }
    }
    false
}

fn django(room: &mut Room<'_>, manager: &Manager, has_pytest: bool) -> bool {
    let root = room.root.to_owned();
    let below = glob::packages(&root, &["*".to_owned()], |dir| dir.join("manage.py").is_file()).found;
    let places: Vec<PathBuf> = std::iter::once(root.clone()).chain(below).collect();
    for dir in places {
        let path = dir.join("manage.py");
        let Some(text) = room.text(&path) else { continue };
        if !text.contains("django") {
            continue;
        }
        room.at(&root, &path);
        let file = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        let script = room.script("runserver", &manager.python(&[&file, "runserver"]));
        room.put(script.service().default_if(true));
        for task in ["migrate", "makemigrations", "check"] {
            let script = room.script(task, &manager.python(&[&file, task]));
            room.put(script);
        }
        let mut script = room.script("test", &manager.python(&[&file, "test"]));
        if has_pytest {
            "manage:test".clone_into(&mut script.name);
        }
        room.put(script);
        return true;
    }
    false
}

/// `NAME` of a line `NAME = Class(` or `NAME: Class = Class(`.
fn application<'a>(text: &'a str, class: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (left, right) = line.split_once('=')?;
        let name = left.split(':').next()?.trim_end();
        let made = right.trim_start().strip_prefix(class)?.trim_start().starts_with('(');
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        (made && is_name).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::python::manager::required;

    #[test]
    fn applications_and_requirements_are_read() {
        assert_eq!(application("x = 1\napp: FastAPI = FastAPI(title=\"x\")", "FastAPI"), Some("app"));
        assert_eq!(application("    app = Flask(__name__)", "Flask"), None);
        assert_eq!(required("Django[argon2]>=4 ; python_version > \"3\"").as_deref(), Some("django"));
        assert_eq!(required("# comment"), None);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in "(Flask\\(|[:=# \na-cé\\[])*") {
            let _ = (application(&text, "Flask"), required(&text));
        }
    }
}
