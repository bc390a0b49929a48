//! Which values do not leave the daemon: those whose names look like secrets, passwords within URLs, and the
//! paths of web hooks that are secrets. Pure.
//!
//! Else a name decides, not a value: what a secret looks like nobody knows. The text of logs is not touched here.

mod name;

use std::ops::Range;

pub use name::is_secret;

/// Stands for a value that is not shown.
pub const MASKED: &str = "***";

/// Who knows such an address may use it: host, or its end after a dot, and the path before the secret.
const HOOKS: [(&str, &str); 6] = [
    ("hooks.slack.com", "/services/"),
    ("hooks.slack.com", "/workflows/"),
    ("discord.com", "/api/webhooks/"),
    ("discordapp.com", "/api/webhooks/"),
    ("webhook.office.com", "/webhookb2/"),
    ("hooks.zapier.com", "/hooks/"),
];

/// The value of a variable as it may be shown. That a secret is empty may be told.
pub fn value(name: &str, value: &str) -> String {
    if is_secret(name) && !value.is_empty() { MASKED.to_owned() } else { text(value) }
}

/// An argument list as it may be shown.
pub fn arguments(argv: &[String]) -> Vec<String> {
    let mut shown = Vec::with_capacity(argv.len());
    let mut next_is_secret = false;
    let mut before = "";
    for argument in argv {
        let for_a_shell = before == "-c";
        before = argument;
        if std::mem::take(&mut next_is_secret) && !argument.starts_with('-') {
            shown.push(MASKED.to_owned());
            continue;
        }
        match argument.split_once('=') {
            Some((name, value)) if is_name(name) && !for_a_shell => {
                shown.push(format!("{name}={}", self::value(name, value)));
            }
            _ => {
                // `--password` followed by it; a mere `-k` says nothing.
                next_is_secret = argument.starts_with("--") && is_name(argument) && is_secret(argument);
                shown.push(text(argument));
            }
        }
    }
    shown
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// A text of several lines with `NAME=value`, `name = "value"`, `name: value` in it, as it may be shown.
pub fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for range in hidden(text) {
        shown.push_str(text.get(at..range.start).unwrap_or_default());
        shown.push_str(MASKED);
        at = range.end;
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

/// The byte ranges of a text that are not shown, in order, none empty.
pub fn hidden(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut open) = (0, 0);
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find(['=', ':', '-'])) {
        let sign = at + offset;
        open = still_open(open, text.get(at..sign).unwrap_or_default());
        at = sign + 1;
        let range = match text.get(sign..).is_some_and(|rest| rest.starts_with('-')) {
            true => behind_option(text, sign),
            false => in_url(text, sign).or_else(|| assigned(text, sign, open > 0)),
        };
        if let Some(range) = range.filter(|range| !range.is_empty()) {
            at = range.end;
            found.push(range);
        }
    }
    found
}

/// Brackets of a line that are open behind a further piece of text. One that is never closed means nothing for
/// the lines below it.
fn still_open(open: usize, piece: &str) -> usize {
    piece.chars().fold(open, |open, c| match c {
        '\n' | '\r' => 0,
        '{' | '[' => open + 1,
        '}' | ']' => open.saturating_sub(1),
        _ => open,
    })
}

/// The secret of a URL, at its first colon: `scheme://user:password@host`, or the path of a web hook.
fn in_url(text: &str, colon: usize) -> Option<Range<usize>> {
    let after = text.get(colon..)?.strip_prefix("://")?;
    let start = colon + 3;
    let end = |of: &str, more: &str| {
        let is_end = |c: char| c.is_whitespace() || "\"'`<>".contains(c) || more.contains(c);
        of.find(is_end).unwrap_or(of.len())
    };
    let authority = after.get(..end(after, "/?#"))?;
    let (user_and_password, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if let Some((user, _password)) = user_and_password.split_once(':') {
        return Some(start + user.len() + 1..start + user_and_password.len());
    }
    let host = host.split(':').next()?;
    let path = after.get(authority.len()..)?;
    let secret = HOOKS.iter().find_map(|(known, before)| {
        let other = host.strip_suffix(known)?;
        (other.is_empty() || other.ends_with('.')).then(|| path.strip_prefix(before))?
    })?;
    let from = start + after.len() - secret.len();
    Some(from..from + end(secret, ""))
}

/// What follows `--password`, in a command line or in a list of quoted arguments.
fn behind_option(text: &str, dashes: usize) -> Option<Range<usize>> {
    // First of all: only where a run of dashes and letters begins may it be read to its end.
    if text.get(..dashes)?.ends_with(is_of_name) {
        return None;
    }
    let option = text.get(dashes..)?.strip_prefix("--")?;
    let name = option.find(|c| !is_of_name(c))?;
    if !is_secret(option.get(..name)?) {
        return None;
    }
    let start = dashes + 2 + name;
    let rest = text.get(start..)?;
    let gap = match rest.chars().next()? {
        quote @ ('"' | '\'') => {
            let list = rest.get(1..)?.trim_start().strip_prefix(',')?.trim_start();
            list.starts_with(quote).then(|| rest.len() - list.len())?
        }
        _ => rest.len() - rest.trim_start_matches([' ', '\t']).len(),
    };
    let rest = rest.get(gap..).filter(|_| gap > 0)?;
    if rest.trim_start_matches(['"', '\'']).starts_with('-') {
        return None;
    }
    Some(match rest.chars().next()? {
        quote @ ('"' | '\'') => {
            let inner = rest.get(1..)?;
            let length = closing(inner, quote, 1).unwrap_or(inner.len());
            start + gap + 1..start + gap + 1 + length
        }
        _ => start + gap..start + gap + bare(rest, Ends::Word),
    })
}

/// The value behind a `=` or `:`, if a secret's name is before it.
fn assigned(text: &str, sign: usize, in_flow: bool) -> Option<Range<usize>> {
    let before = text.get(..sign)?;
    let after = text.get(sign + 1..)?;
    if text.get(sign..)?.starts_with(':') && !after.starts_with([' ', '\t', '"', '\'']) && !at_end(after) {
        return None;
    }
    let close = before.trim_end_matches([' ', '\t']);
    let quoted = close.strip_suffix(['"', '\'']);
    let name_end = quoted.unwrap_or(close);
    let name_start = name_end.rfind(|c| !is_of_name(c)).map_or(0, |last| {
        last + name_end.get(last..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    });
    let name = name_end.get(name_start..)?;
    // Of `processes.auth.run` the last part is the name.
    if !is_secret(name.rsplit('.').next().unwrap_or(name)) {
        return None;
    }
    let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
    let start = sign + 1 + blanks;
    let rest = text.get(start..)?;
    // A word for a shell where nothing stands around the `=`.
    let tight = blanks == 0 && close.len() == before.len() && text.get(sign..)?.starts_with('=');
    Some(match rest.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => {
            let open = if rest.starts_with(&quote.to_string().repeat(3)) { 3 } else { 1 };
            let inner = rest.get(open..)?;
            let length = closing(inner, quote, open).unwrap_or(inner.len());
            start + open..start + open + length
        }
        // Text in lines of YAML: those that are further in than the name.
        Some('|' | '>') if !tight && !in_flow && rest.split('\n').next().is_some_and(is_block_head) => {
            let begun = before.rfind('\n').map_or(0, |newline| newline + 1);
            let depth = indent(before.get(begun..).unwrap_or_default());
            let (head, block) = rest.split_once('\n')?;
            let lines = block.split_inclusive('\n');
            let deeper = lines.take_while(|line| line.trim().is_empty() || indent(line) > depth);
            let length = deeper.map(str::len).sum::<usize>();
            let start = start + head.len() + 1;
            start..start + block.get(..length).unwrap_or_default().trim_end().len()
        }
        None | Some('\n' | '\r') => start..start,
        // A mistake where text should stand, and yet the secret is in it.
        Some(open @ ('[' | '{')) => start + 1..start + bracketed(rest, open),
        Some(_) => {
            let ends = match (tight, in_flow) {
                (true, _) => Ends::Word,
                (false, true) => Ends::Flow,
                (false, false) => Ends::Line,
            };
            start..start + bare(rest, ends)
        }
    })
}

/// Bytes up to the bracket that closes the one in front, or to the end of the line.
fn bracketed(rest: &str, open: char) -> usize {
    let close = if open == '[' { ']' } else { '}' };
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '\n' | '\r' => return at,
            c if c == open => depth += 1,
            c if c == close && depth == 1 => return at,
            c if c == close => depth -= 1,
            _ => {}
        }
    }
    rest.len()
}

/// `|`, `>-`, `|2 # comment`.
fn is_block_head(line: &str) -> bool {
    let marks = line.split(" #").next().unwrap_or_default();
    marks.trim().chars().all(|c| c.is_ascii_digit() || matches!(c, '|' | '>' | '+' | '-'))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t', '-']).len()
}

fn at_end(text: &str) -> bool {
    text.is_empty() || text.starts_with(['\n', '\r'])
}

/// Where the quote closes, or the line of one that must close in it. One behind a backslash does not, except
/// where a backslash is plain; nor does a doubled single one, which YAML means as one.
fn closing(inner: &str, quote: char, open: usize) -> Option<usize> {
    let marks = quote.to_string().repeat(open);
    let (mut escaped, mut doubled) = (false, false);
    for (at, c) in inner.char_indices() {
        if open == 1 && c == '\n' {
            return Some(at);
        }
        if std::mem::take(&mut doubled) {
            continue;
        }
        if !escaped && inner.get(at..).is_some_and(|rest| rest.starts_with(&marks)) {
            doubled =
                open == 1 && quote == '\'' && inner.get(at + 1..).is_some_and(|rest| rest.starts_with(quote));
            if !doubled {
                return Some(at);
            }
        }
        escaped = !escaped && c == '\\' && quote == '"';
    }
    None
}

/// What ends a value without quotes, other than its line.
#[derive(Clone, Copy)]
enum Ends {
    /// What ends a word for a shell.
    Word,
    /// Within brackets in a line: what ends an entry there, or a comment.
    Flow,
    /// A comment.
    Line,
}

/// Length of a value without quotes.
fn bare(rest: &str, ends: Ends) -> usize {
    let mut before = '\0';
    let end = rest.find(|c: char| {
        let comment = std::mem::replace(&mut before, c) == ' ' && c == '#';
        match ends {
            _ if matches!(c, '\n' | '\r') => true,
            Ends::Word => c.is_whitespace() || ";&|\"'`".contains(c),
            Ends::Flow => comment || matches!(c, ',' | '}' | ']'),
            Ends::Line => comment,
        }
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_assigned_to_a_secret_name_is_hidden() {
        for (given, shown) in [
            ("API_TOKEN=abc npm start", "API_TOKEN=*** npm start"),
            ("PORT=1 API_TOKEN=abc; x", "PORT=1 API_TOKEN=***; x"),
            ("API_TOKEN='a b' npm", "API_TOKEN='***' npm"),
            ("API_TOKEN=", "API_TOKEN="),
            ("API_TOKEN=\"\"", "API_TOKEN=\"\""),
            ("DB_PASSWORD = \"a\\\"b\" # c", "DB_PASSWORD = \"***\" # c"),
            ("DB_PASSWORD = 'a\\' # c", "DB_PASSWORD = '***' # c"),
            ("DB_PASSWORD = unquoted oops", "DB_PASSWORD = ***"),
            ("DB_PASSWORD = \"never closed", "DB_PASSWORD = \"***"),
            (
                "env = { A = \"1\", DB_PASSWORD = \"x\", B = \"2\" }",
                "env = { A = \"1\", DB_PASSWORD = \"***\", B = \"2\" }",
            ),
            ("env: {A: 1, DB_PASSWORD: x y, B: 2}", "env: {A: 1, DB_PASSWORD: ***, B: 2}"),
            ("{A: {B: 1}, DB_PASSWORD: x, B: 2}", "{A: {B: 1}, DB_PASSWORD: ***, B: 2}"),
            ("  DB_PASSWORD: x: y #c", "  DB_PASSWORD: *** #c"),
            ("DB_PASSWORD: hunter,2x", "DB_PASSWORD: ***"),
            ("[env]\nDB_PASSWORD = a]b}c,d", "[env]\nDB_PASSWORD = ***"),
            ("a: [x]\nb: { # open\nDB_PASSWORD: a,b\nB: 1", "a: [x]\nb: { # open\nDB_PASSWORD: ***\nB: 1"),
            ("DB_PASSWORD: 'it''s hunter2' # c", "DB_PASSWORD: '***' # c"),
            ("{DB_PASSWORD: 'ends with one''', B: ''}", "{DB_PASSWORD: '***', B: ''}"),
            ("DB_PASSWORD: '' # c", "DB_PASSWORD: '' # c"),
            ("DB_PASSWORD: 'open''\nB: 1", "DB_PASSWORD: '***\nB: 1"),
            ("{\"DB_PASSWORD\":\"x\",\"B\":\"2\"}", "{\"DB_PASSWORD\":\"***\",\"B\":\"2\"}"),
            ("DB_PASSWORD = \"\"\"\na\nb\"\"\"\nx = 1", "DB_PASSWORD = \"\"\"***\"\"\"\nx = 1"),
            ("  DB_PASSWORD: |\n    a\n\n    b\n  B: 1", "  DB_PASSWORD: |\n***\n  B: 1"),
            ("processes.auth.run = \"x\"", "processes.auth.run = \"x\""),
            ("serve --db-password hunter2 -v", "serve --db-password *** -v"),
            ("serve --token 'a b' -v", "serve --token '***' -v"),
            ("serve --token --port 80", "serve --token --port 80"),
            ("[\"--db-password\", \"a b\", \"-v\"]", "[\"--db-password\", \"***\", \"-v\"]"),
            ("[\"--token\", \"--port\", \"80\"]", "[\"--token\", \"--port\", \"80\"]"),
            ("token-- x", "token-- x"),
            ("npm run auth:dev -- --key=v", "npm run auth:dev -- --key=***"),
            ("[processes.api.env.DB_PASSWORD]", "[processes.api.env.DB_PASSWORD]"),
            ("API_TOKEN = [\"a\", [1]], B = 2", "API_TOKEN = [***], B = 2"),
            ("{\"API_TOKEN\": {\"a\": \"x\"}, \"B\": 2}", "{\"API_TOKEN\": {***}, \"B\": 2}"),
            ("API_TOKEN = []", "API_TOKEN = []"),
            ("API_TOKEN = [", "API_TOKEN = ["),
            ("postgres://me:hunter2@db/x", "postgres://me:***@db/x"),
            ("URL=\"redis://:p@ss@h:1/0\"", "URL=\"redis://:***@h:1/0\""),
            ("http://localhost:3000/a@b:c", "http://localhost:3000/a@b:c"),
            (
                "curl https://hooks.slack.com/services/T0/B0/x7?a=b -d x",
                "curl https://hooks.slack.com/services/*** -d x",
            ),
            (
                "TELL=\"https://discord.com/api/webhooks/1/x7\"",
                "TELL=\"https://discord.com/api/webhooks/***\"",
            ),
            (
                "https://me@acme.webhook.office.com:443/webhookb2/x7",
                "https://me@acme.webhook.office.com:443/webhookb2/***",
            ),
            ("https://nohooks.slack.com/services/T0", "https://nohooks.slack.com/services/T0"),
            ("https://hooks.slack.com/services/", "https://hooks.slack.com/services/"),
            ("https://discord.com/channels/1", "https://discord.com/channels/1"),
            ("ü_TOKEN=ä ö", "ü_TOKEN=*** ö"),
            ("key", "key"),
        ] {
            assert_eq!(text(given), shown, "{given}");
        }
    }

    #[test]
    fn long_lines_are_read_in_one_go() {
        const LONG: usize = 200 * 1024;
        const PIECES: [&str; 9] = ["-", "a-", "--a", "a=", "a: ", "://", "{KEY: |,", "{KEY: x,", "KEY: '',"];
        #[expect(clippy::disallowed_methods, reason = "nothing but this measures here")]
        let begun = std::time::Instant::now();
        let found = PIECES.map(|piece| hidden(&piece.repeat(LONG / piece.len())).len());
        // Read to the end of the line again from every sign, one of them takes a minute.
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
        assert_eq!(found, [0, 0, 0, 0, 0, 0, LONG / 8, LONG / 8, 0]);
    }

    #[test]
    fn arguments_hide_what_their_options_name() {
        for (given, shown) in [
            ("serve --port 80", "serve --port 80"),
            ("serve --db-password hunter2 -v", "serve --db-password *** -v"),
            ("serve --db-password=hunter2", "serve --db-password=***"),
            ("serve --token --port 80", "serve --token --port 80"),
            ("env API_KEY=x npm", "env API_KEY=*** npm"),
            ("psql postgres://me:pw@h/d", "psql postgres://me:***@h/d"),
        ] {
            let argv: Vec<String> = given.split(' ').map(str::to_owned).collect();
            assert_eq!(arguments(&argv).join(" "), shown, "{given}");
        }
        let shell = ["/bin/sh", "-c", "DB_PASSWORD='a b' ./run"].map(str::to_owned);
        assert_eq!(arguments(&shell)[2], "DB_PASSWORD='***' ./run");
        let whole = ["--password=a b".to_owned()];
        assert_eq!(arguments(&whole), ["--password=***"]);
    }
}
