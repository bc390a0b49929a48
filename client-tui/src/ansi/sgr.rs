//! The parameters of "select graphic rendition" applied to a style. Pure.

use ratatui::style::{Color, Modifier, Style};

/// Most parameters that one sequence may carry; the rest is ignored.
const MOST: usize = 32;

/// `style` after `ESC [ parameters m`. Unknown parameters are skipped. Conceal (8) is not honoured: hidden
/// text would hide it from its reader; nor is blinking.
pub(super) fn apply(style: Style, parameters: &str, colour: bool) -> Style {
    let groups: Vec<&str> = parameters.split(';').take(MOST).collect();
    let mut style = style;
    let mut index = 0;
    while let Some(group) = groups.get(index) {
        index += 1;
        let (code, inner) = match group.split_once(':') {
            Some((code, inner)) => (number(code), Some(inner)),
            None => (number(group), None),
        };
        match code {
            0 => style = Style::new(),
            1 => style = style.add_modifier(Modifier::BOLD),
            2 => style = style.add_modifier(Modifier::DIM),
            3 => style = style.add_modifier(Modifier::ITALIC),
            4 if inner == Some("0") => style = without(style, Modifier::UNDERLINED),
            4 | 21 => style = style.add_modifier(Modifier::UNDERLINED),
            7 => style = style.add_modifier(Modifier::REVERSED),
            9 => style = style.add_modifier(Modifier::CROSSED_OUT),
            22 => style = without(style, Modifier::BOLD | Modifier::DIM),
            23 => style = without(style, Modifier::ITALIC),
            24 => style = without(style, Modifier::UNDERLINED),
            27 => style = without(style, Modifier::REVERSED),
            29 => style = without(style, Modifier::CROSSED_OUT),
            38 | 48 | 58 => {
                let chosen = match inner {
                    Some(inner) => from_colons(inner),
                    None => from_groups(&groups, &mut index),
                };
                if let Some(chosen) = chosen.filter(|_| colour) {
                    style = match code {
                        38 => style.fg(chosen),
                        48 => style.bg(chosen),
                        _ => style.underline_color(chosen),
                    };
                }
            }
            39 => style.fg = None,
            49 => style.bg = None,
            59 => style.underline_color = None,
            30..=37 if colour => style = style.fg(basic(code - 30, false)),
            40..=47 if colour => style = style.bg(basic(code - 40, false)),
            90..=97 if colour => style = style.fg(basic(code - 90, true)),
            100..=107 if colour => style = style.bg(basic(code - 100, true)),
            _ => {}
        }
    }
    style
}

/// A fresh start for one modifier: neither added nor subtracted, so that it never fights with the row's own.
fn without(mut style: Style, modifier: Modifier) -> Style {
    style.add_modifier.remove(modifier);
    style
}

/// An empty parameter is 0; one that is too large is an unknown one.
fn number(text: &str) -> u16 {
    if text.is_empty() { 0 } else { text.parse().unwrap_or(u16::MAX) }
}

fn byte(text: &str) -> Option<u8> {
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

/// `5;n` or `2;r;g;b` in the parameters that follow.
fn from_groups(groups: &[&str], index: &mut usize) -> Option<Color> {
    let mut next = || {
        let group = groups.get(*index).copied();
        *index += 1;
        group
    };
    match next()? {
        "5" => Some(Color::Indexed(byte(next()?)?)),
        "2" => {
            let (red, green, blue) = (next()?, next()?, next()?);
            Some(Color::Rgb(byte(red)?, byte(green)?, byte(blue)?))
        }
        _ => None,
    }
}

/// `5:n`, `2:r:g:b` or, with a colour space, `2:s:r:g:b`.
fn from_colons(inner: &str) -> Option<Color> {
    let parts: Vec<&str> = inner.split(':').take(8).collect();
    match parts.as_slice() {
        ["5", index] => Some(Color::Indexed(byte(index)?)),
        ["2", red, green, blue] | ["2", _, red, green, blue, ..] => {
            Some(Color::Rgb(byte(red)?, byte(green)?, byte(blue)?))
        }
        _ => None,
    }
}

fn basic(index: u16, bright: bool) -> Color {
    match (index, bright) {
        (0, false) => Color::Black,
        (1, false) => Color::Red,
        (2, false) => Color::Green,
        (3, false) => Color::Yellow,
        (4, false) => Color::Blue,
        (5, false) => Color::Magenta,
        (6, false) => Color::Cyan,
        (7, false) => Color::Gray,
        (0, true) => Color::DarkGray,
        (1, true) => Color::LightRed,
        (2, true) => Color::LightGreen,
        (3, true) => Color::LightYellow,
        (4, true) => Color::LightBlue,
        (5, true) => Color::LightMagenta,
        (6, true) => Color::LightCyan,
        _ => Color::White,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_understood() {
        let new = Style::new;
        for (parameters, expected) in [
            ("", new()),
            ("0", new()),
            ("1;31", new().fg(Color::Red).add_modifier(Modifier::BOLD)),
            ("38;5;208", new().fg(Color::Indexed(208))),
            ("38;2;1;2;3;48;5;7", new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(7))),
            ("38:2::9:8:7", new().fg(Color::Rgb(9, 8, 7))),
            ("38:5:9", new().fg(Color::Indexed(9))),
            ("97;100", new().fg(Color::White).bg(Color::DarkGray)),
            ("1;2;22;3", new().add_modifier(Modifier::ITALIC)),
            ("4:3", new().add_modifier(Modifier::UNDERLINED)),
            ("4;4:0", new()),
            ("31;39", new()),
            ("8", new()),
            ("999;99999999", new()),
            ("38;5", new()),
            ("38;5;999", new()),
            ("38;2;1", new()),
        ] {
            assert_eq!(apply(new(), parameters, true), expected, "{parameters}");
        }
    }

    #[test]
    fn without_colour_only_shapes_stay() {
        assert_eq!(
            apply(Style::new(), "1;31;48;5;9;4", false),
            Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        );
    }
}
