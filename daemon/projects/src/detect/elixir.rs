//! Elixir: Mix and Phoenix, and the aliases of mix.exs.
//!
//! Of mix.exs the names of dependencies (`{:phoenix, …}`), `mod:` of the application, `apps_path:` and the
//! first words of the lines in `defp aliases` are read; aliases made by code are not understood.

use std::path::Path;

use super::mark::Mark;
use super::room::Room;
use super::{glob, kind, manifest, words};

pub(super) const MARKS: [Mark; 1] = [Mark::file("mix.exs").of_root_if(is_umbrella)];

fn is_umbrella(path: &Path) -> bool {
    manifest::read(path).ok().flatten().is_some_and(|text| text.contains("apps_path:"))
}

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let path = root.join("mix.exs");
    let Some(text) = room.text(&path) else { return };
    let umbrella = text.contains("apps_path:");
    let mut phoenix = depends_on(&text, "phoenix");
    if umbrella {
        let search = glob::packages(&root, &["apps/*".to_owned()], |dir| dir.join("mix.exs").is_file());
        for app in room.searched(search, "the umbrella") {
            let app_text = room.text(&app.join("mix.exs")).unwrap_or_default();
            phoenix |= depends_on(&app_text, "phoenix");
            room.package(&app);
        }
    }
    room.at(&root, &path);
    if phoenix {
        let script = room.script("phx.server", &["mix", "phx.server"]).service().default_if(true);
        room.put(script);
    }
    if umbrella || words::has_word(&text, "mod:") {
        let script = room.script("run", &["mix", "run", "--no-halt"]).service().default_if(!phoenix);
        room.put(script);
    }
    let aliases = aliases(&text);
    for alias in &aliases {
        let script = room.script(alias, &["mix", alias]).kind(kind::of_script(alias, ""));
        room.put(script);
    }
    for task in ["compile", "test", "deps.get"] {
        if !aliases.iter().any(|alias| alias == task) {
            let script = room.script(task, &["mix", task]);
            room.put(script);
        }
    }
}

fn depends_on(text: &str, dependency: &str) -> bool {
    let wanted = format!("{{:{dependency},");
    text.lines().map(words::without_hash_comment).any(|line| line.replace(' ', "").contains(&wanted))
}

/// Keys of the list in `aliases`.
fn aliases(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let line = words::without_hash_comment(line).trim();
        if line.starts_with("defp aliases") || line.starts_with("def aliases") {
            inside = true;
        } else if inside && line == "end" {
            break;
        } else if inside {
            let line = line.trim_start_matches('[').trim_start();
            let name = match line.strip_prefix('"') {
                Some(rest) => rest.split_once("\":").map(|(name, _)| name),
                None => line.split_once(": ").map(|(name, _)| name),
            };
            let is_name = |name: &&str| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
            };
            found.extend(name.filter(is_name).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn phoenix_serves_and_aliases_are_listed() {
        let phoenix = fixture("elixir");
        insta::assert_snapshot!(phoenix.listing());
        assert_eq!(phoenix.up(""), "phx.server: `mix phx.server`, found by mix.exs");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in "(defp aliases|end|[\\[\\]{}\":, \n#a-cé])*") {
            let _ = (aliases(&text), depends_on(&text, "a"));
        }
    }
}
