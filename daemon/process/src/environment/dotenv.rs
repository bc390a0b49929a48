//! `.env` files, as docker compose, dotenv with dotenv-expand, and most others read them. Pure.
//!
//! A line is `NAME=value`, `NAME: value`, `export NAME=value`, `export NAME` (which says nothing new: a variable
//! that is set is handed on anyway), empty, or a comment. A value is bare (up to the end of the line or ` #`), in
//! single quotes (`\'` apart as it is), in backquotes (as it is), or in double quotes (`\n \r \t \" \\ \$` and a
//! backslash before a line end); quoted ones may span lines, whose ends become `\n`.
//!
//! In bare and double-quoted values `$NAME` and `${NAME}` stand for what is set before, in the file or outside,
//! and `\$` for a plain dollar sign: so do all of those tools that replace anything, though some only the braced
//! form. In braces `:-` and `-` give a default, `:?` and `?` demand a value, `:+` and `+` replace one; what
//! follows them may hold references again. A `$` before anything else is a plain one. A reference to what is not
//! set is empty, and is told.

mod reference;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

/// Longest value, as the kernel takes it for one variable.
const MOST_VALUE: usize = 128 * 1024;
/// All values of a file together: what refers to itself over and over ends here.
const MOST_ALL: usize = 4 * 1024 * 1024;
/// Assignments of a file.
const MOST_ASSIGNED: usize = 10_000;
/// References of a file to what is not set that are told.
pub(super) const MOST_UNSET: usize = 50;

/// A line that is none of the forms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}; {cure}")]
pub struct DotenvError {
    pub at: Position,
    /// What is wrong; no part of a value, which may be a secret.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

/// A place in a text: `line:column`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    pub name: String,
    pub value: String,
    pub at: Position,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dotenv {
    /// In the order of the file; a name may come again.
    pub assigned: Vec<Assigned>,
    /// References, without a default, to what is not set: they stand for nothing. The first fifty.
    pub unset: Vec<Position>,
}

/// The variables of a file in order. `outside` knows what is set already.
///
/// # Errors
/// The first line that is none of the forms.
pub fn parse(bytes: &[u8], outside: impl Fn(&str) -> Option<String>) -> Result<Dotenv, DotenvError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let at = position(1, std::str::from_utf8(before).unwrap_or_default());
        fault(at, "is no UTF-8 text", "save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut parser = Parser {
        text: &text,
        at: 0,
        begun: (0, 1),
        outside,
        found: Dotenv::default(),
        newest: HashMap::new(),
        bytes: 0,
    };
    while parser.at < text.len() {
        parser.begun = (parser.at, parser.place_of(parser.at).line);
        parser.line()?;
    }
    Ok(parser.found)
}

/// The place behind a text that begins with line `first`.
fn position(first: usize, before: &str) -> Position {
    let line = before.rsplit('\n').next().unwrap_or_default();
    Position { line: before.matches('\n').count() + first, column: line.chars().count() + 1 }
}

fn fault(at: Position, what: impl Into<String>, cure: impl Into<String>) -> DotenvError {
    DotenvError { at, what: what.into(), cure: cure.into() }
}

struct Parser<'a, F> {
    text: &'a str,
    /// Bytes that are read.
    at: usize,
    /// Where the line begins that is read, and its number: places are counted from here.
    begun: (usize, usize),
    outside: F,
    found: Dotenv,
    /// Where in `found` a name was assigned last.
    newest: HashMap<String, usize>,
    /// Of all values.
    bytes: usize,
}

/// What surrounds a value, and so decides what a backslash and a quote mean in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    DoubleQuotes,
}

impl<F: Fn(&str) -> Option<String>> Parser<'_, F> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn here(&self) -> Position {
        self.place_of(self.at)
    }

    fn place_of(&self, at: usize) -> Position {
        let (start, line) = self.begun;
        position(line, self.text.get(start..at).unwrap_or_default())
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let there = self.rest().starts_with(wanted);
        if there {
            self.at += wanted.len();
        }
        there
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        self.at += self.rest().find(|c| !keep(c)).unwrap_or(self.rest().len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.take_while(|c| c == ' ' || c == '\t');
    }

    fn line(&mut self) -> Result<(), DotenvError> {
        self.blanks();
        if !matches!(self.peek(), None | Some('#' | '\n')) {
            self.assignment()?;
        }
        self.end_of_line()
    }

    /// Nothing but a comment may follow.
    fn end_of_line(&mut self) -> Result<(), DotenvError> {
        self.blanks();
        if self.peek() == Some('#') {
            self.take_while(|c| c != '\n');
        }
        match self.next() {
            None | Some('\n') => Ok(()),
            Some(other) => {
                let at = self.place_of(self.at - other.len_utf8());
                let cure =
                    r#"a quote inside of a value is written \", or the value put into the other quotes"#;
                Err(fault(at, "something follows the closing quote", cure))
            }
        }
    }

    fn assignment(&mut self) -> Result<(), DotenvError> {
        let mut start = self.at;
        let mut exported = false;
        let mut name = self.name();
        self.blanks();
        if name == "export" && self.peek().is_some_and(|c| !matches!(c, '=' | ':' | '#' | '\n')) {
            (start, exported) = (self.at, true);
            name = self.name();
            self.blanks();
        }
        let colon = || self.rest().starts_with(": ") || self.rest().starts_with(":\t");
        if name.is_empty() || !(self.rest().starts_with('=') || colon()) {
            if exported && !name.is_empty() && matches!(self.peek(), None | Some('\n' | '#')) {
                return Ok(());
            }
            // A line of an unquoted secret is not repeated; a name stands there alone.
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            let cure = match is_name && matches!(self.peek(), None | Some('\n' | '#')) {
                true => {
                    format!("write `{name}=` for an empty value; what is set outside is handed on anyway")
                }
                false => "a comment begins with `#`, a value that spans lines is put into quotes".to_owned(),
            };
            return Err(fault(self.place_of(start), "expected `NAME=value`", cure));
        }
        self.next();
        self.blanks();
        let value = match self.peek() {
            Some(quote @ ('\'' | '`')) => self.verbatim(quote)?,
            Some('"') => self.double_quoted()?,
            _ => self.bare()?,
        };
        let at = self.place_of(start);
        if value.contains('\0') {
            return Err(fault(at, format!("`{name}` holds a NUL"), "no variable can; take it out"));
        }
        self.bytes += value.len();
        if self.bytes > MOST_ALL || self.found.assigned.len() == MOST_ASSIGNED {
            let what = format!("more than {MOST_ASSIGNED} variables, or 4 MiB of values");
            return Err(fault(at, what, "is this the right file?"));
        }
        self.newest.insert(name.clone(), self.found.assigned.len());
        self.found.assigned.push(Assigned { name, value, at });
        Ok(())
    }

    fn name(&mut self) -> String {
        self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')).to_owned()
    }

    fn unclosed(&self, from: usize, quote: char) -> DotenvError {
        let what = format!("the {quote} is never closed");
        fault(self.place_of(from), what, format!("put a {quote} behind the value"))
    }

    fn verbatim(&mut self, quote: char) -> Result<String, DotenvError> {
        let start = self.at;
        self.next();
        let mut value = String::new();
        loop {
            match self.next() {
                None => return Err(self.unclosed(start, quote)),
                Some('\\') if quote == '\'' && self.take("'") => value.push('\''),
                Some(c) if c == quote => return self.short_enough(&value).map(|()| value),
                Some(c) => value.push(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<String, DotenvError> {
        let start = self.at;
        self.next();
        let mut value = String::new();
        loop {
            match self.peek() {
                None => return Err(self.unclosed(start, '"')),
                Some('"') => {
                    self.next();
                    return Ok(value);
                }
                Some(_) => self.piece(Around::DoubleQuotes, &mut value)?,
            }
        }
    }

    fn bare(&mut self) -> Result<String, DotenvError> {
        let mut value = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => break,
                // What a reference stood for begins no comment.
                Some('#')
                    if self.text.get(..self.at).is_some_and(|text| text.ends_with([' ', '\t', '=', ':'])) =>
                {
                    break;
                }
                Some(_) => self.piece(Around::Nothing, &mut value)?,
            }
        }
        value.truncate(value.trim_end().len());
        Ok(value)
    }

    /// One character as it is meant, or what a reference stands for.
    fn piece(&mut self, around: Around, value: &mut String) -> Result<(), DotenvError> {
        match self.next() {
            None => {}
            Some('$') => self.reference(around, value)?,
            Some('\\') => self.escape(around, value),
            Some(c) => value.push(c),
        }
        self.short_enough(value)
    }

    fn short_enough(&self, value: &str) -> Result<(), DotenvError> {
        if value.len() <= MOST_VALUE {
            return Ok(());
        }
        let cure = "no variable can be; keep it in a file and name that";
        Err(fault(self.place_of(self.begun.0), "the value is longer than 128 KiB", cure))
    }

    /// Behind a backslash.
    fn escape(&mut self, around: Around, value: &mut String) {
        if self.take("$") {
            return value.push('$');
        }
        if around == Around::Nothing {
            return value.push('\\');
        }
        match self.peek() {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some('\n') => {}
            Some(c @ ('"' | '\\')) => value.push(c),
            // A path of Windows, or a regular expression.
            _ => return value.push('\\'),
        }
        self.next();
    }
}
