//! Which tool a file belongs to: by its name, then by its shape.
//!
//! Pure: no files, no environment, no clock.

use super::ImportError;
use crate::tree::{self, Format as Syntax, Lines, Node, Value, Whose};

/// A tool whose file is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Procfile,
    Compose,
    ProcessCompose,
    Mprocs,
    Pm2,
    VsCode,
    Pitchfork,
    /// The predecessor's `.brum.toml`.
    Brum,
}

impl Format {
    pub const ALL: [Self; 8] = [
        Self::Procfile,
        Self::Compose,
        Self::ProcessCompose,
        Self::Mprocs,
        Self::Pm2,
        Self::VsCode,
        Self::Pitchfork,
        Self::Brum,
    ];

    /// The word that `--from` takes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Procfile => "procfile",
            Self::Compose => "compose",
            Self::ProcessCompose => "process-compose",
            Self::Mprocs => "mprocs",
            Self::Pm2 => "pm2",
            Self::VsCode => "vscode",
            Self::Pitchfork => "pitchfork",
            Self::Brum => "brum",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    /// Every word, for messages.
    pub fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }
}

/// A file with its format, parsed unless it is a Procfile.
pub(super) struct Recognised {
    pub(super) format: Format,
    pub(super) root: Option<Node>,
}

/// Recognises the file called `name`; `from` is what its owner says it is.
///
/// # Errors
/// It is of none of the formats, of several, or not written as its name says.
pub(super) fn recognise(name: &str, text: &str, from: Option<Format>) -> Result<Recognised, ImportError> {
    let lower = name.to_ascii_lowercase();
    if let Some(extension) = ["js", "cjs", "mjs", "ts", "lua"].into_iter().find(|e| ends(&lower, e)) {
        return Err(ImportError::Program { name: name.to_owned(), lua: extension == "lua" });
    }
    let named = from.or_else(|| by_name(&lower));
    if named == Some(Format::Procfile) {
        return Ok(Recognised { format: Format::Procfile, root: None });
    }
    let syntax = syntax(&lower, text, named);
    let root = tree::read(text, syntax, Whose::Foreign).map_err(|fault| ImportError::Syntax {
        name: name.to_owned(),
        syntax: syntax.name(),
        line: Lines::of(text).at(fault.span.start),
        why: fault.message,
    })?;
    let holds_keys = matches!(root.value, Value::Table(_)) || named == Some(Format::Pm2) && is_list(&root);
    if !holds_keys {
        return Err(ImportError::Unknown { name: name.to_owned(), because: "it holds no keys".to_owned() });
    }
    if let Some(format) = named {
        return Ok(Recognised { format, root: Some(root) });
    }
    let mut fitting = by_shape(&root, syntax);
    match (fitting.pop(), fitting.pop()) {
        (Some(format), None) => Ok(Recognised { format, root: Some(root) }),
        (None, _) => {
            let because = "neither its name nor its keys are of a known tool".to_owned();
            Err(ImportError::Unknown { name: name.to_owned(), because })
        }
        (Some(one), Some(other)) => {
            let because = format!("it could be {} as well as {}", other.word(), one.word());
            Err(ImportError::Unknown { name: name.to_owned(), because })
        }
    }
}

fn ends(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, last)| last == extension)
}

fn is_list(node: &Node) -> bool {
    matches!(node.value, Value::List(_))
}

/// `name` in lower case.
fn by_name(name: &str) -> Option<Format> {
    let data = ["yaml", "yml", "json"].iter().any(|extension| ends(name, extension));
    let starts = |words: &[&str]| data && words.iter().any(|word| name.starts_with(word));
    if name == "procfile" || name.starts_with("procfile.") || ends(name, "procfile") {
        Some(Format::Procfile)
    } else if starts(&["process-compose", "process_compose"]) {
        Some(Format::ProcessCompose)
    } else if starts(&["docker-compose", "compose.", "compose-", "docker_compose"]) {
        Some(Format::Compose)
    } else if starts(&["mprocs", "dekit"]) {
        Some(Format::Mprocs)
    } else if starts(&["ecosystem", "pm2"]) {
        Some(Format::Pm2)
    } else if name == "tasks.json" {
        Some(Format::VsCode)
    } else if name.starts_with("pitchfork") && ends(name, "toml") {
        Some(Format::Pitchfork)
    } else if name == ".brum.toml" || name == "brum.toml" {
        Some(Format::Brum)
    } else {
        None
    }
}

fn syntax(name: &str, text: &str, format: Option<Format>) -> Syntax {
    if ends(name, "toml") || matches!(format, Some(Format::Pitchfork | Format::Brum)) {
        Syntax::Toml
    } else if ends(name, "json") || ends(name, "jsonc") || format == Some(Format::VsCode) {
        Syntax::Commented
    } else if ends(name, "yaml") || ends(name, "yml") {
        Syntax::Yaml
    } else if text.trim_start().starts_with(['{', '[']) {
        Syntax::Commented
    } else {
        Syntax::Yaml
    }
}

fn by_shape(root: &Node, syntax: Syntax) -> Vec<Format> {
    let holds_table =
        |key: &str| root.get(key).is_some_and(|entry| matches!(entry.node.value, Value::Table(_)));
    let holds_list = |key: &str| root.get(key).is_some_and(|entry| is_list(&entry.node));
    let mut fitting = Vec::new();
    if syntax == Syntax::Toml {
        if holds_table("daemons") {
            fitting.push(Format::Pitchfork);
        }
        let brum = ["preferred_package_manager", "mcp_port", "proxy_mode", "ai_coders", "proxy_port"];
        if brum.iter().any(|key| root.has(key)) {
            fitting.push(Format::Brum);
        }
        return fitting;
    }
    if holds_table("services") {
        fitting.push(Format::Compose);
    }
    if holds_table("processes") {
        fitting.push(Format::ProcessCompose);
    }
    if holds_table("procs") || holds_table("tasks") {
        fitting.push(Format::Mprocs);
    }
    if holds_list("apps") {
        fitting.push(Format::Pm2);
    }
    if holds_list("tasks") {
        fitting.push(Format::VsCode);
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(name: &str, text: &str) -> Result<Format, ImportError> {
        recognise(name, text, None).map(|recognised| recognised.format)
    }

    #[test]
    fn a_file_is_known_by_its_name_and_else_by_its_shape() {
        for (name, text, expected) in [
            ("Procfile", "x", Format::Procfile),
            ("Procfile.dev", "web: x", Format::Procfile),
            ("docker-compose.override.yml", "a: 1", Format::Compose),
            ("compose.yaml", "a: 1", Format::Compose),
            ("process-compose.yaml", "a: 1", Format::ProcessCompose),
            ("dekit.json", "{}", Format::Mprocs),
            ("ecosystem.config.json", "{}", Format::Pm2),
            ("tasks.json", "{}", Format::VsCode),
            ("pitchfork.local.toml", "", Format::Pitchfork),
            (".brum.toml", "", Format::Brum),
            ("dev.yaml", "processes: {a: {}}", Format::ProcessCompose),
            ("dev.yaml", "services: {a: {}}", Format::Compose),
            ("dev.json", "{\"procs\": {}}", Format::Mprocs),
            ("dev", "{\"apps\": []}", Format::Pm2),
            ("dev", "procs: {a: b}", Format::Mprocs),
            ("dev.toml", "[daemons.a]\nrun = 'x'", Format::Pitchfork),
            ("dev.toml", "mcp_port = 7777", Format::Brum),
        ] {
            assert_eq!(format(name, text).unwrap(), expected, "{name}");
        }
        assert_eq!(
            recognise("x.yaml", "a: 1", Some(Format::Mprocs)).map(|found| found.format).unwrap(),
            Format::Mprocs
        );
        for format in Format::ALL {
            assert_eq!(Format::from_word(format.word()), Some(format));
        }
    }
}
