//! The one table of keys: dispatch, the hints in the last row and the help page all come from it. Pure.

mod table;

use crate::model::View;
pub use table::TABLE;

/// A key as it was pressed. Shift is in the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Other,
}

impl Key {
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    pub const fn char(character: char) -> Self {
        Self::plain(Code::Char(character))
    }

    pub const fn ctrl(character: char) -> Self {
        Self { code: Code::Char(character), ctrl: true, alt: false }
    }
}

/// Who gets a key: a view, or the kind of layer on top of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    Processes,
    Logs,
    Errors,
    Urls,
    /// A text to read: help, why, details.
    Reader,
    /// A list with an input line.
    Picker,
    /// The script selector.
    Scripts,
    /// The settings.
    Settings,
    /// An input line of one of these: arguments, a filter.
    Line,
    /// The search line.
    Prompt,
    /// A question with yes and no.
    Confirm,
}

impl Context {
    pub const fn of(view: View) -> Self {
        match view {
            View::Processes => Self::Processes,
            View::Logs => Self::Logs,
            View::Errors => Self::Errors,
            View::Urls => Self::Urls,
        }
    }
}

/// What a key means. Every action of the UI is here once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Show(View),
    NextView,
    PreviousView,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Left,
    Right,
    Commands,
    Projects,
    CopyRow,
    CopyAll,
    Help,
    Back,
    Leave,
    Suspend,
    OpenLogs,
    StartStop,
    Restart,
    UpAll,
    DownAll,
    OpenUrl,
    Why,
    Scripts,
    Settings,
    Search,
    NextMatch,
    PreviousMatch,
    AddFilter,
    ClearFilters,
    NextError,
    PreviousError,
    Wrap,
    Time,
    Details,
    Edit,
    FollowHold,
    /// In layers.
    Accept,
    Refuse,
    ToggleRegex,
    Complete,
    Mark,
    Arguments,
    Again,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub keys: &'static [Key],
    /// How the keys are written.
    pub shown: &'static str,
    pub action: Action,
    pub contexts: &'static [Context],
    /// For the help page and the command palette.
    pub about: &'static str,
    /// For the last row of the screen; empty: not there.
    pub hint: &'static str,
}

/// What a key means there.
pub fn action(context: Context, key: Key) -> Option<Action> {
    TABLE
        .iter()
        .find(|binding| binding.contexts.contains(&context) && binding.keys.contains(&key))
        .map(|binding| binding.action)
}

/// Bindings of a context, in the order of the table.
pub fn of(context: Context) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |binding| binding.contexts.contains(&context))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXTS: [Context; 11] = [
        Context::Processes,
        Context::Logs,
        Context::Errors,
        Context::Urls,
        Context::Reader,
        Context::Picker,
        Context::Scripts,
        Context::Settings,
        Context::Line,
        Context::Prompt,
        Context::Confirm,
    ];

    #[test]
    fn no_key_means_two_things() {
        for context in CONTEXTS {
            let mut seen: Vec<Key> = Vec::new();
            for key in of(context).flat_map(|binding| binding.keys) {
                assert!(!seen.contains(key), "{key:?} twice in {context:?}");
                seen.push(*key);
            }
        }
    }

    #[test]
    fn the_contract_s_keys_are_there() {
        let everywhere = ["1", "2", "3", "4", "j", "k", "g", "G", ":", "P", "y", "Y", "?", "q"];
        let rows: [(Context, &[&str]); 3] = [
            (Context::Processes, &["s", "r", "a", "A", "o", "i", "x"]),
            (Context::Logs, &["/", "n", "N", "f", "F", "e", "E", "w", "t", "v", " "]),
            (Context::Errors, &["/", "n", "N", "f", "F", "e", "E", "w", "t", "v", " "]),
        ];
        let bound = |context, text: &str| action(context, Key::char(text.chars().next().unwrap())).is_some();
        for context in [Context::Processes, Context::Logs, Context::Errors, Context::Urls] {
            for key in everywhere {
                assert!(bound(context, key), "{key} in {context:?}");
            }
            for code in [Code::Tab, Code::Esc, Code::Up, Code::Down, Code::Enter] {
                assert!(action(context, Key::plain(code)).is_some(), "{code:?} in {context:?}");
            }
        }
        for (context, keys) in rows {
            for key in keys {
                assert!(bound(context, key), "{key} in {context:?}");
            }
        }
    }

    #[test]
    fn every_row_says_what_it_does() {
        for binding in TABLE {
            assert!(!binding.about.is_empty() && !binding.shown.is_empty() && !binding.contexts.is_empty());
        }
    }
}
