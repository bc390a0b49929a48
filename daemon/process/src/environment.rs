//! The environment of a run: the client's, filtered, then `.env` files, then the configuration's, then
//! Brummer's own. Pure; who calls it has read the files.

mod dotenv;

use std::collections::BTreeMap;
use std::path::Path;

use brummer_capture::meta::{Sources, Variable};
use brummer_event::spec::ProcessSpec;
use brummer_event::{ProcessKey, RunId};

use dotenv::MOST_UNSET;
pub use dotenv::{Assigned, Dotenv, DotenvError, Position, parse as parse_dotenv};

/// Variables of the client's terminal and session that mean nothing in a supervised process.
const DROPPED: [&str; 10] =
    ["NOTIFY_SOCKET", "PWD", "OLDPWD", "SHLVL", "_", "COLUMNS", "LINES", "STY", "WINDOWID", "WATCHDOG_USEC"];
const DROPPED_PREFIXES: [&str; 4] = ["BRUMMER", "LISTEN_", "WATCHDOG_", "TMUX"];

/// The source of what came with the client, where something else won over it.
const CLIENT: &str = "client";
/// The source of Brummer's own variables.
const BRUMMER: &str = "brummer";

/// True for a variable that is handed on from the client.
pub fn is_handed_on(name: &str) -> bool {
    !name.is_empty()
        && !DROPPED.contains(&name)
        && !DROPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Who the environment is for.
#[derive(Debug, Clone, Copy)]
pub struct For<'a> {
    pub key: &'a ProcessKey,
    pub run: RunId,
}

/// An environment, and where of it each variable came from that did not just come with the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composed {
    pub variables: Vec<Variable>,
    pub sources: Sources,
}

/// Variables in the order in which they first appear; a later layer replaces a value in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layers {
    variables: Vec<Variable>,
    /// What took part in each, the one in force first.
    places: BTreeMap<String, Vec<String>>,
    notes: Vec<String>,
}

impl Layers {
    /// Begins with the client's environment.
    pub fn from_client(client: &[Variable]) -> Self {
        let mut layers = Self::default();
        for (name, value) in client.iter().filter(|(name, _)| is_handed_on(name)) {
            layers.put(name, value);
        }
        layers
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn put(&mut self, name: &str, value: &str) {
        match self.variables.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.variables.push((name.to_owned(), value.to_owned())),
        }
    }

    fn set(&mut self, name: &str, value: &str, source: impl Into<String>) {
        self.came_from(name, source.into());
        self.put(name, value);
    }

    fn came_from(&mut self, name: &str, source: String) {
        let is_set = self.get(name).is_some();
        let places = self.places.entry(name.to_owned()).or_default();
        if places.is_empty() && is_set {
            places.push(CLIENT.to_owned());
        }
        places.insert(0, source);
    }

    /// Adds one `.env` file.
    ///
    /// # Errors
    /// A line that is none of the forms; nothing is added then.
    pub fn add_dotenv(&mut self, path: &Path, bytes: &[u8]) -> Result<(), DotenvError> {
        let found = parse_dotenv(bytes, |name| self.get(name).map(str::to_owned))?;
        for Assigned { name, value, at } in &found.assigned {
            self.set(name, value, format!("{}:{at}", path.display()));
        }
        self.notes.extend(found.unset.iter().map(|at| {
            // Not its name: it may be a part of a password with a dollar sign.
            format!(
                "{}:{at}: refers to a variable that is not set, so nothing stands there; a plain dollar sign is `\\$`",
                path.display()
            )
        }));
        if found.unset.len() == MOST_UNSET {
            self.notes.push(format!("{}: only the first {MOST_UNSET} of them are told", path.display()));
        }
        Ok(())
    }

    /// Takes out and adds what the configuration says.
    pub fn add_configured(&mut self, spec: &ProcessSpec) {
        let place = |name: &str| match spec.env_places.get(name) {
            Some(place) => place.clone(),
            None => spec.origin.as_str().to_owned(),
        };
        for name in &spec.env_unset {
            self.came_from(name, place(name));
            self.variables.retain(|(known, _)| known != name);
        }
        for (name, value) in &spec.env {
            self.set(name, value, place(name));
        }
    }

    /// Adds what Brummer itself has to say, and ends.
    pub fn finish(mut self, whom: For<'_>) -> Composed {
        self.set("BRUMMER", "1", BRUMMER);
        self.set("BRUMMER_PROJECT", &whom.key.project, BRUMMER);
        self.set("BRUMMER_PROCESS", &whom.key.name, BRUMMER);
        self.set("BRUMMER_RUN", &whom.run.to_string(), BRUMMER);
        self.set_unless_set("TERM", "xterm-256color");
        if self.get("NO_COLOR").is_none_or(str::is_empty) {
            self.set_unless_set("FORCE_COLOR", "1");
        }
        self.set_unless_set("PYTHONUNBUFFERED", "1");
        let sources = Sources { places: self.places.into_iter().collect(), notes: self.notes };
        Composed { variables: self.variables, sources }
    }

    fn set_unless_set(&mut self, name: &str, value: &str) {
        if self.get(name).is_none() {
            self.set(name, value, BRUMMER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brummer_event::spec::{Command, Kind, Origin};

    fn spec(env: Vec<Variable>) -> ProcessSpec {
        let command = Command::Exec(vec!["true".to_owned()]);
        let mut spec = ProcessSpec::new("api", command, "/p".into(), Kind::Service, Origin::Declared);
        spec.env = env;
        spec
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_belongs_to_the_clients_terminal_stays_there() {
        for (name, handed_on) in [
            ("PATH", true),
            ("HOME", true),
            ("NODE_ENV", true),
            ("LC_ALL", true),
            ("TERM", true),
            ("LINES_PER_PAGE", true),
            ("PWD_HISTORY", true),
            ("_JAVA_OPTIONS", true),
            ("LISTENER", true),
            ("BRUMMER", false),
            ("BRUMMER_RUN", false),
            ("BRUMMER_LOGS__KEEP_LINES", false),
            ("NOTIFY_SOCKET", false),
            ("LISTEN_FDS", false),
            ("LISTEN_PID", false),
            ("WATCHDOG_USEC", false),
            ("WATCHDOG_PID", false),
            ("PWD", false),
            ("OLDPWD", false),
            ("SHLVL", false),
            ("_", false),
            ("COLUMNS", false),
            ("LINES", false),
            ("TMUX", false),
            ("TMUX_PANE", false),
            ("STY", false),
            ("WINDOWID", false),
            ("", false),
        ] {
            assert_eq!(is_handed_on(name), handed_on, "{name}");
        }
    }

    #[test]
    fn later_layers_win_and_ours_win_over_all() {
        let key = ProcessKey::new("shop", "api");
        let run = RunId::from_u128(7);
        let mut layers = Layers::from_client(&pairs(&[
            ("PATH", "/bin"),
            ("A", "client"),
            ("B", "client"),
            ("C", "client"),
            ("BRUMMER_RUN", "of another"),
        ]));
        layers.add_dotenv(Path::new("/p/.env"), b"B=file\nC=file\nD=${A}").unwrap();
        let mut spec = spec(pairs(&[("C", "config"), ("BRUMMER_PROCESS", "forged")]));
        spec.env_unset = vec!["GONE".to_owned()];
        layers.add_configured(&spec);
        let composed = layers.finish(For { key: &key, run });
        let expected = [
            ("PATH", "/bin"),
            ("A", "client"),
            ("B", "file"),
            ("C", "config"),
            ("D", "client"),
            ("BRUMMER_PROCESS", "api"),
            ("BRUMMER", "1"),
            ("BRUMMER_PROJECT", "shop"),
            ("BRUMMER_RUN", "00000000000000000000000007"),
            ("TERM", "xterm-256color"),
            ("FORCE_COLOR", "1"),
            ("PYTHONUNBUFFERED", "1"),
        ];
        assert_eq!(composed.variables, pairs(&expected));
    }

    #[test]
    fn each_variable_tells_where_it_came_from_and_over_what() {
        let key = ProcessKey::new("shop", "api");
        let mut layers = Layers::from_client(&pairs(&[
            ("PATH", "/bin"),
            ("A", "client"),
            ("B", "client"),
            ("C", "client"),
        ]));
        layers.add_dotenv(Path::new("/p/.env"), b"A=1\n A=2\nD=x$NOPE\n").unwrap();
        layers.add_dotenv(Path::new("/p/.env.local"), b"\nA=3").unwrap();
        let mut spec = spec(pairs(&[("A", "config"), ("E", "config"), ("F", "config")]));
        spec.env_unset = vec!["B".to_owned(), "GONE".to_owned()];
        for (name, line) in [("A", 3), ("B", 4), ("E", 5), ("GONE", 6)] {
            spec.env_places.insert(name.to_owned(), format!("/p/brummer.toml:{line}:1"));
        }
        layers.add_configured(&spec);
        let composed = layers.finish(For { key: &key, run: RunId::from_u128(7) });
        let places: Vec<String> = composed
            .sources
            .places
            .iter()
            .filter(|(name, _)| !name.contains("BRUMMER"))
            .map(|(name, places)| format!("{name} {}", places.join(" < ")))
            .collect();
        let expected = [
            "A /p/brummer.toml:3:1 < /p/.env.local:2:1 < /p/.env:2:2 < /p/.env:1:1 < client",
            "B /p/brummer.toml:4:1 < client",
            "D /p/.env:3:1",
            "E /p/brummer.toml:5:1",
            "F declared",
            "FORCE_COLOR brummer",
            "GONE /p/brummer.toml:6:1",
            "PYTHONUNBUFFERED brummer",
            "TERM brummer",
        ];
        assert_eq!(places, expected, "what only came with the client is not listed");
        assert!(composed.variables.iter().all(|(name, _)| name != "B" && name != "GONE"));
        let [note] = composed.sources.notes.as_slice() else { panic!("{:?}", composed.sources.notes) };
        assert!(note.starts_with("/p/.env:3:4: ") && !note.contains("NOPE"), "{note}");
    }

    #[test]
    fn notes_are_no_more_than_can_be_read() {
        let mut layers = Layers::default();
        layers.add_dotenv(Path::new("/p/.env"), format!("A={}", "$NOPE ".repeat(1000)).as_bytes()).unwrap();
        assert_eq!(layers.notes.len(), MOST_UNSET + 1);
        assert_eq!(layers.notes[MOST_UNSET], "/p/.env: only the first 50 of them are told");
    }

    #[test]
    fn what_the_client_set_is_respected() {
        let key = ProcessKey::new("shop", "api");
        let client =
            pairs(&[("TERM", "dumb"), ("NO_COLOR", "1"), ("PYTHONUNBUFFERED", ""), ("X", "1"), ("X", "2")]);
        let env = Layers::from_client(&client).finish(For { key: &key, run: RunId::from_u128(1) }).variables;
        let get = |name: &str| env.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(
            (get("TERM"), get("FORCE_COLOR"), get("PYTHONUNBUFFERED")),
            (Some("dumb"), None, Some(""))
        );
        assert_eq!(get("X"), Some("2"), "the last of a doubled name, once");
        assert_eq!(env.iter().filter(|(name, _)| name == "X").count(), 1);
    }
}
