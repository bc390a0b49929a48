//! Globs over process names: `*` any text, `?` one character. Names hold no slash, so nothing else is needed.
//!
//! Pure: text in, answer out.

/// The text has a wildcard and is no plain name.
pub(crate) fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// Whether the whole name matches. Linear in pattern × name; never recursive.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || name.get(here) == Some(wanted) => {
                at += 1;
                here += 1;
            }
            _ => match star {
                // Let the last star take one character more and try again from behind it.
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    here = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|left| *left == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*", "api", true),
            ("web:*", "web:dev", true),
            ("web:*", "web", false),
            ("*:dev", "web:dev", true),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("api", "apis", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
