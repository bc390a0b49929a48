//! The settings in force, each with where it comes from, and what is wrong with the files. Pure.

use super::input::Input;
use crate::effect::Spot;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As `processes.api.run`.
    pub key: String,
    /// TOML.
    pub value: String,
    /// `default`, a variable, or `file:line:column`.
    pub source: String,
}

impl Setting {
    /// The table that it stands in, and its name there. A quoted name may hold dots.
    pub fn split(&self) -> (&str, &str) {
        let name = match self.key.strip_suffix('"') {
            Some(open) => open.rfind('"').unwrap_or(0),
            None => self.key.rfind('.').map_or(0, |dot| dot + 1),
        };
        let table = self.key.get(..name).unwrap_or_default().trim_end_matches('.');
        (table, self.key.get(name..).unwrap_or_default())
    }

    /// Where to edit it; `None` if no file says it.
    pub fn spot(&self) -> Option<Spot> {
        let mut parts = self.source.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        let file = parts.next()?.to_owned();
        Some(Spot { file, line, column, bases: Vec::new() })
    }
}

/// A mistake in a configuration file, or a warning about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub code: String,
    pub message: String,
    pub hint: String,
    pub file: String,
    /// From 1; 0: unknown.
    pub line: u32,
    pub column: u32,
}

impl Mistake {
    /// What is no error is a warning: the configuration counts nevertheless.
    pub fn is_error(&self) -> bool {
        !self.code.starts_with('W')
    }

    /// As `brummer.toml:4:7`; empty if unknown.
    pub fn place(&self) -> String {
        match (self.file.is_empty(), self.line) {
            (true, _) => String::new(),
            (false, 0) => self.file.clone(),
            (false, line) => format!("{}:{line}:{}", self.file, self.column),
        }
    }
}

/// What the daemon answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub mistakes: Vec<Mistake>,
    /// None where a mistake stands in the way.
    pub values: Vec<Setting>,
    /// Files that were read.
    pub files: Vec<String>,
}

/// A row of the list; the numbers count in [`Found`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    Mistake(usize),
    /// What to do about the mistake above.
    Hint(usize),
    /// Name of a table; empty above values of none.
    Table(String),
    Value(usize),
}

impl Row {
    pub const fn can_be_selected(&self) -> bool {
        matches!(self, Self::Mistake(_) | Self::Value(_))
    }
}

/// The view of the settings.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub found: Found,
    /// The daemon is asked under this ticket.
    pub loading: Option<u64>,
    /// Why it did not answer.
    pub refused: Option<String>,
    pub filter: Input,
    /// The filter gets the keys.
    pub typing: bool,
    /// What the filter lets through.
    pub rows: Vec<Row>,
    pub selected: usize,
    pub offset: usize,
}

impl Settings {
    /// Lays the rows out anew: mistakes always, values that hold every word of the filter.
    pub fn lay(&mut self) {
        self.rows.clear();
        for (index, mistake) in self.found.mistakes.iter().enumerate() {
            self.rows.push(Row::Mistake(index));
            if !mistake.hint.is_empty() {
                self.rows.push(Row::Hint(index));
            }
        }
        let words = self.filter.text().to_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        // A table stands once, though a table inside of it may stand between its values.
        let mut tables: Vec<(&str, Vec<usize>)> = Vec::new();
        for (index, value) in self.found.values.iter().enumerate() {
            let text = format!("{} {} {}", value.key, value.value, value.source).to_lowercase();
            if !words.iter().all(|word| text.contains(word)) {
                continue;
            }
            let (of, _) = value.split();
            match tables.iter_mut().find(|(table, _)| *table == of) {
                Some((_, values)) => values.push(index),
                None => tables.push((of, vec![index])),
            }
        }
        for (table, values) in tables {
            self.rows.push(Row::Table(table.to_owned()));
            self.rows.extend(values.into_iter().map(Row::Value));
        }
        self.selected = self.rows.iter().position(Row::can_be_selected).unwrap_or(0);
        self.offset = 0;
    }

    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.selected)
    }

    /// Values that are shown, and all.
    pub fn counts(&self) -> (usize, usize) {
        let shown = self.rows.iter().filter(|row| matches!(row, Row::Value(_))).count();
        (shown, self.found.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str) -> Setting {
        Setting { key: key.into(), value: "1".into(), source: "default".into() }
    }

    #[test]
    fn a_key_is_a_table_and_a_name() {
        for (key, table, name) in [
            ("logs.keep_lines", "logs", "keep_lines"),
            ("processes.api.run", "processes.api", "run"),
            ("processes.api.env.\"A.B\"", "processes.api.env", "\"A.B\""),
            ("project.\"/srv/a.b\".resume", "project.\"/srv/a.b\"", "resume"),
            ("alone", "", "alone"),
        ] {
            assert_eq!(setting(key).split(), (table, name));
        }
    }

    #[test]
    fn what_a_file_says_can_be_edited_there() {
        let at = |source: &str| Setting { source: source.into(), ..setting("x") }.spot();
        let spot = at("/srv/a:b/brummer.toml:12:3").unwrap();
        assert_eq!((spot.file.as_str(), spot.line, spot.column), ("/srv/a:b/brummer.toml", 12, 3));
        assert_eq!((at("default"), at("environment BRUMMER_LOGS__KEEP_LINES")), (None, None));
    }

    #[test]
    fn a_filter_keeps_the_tables_of_what_it_lets_through() {
        let values = ["logs.keep_lines", "logs.ring.total", "logs.when_behind"].map(setting).to_vec();
        let mut settings = Settings { found: Found { values, ..Found::default() }, ..Settings::default() };
        settings.filter = Input::new("KEEP lines");
        settings.lay();
        assert_eq!(settings.rows, [Row::Table("logs".into()), Row::Value(0)]);
        assert_eq!((settings.selected, settings.counts()), (1, (1, 3)));
        settings.filter = Input::default();
        settings.lay();
        let (logs, ring) = (Row::Table("logs".into()), Row::Table("logs.ring".into()));
        assert_eq!(settings.rows, [logs, Row::Value(0), Row::Value(2), ring, Row::Value(1)]);
    }
}
