//! File names as a person of the project would write them, and which code is one's own. Pure.

use crate::Place;

/// The place with its file relative to the project: `file://`, the dev server's origin, bundler schemes,
/// query strings and the project's directory taken off.
pub(crate) fn relative(mut place: Place, project_dir: Option<&str>) -> Place {
    place.file = relative_file(&place.file, project_dir);
    place
}

fn relative_file(file: &str, project_dir: Option<&str>) -> String {
    let mut file = file.trim().trim_matches(['"', '\'']);
    if let Some(path) = file.strip_prefix("file://") {
        file = path;
    } else if let Some((scheme, rest)) = file.split_once("://")
        && matches!(scheme, "http" | "https" | "webpack-internal" | "webpack" | "rsc" | "turbopack")
    {
        let path = rest.split_once('/').map_or(rest, |(_, path)| path);
        let path = path.trim_start_matches('/');
        file = path.strip_prefix("[project]/").unwrap_or(path);
        file = file.split('?').next().unwrap_or(file);
    } else if file.starts_with('/') {
        file = file.split('?').next().unwrap_or(file);
    }
    if let Some(dir) = project_dir.map(|dir| dir.trim_end_matches('/')).filter(|dir| !dir.is_empty())
        && let Some(below) = file.strip_prefix(dir)
        && let Some(below) = below.strip_prefix('/')
    {
        file = below;
    }
    file.strip_prefix("./").unwrap_or(file).to_owned()
}

/// Neither the runtime nor a dependency.
pub(crate) fn is_own(file: &str) -> bool {
    const FOREIGN: [&str; 13] = [
        "node_modules/",
        "node:",
        "internal/",
        "<anonymous>",
        "site-packages/",
        "dist-packages/",
        "<frozen ",
        "<string>",
        "/rustc/",
        "/.cargo/registry/",
        "/.cargo/git/",
        "/.rustup/",
        "/vite/dist/",
    ];
    let library = file.contains("/lib/python3") || file.contains("/lib/python2");
    !(library || FOREIGN.iter().any(|part| file.contains(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_the_project() {
        let rows = [
            ("/app/src/x.ts", "src/x.ts"),
            ("file:///app/src/x.ts", "src/x.ts"),
            ("http://localhost:5173/src/x.ts?t=17", "src/x.ts"),
            ("webpack-internal:///./src/x.ts", "src/x.ts"),
            ("./src/x.ts", "src/x.ts"),
            ("/application/src/x.ts", "/application/src/x.ts"),
            ("node:internal/modules/cjs/loader", "node:internal/modules/cjs/loader"),
        ];
        for (file, expected) in rows {
            assert_eq!(relative_file(file, Some("/app/")), expected, "{file}");
        }
        assert!(is_own("src/x.ts") && is_own("/app/main.py"));
        assert!(
            !is_own("/app/node_modules/x/i.js")
                && !is_own("node:fs")
                && !is_own("/usr/lib/python3.12/json/decoder.py")
        );
    }
}
