//! What a `$` stands for: `$NAME`, `${NAME}`, and the forms of docker compose and of the shell in braces.

use super::{Around, DotenvError, MOST_UNSET, Parser, fault};

/// References within references; nobody writes four.
const MOST_NESTED: usize = 32;

impl<F: Fn(&str) -> Option<String>> Parser<'_, F> {
    /// Behind the `$`.
    pub(super) fn reference(&mut self, around: Around, value: &mut String) -> Result<(), DotenvError> {
        self.nested(around, value, 0)
    }

    fn nested(&mut self, around: Around, value: &mut String, depth: usize) -> Result<(), DotenvError> {
        let dollar = self.at - 1;
        if !self.take("{") {
            // A digit begins no name: `$1` and `US$5` are no references, in compose neither.
            if self.peek().is_none_or(|c| !(c.is_ascii_alphabetic() || c == '_')) {
                value.push('$');
                return Ok(());
            }
            let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').to_owned();
            return self.stand_for(&name, dollar, value);
        }
        // A place is counted out only for who is told of it: that takes as long as the line is.
        let unclosed = |parser: &Self| {
            fault(parser.place_of(dollar), "`${` is never closed", r"write \${ if it is plain text")
        };
        if depth == MOST_NESTED {
            return Err(fault(self.here(), "references are nested too deep", "set a variable in between"));
        }
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.').to_owned();
        if !name.is_empty() && self.take("}") {
            return self.stand_for(&name, dollar, value);
        }
        let even_empty = self.take(":");
        let form = self.peek();
        if name.is_empty() || !matches!(form, Some('-' | '?' | '+')) {
            if !self.rest().lines().next().unwrap_or_default().contains('}') {
                return Err(unclosed(self));
            }
            let at = self.place_of(dollar);
            let cure =
                r"write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+other}; \${ for plain text";
            return Err(fault(at, "`${` without a name, or with a form that is none", cure));
        }
        self.next();
        let begun = self.at;
        let Some(word) = self.word(around, depth)? else { return Err(unclosed(self)) };
        // What a reference in it stands for may be a secret, and an error is shown to everybody.
        let plain = self.text.get(begun..self.at).is_some_and(|raw| !raw.contains('$'));
        let set = self.value_of(&name).filter(|value| !(even_empty && value.is_empty()));
        match (form, set) {
            (Some('+'), Some(_)) => value.push_str(&word),
            (Some('+'), None) => {}
            (Some('?'), None) => {
                let what = match even_empty {
                    true => format!("`{name}` must be set and not empty"),
                    false => format!("`{name}` must be set"),
                };
                let what = if plain && !word.is_empty() { format!("{what}: {word}") } else { what };
                let cure = "set it above, in an earlier file, or where the process is started from";
                return Err(fault(self.place_of(dollar), what, cure));
            }
            (_, Some(set)) => value.push_str(&set),
            (_, None) => value.push_str(&word),
        }
        Ok(())
    }

    /// What follows the form, up to its `}`; nothing if there is none in the line.
    fn word(&mut self, around: Around, depth: usize) -> Result<Option<String>, DotenvError> {
        let mut word = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => return Ok(None),
                Some('"') if around == Around::DoubleQuotes => return Ok(None),
                Some('}') => {
                    self.next();
                    return Ok(Some(word));
                }
                Some('$') => {
                    self.next();
                    self.nested(around, &mut word, depth + 1)?;
                }
                Some('\\') => {
                    self.next();
                    if self.take("}") {
                        word.push('}');
                    } else {
                        self.escape(around, &mut word);
                    }
                }
                Some(c) => {
                    self.next();
                    word.push(c);
                }
            }
            self.short_enough(&word)?;
        }
    }

    fn stand_for(&mut self, name: &str, dollar: usize, value: &mut String) -> Result<(), DotenvError> {
        match self.value_of(name) {
            Some(set) => value.push_str(&set),
            None if self.found.unset.len() < MOST_UNSET => self.found.unset.push(self.place_of(dollar)),
            None => {}
        }
        Ok(())
    }

    fn value_of(&self, name: &str) -> Option<String> {
        let inside = self.newest.get(name).and_then(|index| self.found.assigned.get(*index));
        inside.map(|assigned| assigned.value.clone()).or_else(|| (self.outside)(name))
    }
}
