//! The first row: project, tabs, how the daemon is reached, how many processes are up. Pure.

use std::ops::Range;

use crate::ansi;
use crate::format;
use crate::model::{Model, Place, View};
use crate::rows;

/// Column at which the tabs begin where there is room.
const TABS_AT: usize = 26;
/// From this width on the header has room for how many processes are changed.
const COUNTS_CHANGED: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TabZone {
    pub view: View,
    pub text: String,
    pub columns: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    /// Empty where there is no room.
    pub directory: String,
    pub tabs: Vec<TabZone>,
    /// `● live`, `○ reconnecting 3s`, or that the configuration's mistakes keep the old one in force.
    pub link: String,
    /// `3/5 up`, `3/5 up, 1 changed`.
    pub up: String,
    /// Column at which `link` begins.
    pub link_at: usize,
}

/// The first row, fitted to the width.
pub fn header(model: &Model) -> Header {
    let width = usize::from(model.size.width);
    let link = match model.away_ms() {
        None if model.mistakes() > 0 => "! config broken".to_owned(),
        None => "● live".to_owned(),
        Some(ms) => format!("○ reconnecting {}", format::duration(ms)),
    };
    let mut up = match &model.place {
        Place::Project { .. } if model.processes_known => {
            let (up, all) = model.up();
            match model.changed() {
                changed if changed > 0 && width >= COUNTS_CHANGED => {
                    format!("{up}/{all} up, {changed} changed")
                }
                _ => format!("{up}/{all} up"),
            }
        }
        _ => String::new(),
    };
    let right_of = |up: &str| ansi::width(&link) + if up.is_empty() { 1 } else { ansi::width(up) + 3 };
    let mut name = ansi::harmless(model.place.project().unwrap_or("no project"));
    if model.project().is_some_and(|project| !project.trusted) {
        name.push_str(" (not trusted)");
    }
    // Without room for both, whether the daemon is there is worth more than how many are up, and than a name.
    if 1 + ansi::width(&name) + 2 + right_of(&up) > width {
        up.clear();
    }
    let right = right_of(&up);
    name = rows::cut_text(&name, width.saturating_sub(right + 3));
    let directory = ansi::harmless(&format::tilde(model.place.directory(), model.home.as_deref()));

    let full: Vec<(View, String)> = View::ALL.iter().map(|view| (*view, tab(model, *view, true))).collect();
    let short: Vec<(View, String)> =
        View::ALL.iter().map(|view| (*view, tab(model, *view, *view == model.view))).collect();
    let current: Vec<(View, String)> =
        short.iter().filter(|(view, _)| *view == model.view).cloned().collect();
    let none = Vec::new();
    let ways = [(true, &full), (false, &full), (false, &short), (false, &current), (false, &none)];
    let room = |with_directory: bool, tabs: &[(View, String)]| {
        let left = ansi::width(&name) + if with_directory { ansi::width(&directory) + 1 } else { 0 };
        let tabs: usize = tabs.iter().map(|(_, text)| ansi::width(text) + 2).sum();
        (left, tabs, 1 + left + 2 + tabs + right <= width)
    };
    let (with_directory, tabs) = ways
        .into_iter()
        .find(|(with_directory, tabs)| room(*with_directory, tabs).2)
        .unwrap_or((false, &none));
    let (left, tabs_width, _) = room(with_directory, tabs);
    let latest = width.saturating_sub(right + tabs_width);
    let mut at = TABS_AT.min(latest).max(left + 3);
    let tabs = tabs
        .iter()
        .map(|(view, text)| {
            let columns = at..at + ansi::width(text);
            at = columns.end + 2;
            TabZone { view: *view, text: text.clone(), columns }
        })
        .collect();
    Header {
        name,
        directory: if with_directory { directory } else { String::new() },
        tabs,
        link,
        up,
        link_at: width.saturating_sub(right),
    }
}

fn tab(model: &Model, view: View, named: bool) -> String {
    let number = View::ALL.iter().position(|known| *known == view).unwrap_or(0) + 1;
    let count = match view {
        View::Errors => model.incidents.open(),
        View::Urls => model.endpoints.len(),
        View::Processes | View::Logs => 0,
    };
    let mut text = if named { format!("{number} {}", view.title()) } else { number.to_string() };
    if count > 0 {
        text.push_str(&format!(" {count}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::shop;

    #[test]
    fn nothing_lies_over_anything_else() {
        for view in View::ALL {
            for width in 12..220 {
                let mut model = shop(width, 24, true);
                model.view = view;
                let header = header(&model);
                let end = |text: &str| if text.is_empty() { 0 } else { ansi::width(text) + 1 };
                let mut at = end(&header.name) + end(&header.directory);
                for tab in &header.tabs {
                    assert!(tab.columns.start > at, "{width} {header:?}");
                    at = tab.columns.end;
                }
                assert!(at < header.link_at, "{width} {header:?}");
                let right = header.link_at + ansi::width(&header.link) + end(&header.up);
                assert!(right <= usize::from(width), "{width} {header:?}");
                assert!(width < 40 || header.tabs.iter().any(|tab| tab.view == view), "{width} {header:?}");
            }
        }
    }
}
