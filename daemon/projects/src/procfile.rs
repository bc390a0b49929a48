//! Procfiles as foreman, overmind and Heroku read them: `name: command` in each line, which of several files
//! is meant for development, and the PORT that each process is given.
//!
//! Pure: no files, no environment, no clock.

use crate::tree::{self, Format, Value, Whose};

/// The files that are meant for development, the one that is taken first first: `bin/dev` of Rails starts
/// `Procfile.dev` where the `Procfile` beside it is for the server.
const FOR_DEVELOPMENT: [&str; 4] = ["Procfile.dev", "Procfile.development", "Procfile.local", "Procfile"];

/// What editors and people leave behind.
const NO_VARIANTS: [&str; 10] =
    ["bak", "backup", "dist", "example", "orig", "old", "rej", "sample", "swp", "tmp"];

/// Whether a file of this name is a Procfile: `Procfile`, `Procfile.dev`, `Procfile.test`.
pub(crate) fn is_one(name: &str) -> bool {
    match name.strip_prefix("Procfile") {
        Some("") => true,
        Some(rest) => rest.strip_prefix('.').is_some_and(|variant| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            !variant.is_empty() && variant.chars().all(plain) && !NO_VARIANTS.contains(&variant)
        }),
        None => false,
    }
}

/// Where a file stands among those of a directory: the least is the one to start, if it is there for
/// development at all.
pub(crate) fn rank(name: &str) -> (usize, bool) {
    let place = FOR_DEVELOPMENT.iter().position(|known| *known == name);
    (place.unwrap_or(FOR_DEVELOPMENT.len()), place.is_some())
}

/// One line of a Procfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Not `name: command`.
    Unclear,
    Entry {
        name: &'a str,
        /// For a shell.
        command: &'a str,
    },
}

/// The lines that say something, with their numbers from 1.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, Line<'_>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let said = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let all = text.lines().map(str::trim).enumerate();
    all.filter(move |(_, line)| said(line)).map(|(index, line)| (index + 1, parse(line)))
}

fn parse(line: &str) -> Line<'_> {
    let Some((name, command)) = line.split_once(':') else { return Line::Unclear };
    let (name, command) = (name.trim(), command.trim());
    if name.is_empty() || name.contains(char::is_whitespace) || command.is_empty() {
        return Line::Unclear;
    }
    Line::Entry { name, command }
}

/// Heroku's release phase is the one entry that is meant to end.
pub(crate) fn ends(name: &str) -> bool {
    name == "release"
}

/// The PORT of each process: a hundred apart, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Nothing if it is there and no number.
    base: Option<u16>,
}

impl Default for Ports {
    fn default() -> Self {
        Self { base: Some(5000) }
    }
}

impl Ports {
    /// From the texts of `.foreman` and `.env`; as for foreman, the former wins.
    pub(crate) fn of(foreman: Option<&str>, dotenv: Option<&str>) -> Self {
        let written = foreman.and_then(in_foreman).or_else(|| dotenv.and_then(in_dotenv));
        written.map_or_else(Self::default, |port| Self { base: port.parse().ok() })
    }

    /// Of the process at this place, from 0; nothing beyond the last port there is.
    pub(crate) fn at(self, index: usize) -> Option<u16> {
        let further = u16::try_from(index).ok()?.checked_mul(100)?;
        self.base?.checked_add(further)
    }
}

/// `port:` of a text in YAML.
fn in_foreman(text: &str) -> Option<String> {
    let root = tree::read(text, Format::Yaml, Whose::Foreign).ok()?;
    match &root.get("port")?.node.value {
        Value::Int(port) => Some(port.to_string()),
        Value::Text(port) => Some(port.clone()),
        _ => None,
    }
}

/// The last line that sets PORT.
fn in_dotenv(text: &str) -> Option<String> {
    let value = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        (name.trim() == "PORT").then(|| value.to_owned())
    };
    text.lines().filter_map(value).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procfiles_are_known_by_name_and_ranked() {
        for name in ["Procfile", "Procfile.dev", "Procfile.dev-static", "Procfile.production"] {
            assert!(is_one(name), "{name}");
        }
        for name in [
            "procfile",
            "Procfiles",
            "Procfile.",
            "Procfile.bak",
            "Procfile.dev.swp",
            "Procfile~",
            "Procfile.dev~",
        ] {
            assert!(!is_one(name), "{name}");
        }
        let mut names = ["Procfile.a", "Procfile", "Procfile.dev", "Procfile.local"];
        names.sort_by_key(|name| rank(name));
        assert_eq!(names, ["Procfile.dev", "Procfile.local", "Procfile", "Procfile.a"]);
        assert!(rank("Procfile").1 && !rank("Procfile.production").1);
    }

    #[test]
    fn lines_are_entries_or_unclear() {
        let text = "\u{feff}web: a: b\n\n# x\n two :  c \nthree\nfo ur: d\nfive:\n";
        let all: Vec<(usize, Line<'_>)> = lines(text).collect();
        let entry = |name, command| Line::Entry { name, command };
        let unclear = [5, 6, 7].map(|line| (line, Line::Unclear));
        assert_eq!(all, [[(1, entry("web", "a: b")), (4, entry("two", "c"))].as_slice(), &unclear].concat());
    }

    #[test]
    fn ports_are_a_hundred_apart_from_where_the_files_say() {
        let ports = |foreman, dotenv| {
            let ports = Ports::of(foreman, dotenv);
            [ports.at(0), ports.at(2)]
        };
        assert_eq!(ports(None, None), [Some(5000), Some(5200)]);
        assert_eq!(ports(None, Some("A=1\nPORT=1\nexport PORT=\"3000\" # web\n")), [Some(3000), Some(3200)]);
        assert_eq!(ports(Some("port: 4000\n"), Some("PORT=3000")), [Some(4000), Some(4200)]);
        assert_eq!(ports(Some("port: '4000'"), None), [Some(4000), Some(4200)]);
        assert_eq!(ports(Some("procfile: Procfile.dev\n"), Some("PORTS=1")), [Some(5000), Some(5200)]);
        assert_eq!(ports(Some("port: ["), None), [Some(5000), Some(5200)], "no YAML says nothing");
        assert_eq!(ports(None, Some("PORT=${BASE:-1}")), [None, None], "`.env` knows better");
        assert_eq!(ports(None, Some("PORT=65400")), [Some(65_400), None]);
        assert_eq!(Ports::default().at(usize::MAX), None);
    }
}
