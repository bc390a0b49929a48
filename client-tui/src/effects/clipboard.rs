//! Copying by the terminal itself (OSC 52), which works over ssh as well.

use crate::format;
use crate::message::Failure;
use crate::terminal::Screen;

/// Most bytes that are copied: terminals take 74,994 bytes of base64 at least, many no more.
const MOST: usize = 56_000;

/// Puts text into the clipboard; of one that is too long, its end.
pub(super) fn copy(text: &str, screen: &mut Screen) -> Result<String, Failure> {
    let part = end_of(text, MOST);
    let sequence = format!("\x1b]52;c;{}\x07", base64(part.as_bytes()));
    screen.send(&sequence).map_err(|error| Failure {
        message: format!("the terminal did not take the copy: {error}"),
        hint: None,
    })?;
    let lines = |text: &str| text.lines().count() as u64;
    Ok(if part.len() == text.len() {
        match lines(part) {
            0 | 1 => "copied".to_owned(),
            lines => format!("copied {}", format::plural(lines, "line")),
        }
    } else {
        format!(
            "copied the last {} of {}: terminals take no more",
            lines(part),
            format::plural(lines(text), "line")
        )
    })
}

/// The last whole lines of at most `most` bytes; of one long line its end.
fn end_of(text: &str, most: usize) -> &str {
    let Some(from) = text.len().checked_sub(most) else { return text };
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let end = text.get(from..).unwrap_or_default();
    match end.split_once('\n') {
        Some((_, lines)) if !lines.is_empty() => lines,
        _ => end,
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| DIGITS.get((bits & 63) as usize).copied().map_or('=', char::from);
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            out.push(if place <= chunk.len() { digit(bits >> (18 - 6 * place)) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
            ("\u{ff}\u{fe}", "w7/Dvg=="),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn the_end_of_a_long_text_is_taken() {
        assert_eq!(end_of("one\ntwo\nthree", 8), "three");
        assert_eq!(end_of("one\ntwo", 100), "one\ntwo");
        assert_eq!(end_of("éééé", 3), "é");
    }
}
