//! One entry of the log as rows of the screen: time, name and stream mark in front, then the text, cut or
//! wrapped. Pure; heights for scrolling come from the same code as what is drawn.

use jiff::tz::TimeZone;
use ratatui::style::Style;
use regex::Regex;

use crate::ansi::{self, Piece};
use crate::format;
use crate::model::filter::Stream;
use crate::model::log::{Entry, Gap, Line};
use crate::model::{Model, TimeMode};
use crate::theme::Theme;

/// Longest process name in front of a line.
pub const NAME: usize = 20;
/// Least columns that the text has, however narrow the pane.
const LEAST_TEXT: usize = 8;

/// How lines are to look.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Columns, without the cursor's.
    pub width: usize,
    /// Lines of several processes: the name is shown.
    pub many: bool,
    pub name_width: usize,
    pub time: TimeMode,
    pub wrap: bool,
    /// Columns scrolled to the right.
    pub shift: usize,
    pub zone: &'a TimeZone,
    pub search: Option<&'a Regex>,
    pub theme: Theme,
}

impl<'a> Look<'a> {
    pub fn of(model: &'a Model, width: usize) -> Self {
        let filter = &model.log.filter;
        let widest = |names: &mut dyn Iterator<Item = &str>| names.map(ansi::width).max();
        let selected = widest(&mut filter.processes.iter().map(String::as_str));
        let all = || widest(&mut model.processes.iter().map(|process| process.name.as_str()));
        Self {
            width,
            many: filter.is_many(),
            name_width: selected.or_else(all).unwrap_or(8).min(NAME),
            time: model.time,
            wrap: model.wrap,
            shift: model.log.shift,
            zone: &model.zone,
            search: model.search.active.as_ref().map(|active| &active.regex),
            theme: Theme { colour: model.colour },
        }
    }
}

/// Rows that the entry takes.
pub fn height(entry: &Entry, look: &Look<'_>) -> usize {
    match entry {
        Entry::Line(line) if look.wrap => {
            let room = text_width(look, ansi::width(&prefix_text(line, None, look)));
            wrap(ansi::pieces(&line.text, false), room).len()
        }
        _ => 1,
    }
}

/// The rows of an entry; never none. `before_ns`: time of the line before it.
pub fn lay(entry: &Entry, before_ns: Option<i64>, look: &Look<'_>) -> Vec<Vec<Piece>> {
    match entry {
        Entry::Line(line) => lay_line(line, before_ns, look),
        Entry::Gap(gap) => {
            vec![cut(vec![Piece::new(gap_text(gap, look), look.theme.warning())], 0, look.width)]
        }
    }
}

fn lay_line(line: &Line, before_ns: Option<i64>, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let front = prefix(line, before_ns, look);
    let front_width: usize = front.iter().map(Piece::width).sum();
    let room = text_width(look, front_width);
    let base = if line.stream == Stream::Sys { look.theme.dim() } else { look.theme.level(line.level) };
    let mut text = ansi::pieces(&line.text, look.theme.colour);
    for piece in &mut text {
        if piece.style == Style::new() {
            piece.style = base;
        }
    }
    if let Some(regex) = look.search {
        text = highlight(text, regex, look.theme.found());
    }
    let rows = if look.wrap { wrap(text, room) } else { vec![cut(text, look.shift, room)] };
    let indent = " ".repeat(front_width);
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| {
            let mut whole =
                if index == 0 { front.clone() } else { vec![Piece::new(indent.as_str(), Style::new())] };
            whole.extend(row);
            whole
        })
        .collect()
}

fn text_width(look: &Look<'_>, front: usize) -> usize {
    look.width.saturating_sub(front).max(LEAST_TEXT)
}

fn prefix(line: &Line, before_ns: Option<i64>, look: &Look<'_>) -> Vec<Piece> {
    let theme = look.theme;
    let mark_style = match line.stream {
        Stream::Err => theme.bad(),
        Stream::Out | Stream::Sys => theme.dim(),
    };
    let mark = line.stream.mark(look.many);
    let mut pieces = Vec::with_capacity(4);
    let time = time_text(line, before_ns, look);
    if !time.is_empty() {
        pieces.push(Piece::new(time, theme.dim()));
    }
    if look.many {
        let name = cut_text(&ansi::harmless(&line.source.process), look.name_width);
        let space = if pieces.is_empty() { "" } else { " " };
        let padding = look.name_width.saturating_sub(ansi::width(&name));
        let text = format!("{space}{name}{} ", " ".repeat(padding));
        pieces.push(Piece::new(text, theme.name(&line.source.process)));
    }
    pieces.push(Piece::new(format!("{mark} "), mark_style));
    pieces
}

fn prefix_text(line: &Line, before_ns: Option<i64>, look: &Look<'_>) -> String {
    prefix(line, before_ns, look).into_iter().map(|piece| piece.text).collect()
}

/// Always as wide, so that text stands in one column.
fn time_text(line: &Line, before_ns: Option<i64>, look: &Look<'_>) -> String {
    match look.time {
        TimeMode::Off => String::new(),
        TimeMode::Clock => format!("{:>8}", format::clock(line.time_ns, look.zone)),
        TimeMode::Delta => {
            let text = before_ns.map(|before| format::delta(before, line.time_ns)).unwrap_or_default();
            format!("{text:>9}")
        }
    }
}

fn gap_text(gap: &Gap, look: &Look<'_>) -> String {
    let time = match look.time {
        TimeMode::Off => 0,
        TimeMode::Clock => 10,
        TimeMode::Delta => 11,
    };
    let whose = if gap.process.is_empty() || !look.many {
        String::new()
    } else {
        format!("{}: ", ansi::harmless(&gap.process))
    };
    let lines = gap.lines.map_or_else(|| "lines".to_owned(), |lines| format::plural(lines, "line"));
    format!("{}░░ {whose}{lines} not shown: {} ░░", " ".repeat(time), gap.reason)
}

/// Marks what the search matches.
fn highlight(pieces: Vec<Piece>, regex: &Regex, style: Style) -> Vec<Piece> {
    let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    let found: Vec<(usize, usize)> = regex
        .find_iter(&whole)
        .filter(|m| !m.is_empty())
        .map(|m| ansi::whole_cells(&whole, m.range()))
        .collect();
    if found.is_empty() {
        return pieces;
    }
    let mut out = Vec::with_capacity(pieces.len() + 2 * found.len());
    let mut at = 0;
    for piece in pieces {
        let end = at + piece.text.len();
        let borders = found.iter().flat_map(|(from, to)| [*from, *to]).filter(|b| *b > at && *b < end);
        let mut from = at;
        for to in borders.chain([end]) {
            let inside = found.iter().any(|(start, stop)| *start <= from && to <= *stop);
            let text = piece.text.get(from - at..to - at).unwrap_or_default();
            if !text.is_empty() {
                out.push(Piece::new(text, if inside { piece.style.patch(style) } else { piece.style }));
            }
            from = to;
        }
        at = end;
    }
    out
}

/// Breaks at the right border, as a terminal does. At least one row.
fn wrap(pieces: Vec<Piece>, width: usize) -> Vec<Vec<Piece>> {
    let mut rows = Vec::new();
    let mut row: Vec<Piece> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        let mut text = String::new();
        for (_, cell) in ansi::cells(&piece.text) {
            let columns = ansi::width(cell);
            if used + columns > width {
                if !text.is_empty() {
                    row.push(Piece { text: std::mem::take(&mut text), style: piece.style });
                }
                rows.push(std::mem::take(&mut row));
                used = 0;
            }
            text.push_str(cell);
            used += columns;
        }
        if !text.is_empty() {
            row.push(Piece { text, style: piece.style });
        }
    }
    rows.push(row);
    rows
}

/// `width` columns from column `from` on, `…` where more follows.
pub fn cut(pieces: Vec<Piece>, from: usize, width: usize) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let (mut column, mut used) = (0, 0);
    for piece in pieces {
        let mut text = String::new();
        for (_, cell) in ansi::cells(&piece.text) {
            let columns = ansi::width(cell);
            let start = column;
            column += columns;
            if start < from {
                // Half of a wide character that lies across the border.
                if column > from {
                    text.push(' ');
                    used += 1;
                }
                continue;
            }
            if used + columns > width {
                if !text.is_empty() {
                    out.push(Piece { text, style: piece.style });
                }
                ellipsis(&mut out, width);
                return out;
            }
            text.push_str(cell);
            used += columns;
        }
        if !text.is_empty() {
            out.push(Piece { text, style: piece.style });
        }
    }
    out
}

/// Puts `…` into the last of `width` columns.
fn ellipsis(pieces: &mut Vec<Piece>, width: usize) {
    let mut used: usize = pieces.iter().map(Piece::width).sum();
    while used + 1 > width {
        let Some(last) = pieces.last_mut() else { return };
        let Some((at, cell)) = ansi::cells(&last.text).next_back() else {
            pieces.pop();
            continue;
        };
        used -= ansi::width(cell);
        last.text.truncate(at);
    }
    let style = pieces.last().map_or_else(Style::new, |piece| piece.style);
    pieces.push(Piece::new("…", style));
}

/// Plain text cut to `width` columns.
pub fn cut_text(text: &str, width: usize) -> String {
    cut(vec![Piece::new(text, Style::new())], 0, width).into_iter().map(|piece| piece.text).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(text: &str) -> Vec<Piece> {
        vec![Piece::new(text, Style::new())]
    }

    fn text(row: &[Piece]) -> String {
        row.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn cutting() {
        for (whole, from, width, shown) in [
            ("abcdef", 0, 6, "abcdef"),
            ("abcdef", 0, 4, "abc…"),
            ("abcdef", 2, 4, "cdef"),
            ("abcdef", 9, 4, ""),
            ("日本語", 0, 5, "日本…"),
            ("日本語", 0, 4, "日…"),
            ("日本語", 1, 6, " 本語"),
            ("ab", 0, 0, ""),
            ("กำแพง", 0, 3, "กำ…"),
        ] {
            assert_eq!(text(&cut(piece(whole), from, width)), shown, "{whole} {from} {width}");
        }
    }

    #[test]
    fn matches_are_marked_across_styles() {
        let found = Theme { colour: false }.found();
        let bold = Theme { colour: false }.bold();
        let pieces = vec![Piece::new("a time", Style::new()), Piece::new("out b", bold)];
        let marked = highlight(pieces, &Regex::new("timeout").unwrap(), found);
        assert_eq!(
            marked,
            vec![
                Piece::new("a ", Style::new()),
                Piece::new("time", found),
                Piece::new("out", bold.patch(found)),
                Piece::new(" b", bold),
            ]
        );
    }

    #[test]
    fn a_match_takes_whole_cells() {
        let found = Theme { colour: false }.found();
        for (pattern, rest) in [("e", "x"), ("\u{301}", "x")] {
            let marked = highlight(piece("e\u{301}x"), &Regex::new(pattern).unwrap(), found);
            assert_eq!(
                marked,
                vec![Piece::new("e\u{301}", found), Piece::new(rest, Style::new())],
                "{pattern}"
            );
        }
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_keeps_the_width(whole in "\\PC{0,60}", width in 2_usize..20) {
            let whole = ansi::harmless(&whole);
            let rows = wrap(piece(&whole), width);
            prop_assert_eq!(rows.iter().map(|row| text(row)).collect::<String>(), whole);
            for row in rows {
                prop_assert!(row.iter().map(Piece::width).sum::<usize>() <= width);
            }
        }

        #[test]
        fn cutting_keeps_the_width(whole in "\\PC{0,60}", from in 0_usize..30, width in 0_usize..20) {
            let row = cut(piece(&whole), from, width);
            prop_assert!(row.iter().map(Piece::width).sum::<usize>() <= width);
        }
    }
}
