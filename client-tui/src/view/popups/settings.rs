//! The settings in force.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::paint;
use super::{boxed, input};
use crate::ansi;
use crate::format;
use crate::layout;
use crate::model::Model;
use crate::model::settings::{Mistake, Row, Setting, Settings};
use crate::theme::Theme;

/// Widest columns of names and of values.
const NAME: usize = 28;
const VALUE: usize = 40;

pub(super) fn draw(
    model: &Model,
    settings: &Settings,
    buffer: &mut Buffer,
    theme: Theme,
) -> Option<Position> {
    let area = layout::sheet(model);
    let of = model.place.project().map_or_else(String::new, |name| format!(" of {}", ansi::harmless(name)));
    boxed(area, &format!("settings{of}"), buffer, theme);
    let line = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 }
        .intersection(area);
    let cursor = top(model, settings, line, buffer, theme);
    let rows = layout::picker_rows(area);
    let widest = |texts: &mut dyn Iterator<Item = usize>, most: usize| {
        u16::try_from(texts.max().unwrap_or(0).min(most)).unwrap_or(u16::MAX)
    };
    let values = &settings.found.values;
    let name = widest(&mut values.iter().map(|value| ansi::width(value.split().1)), NAME);
    let value = widest(&mut values.iter().map(|value| ansi::width(&value.value)), VALUE)
        .min(rows.width.saturating_sub(name + 4) / 2);
    for (y, (index, row)) in
        (rows.y..rows.bottom()).zip(settings.rows.iter().enumerate().skip(settings.offset))
    {
        let area = paint::row(rows, y);
        if index == settings.selected {
            buffer.set_style(area, theme.selected());
            paint::text(buffer, area, area.x, y, "▸", theme.key());
        }
        match row {
            Row::Mistake(at) => {
                if let Some(found) = settings.found.mistakes.get(*at) {
                    mistake(model, found, area, buffer, theme);
                }
            }
            Row::Hint(at) => {
                if let Some(found) = settings.found.mistakes.get(*at) {
                    let text = ansi::harmless(&found.hint);
                    paint::cell(
                        buffer,
                        area,
                        area.x + 7,
                        y,
                        area.width.saturating_sub(8),
                        &text,
                        theme.plain(),
                    );
                }
            }
            Row::Table(of) => {
                paint::text(buffer, area, area.x + 1, y, &format!("[{}]", ansi::harmless(of)), theme.bold());
            }
            Row::Value(at) => {
                if let Some(found) = values.get(*at) {
                    setting(model, found, (name, value), area, buffer, theme);
                }
            }
        }
    }
    let bottom = Rect { y: area.bottom().saturating_sub(2), height: 1, ..line }.intersection(area);
    paint::cell(buffer, bottom, bottom.x, bottom.y, bottom.width, &note(model, settings), theme.dim());
    cursor
}

/// The filter, or what there is to say instead.
fn top(
    model: &Model,
    settings: &Settings,
    line: Rect,
    buffer: &mut Buffer,
    theme: Theme,
) -> Option<Position> {
    if settings.typing || !settings.filter.text().is_empty() {
        let x = paint::text(buffer, line, line.x, line.y, "/ ", theme.key());
        let room = Rect { x, width: line.right().saturating_sub(x), ..line };
        let cursor = input(settings.filter.before(), settings.filter.after(), room, buffer);
        return settings.typing.then_some(cursor);
    }
    let errors = settings.found.mistakes.iter().filter(|mistake| mistake.is_error()).count();
    let (text, style) = match (&settings.refused, errors) {
        (Some(refused), _) => (ansi::harmless(refused), theme.bad()),
        (None, 0) => (files(model, settings), theme.dim()),
        (None, errors) => {
            let text = format!(
                "{} in the configuration: what was in force before stays",
                format::plural(errors as u64, "mistake")
            );
            (text, theme.bad())
        }
    };
    paint::cell(buffer, line, line.x, line.y, line.width, &text, style);
    None
}

fn files(model: &Model, settings: &Settings) -> String {
    let home = model.home.as_deref();
    let files: Vec<String> = settings.found.files.iter().map(|file| format::tilde(file, home)).collect();
    match (files.is_empty(), settings.loading) {
        (_, Some(_)) => "reading …".to_owned(),
        (true, None) => "no configuration file: all of it is built in".to_owned(),
        (false, None) => ansi::harmless(&format!("from {}", files.join(", "))),
    }
}

/// A place as seen from the project, else from home.
fn near(model: &Model, place: &str) -> String {
    let inside = place.strip_prefix(model.place.directory()).and_then(|rest| rest.strip_prefix('/'));
    inside.map_or_else(|| format::tilde(place, model.home.as_deref()), str::to_owned)
}

fn mistake(model: &Model, mistake: &Mistake, row: Rect, buffer: &mut Buffer, theme: Theme) {
    let style = if mistake.is_error() { theme.bad() } else { theme.warning() };
    let x = paint::cell(buffer, row, row.x + 1, row.y, 5, &ansi::harmless(&mistake.code), style) + 1;
    let place = near(model, &mistake.place());
    let text =
        if place.is_empty() { mistake.message.clone() } else { format!("{place}  {}", mistake.message) };
    paint::cell(buffer, row, x, row.y, row.right().saturating_sub(x), &ansi::harmless(&text), style);
}

fn setting(
    model: &Model,
    setting: &Setting,
    (name, value): (u16, u16),
    row: Rect,
    buffer: &mut Buffer,
    theme: Theme,
) {
    let is_default = setting.source == "default";
    let style = if is_default { theme.plain() } else { theme.bold() };
    let (_, key) = setting.split();
    let x = paint::cell(buffer, row, row.x + 2, row.y, name, &ansi::harmless(key), style) + 1;
    let x = paint::cell(buffer, row, x, row.y, value, &ansi::harmless(&setting.value), style) + 2;
    let source = ansi::harmless(&near(model, &setting.source));
    paint::cell(buffer, row, x, row.y, row.right().saturating_sub(x), &source, theme.dim());
}

/// The row under the cursor in full, else how many there are.
fn note(model: &Model, settings: &Settings) -> String {
    let (shown, all) = settings.counts();
    let here = settings.row().and_then(|row| match row {
        Row::Value(at) => settings.found.values.get(*at),
        _ => None,
    });
    let text = match here {
        Some(here) => {
            format!("{shown} of {all}  ·  {} = {}  ({})", here.key, here.value, near(model, &here.source))
        }
        None if all > 0 && shown == 0 => "no setting holds these words".to_owned(),
        None => format!("{shown} of {all}"),
    };
    ansi::harmless(&text)
}
