//! The script selector.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::paint;
use super::{boxed, input};
use crate::ansi;
use crate::format;
use crate::layout;
use crate::model::Model;
use crate::model::process::Script;
use crate::model::scripts::{Row, Scripts};
use crate::theme::Theme;

/// Widest column of names, and of what stands at the right.
const NAME: usize = 32;
const RIGHT: u16 = 24;

pub(super) fn draw(model: &Model, scripts: &Scripts, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
    let area = layout::sheet(model);
    boxed(area, "run scripts", buffer, theme);
    let line = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 }
        .intersection(area);
    let (before, typed) = match (&scripts.arguments, scripts.under_cursor()) {
        (Some(arguments), Some(script)) => (format!("{} ", ansi::harmless(&script.name)), arguments),
        _ => ("› ".to_owned(), &scripts.input),
    };
    let x = paint::text(buffer, line, line.x, line.y, &before, theme.key());
    let room = Rect { x, width: line.right().saturating_sub(x), ..line };
    let cursor = input(typed.before(), typed.after(), room, buffer);

    let rows = layout::picker_rows(area);
    let widest = scripts.all.iter().map(|script| ansi::width(&script.name)).max().unwrap_or(0).min(NAME);
    let name = u16::try_from(widest).unwrap_or(u16::MAX);
    for (y, (index, row)) in (rows.y..rows.bottom()).zip(scripts.rows.iter().enumerate().skip(scripts.offset))
    {
        match row {
            Row::Heading(text) => {
                paint::text(buffer, rows, rows.x + 1, y, &ansi::harmless(text), theme.bold());
            }
            Row::Script(at) => {
                if let Some(script) = scripts.all.get(*at) {
                    let here = index == scripts.selected;
                    entry(model, scripts, script, here, name, paint::row(rows, y), buffer, theme);
                }
            }
        }
    }
    let bottom = Rect { y: area.bottom().saturating_sub(2), height: 1, ..line }.intersection(area);
    let style = if scripts.refused.is_some() { theme.warning() } else { theme.dim() };
    paint::cell(buffer, bottom, bottom.x, bottom.y, bottom.width, &note(scripts), style);
    Some(cursor)
}

#[expect(clippy::too_many_arguments, reason = "one row of a list, and what it is drawn with")]
fn entry(
    model: &Model,
    scripts: &Scripts,
    script: &Script,
    here: bool,
    name: u16,
    row: Rect,
    buffer: &mut Buffer,
    theme: Theme,
) {
    if here {
        buffer.set_style(row, theme.selected());
        paint::text(buffer, row, row.x, row.y, "▸", theme.key());
    }
    let able = script.missing.is_empty();
    let plain = if able { theme.plain() } else { theme.dim() };
    if scripts.marked.contains(&script.name) {
        paint::text(buffer, row, row.x + 1, row.y, "✓", theme.good());
    }
    let x = paint::cell(buffer, row, row.x + 3, row.y, name, &ansi::harmless(&script.name), plain) + 2;
    let (text, style) = right(model, script, theme);
    let text = ansi::harmless(&text);
    let taken = u16::try_from(ansi::width(&text)).unwrap_or(u16::MAX).min(RIGHT);
    let end = row.right().saturating_sub(1);
    paint::cell(buffer, row, end.saturating_sub(taken), row.y, taken, &text, style);
    let room = end.saturating_sub(taken + u16::from(taken > 0) * 2).saturating_sub(x);
    paint::cell(buffer, row, x, row.y, room, &ansi::harmless(&script.command.join(" ")), theme.dim());
}

/// What is missing, else its state while it is up, else how long ago it ran.
fn right(model: &Model, script: &Script, theme: Theme) -> (String, ratatui::style::Style) {
    if !script.missing.is_empty() {
        return (format!("{} is missing", script.missing), theme.dim());
    }
    if let Some(process) = model.process(&script.name).filter(|process| process.state.is_wanted()) {
        return (process.state_word().to_owned(), theme.state(process));
    }
    let ago =
        script.last_run_ns.map(|at| format!("{} ago", format::rough(format::ago_ms(model.now.wall_ns, at))));
    (ago.unwrap_or_default(), theme.dim())
}

fn note(scripts: &Scripts) -> String {
    let text = match (&scripts.refused, &scripts.note, scripts.loading) {
        (Some(refused), ..) => refused.clone(),
        (None, _, Some(_)) => "looking for scripts …".to_owned(),
        _ if scripts.arguments.is_some() => {
            "⏎ runs it with these arguments, as a process of its own".to_owned()
        }
        (None, Some(note), None) => note.clone(),
        (None, None, None) if scripts.rows.is_empty() => "nothing of that name".to_owned(),
        (None, None, None) => format!("{} of {}", scripts.shown(), scripts.all.len()),
    };
    let marked = match scripts.marked.len() {
        0 => String::new(),
        count => format!("{count} marked: ⏎ runs them  ·  "),
    };
    ansi::harmless(&format!("{marked}{text}"))
}
