//! Aliases of `.cargo/config.toml`.

use std::path::Path;

use brummer_event::spec::Kind;
use toml_edit::Item;

use crate::detect::notices::Notices;
use crate::detect::shape::Shape::{self, Keys, List, Map, OneOf, Text};
use crate::detect::{kind, manifest};

const SHAPE: Shape = Keys(&[("alias", Map(&OneOf(&[Text, List(&Text)])))]);

pub(super) struct Alias {
    pub(super) name: String,
    /// What it stands for.
    pub(super) command: String,
    pub(super) source: String,
}

impl Alias {
    /// An alias of `run` stays, unless it runs a helper (`xtask`).
    pub(super) fn kind(&self) -> Kind {
        let runs = self.command.split_whitespace().next().is_some_and(|word| word == "run" || word == "r");
        if runs && !self.name.contains("xtask") {
            Kind::Service
        } else {
            kind::of_script(&self.name, &self.command)
        }
    }
}

/// The project's own aliases, by name.
pub(super) fn read(dir: &Path, notices: &mut Notices) -> Vec<Alias> {
    for source in [".cargo/config.toml", ".cargo/config"] {
        let read = manifest::read_toml_shaped(&dir.join(source), &SHAPE);
        let Some(document) = notices.told(source, read) else { continue };
        let Some(table) = document.get("alias").and_then(Item::as_table_like) else { return Vec::new() };
        let mut found: Vec<Alias> = table
            .iter()
            .filter_map(|(name, item)| {
                let words = item.as_array().into_iter().flatten();
                let words: Vec<&str> = words.filter_map(toml_edit::Value::as_str).collect();
                let command = item.as_str().map_or_else(|| words.join(" "), str::to_owned);
                let alias = Alias { name: name.to_owned(), command, source: source.to_owned() };
                (!alias.command.is_empty()).then_some(alias)
            })
            .collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        return found;
    }
    Vec::new()
}
