//! Tables whose keys are names that the user chose: processes, directories, profiles.
//!
//! Pure: no files, no environment, no clock.

use std::mem;

use figment::value::{Dict, Value as Figment};

use super::super::diagnostic::Code;
use super::super::schema::Key;
use super::leaf::shown;
use super::{Checked, Walk};
use crate::names;
use crate::tree::{Entry, Node};

impl Walk<'_> {
    pub(super) fn per_process(&mut self, node: &Node, keys: &'static [Key]) -> Option<Figment> {
        let entries = self.entries(node, "processes by name")?;
        let mut dict = Dict::new();
        for entry in entries {
            self.name(entry, "process");
            self.path.push(entry.key.clone());
            let place = (self.place)(entry.key_span.clone());
            self.checked.places.insert(self.path.clone(), place);
            // Its name is there even if nothing else of it is right: others may depend on it.
            let process = self.table(&entry.node, keys).unwrap_or_else(|| {
                let run = [self.path.as_slice(), &["run".to_owned()]].concat();
                self.checked.places.insert(run, (self.place)(entry.node.span.clone()));
                Dict::new()
            });
            dict.insert(entry.key.clone(), Figment::from(process));
            self.checked.order.push(entry.key.clone());
            self.path.pop();
        }
        Some(Figment::from(dict))
    }

    fn name(&mut self, entry: &Entry, what: &str) {
        let Some(fault) = names::fault(&entry.key) else { return };
        let message = format!("\"{}\" cannot be the name of a {what}: {fault}", shown(&entry.key));
        let hint = format!("call it `{}`", names::map(&entry.key, names::Named::Script));
        self.report_at(Code::BadName, entry, message, hint);
    }

    pub(super) fn per_directory(&mut self, node: &Node, keys: &'static [Key]) -> Option<Figment> {
        let entries = self.entries(node, "projects by directory")?;
        let mut dict = Dict::new();
        for entry in entries {
            if !(entry.key.starts_with('/') || entry.key == "~" || entry.key.starts_with("~/")) {
                let message = format!("\"{}\" is no absolute directory", shown(&entry.key));
                let as_this = self.dialect.table(&["project", "~/src/shop"], "{ resume = true }");
                let hint = format!("begin it with `/` or `~/`, as {as_this}");
                self.report_at(Code::BadValue, entry, message, hint);
            }
            self.path.push(entry.key.clone());
            if let Some(project) = self.table(&entry.node, keys) {
                dict.insert(entry.key.clone(), Figment::from(project));
            }
            self.path.pop();
        }
        Some(Figment::from(dict))
    }

    /// Checks each profile as a text of its own and keeps it beside the rest; no value comes of it here.
    pub(super) fn per_profile(&mut self, node: &Node, keys: &'static [Key]) -> Option<Figment> {
        let entries = self.entries(node, "profiles by name")?;
        for entry in entries {
            self.name(entry, "profile");
            self.path.push(entry.key.clone());
            let outer = mem::take(&mut self.checked);
            let dict = self.table(&entry.node, keys).unwrap_or_default();
            let inner = mem::replace(&mut self.checked, outer);
            let above = self.path.len();
            let places = inner.places.into_iter();
            let places =
                places.map(|(path, place)| (path.into_iter().skip(above).collect(), place)).collect();
            let profile = Checked { dict, places, order: inner.order, ..Checked::default() };
            self.checked.profiles.insert(entry.key.clone(), profile);
            self.path.pop();
        }
        None
    }
}
