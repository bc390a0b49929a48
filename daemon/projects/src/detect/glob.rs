//! Workspace patterns: `apps/*`, `packages/**`, `{apps,libs}/*`, `!**/test/**`. Finds directories below a
//! root, in the order of their paths, with bounds on how far and how wide it looks.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::notices::Notices;
use super::relative;

/// How deep below the root packages are looked for.
const MAX_DEPTH: usize = 8;
/// How many directories are read, in all.
const MAX_READ: usize = 30_000;
/// How many directories are looked at, in all.
const MAX_DIRECTORIES: usize = 200_000;
/// How many patterns with wildcards count, and how many exclusions.
const MAX_PATTERNS: usize = 1_000;

/// What a search found.
pub(crate) struct Search {
    /// By path.
    pub(crate) found: Vec<PathBuf>,
    /// A bound ended the search early.
    cut: bool,
    /// Directories that could not be read, and why.
    denied: Vec<(PathBuf, std::io::Error)>,
}

impl Search {
    /// What was found; what kept it from finding all, `whose` search it was, becomes notices.
    pub(crate) fn told(self, project: &Path, whose: &str, notices: &mut Notices) -> Vec<PathBuf> {
        for (path, error) in &self.denied {
            notices.push(&format!("{} cannot be read: {error}", relative(project, path)));
        }
        if self.cut {
            notices.push(&format!("{whose} has too many directories here; some are not shown"));
        }
        self.found
    }
}

/// Directories below `root` for which `is_package` holds and that match a pattern and no `!` pattern.
/// `node_modules`, `target` and hidden directories are never entered, unless a pattern names them. A pattern that
/// leaves the root, or is none, matches nothing.
pub(crate) fn packages(root: &Path, patterns: &[String], is_package: impl Fn(&Path) -> bool) -> Search {
    let (unwanted, wanted): (Vec<&String>, Vec<&String>) =
        patterns.iter().partition(|pattern| pattern.starts_with('!'));
    // A list of ten thousand plain directories needs no walk.
    let (plain, wanted): (Vec<Vec<String>>, Vec<Vec<String>>) =
        wanted.into_iter().filter_map(|pattern| parts_of(pattern)).partition(|parts| is_plain(parts));
    let mut cut = wanted.len() > MAX_PATTERNS || unwanted.len() > MAX_PATTERNS;
    let wanted: Vec<Pattern> = wanted.into_iter().take(MAX_PATTERNS).filter_map(Pattern::new).collect();
    let unwanted = unwanted.into_iter().take(MAX_PATTERNS);
    let unwanted: Vec<Pattern> =
        unwanted.filter_map(|pattern| Pattern::new(parts_of(pattern.trim_start_matches('!'))?)).collect();
    let (mut found, mut denied) = (Vec::new(), Vec::new());
    let (mut read, mut looked_at) = (0, 0);
    for path in plain.iter().map(|parts| parts.join("/")) {
        looked_at += 1;
        let dir = root.join(&path);
        if !unwanted.iter().any(|pattern| pattern.refuses(&path)) && dir.is_dir() && is_package(&dir) {
            found.push(dir);
        }
    }
    let mut waiting: Vec<(String, usize)> = vec![(String::new(), 0)];
    while let Some((here, depth)) = waiting.pop() {
        if read == MAX_READ || looked_at >= MAX_DIRECTORIES {
            cut = true;
            break;
        }
        read += 1;
        let names = directories(&root.join(&here)).unwrap_or_else(|error| {
            denied.push((root.join(&here), error));
            Vec::new()
        });
        for name in names {
            looked_at += 1;
            let open = wanted.iter().any(|pattern| pattern.may_lead(depth, &name));
            if !open {
                continue;
            }
            let child = if here.is_empty() { name } else { format!("{here}/{name}") };
            if unwanted.iter().any(|pattern| pattern.refuses(&child)) {
                continue;
            }
            let path = root.join(&child);
            // The file is asked for first: it is the cheaper question.
            if is_package(&path) && wanted.iter().any(|pattern| pattern.matches(&child)) {
                found.push(path);
            }
            if depth + 1 < MAX_DEPTH && wanted.iter().any(|pattern| pattern.goes_below(depth + 1)) {
                waiting.push((child, depth + 1));
            }
        }
    }
    found.sort();
    found.dedup();
    Search { found, cut, denied }
}

fn directories(here: &Path) -> std::io::Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(here)?
        .filter_map(Result::ok)
        // Symbolic links are not followed: a link to a parent would be an endless tree.
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// One pattern, and its parts for pruning the walk.
struct Pattern {
    whole: GlobMatcher,
    /// What each part below the root may be called, up to the first `**`; nothing if they cannot be told
    /// apart (`{a/b,c}`).
    parts: Option<Vec<GlobMatcher>>,
    /// Parts as they are written.
    written: Vec<String>,
    /// It has `**`.
    deep: bool,
}

/// The parts of a pattern; nothing if it leaves the root.
fn parts_of(text: &str) -> Option<Vec<String>> {
    let parts: Vec<String> =
        text.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect();
    let leaves = text.starts_with('/') || parts.is_empty() || parts.iter().any(|part| part == "..");
    (!leaves).then_some(parts)
}

/// No wildcard: exactly one directory.
fn is_plain(parts: &[String]) -> bool {
    !parts.iter().any(|part| part.contains(['*', '?', '[', '{', '\\']))
}

impl Pattern {
    fn new(written: Vec<String>) -> Option<Self> {
        let deep = written.iter().any(|part| part == "**");
        let parts = written.iter().take_while(|part| *part != "**").map(|part| matcher(part)).collect();
        // `packages/**` is also `packages/a`, and what `dir/` means is `dir`.
        let whole = matcher(&written.join("/"))?;
        Some(Self { whole, parts, written, deep })
    }

    /// Whether a directory called `name`, `depth` parts below the root, can match or lead to a match.
    fn may_lead(&self, depth: usize, name: &str) -> bool {
        if self.shuns(depth, name) {
            return false;
        }
        match &self.parts {
            Some(parts) => parts.get(depth).map_or(self.deep, |part| part.is_match(name)),
            None => true,
        }
    }

    /// Whether this name counts only where it is written as it is.
    fn shuns(&self, depth: usize, name: &str) -> bool {
        let shunned = name.starts_with('.') || name == "node_modules" || name == "target";
        shunned && self.written.get(depth).is_none_or(|part| part != name)
    }

    fn matches(&self, path: &str) -> bool {
        self.whole.is_match(path) && !path.split('/').enumerate().any(|(depth, name)| self.shuns(depth, name))
    }

    /// Whether a match may lie below directories that are `depth` parts below the root.
    fn goes_below(&self, depth: usize) -> bool {
        self.deep || self.parts.is_none() || depth < self.written.len()
    }

    /// Whether it excludes `path` or a directory above it.
    fn refuses(&self, path: &str) -> bool {
        self.whole.is_match(path)
    }
}

fn matcher(pattern: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build().ok()?;
    Some(glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_package_managers_do() {
        for (pattern, path, expected) in [
            ("apps/*", "apps/web", true),
            ("./apps/*/", "apps/web", true),
            ("apps/*", "apps/web/deep", false),
            ("apps/*", "apps", false),
            ("packages/**", "packages/a/b/c", true),
            ("packages/**", "packages/a", true),
            ("**/test/**", "packages/a/test/x", true),
            ("**", "a/b", true),
            ("pkg-*", "pkg-a", true),
            ("pkg-?", "pkg-ab", false),
            ("{apps,libs}/*", "libs/a", true),
            ("{apps/web,libs}", "apps/web", true),
            ("[ab]*", "bc", true),
            ("a*b*c", "aXbYbc", true),
            ("exact", "exact", true),
            ("apps/web.x", "apps/webbx", false),
        ] {
            let temp = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(temp.path().join(path)).unwrap();
            let Search { found, cut, denied } = packages(temp.path(), &[pattern.to_owned()], |_| true);
            assert_eq!(found.contains(&temp.path().join(path)), expected, "{pattern} {path}: {found:?}");
            assert!(!cut && denied.is_empty());
        }
    }

    #[test]
    fn patterns_that_leave_the_root_or_are_none_match_nothing() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(temp.path().join("root/a")).unwrap();
        std::fs::create_dir_all(temp.path().join("other")).unwrap();
        for pattern in ["../*", "/*", "", ".", "a/../../*", "[", "{a"] {
            let found = packages(&temp.path().join("root"), &[pattern.to_owned()], |_| true).found;
            assert_eq!(found, Vec::<PathBuf>::new(), "{pattern}");
        }
    }

    #[test]
    fn what_is_excluded_or_shunned_is_not_entered() {
        let temp = tempfile::tempdir().unwrap();
        for dir in ["a/b/c", "a/node_modules/x", "a/.cache/x", ".config/y", "old/b"] {
            std::fs::create_dir_all(temp.path().join(dir)).unwrap();
        }
        let patterns = ["**", ".config/*", "!a/b", "!old/**"].map(str::to_owned);
        let found = packages(temp.path(), &patterns, |_| true).found;
        let expected: Vec<PathBuf> = [".config/y", "a", "old"].map(|dir| temp.path().join(dir)).to_vec();
        assert_eq!(found, expected);
    }
}
