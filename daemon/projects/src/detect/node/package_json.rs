//! What of a package.json matters here.
//!
//! Pure: no files, no environment, no clock.
//!
//! Scripts keep the order of the file. A field of a wrong type is told and as good as none: npm does not refuse
//! the file for it either.

use crate::detect::json::Json;
use crate::detect::shape::Shape::{self, Any, Bool, Keys, List, Map, OneOf, Text};
use crate::tree::Format;

const SHAPE: Shape = Keys(&[
    ("name", Text),
    ("scripts", Map(&Text)),
    ("workspaces", OneOf(&[List(&Text), Keys(&[("packages", List(&Text))])])),
    ("packageManager", Text),
    ("dependencies", Map(&Any)),
    ("devDependencies", Map(&Any)),
    ("optionalDependencies", Map(&Any)),
    ("nx", OneOf(&[Keys(&[("name", Text), ("targets", Map(&Map(&Any)))]), Bool])),
]);

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PackageJson {
    pub(crate) name: Option<String>,
    /// Name and command.
    pub(crate) scripts: Vec<(String, String)>,
    /// What in it is of a wrong type, in words that follow its name.
    pub(crate) odd: Vec<String>,
    pub(crate) package_manager: Option<String>,
    /// Name and version range below `devEngines.packageManager`.
    pub(crate) dev_engines: Vec<(String, Option<String>)>,
    /// Name and version range below `engines`.
    pub(crate) engines: Vec<(String, Option<String>)>,
    /// Patterns below `workspaces`; nothing = no workspace.
    pub(crate) workspaces: Option<Vec<String>>,
    /// Names of dependencies of all kinds.
    pub(crate) dependencies: Vec<String>,
    /// `name` below `nx`.
    pub(crate) nx_name: Option<String>,
    /// `targets` below `nx`.
    pub(crate) nx_targets: Vec<(String, Json)>,
    /// The file that is its program: `main`.
    pub(crate) main: Option<String>,
    /// The same for programs that know ES modules: `module`.
    pub(crate) module: Option<String>,
}

impl PackageJson {
    /// # Errors
    /// Why the text is no package.json, in words that follow its name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (json, odd) = Json::shaped(text, Format::Json, &SHAPE)?;
        let Json::Object(entries) = json else { return Err("must be an object, not null".to_owned()) };
        let mut json = Self { odd, ..Self::default() };
        for (key, value) in entries {
            json.take(&key, value);
        }
        Ok(json)
    }

    /// Whether it names this package among its dependencies.
    pub(crate) fn depends_on(&self, package: &str) -> bool {
        self.dependencies.iter().any(|name| name == package)
    }
}

impl PackageJson {
    fn take(&mut self, key: &str, value: Json) {
        match key {
            "name" => self.name = value.text().filter(|name| !name.is_empty()).map(str::to_owned),
            "packageManager" => self.package_manager = value.text().map(str::to_owned),
            "devEngines" => {
                self.dev_engines = match value.get("packageManager") {
                    Some(Json::List(list)) => list.iter().filter_map(dev_engine).collect(),
                    Some(one) => dev_engine(one).into_iter().collect(),
                    None => Vec::new(),
                };
            }
            "engines" => {
                let range = |value: &Json| value.text().map(str::to_owned);
                self.engines =
                    value.entries().iter().map(|(name, value)| (name.clone(), range(value))).collect();
            }
            "workspaces" => self.workspaces = patterns(&value),
            "scripts" => self.take_scripts(value),
            "nx" => {
                self.nx_name = value.text_at("name").filter(|name| !name.is_empty()).map(str::to_owned);
                self.nx_targets = value.get("targets").map(Json::entries).unwrap_or_default().to_vec();
            }
            "main" => self.main = value.text().map(str::to_owned),
            "module" => self.module = value.text().map(str::to_owned),
            "dependencies" | "devDependencies" | "optionalDependencies" => {
                self.dependencies.extend(value.entries().iter().map(|(name, _)| name.clone()));
            }
            _ => {}
        }
    }

    fn take_scripts(&mut self, value: Json) {
        self.scripts.clear();
        let Json::Object(entries) = value else { return };
        let command = |(name, command)| match command {
            Json::Text(command) => Some((name, command)),
            _ => None,
        };
        self.scripts.extend(entries.into_iter().filter_map(command));
    }
}

fn dev_engine(value: &Json) -> Option<(String, Option<String>)> {
    Some((value.text_at("name")?.to_owned(), value.text_at("version").map(str::to_owned)))
}

/// The list form, or `{ "packages": […] }`.
fn patterns(value: &Json) -> Option<Vec<String>> {
    match value {
        Json::List(_) => Some(value.texts()),
        Json::Object(_) => Some(value.get("packages").map(Json::texts).unwrap_or_default()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scripts_keep_their_order_and_odd_types_are_no_end() {
        let json = PackageJson::parse(
            r#"{"name":"@acme/web","scripts":{"z":"1","a":"2","m":3,"z":"4"},"engines":["node"],
                "workspaces":{"packages":["packages/*"],"nohoist":[]},"packageManager":7,"scripts2":null,
                "dependencies":{"nx":"1"},"devDependencies":{"turbo":"2"},"devEngines":{"packageManager":[
                {"name":"pnpm","version":"9.1.0"},{"name":7}]}}"#,
        )
        .unwrap();
        assert_eq!(json.name.as_deref(), Some("@acme/web"));
        assert_eq!(json.scripts, vec![("z".to_owned(), "4".to_owned()), ("a".to_owned(), "2".to_owned())]);
        assert_eq!(
            json.odd,
            [
                "has a number as `scripts.m`, which must be text (line 1)",
                "has a number as `packageManager`, which must be text (line 2)"
            ]
        );
        assert_eq!(json.engines, Vec::new());
        assert_eq!(json.workspaces, Some(vec!["packages/*".to_owned()]));
        assert_eq!(json.package_manager, None);
        assert_eq!(json.dev_engines, vec![("pnpm".to_owned(), Some("9.1.0".to_owned()))]);
        assert!(json.depends_on("nx") && json.depends_on("turbo") && !json.depends_on("vite"));
    }

    #[test]
    fn what_is_no_object_is_told() {
        for bad in ["", "[]", "{", "null", "{\"scripts\":{\"a\":}}"] {
            let why = PackageJson::parse(bad).unwrap_err();
            assert!(why.starts_with("is no valid JSON") || why.starts_with("must be an object"), "{why}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,200}") {
            let _ = PackageJson::parse(&text);
        }
    }
}
