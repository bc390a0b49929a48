//! Texts to read (details, why, help) and which errors are listed, as values of the state. Pure.

mod details;
mod help;
mod why;

use ratatui::layout::Rect;
use regex::Regex;

use crate::ansi;
use crate::layout;
use crate::model::Model;
use crate::model::filter::Level;
use crate::model::incident::Incident;
use crate::model::popup::{DetailsOf, Popup};
pub use details::incident as incident_text;

/// How a paragraph is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Heading,
    Dim,
    Bad,
}

/// A paragraph; wrapped when it is drawn. `hang`: columns by which its later rows are indented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Para {
    pub text: String,
    pub tone: Tone,
    pub hang: usize,
}

impl Para {
    fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, hang: 0 }
    }

    fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }

    /// `key      value`, the value in one column.
    fn pair(key: &str, value: impl AsRef<str>) -> Self {
        Self { text: format!("{key:<KEY$}{}", value.as_ref()), tone: Tone::Plain, hang: KEY }
    }
}

/// Columns of a key in front of its value.
const KEY: usize = 12;

/// A text popup as it is drawn.
#[derive(Debug, Clone)]
pub struct Reader {
    pub title: String,
    pub area: Rect,
    pub rows: Vec<(String, Tone)>,
    /// First row that is drawn; kept within the text.
    pub scroll: usize,
}

impl Reader {
    /// Rows of text that fit.
    pub fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2))
    }

    /// The furthest that can be scrolled.
    pub fn end(&self) -> usize {
        self.rows.len().saturating_sub(self.height())
    }
}

/// The text of a popup; `None` if it is not one to read.
pub fn reader(model: &Model, popup: &Popup) -> Option<Reader> {
    let columns = layout::reader_columns(model);
    let (title, paras) = match popup {
        Popup::Help { .. } => ("all keys".to_owned(), help::text()),
        Popup::Why(why) => (format!("why {}", why.process), why::text(model, why)),
        Popup::Details(details) => match &details.of {
            DetailsOf::Line(line) => ("line".to_owned(), details::line(model, line)),
            DetailsOf::Incident(id) => ("error".to_owned(), details::of_id(model, id)),
        },
        Popup::Confirm(_) | Popup::Picker(_) | Popup::Scripts(_) | Popup::Settings(_) | Popup::Search(_) => {
            return None;
        }
    };
    let rows = wrapped(&paras, columns);
    let area = layout::centred(model, columns, rows.len());
    let mut reader = Reader { title: ansi::harmless(&title), area, rows, scroll: 0 };
    reader.scroll = popup.scroll().min(reader.end());
    Some(reader)
}

/// Paragraphs as rows of at most `columns`, broken at words where there are any.
pub fn wrapped(paras: &[Para], columns: usize) -> Vec<(String, Tone)> {
    let mut rows = Vec::new();
    for para in paras {
        let text = ansi::harmless(&para.text);
        let mut rest = text.as_str();
        let mut indent = 0;
        loop {
            let room = columns.saturating_sub(indent).max(1);
            let (row, behind) = break_at(rest, room);
            rows.push((format!("{}{row}", " ".repeat(indent)), para.tone));
            if behind.is_empty() {
                break;
            }
            rest = behind;
            indent = para.hang.min(columns / 2);
        }
    }
    rows
}

/// The first row of a text and what is left of it.
fn break_at(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    let mut word = None;
    for (at, cell) in ansi::cells(text) {
        used += ansi::width(cell);
        if used > columns && at > 0 {
            let end = if cell == " " { at } else { word.filter(|end| *end > 0).unwrap_or(at) };
            let behind = text.get(end..).unwrap_or_default();
            return (text.get(..end).unwrap_or_default().trim_end(), behind.trim_start_matches(' '));
        }
        if cell == " " && text.get(..at).is_some_and(|before| !before.trim().is_empty()) {
            word = Some(at);
        }
    }
    (text, "")
}

/// What is said when the UI is left: that what runs goes on.
pub fn farewell(model: &Model) -> Option<String> {
    let project = ansi::harmless(model.place.project()?);
    let what = match model.up().0 {
        0 => return None,
        1 => format!("1 process of {project} keeps running"),
        up => format!("{up} processes of {project} keep running"),
    };
    Some(format!(
        "{what}; `brummerctl -p {project} down` stops {}",
        if model.up().0 == 1 { "it" } else { "them" }
    ))
}

/// Errors that the chips let through, in the order of their rows. Muted ones are not listed.
pub fn incidents(model: &Model) -> Vec<&Incident> {
    let filter = &model.log.filter;
    let texts: Vec<Regex> = filter.texts.iter().filter_map(|pattern| pattern.compile().ok()).collect();
    model
        .incidents
        .rows()
        .filter(|incident| {
            !incident.muted
                && (filter.processes.is_empty() || filter.processes.contains(&incident.process))
                && (incident.fatal || filter.level != Some(Level::Fatal))
                && texts.iter().all(|regex| matches(incident, regex))
        })
        .collect()
}

/// Whether a search finds an error: in what its row shows.
pub fn matches(incident: &Incident, regex: &Regex) -> bool {
    regex.is_match(&incident.title()) || regex.is_match(&incident.place())
}

/// Row of the error under the cursor.
pub fn selected_incident_row(model: &Model) -> usize {
    let id = model.incidents.cursor.id.as_deref();
    id.and_then(|id| incidents(model).iter().position(|incident| incident.id == id)).unwrap_or(0)
}

/// The error under the cursor.
pub fn selected_incident(model: &Model) -> Option<&Incident> {
    incidents(model).get(selected_incident_row(model)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        let rows = |text: &str, columns| -> Vec<String> {
            wrapped(&[Para { text: text.into(), tone: Tone::Plain, hang: 2 }], columns)
                .into_iter()
                .map(|(row, _)| row)
                .collect()
        };
        assert_eq!(rows("one two three", 8), ["one two", "  three"]);
        assert_eq!(rows("abcdefghij", 4), ["abcd", "  ef", "  gh", "  ij"]);
        assert_eq!(rows("", 4), [""]);
        assert_eq!(rows("    at x", 20), ["    at x"]);
    }
}
