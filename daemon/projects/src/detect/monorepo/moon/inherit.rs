//! Which projects inherit the tasks of a file: its `inheritedBy`, whose conditions must all be met.
//!
//! What is not certain counts as met: moon finds languages and toolchains out by itself, so only what a
//! project's own moon.yml says, and files, can rule it out. A task too many says so when it is run; one that is
//! not listed cannot be run at all.

use std::path::Path;

use super::super::below;
use crate::detect::json::Json;

/// Formats of a project's file that are not read here.
const OTHERS: [&str; 5] = ["moon.json", "moon.jsonc", "moon.toml", "moon.hcl", "moon.pkl"];

/// Whether the project in `directory` may inherit under `conditions`; `about` is its moon.yml, nothing if that
/// cannot be read.
pub(super) fn may_inherit(conditions: &Json, about: Option<&Json>, directory: &Path) -> bool {
    let about = about
        .filter(|about| **about != Json::Null || !OTHERS.iter().any(|other| directory.join(other).is_file()));
    conditions.entries().iter().all(|(condition, wanted)| {
        let own = |keys: &[&str]| about.and_then(|about| keys.iter().find_map(|key| about.text_at(key)));
        let one_of = |own: Option<&str>| own.is_none_or(|own| words(wanted).iter().any(|one| one == own));
        match condition.as_str() {
            "file" | "files" => {
                words(wanted).iter().any(|file| below(directory, file).is_none_or(|path| path.exists()))
            }
            "language" | "languages" => one_of(own(&["language"])),
            "layer" | "layers" => one_of(own(&["layer", "type"])),
            "stack" | "stacks" => one_of(own(&["stack"])),
            "tag" | "tags" => {
                about.is_none_or(|about| has(wanted, &about.get("tags").map(Json::texts).unwrap_or_default()))
            }
            _ => true,
        }
    })
}

/// A single value or a list of them.
fn words(wanted: &Json) -> Vec<String> {
    wanted.text().map_or_else(|| wanted.texts(), |one| vec![one.to_owned()])
}

/// Whether tags fit: any of them (`or`, or no clause), all of `and`, none of `not`.
fn has(wanted: &Json, tags: &[String]) -> bool {
    let any = |of: &[String]| of.iter().any(|tag| tags.contains(tag));
    let clause = |name: &str| wanted.get(name).map(words);
    match wanted {
        Json::Object(_) => {
            clause("or").is_none_or(|of| any(&of))
                && clause("and").is_none_or(|of| of.iter().all(|tag| tags.contains(tag)))
                && clause("not").is_none_or(|of| !any(&of))
        }
        _ => any(&words(wanted)),
    }
}
