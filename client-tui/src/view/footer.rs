//! The last row: an error with its hint, a result, what is still being done, or the keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use crate::ansi;
use crate::format;
use crate::keys::{self, Context};
use crate::model::Model;
use crate::model::popup::Popup;
use crate::model::status::{Status, Tone};
use crate::page::{self, Para};
use crate::theme::Theme;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    if let Some(status) = &model.status {
        return said(status, area, buffer, theme);
    }
    if let Some(waiting) = waiting(model) {
        paint::text(buffer, area, area.x + 1, area.y, &ansi::harmless(&waiting), theme.busy());
        return;
    }
    let context = model.popups.last().map_or(Context::of(model.view), Popup::context);
    hints(context, area, buffer, theme);
}

fn said(status: &Status, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let style = match status.tone {
        Tone::Info => theme.good(),
        Tone::Error => theme.bad(),
    };
    let mark = if status.tone == Tone::Error { "✗ " } else { "" };
    let text = format!("{mark}{}", status.text);
    let whole = match &status.hint {
        Some(hint) => format!("{text} · {hint}"),
        None => text,
    };
    let columns = usize::from(area.width.saturating_sub(2));
    let para = Para { text: whole, tone: page::Tone::Plain, hang: 2 };
    for (y, (row, _)) in (area.y..area.bottom()).zip(page::wrapped(&[para], columns)) {
        paint::text(buffer, area, area.x + 1, y, &row, style);
    }
}

/// What is still being done, and why it does not come on.
fn waiting(model: &Model) -> Option<String> {
    let first = model.pending.first()?;
    let more = match model.pending.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Some(match model.away_ms() {
        None => format!("{}{more} …", first.what),
        Some(ms) => {
            format!(
                "{}{more}: waits for the daemon, which has been away for {}",
                first.what,
                format::duration(ms)
            )
        }
    })
}

fn hints(context: Context, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let all: Vec<_> = keys::of(context).filter(|binding| !binding.hint.is_empty()).collect();
    let width = |binding: &keys::Binding| ansi::width(binding.shown) + 1 + ansi::width(binding.hint) + 2;
    // How to leave and where all keys are is always said; the rest as far as there is room.
    let is_last =
        |binding: &keys::Binding| matches!(binding.action, keys::Action::Help | keys::Action::Leave);
    let kept: usize = all.iter().filter(|binding| is_last(binding)).map(|binding| width(binding)).sum();
    let mut room = usize::from(area.width).saturating_sub(kept + 1);
    let mut x = area.x + 1;
    for binding in all {
        let needed = width(binding);
        if !is_last(binding) {
            if needed > room {
                continue;
            }
            room -= needed;
        }
        x = paint::text(buffer, area, x, area.y, binding.shown, theme.key()) + 1;
        x = paint::text(buffer, area, x, area.y, binding.hint, theme.dim()) + 2;
    }
}
