//! `.env` files. Pure.
//!
//! A line is `NAME=value`, `export NAME=value`, empty, or a comment. A value is bare (up to the end of the line
//! or ` #`), in single quotes (as it is), in double quotes (`\n \r \t \" \\ \$` and a backslash before a line
//! end), or in backquotes (as it is); quoted ones may span lines. In bare and double-quoted values `${NAME}` and
//! `${NAME:-default}` are replaced by what is set before, in the file or outside; a plain `$` is a plain `$`, so
//! that passwords survive.

/// A line that is none of the forms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct DotenvError {
    /// From 1.
    pub line: usize,
    pub what: String,
}

struct Parser<'a, F> {
    rest: &'a str,
    line: usize,
    outside: F,
    found: Vec<(String, String)>,
}

/// The variables of a file in order. `outside` knows what is set already.
///
/// # Errors
/// The first line that is none of the forms.
pub fn parse(
    text: &str,
    outside: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(String, String)>, DotenvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { rest: text, line: 1, outside, found: Vec::new() };
    while !parser.rest.is_empty() {
        parser.line()?;
    }
    Ok(parser.found)
}

impl<F: Fn(&str) -> Option<String>> Parser<'_, F> {
    fn error(&self, what: impl Into<String>) -> DotenvError {
        DotenvError { line: self.line, what: what.into() }
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        let (head, rest) = self.rest.split_at(end);
        self.rest = rest;
        head.to_owned()
    }

    fn blanks(&mut self) {
        self.take_while(|c| c == ' ' || c == '\t');
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn line(&mut self) -> Result<(), DotenvError> {
        self.blanks();
        if !self.rest.starts_with(['#', '\n', '\r']) && !self.rest.is_empty() {
            if let Some(rest) = self.rest.strip_prefix("export")
                && rest.starts_with([' ', '\t'])
            {
                self.rest = rest;
                self.blanks();
            }
            self.assignment()?;
        }
        self.end_of_line()
    }

    /// Nothing but a comment may follow.
    fn end_of_line(&mut self) -> Result<(), DotenvError> {
        self.blanks();
        if self.rest.starts_with('#') {
            self.take_while(|c| c != '\n');
        }
        self.take_while(|c| c == '\r');
        match self.rest.chars().next() {
            None => Ok(()),
            Some('\n') => {
                self.next();
                Ok(())
            }
            Some(other) => Err(self.error(format!("`{other}` behind the closing quote"))),
        }
    }

    fn assignment(&mut self) -> Result<(), DotenvError> {
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-');
        self.blanks();
        if name.is_empty() || !self.rest.starts_with('=') {
            return Err(self.error("expected `NAME=value`"));
        }
        self.next();
        self.blanks();
        let value = match self.rest.chars().next() {
            Some(quote @ ('\'' | '`')) => self.verbatim(quote)?,
            Some('"') => self.double_quoted()?,
            _ => self.bare()?,
        };
        self.found.push((name, value));
        Ok(())
    }

    fn verbatim(&mut self, quote: char) -> Result<String, DotenvError> {
        let unclosed = self.error(format!("the {quote} is never closed"));
        self.next();
        let mut value = String::new();
        loop {
            match self.next() {
                None => return Err(unclosed),
                Some(c) if c == quote => return Ok(value),
                Some(c) => value.push(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<String, DotenvError> {
        let unclosed = self.error("the \" is never closed");
        self.next();
        let mut value = String::new();
        loop {
            match self.next() {
                None => return Err(unclosed),
                Some('"') => return Ok(value),
                Some('\\') => match self.next() {
                    None => return Err(unclosed),
                    Some('n') => value.push('\n'),
                    Some('r') => value.push('\r'),
                    Some('t') => value.push('\t'),
                    Some('\n') => {}
                    Some(c @ ('"' | '\\' | '$')) => value.push(c),
                    Some(other) => value.extend(['\\', other]),
                },
                Some('$') if self.rest.starts_with('{') => value.push_str(&self.reference()?),
                Some(c) => value.push(c),
            }
        }
    }

    fn bare(&mut self) -> Result<String, DotenvError> {
        let mut value = String::new();
        loop {
            match self.rest.chars().next() {
                None | Some('\n') => break,
                Some('#') if value.is_empty() || value.ends_with([' ', '\t']) => break,
                Some('$') if self.rest.starts_with("${") => {
                    self.next();
                    value.push_str(&self.reference()?);
                }
                Some(c) => {
                    self.next();
                    value.push(c);
                }
            }
        }
        value.truncate(value.trim_end().len());
        Ok(value)
    }

    /// `{NAME}` or `{NAME:-default}`, behind the `$`.
    fn reference(&mut self) -> Result<String, DotenvError> {
        let Some((inner, rest)) = self.rest.strip_prefix('{').and_then(|text| text.split_once('}')) else {
            return Err(self.error("`${` is never closed"));
        };
        if inner.contains('\n') {
            return Err(self.error("`${` is never closed"));
        }
        let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
        self.rest = rest;
        let inside = self.found.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let value = inside.or_else(|| (self.outside)(name)).filter(|value| !value.is_empty());
        Ok(value.unwrap_or_else(|| default.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<(String, String)> {
        parse(text, |name| (name == "HOME").then(|| "/home/me".to_owned())).unwrap()
    }

    #[test]
    fn values_in_every_form() {
        for (text, expected) in [
            ("A=1", "1"),
            ("A = 1 ", "1"),
            ("export A=1", "1"),
            ("  A=1", "1"),
            ("A=", ""),
            ("A=# nothing", ""),
            ("A=a b # comment", "a b"),
            ("A=a#b", "a#b"),
            ("A=p$ss$word", "p$ss$word"),
            ("A=${HOME}/x", "/home/me/x"),
            ("A=${NOPE}", ""),
            ("A=${NOPE:-fall back}", "fall back"),
            ("A='a # ${HOME} \\n'", "a # ${HOME} \\n"),
            ("A=`it's \"so\"`", "it's \"so\""),
            (r#"A="a\n\"b\" \$HOME ${HOME} \d""#, "a\n\"b\" $HOME /home/me \\d"),
            ("A=\"two\nlines\" # c", "two\nlines"),
            ("A=\"joined \\\nline\"", "joined line"),
            ("A=it's", "it's"),
            ("A=1\r\n", "1"),
            ("\u{feff}A=1", "1"),
            ("# c\n\n   # d\nA=1", "1"),
        ] {
            assert_eq!(values(text), [("A".to_owned(), expected.to_owned())], "{text:?}");
        }
        let both = values("A=1\nB=${A}2\nA=3");
        assert_eq!(both.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>(), ["1", "12", "3"]);
        assert!(values("").is_empty());
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, line) in [
            ("A=1\nnonsense", 2),
            ("=1", 1),
            ("A=1\n\nB='x\ny", 3),
            ("A=\"x", 1),
            ("A='x' y", 1),
            ("A=${B", 1),
            ("A B=1", 1),
        ] {
            assert_eq!(parse(text, |_| None).unwrap_err().line, line, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(text in "\\PC{0,40}[\"'`${}=\\\\\n #]{0,10}\\PC{0,20}") {
            let _either = parse(&text, |_| None);
        }

        #[test]
        fn single_quotes_keep_everything(value in "[^']{0,40}") {
            let text = format!("A='{value}'");
            prop_assert_eq!(values(&text), [("A".to_owned(), value)]);
        }
    }
}
