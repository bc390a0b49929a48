//! What makes two occurrences the same error. Pure.

use crate::{IncidentDraft, Place};

/// By kind, code and place where the place is known (a bundler's by the place alone: it tells one error
/// under several headings); else by kind, code and message with everything that changes taken out.
pub(crate) fn of(draft: &IncidentDraft) -> u64 {
    let mut hash = Fnv::new();
    if let Some(Place { file, line, column }) = &draft.place {
        if draft.kind != super::bundler::KIND {
            hash.text(&draft.kind);
            hash.text(draft.code.as_deref().unwrap_or(""));
        }
        hash.text("at");
        hash.text(file);
        hash.number(u64::from(*line));
        hash.number(u64::from(column.unwrap_or(0)));
    } else {
        hash.text(&draft.kind);
        hash.text(draft.code.as_deref().unwrap_or(""));
        normalised(&draft.message, &mut |part| hash.bytes(part));
    }
    hash.value
}

/// Of any text.
pub(crate) fn text(text: &str) -> u64 {
    let mut hash = Fnv::new();
    hash.text(text);
    hash.value
}

/// FNV-1a: stable over releases and machines, which the standard hasher does not promise.
struct Fnv {
    value: u64,
}

impl Fnv {
    fn new() -> Self {
        Self { value: 0xcbf2_9ce4_8422_2325 }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.value = (self.value ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }
}

/// Gives the message in parts, with `#` for every number, address, hash and UUID, and the last two
/// components only of absolute paths.
fn normalised(message: &str, part: &mut dyn FnMut(&[u8])) {
    for (at, word) in message.split(' ').enumerate() {
        if at > 0 {
            part(b" ");
        }
        for (at, piece) in shorten(word).split_inclusive(|c: char| !c.is_ascii_alphanumeric()).enumerate() {
            let end = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let rest = piece.get(end.len()..).unwrap_or("");
            let hex = end.strip_prefix("0x").unwrap_or(end);
            let long_hex = hex.len() >= 8
                && hex.bytes().all(|b| b.is_ascii_hexdigit())
                && hex.bytes().any(|b| b.is_ascii_digit());
            if end.is_empty() {
                part(piece.as_bytes());
            } else if end.len() != hex.len() || long_hex || end.bytes().all(|b| b.is_ascii_digit()) {
                // The groups of a UUID are one thing: hex groups after a dash add nothing.
                part(if at > 0 && rest == "-" { b"" } else { b"#" });
                part(rest.as_bytes());
            } else {
                let mut digits = false;
                for byte in end.bytes() {
                    if !byte.is_ascii_digit() {
                        part(&[byte]);
                    } else if !digits {
                        part(b"#");
                    }
                    digits = byte.is_ascii_digit();
                }
                part(rest.as_bytes());
            }
        }
    }
}

fn shorten(word: &str) -> &str {
    let Some(start) = word.find('/') else { return word };
    if word.get(..start).is_some_and(|before| before.chars().any(char::is_alphanumeric)) {
        return word;
    }
    match word.rmatch_indices('/').nth(1) {
        Some((at, _)) if at > start => word.get(at..).unwrap_or(word),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(message: &str) -> String {
        let mut text = Vec::new();
        normalised(message, &mut |part| text.extend_from_slice(part));
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_changes_is_taken_out() {
        let same = [
            ("listen EADDRINUSE :::3000", "listen EADDRINUSE :::8080"),
            ("bad pointer 0xdeadbeef", "bad pointer 0x7f00aa11"),
            ("object 9f8b7c6d5e4f not found", "object 1a2b3c4d5e6f not found"),
            ("open /home/a/shop/src/x.ts failed", "open /srv/b/shop/src/x.ts failed"),
            ("took 12ms", "took 3400ms"),
            (
                "user 550e8400-e29b-41d4-a716-446655440000 gone",
                "user 650e8400-e29b-41d4-a716-446655440999 gone",
            ),
        ];
        for (one, other) in same {
            assert_eq!(plain(one), plain(other));
        }
        for (one, other) in [("reading 'map'", "reading 'name'"), ("open /a/b/x.ts", "open /a/b/y.ts")] {
            assert_ne!(plain(one), plain(other));
        }
    }
}
