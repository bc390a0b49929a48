//! Versions of package managers, from what projects and installations write down.

use std::path::Path;

use crate::detect::json::Json;
use crate::detect::manifest;

/// The version in `9.1.0` or `9.1.0+sha512.…`; nothing for ranges, tags and addresses.
pub(super) fn exact(text: &str) -> Option<String> {
    let version = text.split('+').next().unwrap_or_default().trim();
    let plain = version.starts_with(|first: char| first.is_ascii_digit())
        && version.len() <= 40
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    (plain && !version.split('.').any(|part| part.eq_ignore_ascii_case("x"))).then(|| version.to_owned())
}

/// Whether an entry of `engines` asks for a version, rather than talks (`please-use-npm`) or forbids.
pub(super) fn is_range(range: &Option<String>) -> bool {
    let Some(range) = range.as_deref().map(str::trim) else { return false };
    range.is_empty()
        || range.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*vx".contains(c)) && !range.contains("use")
}

/// The version of the yarn that `.yarnrc.yml` names by path.
pub(super) fn yarn_path(dir: &Path) -> Option<String> {
    let rc = Json::read(&dir.join(".yarnrc.yml"), Json::parse_yaml).ok()??;
    let path = rc.text_at("yarnPath")?;
    let file = path.rsplit('/').next()?;
    exact(file.strip_prefix("yarn-")?.trim_end_matches(".cjs").trim_end_matches(".js"))
}

/// `classic` or `berry`, as yarn itself tags them.
pub(super) fn yarn_flavour(dir: &Path) -> Option<String> {
    let berry = || {
        if dir.join(".yarnrc.yml").is_file() || dir.join(".pnp.cjs").is_file() {
            return Some(true);
        }
        let head = manifest::head(&dir.join("yarn.lock"))?;
        let line = |start: &str| head.lines().any(|line| line.starts_with(start));
        if line("# yarn lockfile v1") { Some(false) } else { line("__metadata:").then_some(true) }
    };
    Some(if berry()? { "berry" } else { "classic" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_ranges_tags_and_talk() {
        for (text, version) in [
            ("9.1.0", Some("9.1.0")),
            ("9.1.0+sha512.abc", Some("9.1.0")),
            ("4.0.0-rc.1", Some("4.0.0-rc.1")),
            ("^9", None),
            ("9.x", None),
            ("latest", None),
            ("https://x/yarn.js", None),
            ("1\u{1b}[31m", None),
            ("", None),
        ] {
            assert_eq!(exact(text).as_deref(), version, "{text}");
        }
        for (range, is) in
            [(">=9", true), ("*", true), ("9", true), ("please-use-npm", false), ("use npm", false)]
        {
            assert_eq!(is_range(&Some(range.to_owned())), is, "{range}");
        }
    }
}
