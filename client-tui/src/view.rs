//! Drawing: state in, frame out. Nothing here changes anything.

mod chips;
mod errors;
mod footer;
mod header;
mod logs;
mod paint;
mod popups;
mod processes;
mod urls;

use ratatui::Frame;

use crate::layout;
use crate::model::{Model, View};

/// Draws the whole screen.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let screen = layout::screen(model);
    let buffer = frame.buffer_mut();
    header::draw(model, screen.header, buffer);
    if let Some(rule) = screen.rule {
        paint::rule(rule, buffer);
    }
    match model.view {
        View::Processes | View::Logs => {
            if let Some(list) = screen.list {
                processes::draw(model, list, buffer);
            }
            if let Some(log) = screen.log {
                logs::draw(model, log, buffer);
            }
        }
        View::Errors => {
            if let (Some(list), Some(detail)) = (screen.list, screen.detail) {
                errors::draw(model, list, detail, buffer);
            }
        }
        View::Urls => {
            if let Some(list) = screen.list {
                urls::draw(model, list, buffer);
            }
        }
    }
    chips::draw(model, screen.chips, buffer);
    footer::draw(model, screen.footer, buffer);
    popups::draw(model, frame);
}

#[cfg(test)]
mod tests;
