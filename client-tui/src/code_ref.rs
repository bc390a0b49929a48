//! Finds `file:line:column` in text. Pure.

/// A place in a file, as a text names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRef {
    pub file: String,
    pub line: u32,
    /// 0: unknown.
    pub column: u32,
}

/// The first place that a text names: `src/x.ts:3:9`, `(src/x.ts:3)`, `x.ts(3,9)`, `File "x.py", line 3`.
pub fn find(text: &str) -> Option<CodeRef> {
    python(text).or_else(|| {
        text.split(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '[' | ']' | '│' | '|')
        })
        .find_map(token)
    })
}

fn python(text: &str) -> Option<CodeRef> {
    let (_, rest) = text.split_once("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(CodeRef { file: file.to_owned(), line: digits.parse().ok()?, column: 0 })
}

fn token(token: &str) -> Option<CodeRef> {
    let token = token.rsplit_once("://").map_or(
        token,
        |(scheme, rest)| {
            if scheme.ends_with("file") { rest } else { "" }
        },
    );
    let token = token.trim_start_matches(['(', '{', '@']).trim_end_matches([')', '}', ',', ';', ':', '.']);
    let token = token.rsplit_once('(').map_or(token, |(before, inside)| {
        // `render(src/x.ts:3:9` is a call, `x.ts(3,9` is a place in TypeScript's words.
        if inside.starts_with(|c: char| c.is_ascii_digit()) {
            token
        } else if before.contains(':') {
            before
        } else {
            inside
        }
    });
    if let Some((file, place)) = token.split_once('(') {
        let (line, column) = place.split_once(',').unwrap_or((place, "0"));
        return reference(file, line.parse().ok()?, column.parse().ok()?);
    }
    let (rest, last) = token.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match rest.rsplit_once(':').map(|(file, line)| (file, line.parse::<u32>())) {
        Some((file, Ok(line))) => reference(file, line, last),
        _ => reference(rest, last, 0),
    }
}

/// Only what looks like a file: with a directory or a suffix, and no address or time of day.
fn reference(file: &str, line: u32, column: u32) -> Option<CodeRef> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let suffix = name.rsplit_once('.');
    let named = suffix.is_some_and(|(stem, suffix)| {
        !stem.is_empty()
            && !suffix.is_empty()
            && suffix.len() <= 8
            && suffix.starts_with(|c: char| c.is_ascii_alphabetic())
    });
    let odd = file.chars().any(|c| c.is_control() || c == ':' || c == '\0');
    let file_like = (named || file.contains('/')) && !name.is_empty() && !odd;
    (file_like && line > 0).then(|| CodeRef { file: file.to_owned(), line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found() {
        for (text, expected) in [
            ("    at render (src/x.ts:3:9)", Some(("src/x.ts", 3, 9))),
            ("    at /srv/app/x.js:10:2", Some(("/srv/app/x.js", 10, 2))),
            ("    at file:///srv/app/x.mjs:10:2", Some(("/srv/app/x.mjs", 10, 2))),
            (" --> src/main.rs:4:5", Some(("src/main.rs", 4, 5))),
            ("src/main.rs:4: warning", Some(("src/main.rs", 4, 0))),
            ("thread 'main' panicked at src/main.rs:2:5:", Some(("src/main.rs", 2, 5))),
            ("  File \"/srv/app.py\", line 12, in <module>", Some(("/srv/app.py", 12, 0))),
            ("src/x.ts(3,9): error TS2322: no", Some(("src/x.ts", 3, 9))),
            ("Makefile:3", None),
            ("http://localhost:3000/", None),
            ("http://localhost:5173/src/x.ts:3:9", None),
            ("listening on 127.0.0.1:8080", None),
            ("10:24:05 api ready", None),
            ("nothing here", None),
        ] {
            let found = find(text);
            let found = found.as_ref().map(|found| (found.file.as_str(), found.line, found.column));
            assert_eq!(found, expected, "{text}");
        }
    }
}
