//! Workspace patterns: `apps/*`, `packages/**`, `!**/test/**`. Finds directories below a root, in the order
//! of their paths, with bounds on how far and how wide it looks.

use std::path::{Path, PathBuf};

/// How deep below the root packages are looked for.
const MAX_DEPTH: usize = 8;
/// How many directories are looked at, in all.
const MAX_DIRECTORIES: usize = 20_000;

/// Directories below `root` for which `is_package` holds and that match a pattern and no `!` pattern.
/// `node_modules`, `target` and hidden directories are never entered. The second answer is true when a
/// bound ended the search early.
pub(crate) fn packages(
    root: &Path,
    patterns: &[String],
    is_package: impl Fn(&Path) -> bool,
) -> (Vec<PathBuf>, bool) {
    let split = |pattern: &str| -> Vec<String> {
        pattern.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let wanted: Vec<Vec<String>> =
        patterns.iter().filter(|pattern| !pattern.starts_with('!')).map(|pattern| split(pattern)).collect();
    let unwanted: Vec<Vec<String>> =
        patterns.iter().filter_map(|pattern| pattern.strip_prefix('!')).map(split).collect();
    let deepest = wanted
        .iter()
        .map(|pattern| if pattern.iter().any(|part| part == "**") { MAX_DEPTH } else { pattern.len() })
        .max()
        .unwrap_or(0)
        .min(MAX_DEPTH);
    let mut found = Vec::new();
    let mut looked_at = 0;
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(parts) = waiting.pop() {
        if parts.len() >= deepest {
            continue;
        }
        let here: PathBuf = std::iter::once(root.to_owned()).chain(parts.iter().map(PathBuf::from)).collect();
        let Ok(entries) = std::fs::read_dir(&here) else { continue };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            // Symbolic links are not followed: a link to a parent would be an endless tree.
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.') && name != "node_modules" && name != "target")
            .collect();
        names.sort();
        for name in names {
            looked_at += 1;
            if looked_at > MAX_DIRECTORIES {
                found.sort();
                return (found, true);
            }
            let mut child = parts.clone();
            child.push(name);
            let matches = wanted.iter().any(|pattern| matches(pattern, &child));
            let refused = unwanted.iter().any(|pattern| matches_or_below(pattern, &child));
            if matches && !refused {
                let path = root.join(child.join("/"));
                if is_package(&path) {
                    found.push(path);
                }
            }
            waiting.push(child);
        }
    }
    found.sort();
    (found, false)
}

/// `**` stands for any number of parts, `*` and `?` for text within one.
fn matches(pattern: &[String], path: &[String]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            matches(rest, path) || path.split_first().is_some_and(|(_, below)| matches(pattern, below))
        }
        (Some((first, rest)), Some((part, below))) => {
            let part: Vec<char> = part.chars().collect();
            let first: Vec<char> = first.chars().collect();
            part_matches(&first, &part) && matches(rest, below)
        }
        _ => false,
    }
}

fn matches_or_below(pattern: &[String], path: &[String]) -> bool {
    matches(pattern, path)
        || path.split_last().is_some_and(|(_, above)| !above.is_empty() && matches_or_below(pattern, above))
}

fn part_matches(pattern: &[char], text: &[char]) -> bool {
    // Greedy with one point of return: linear, whatever the pattern.
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some('?') => {
                p += 1;
                t += 1;
            }
            Some(character) if Some(character) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    p = star_p + 1;
                    t = star_t + 1;
                    star = Some((star_p, star_t + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn patterns_match_as_package_managers_do() {
        for (pattern, path, expected) in [
            ("apps/*", "apps/web", true),
            ("apps/*", "apps/web/deep", false),
            ("apps/*", "apps", false),
            ("packages/**", "packages/a/b/c", true),
            ("**/test/**", "packages/a/test/x", true),
            ("**", "a/b", true),
            ("pkg-*", "pkg-a", true),
            ("pkg-?", "pkg-ab", false),
            ("a*b*c", "aXbYbc", true),
            ("exact", "exact", true),
        ] {
            assert_eq!(matches(&parts(pattern), &parts(path)), expected, "{pattern} {path}");
        }
    }
}
