//! Make: targets that people call.
//!
//! A target is listed if `.PHONY` names it, or if it looks like a name and no file (`test`, not `app.o` or
//! `bin/app`) and no such file is there. Pattern rules, targets with variables or a leading `.` or `_`, and
//! included files are not listed. A description is what follows `##` in the target's line.

use super::mark::Mark;
use super::room::{Room, starter};
use super::{kind, words};

/// The order in which make looks.
pub(super) const MARKS: [Mark; 3] =
    [Mark::file("GNUmakefile"), Mark::file("makefile"), Mark::file("Makefile")];

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(path) = room.mark() else { return };
    let Some(text) = room.text(&path) else { return };
    room.at(&root, &path);
    let mut targets = targets(&text);
    targets.retain(|target| target.phony || !root.join(&target.name).exists());
    let first = starter(targets.iter().map(|target| target.name.as_str())).map(str::to_owned);
    for target in &targets {
        let script = room.script(&target.name, &["make", &target.name]);
        let script = script.kind(kind::of_script(&target.name, "")).about(target.about.as_deref());
        room.put(script.default_if(first.as_ref() == Some(&target.name)));
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Target {
    name: String,
    phony: bool,
    about: Option<String>,
}

fn targets(text: &str) -> Vec<Target> {
    let mut phony: Vec<String> = Vec::new();
    let mut found: Vec<Target> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut in_define = false;
    for line in joined(text) {
        if line.starts_with("define ") || line.starts_with("override define ") {
            in_define = true;
        } else if line.starts_with("endef") {
            in_define = false;
        }
        // A recipe belongs to the rule above it.
        if in_define || line.starts_with('\t') {
            continue;
        }
        let (rule, about) = match line.split_once('#') {
            Some((rule, comment)) => (rule, comment.strip_prefix('#').map(|text| text.trim().to_owned())),
            None => (line.as_str(), None),
        };
        let Some((names, rest)) = rule.split_once(':') else { continue };
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        if names.contains('=') || rest.starts_with('=') || rest.starts_with(":=") || is_assignment(rest) {
            continue;
        }
        if names.trim() == ".PHONY" {
            phony.extend(rest.split_whitespace().map(str::to_owned));
            continue;
        }
        for name in names.split_whitespace().filter(|name| is_callable(name)) {
            let place = *places.entry(name.to_owned()).or_insert_with(|| {
                found.push(Target { name: name.to_owned(), phony: false, about: None });
                found.len() - 1
            });
            if let Some(target) = found.get_mut(place).filter(|target| target.about.is_none()) {
                target.about.clone_from(&about);
            }
        }
    }
    let phony: std::collections::HashSet<String> = phony.into_iter().collect();
    for target in &mut found {
        target.phony = phony.contains(&target.name);
    }
    found.retain(|target| target.phony || !target.name.contains(['/', '.']));
    found
}

/// Lines, those that end with a backslash joined with the next.
fn joined(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let (line, continues) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
        match lines.last_mut().filter(|_| open) {
            Some(last) => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            None => lines.push(line.to_owned()),
        }
        open = continues;
    }
    lines
}

/// Whether what follows the colon sets a variable for the target only.
fn is_assignment(rest: &str) -> bool {
    let before_recipe = rest.split(';').next().unwrap_or_default();
    let before = words::without_hash_comment(before_recipe);
    before.split_once('=').is_some_and(|(name, _)| {
        let name = name.trim().trim_end_matches(['?', '+', ':', '!']).trim();
        !name.is_empty() && name.split_whitespace().count() <= 2 && !name.contains(['$', '(', '"'])
    })
}

fn is_callable(name: &str) -> bool {
    !name.starts_with(['.', '_', '-', '/'])
        && !name.contains(['%', '$', '(', ')', '{', '}', '*', '?', '[', '~', '&', '"', '\''])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn targets_that_people_call_are_listed() {
        let make = fixture("make");
        insta::assert_snapshot!(make.listing());
        assert_eq!(make.up(""), "dev: `make dev`, found by Makefile");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(\\.PHONY|define x|endef|[:=#\t\\\\\n %$a-c.é])*") {
            let _ = targets(&text);
        }
    }
}
