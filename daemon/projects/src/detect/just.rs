//! just: recipes of a justfile, with their comments.
//!
//! Recipes with a leading `_`, `[private]`, or for another system only are not listed; one that needs
//! arguments is listed with what it lacks. Modules (`mod`) and imported files are not followed.

use super::mark::Mark;
use super::notices::plain;
use super::room::{Room, starter};
use super::{Lack, kind, words};

pub(super) const MARKS: [Mark; 4] =
    [Mark::file("justfile"), Mark::file("Justfile"), Mark::file(".justfile"), Mark::file("JUSTFILE")];

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(path) = room.mark() else { return };
    let Some(text) = room.text(&path) else { return };
    room.at(&root, &path);
    let recipes = recipes(&text);
    let first = starter(recipes.iter().map(|recipe| recipe.name.as_str())).map(str::to_owned);
    for recipe in &recipes {
        let script = room.script(&recipe.name, &["just", &recipe.name]);
        let lacks = recipe.needs.clone().map(|name| Lack::Argument(plain(&name, 80)));
        let script = script.kind(kind::of_script(&recipe.name, "")).about(recipe.about.as_deref());
        room.put(script.default_if(first.as_ref() == Some(&recipe.name) && lacks.is_none()).lacks(lacks));
    }
}

#[derive(Debug, PartialEq)]
struct Recipe {
    name: String,
    about: Option<String>,
    /// The first parameter that has no default.
    needs: Option<String>,
}

fn recipes(text: &str) -> Vec<Recipe> {
    let mut found = Vec::new();
    let mut about: Option<String> = None;
    let mut hidden = false;
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with([' ', '\t']) {
            about = if line.trim().is_empty() { None } else { about };
            continue;
        }
        if let Some(comment) = line.strip_prefix('#') {
            about = (!comment.starts_with('!')).then(|| comment.trim().to_owned());
        } else if let Some(attributes) = line.strip_prefix('[') {
            hidden |= hides(attributes);
            if let Some(rest) = attributes.strip_prefix("doc(") {
                about = words::quoted(rest).map(|(text, _)| text.to_owned());
            }
        } else {
            if let Some(recipe) = recipe(line, about.take()).filter(|_| !hidden) {
                found.push(recipe);
            }
            (about, hidden) = (None, false);
        }
    }
    found
}

/// Whether attributes keep a recipe from being shown here.
fn hides(attributes: &str) -> bool {
    let names = attributes.split([',', ']', '(']).map(str::trim);
    let systems: Vec<&str> = names
        .clone()
        .filter(|name| ["linux", "macos", "windows", "openbsd", "unix"].contains(name))
        .collect();
    let here = systems.is_empty() || systems.iter().any(|name| matches!(*name, "linux" | "unix"));
    names.clone().any(|name| name == "private") || !here
}

fn recipe(line: &str, about: Option<String>) -> Option<Recipe> {
    let (head, after) = line.split_once(':')?;
    // `name := value`, `export name := value`.
    if after.starts_with('=') {
        return None;
    }
    let mut words = head.split_whitespace();
    let first = words.next()?;
    if matches!(first, "set" | "alias" | "import" | "mod" | "export") && !head.trim().eq(first) {
        return None;
    }
    let name = first.strip_prefix('@').unwrap_or(first);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let needs = words
        .find(|word| !word.contains('=') && !word.starts_with('*') && !word.contains(['"', '\'']))
        .map(|word| word.trim_start_matches(['$', '+']).to_owned());
    is_name.then(|| Recipe { name: name.to_owned(), about, needs })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn recipes_come_with_their_comments() {
        let just = fixture("just");
        insta::assert_snapshot!(just.listing());
        let about: Vec<Option<&str>> =
            just.detected.scripts.iter().map(|script| script.description.as_deref()).collect();
        assert_eq!(about.first(), Some(&Some("Start the server.")));
        assert_eq!(just.up(""), "dev: `just dev`, found by justfile");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(\\[private\\]|\\[doc\\(|alias|[:=#@\"'\n \\]a-c_é*+$])*") {
            let _ = recipes(&text);
        }
    }
}
