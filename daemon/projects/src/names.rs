//! Names of projects and processes: which text is one, how other text is mapped to one, which known name
//! somebody may have meant.
//!
//! Pure: no files, no environment, no clock.
//!
//! A name is 1 to 64 of `[A-Za-z0-9._:+-]`, starts with a letter or digit and has no `..`, so that it is
//! safe as a file name, as an argument and before the slash of `project/name`.

/// Longest name, in characters (all of them ASCII).
pub const MAX_LEN: usize = 64;

/// The same as a regular expression, for JSON Schemas.
pub(crate) const PATTERN: &str = r"^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}$";

/// What an empty mapping becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Script,
    Project,
}

impl Named {
    const fn fallback(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Project => "project",
        }
    }
}

const fn is_allowed(character: char) -> bool {
    matches!(character, 'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '_' | ':' | '+' | '-')
}

/// Why `name` is no name; nothing if it is one.
pub fn fault(name: &str) -> Option<String> {
    let Some(first) = name.chars().next() else {
        return Some("it is empty".to_owned());
    };
    if let Some(bad) = name.chars().find(|character| !is_allowed(*character)) {
        return Some(format!("it contains {bad:?}"));
    }
    if !first.is_ascii_alphanumeric() {
        return Some(format!("it starts with {first:?}"));
    }
    if name.contains("..") {
        return Some("it contains `..`".to_owned());
    }
    (name.len() > MAX_LEN).then(|| format!("it is longer than {MAX_LEN} characters"))
}

/// Whether `name` may be declared.
pub fn is_valid(name: &str) -> bool {
    fault(name).is_none()
}

/// Maps any text to a name: other characters become `-`, leading ones that are no letter or digit are
/// dropped, the rest is cut to [`MAX_LEN`]; nothing left becomes `script` or `project`.
pub fn map(text: &str, named: Named) -> String {
    let mut name = String::with_capacity(text.len().min(MAX_LEN));
    for character in text.chars() {
        if name.len() == MAX_LEN {
            break;
        }
        let mapped = if is_allowed(character) { character } else { '-' };
        if name.is_empty() && !mapped.is_ascii_alphanumeric() {
            continue;
        }
        let doubled = mapped == '.' && name.ends_with('.');
        name.push(if doubled { '-' } else { mapped });
    }
    if name.is_empty() { named.fallback().to_owned() } else { name }
}

/// `web` of `@acme/web`; other text as it is.
pub fn without_npm_scope(package: &str) -> &str {
    match package.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((_, name)) if !name.is_empty() => name,
        _ => package,
    }
}

/// `acme.web` of `@acme/web`; other text as it is.
pub fn with_npm_scope(package: &str) -> String {
    match package.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((scope, name)) if !scope.is_empty() && !name.is_empty() => format!("{scope}.{name}"),
        _ => package.to_owned(),
    }
}

/// `wanted`, or the first of `wanted-2`, `wanted-3`… that is not taken. `wanted` must be a name; so is the
/// answer.
pub fn unique(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(wanted) {
        return wanted.to_owned();
    }
    numbered(wanted, 2, taken).0
}

/// `wanted` with the first number from `first` on that makes it a name not taken, and that number.
pub(crate) fn numbered(wanted: &str, first: u64, taken: impl Fn(&str) -> bool) -> (String, u64) {
    let mut number = first;
    loop {
        let suffix = format!("-{number}");
        let kept: String = wanted.chars().take(MAX_LEN.saturating_sub(suffix.len())).collect();
        let candidate = format!("{kept}{suffix}");
        if !taken(&candidate) {
            return (candidate, number);
        }
        number += 1;
    }
}

/// The candidate that `text` most probably meant: least edits (a swap of neighbours is one), case ignored,
/// at most a third of the longer one's length; the earliest of equals.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = text.chars().take(2 * MAX_LEN).flat_map(char::to_lowercase).collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().take(2 * MAX_LEN).flat_map(char::to_lowercase).collect();
        let longer = wanted.len().max(other.len());
        let allowed = (longer / 3).max(1);
        if longer == 0 || wanted.len().abs_diff(other.len()) > allowed {
            continue;
        }
        let edits = distance(&wanted, &other);
        if edits <= allowed && edits < longer && best.is_none_or(|(least, _)| edits < least) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment: insertion, deletion, replacement and swap of neighbours cost one each.
fn distance(left: &[char], right: &[char]) -> usize {
    let width = right.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut left_previous: Option<char> = None;
    for (row, left_char) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(width);
        current.push(row + 1);
        let mut right_previous: Option<char> = None;
        for (column, right_char) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, column) + usize::from(left_char != right_char);
            let removed = at(&last, column + 1) + 1;
            let added = at(&current, column) + 1;
            let mut least = replaced.min(removed).min(added);
            if column > 0 && left_previous == Some(*right_char) && right_previous == Some(*left_char) {
                least = least.min(at(&before_last, column - 1) + 1);
            }
            current.push(least);
            right_previous = Some(*right_char);
        }
        before_last = std::mem::replace(&mut last, current);
        left_previous = Some(*left_char);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_told_from_other_text() {
        for good in ["a", "api", "web:dev", "c++", "1st", "acme.web:dev", "build+x", &"x".repeat(64)] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, why) in [
            ("", "empty"),
            ("-x", "starts with"),
            (".x", "starts with"),
            ("a..b", ".."),
            ("a b", "' '"),
            ("a/b", "'/'"),
            ("été", "'é'"),
            ("a\n", "'\\n'"),
        ] {
            assert!(fault(bad).is_some_and(|fault| fault.contains(why)), "{bad:?}");
        }
        assert!(!is_valid(&"x".repeat(65)));
    }

    #[test]
    fn other_text_is_mapped_by_the_contract() {
        for (text, name) in [
            ("dev", "dev"),
            ("dev:api", "dev:api"),
            ("build+x", "build+x"),
            ("été", "t-"),
            ("with blank", "with-blank"),
            ("../../etc/passwd", "etc-passwd"),
            ("a..b", "a.-b"),
            ("---", "script"),
            ("", "script"),
            ("日本", "script"),
            ("--help", "help"),
        ] {
            assert_eq!(map(text, Named::Script), name, "{text:?}");
        }
        assert_eq!(map("/", Named::Project), "project");
        assert_eq!(map(&"x".repeat(99), Named::Script).len(), 64);
    }

    #[test]
    fn npm_scopes_go_and_come_back() {
        assert_eq!(without_npm_scope("@acme/web"), "web");
        assert_eq!(without_npm_scope("web"), "web");
        assert_eq!(without_npm_scope("@acme"), "@acme");
        assert_eq!(with_npm_scope("@acme/web"), "acme.web");
        assert_eq!(with_npm_scope("web"), "web");
    }

    #[test]
    fn clashes_are_numbered() {
        let taken = ["dev", "dev-2"];
        assert_eq!(unique("dev", |name| taken.contains(&name)), "dev-3");
        assert_eq!(unique("test", |name| taken.contains(&name)), "test");
        let long = "x".repeat(64);
        let numbered = unique(&long, |name| name == long);
        assert_eq!(numbered.len(), 64);
        assert!(numbered.ends_with("-2"));
    }

    #[test]
    fn the_nearest_name_is_a_near_one() {
        let names = ["api", "worker", "depends_on", "autostart"];
        for (text, meant) in [
            ("apii", Some("api")),
            ("pai", Some("api")),
            ("API", Some("api")),
            ("wroker", Some("worker")),
            ("dpends_on", Some("depends_on")),
            ("auto_start", Some("autostart")),
            ("zebra", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, names), meant, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_mapped_is_a_name(text in ".{0,100}") {
            prop_assert_eq!(fault(&map(&text, Named::Script)), None);
            prop_assert_eq!(fault(&map(&text, Named::Project)), None);
            let name = map(&text, Named::Script);
            prop_assert_eq!(fault(&unique(&name, |other| other == name)), None);
        }

        #[test]
        fn a_name_maps_to_itself(name in "[A-Za-z0-9]([.]?[A-Za-z0-9_:+-]){0,31}") {
            prop_assert_eq!(map(&name, Named::Script), name);
        }

        #[test]
        fn distance_is_a_distance(a in "[abc]{0,8}", b in "[abc]{0,8}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
        }
    }
}
