//! The rows of the key table.

use super::Action as A;
use super::Context::{
    Confirm, Errors, Line, Logs, Picker, Processes, Prompt, Reader, Scripts, Settings, Urls,
};
use super::{Action, Binding, Code, Context, Key};
use crate::model::View;

const VIEWS: &[Context] = &[Processes, Logs, Errors, Urls];
const LINES: &[Context] = &[Processes, Logs, Errors];
const SCROLLED: &[Context] = &[Processes, Logs, Errors, Urls, Reader, Settings];
const LISTED: &[Context] = &[Processes, Logs, Errors, Urls, Reader, Picker, Scripts, Settings];

const fn row(
    keys: &'static [Key],
    shown: &'static str,
    action: Action,
    contexts: &'static [Context],
    about: &'static str,
    hint: &'static str,
) -> Binding {
    Binding { keys, shown, action, contexts, about, hint }
}

const fn code(code: Code) -> Key {
    Key::plain(code)
}

const fn char(character: char) -> Key {
    Key::char(character)
}

/// Every key there is. Hints are shown in this order as far as they fit.
pub const TABLE: &[Binding] = &[
    row(&[char('s')], "s", A::StartStop, &[Processes], "start or stop the process", "start/stop"),
    row(&[char('r')], "r", A::Restart, &[Processes], "restart the process", "restart"),
    row(&[code(Code::Enter)], "⏎", A::OpenLogs, &[Processes], "show its logs", "logs"),
    row(&[char('a')], "a", A::UpAll, &[Processes], "start what `up` starts", ""),
    row(&[char('A')], "A", A::DownAll, &[Processes], "stop everything (asks first)", ""),
    row(&[char('o')], "o", A::OpenUrl, &[Processes, Urls], "open its URL in the browser", ""),
    row(&[char('i')], "i", A::Why, &[Processes], "why it is in this state", ""),
    row(&[char('x')], "x", A::Scripts, &[Processes], "run a script", ""),
    row(&[code(Code::Enter)], "⏎", A::OpenUrl, &[Urls], "open the URL in the browser", "open"),
    row(&[code(Code::Enter)], "⏎", A::Details, &[Logs, Errors], "details", "details"),
    row(&[char('/')], "/", A::Search, LINES, "search", "search"),
    row(&[char('n')], "n", A::NextMatch, LINES, "next match", ""),
    row(&[char('N')], "N", A::PreviousMatch, LINES, "previous match", ""),
    row(&[char('f')], "f", A::AddFilter, LINES, "add a filter: process, level, stream, text", "filter"),
    row(&[char('F')], "F", A::ClearFilters, LINES, "clear all filters", ""),
    row(&[char(' ')], "Space", A::FollowHold, LINES, "follow new lines, or hold", ""),
    row(&[char('e')], "e", A::NextError, LINES, "next error", ""),
    row(&[char('E')], "E", A::PreviousError, LINES, "previous error", ""),
    row(&[char('w')], "w", A::Wrap, LINES, "wrap long lines", ""),
    row(&[char('t')], "t", A::Time, LINES, "times: off, clock, since the line before", ""),
    row(&[char('v')], "v", A::Edit, &[Processes, Logs, Errors, Reader], "open file:line in $EDITOR", ""),
    row(&[char('y')], "y", A::CopyRow, SCROLLED, "copy the row", "copy"),
    row(&[char('Y')], "Y", A::CopyAll, SCROLLED, "copy all of it", ""),
    row(&[char('?')], "?", A::Help, VIEWS, "all keys", "all keys"),
    row(
        &[char('q'), Key::ctrl('c')],
        "q",
        A::Leave,
        VIEWS,
        "leave; all keeps running",
        "leave (all keeps running)",
    ),
    row(&[Key::ctrl('z')], "Ctrl-Z", A::Suspend, VIEWS, "suspend; fg comes back", ""),
    row(&[char('1')], "1", A::Show(View::Processes), VIEWS, "processes", ""),
    row(&[char('2')], "2", A::Show(View::Logs), VIEWS, "logs", ""),
    row(&[char('3')], "3", A::Show(View::Errors), VIEWS, "errors", ""),
    row(&[char('4')], "4", A::Show(View::Urls), VIEWS, "URLs", ""),
    row(&[code(Code::Tab)], "Tab", A::NextView, VIEWS, "next view", ""),
    row(&[code(Code::BackTab)], "Shift-Tab", A::PreviousView, VIEWS, "previous view", ""),
    row(&[char('j'), code(Code::Down)], "j ↓", A::Down, SCROLLED, "down", ""),
    row(&[char('k'), code(Code::Up)], "k ↑", A::Up, SCROLLED, "up", ""),
    row(&[code(Code::Down), Key::ctrl('n')], "↓", A::Down, &[Picker, Scripts], "down", ""),
    row(&[code(Code::Up), Key::ctrl('p')], "↑", A::Up, &[Picker, Scripts], "up", ""),
    row(
        &[code(Code::PageDown)],
        "PgDn",
        A::PageDown,
        LISTED,
        "a page down (of the log where there is one)",
        "",
    ),
    row(&[code(Code::PageUp)], "PgUp", A::PageUp, LISTED, "a page up", ""),
    row(&[char('g'), code(Code::Home)], "g", A::First, SCROLLED, "to the beginning", ""),
    row(&[char('G'), code(Code::End)], "G", A::Last, SCROLLED, "to the end; follow", ""),
    row(
        &[char('h'), code(Code::Left)],
        "←",
        A::Left,
        &[Processes, Logs],
        "scroll long lines to the left",
        "",
    ),
    row(
        &[char('l'), code(Code::Right)],
        "→",
        A::Right,
        &[Processes, Logs],
        "scroll long lines to the right",
        "",
    ),
    row(&[char(':')], ":", A::Commands, VIEWS, "commands, found by a few letters", ""),
    row(&[char('P')], "P", A::Projects, VIEWS, "another project", ""),
    row(&[char(',')], ",", A::Settings, VIEWS, "settings in force, and where they come from", ""),
    row(&[code(Code::Esc)], "Esc", A::Back, VIEWS, "back: message, search, hold, view", ""),
    row(
        &[code(Code::Esc), char('q'), Key::ctrl('c'), char('?')],
        "Esc q",
        A::Back,
        &[Reader],
        "close",
        "close",
    ),
    row(
        &[code(Code::Enter)],
        "⏎",
        A::Accept,
        &[Reader],
        "show an error in the logs; close anything else",
        "",
    ),
    row(
        &[code(Code::Enter)],
        "⏎",
        A::Accept,
        &[Scripts],
        "run what is marked, else what is under the cursor",
        "run",
    ),
    row(
        &[char(' '), code(Code::Tab)],
        "Space Tab",
        A::Mark,
        &[Scripts],
        "mark, to run several at once (Space: while nothing is typed)",
        "mark",
    ),
    row(&[Key::ctrl('o')], "Ctrl-O", A::Arguments, &[Scripts], "run it with arguments", "arguments"),
    row(&[char('/')], "/", A::Search, &[Settings], "filter", "filter"),
    row(&[char('v'), code(Code::Enter)], "⏎ v", A::Edit, &[Settings], "edit where it is set", "edit"),
    row(&[char('r')], "r", A::Again, &[Settings], "read again", "read again"),
    row(
        &[code(Code::Esc), char('q'), Key::ctrl('c'), char(',')],
        "Esc q",
        A::Back,
        &[Settings],
        "take the filter away, then close",
        "close",
    ),
    row(&[code(Code::Enter)], "⏎", A::Accept, &[Picker, Prompt, Line], "do it", "do it"),
    row(
        &[code(Code::Esc), Key::ctrl('c')],
        "Esc",
        A::Back,
        &[Picker, Scripts, Prompt, Line],
        "close",
        "close",
    ),
    row(&[code(Code::Tab)], "Tab", A::Complete, &[Picker], "next entry", ""),
    row(&[Key::ctrl('r')], "Ctrl-R", A::ToggleRegex, &[Prompt], "plain text or regular expression", "regex"),
    row(&[code(Code::Up)], "↑", A::Up, &[Prompt], "an earlier search", ""),
    row(&[code(Code::Down)], "↓", A::Down, &[Prompt], "a later search", ""),
    row(&[char('y'), char('Y'), code(Code::Enter)], "y", A::Accept, &[Confirm], "yes", "yes"),
    row(
        &[char('n'), char('N'), char('q'), code(Code::Esc), Key::ctrl('c')],
        "n Esc",
        A::Refuse,
        &[Confirm],
        "no",
        "no",
    ),
];
