//! The environment of a run: the client's, filtered, then `.env` files, then the configuration's, then
//! Brummer's own. Pure; who calls it has read the files.

mod dotenv;

pub use dotenv::{DotenvError, parse as parse_dotenv};

use brummer_event::{ProcessKey, RunId};

/// Variables of the client's terminal and session that mean nothing in a supervised process.
const DROPPED: [&str; 10] =
    ["NOTIFY_SOCKET", "PWD", "OLDPWD", "SHLVL", "_", "COLUMNS", "LINES", "STY", "WINDOWID", "WATCHDOG_USEC"];
const DROPPED_PREFIXES: [&str; 4] = ["BRUMMER", "LISTEN_", "WATCHDOG_", "TMUX"];

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

/// Variables in the order in which they first appear; a later layer replaces a value in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layers {
    variables: Vec<(String, String)>,
}

impl Layers {
    /// Begins with the client's environment.
    pub fn from_client(client: &[(String, String)]) -> Self {
        let mut layers = Self::default();
        for (name, value) in client.iter().filter(|(name, _)| is_handed_on(name)) {
            layers.set(name, value);
        }
        layers
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn set(&mut self, name: &str, value: &str) {
        match self.variables.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.variables.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Adds one `.env` file.
    ///
    /// # Errors
    /// A line that is none of the forms; nothing is added then.
    pub fn add_dotenv(&mut self, text: &str) -> Result<(), DotenvError> {
        for (name, value) in parse_dotenv(text, |name| self.get(name).map(str::to_owned))? {
            self.set(&name, &value);
        }
        Ok(())
    }

    pub fn add(&mut self, variables: &[(String, String)]) {
        for (name, value) in variables {
            self.set(name, value);
        }
    }

    /// Takes variables out.
    pub fn remove(&mut self, names: &[String]) {
        self.variables.retain(|(name, _)| !names.contains(name));
    }

    /// Adds what Brummer itself has to say, and ends.
    pub fn finish(mut self, whom: For<'_>) -> Vec<(String, String)> {
        self.set("BRUMMER", "1");
        self.set("BRUMMER_PROJECT", &whom.key.project);
        self.set("BRUMMER_PROCESS", &whom.key.name);
        self.set("BRUMMER_RUN", &whom.run.to_string());
        self.set_unless_set("TERM", "xterm-256color");
        if self.get("NO_COLOR").is_none_or(str::is_empty) {
            self.set_unless_set("FORCE_COLOR", "1");
        }
        self.set_unless_set("PYTHONUNBUFFERED", "1");
        self.variables
    }

    fn set_unless_set(&mut self, name: &str, value: &str) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        layers.add_dotenv("B=file\nC=file\nD=${A}").unwrap();
        layers.add(&pairs(&[("C", "config"), ("BRUMMER_PROCESS", "forged")]));
        let env = layers.finish(For { key: &key, run });
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
        assert_eq!(env, pairs(&expected));
    }

    #[test]
    fn what_the_client_set_is_respected() {
        let key = ProcessKey::new("shop", "api");
        let client =
            pairs(&[("TERM", "dumb"), ("NO_COLOR", "1"), ("PYTHONUNBUFFERED", ""), ("X", "1"), ("X", "2")]);
        let env = Layers::from_client(&client).finish(For { key: &key, run: RunId::from_u128(1) });
        let get = |name: &str| env.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(
            (get("TERM"), get("FORCE_COLOR"), get("PYTHONUNBUFFERED")),
            (Some("dumb"), None, Some(""))
        );
        assert_eq!(get("X"), Some("2"), "the last of a doubled name, once");
        assert_eq!(env.iter().filter(|(name, _)| name == "X").count(), 1);
    }
}
