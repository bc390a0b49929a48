//! What is wrong in a configuration, where, and what to do about it: data first, then its text.
//!
//! Pure: no files, no environment, no clock.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use brummer_event::secret;

/// Longest part of a source line that is shown, in characters.
const EXCERPT: usize = 120;

/// Stable names of mistakes. A number is never given to another meaning; `RESERVED` are those of parts
/// that are not built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    UnknownKey,
    WrongType,
    BadUnit,
    UnknownDependency,
    Cycle,
    Duplicate,
    BadValue,
    NotThere,
    BadName,
    UserOnly,
    Syntax,
    NoCommand,
    Unreadable,
    ProjectOnly,
    UnknownProfile,
    NotBuilt,
    Predecessor,
}

/// Numbers that belong to parts that are not built.
pub(crate) const RESERVED: [(&str, &str); 6] = [
    ("E006", "a check of readiness by log of a process without output"),
    ("E010", "a dependency on readiness of a process without a check"),
    ("E011", "several replicas with one fixed port"),
    ("E012", "`watch` and `schedule` together"),
    ("E013", "a listener beyond loopback without TLS and token"),
    ("W101", "a shell that hides the pid of what it runs"),
];

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is taken over.
    Error,
    /// Everything else counts.
    Warning,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Code {
    pub const ALL: [Self; 17] = [
        Self::UnknownKey,
        Self::WrongType,
        Self::BadUnit,
        Self::UnknownDependency,
        Self::Cycle,
        Self::Duplicate,
        Self::BadValue,
        Self::NotThere,
        Self::BadName,
        Self::UserOnly,
        Self::Syntax,
        Self::NoCommand,
        Self::Unreadable,
        Self::ProjectOnly,
        Self::UnknownProfile,
        Self::NotBuilt,
        Self::Predecessor,
    ];

    pub const fn as_str(self) -> &'static str {
        self.both().0
    }

    /// What it means, in a few words.
    pub const fn words(self) -> &'static str {
        self.both().1
    }

    const fn both(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownKey => ("E001", "a key that nobody reads"),
            Self::WrongType => ("E002", "a value of the wrong type"),
            Self::BadUnit => ("E003", "no duration or size; a duration without a unit"),
            Self::UnknownDependency => ("E004", "`depends_on` names nothing that is there"),
            Self::Cycle => ("E005", "processes that wait for each other"),
            Self::Duplicate => ("E007", "the same key, or the same file in two formats, twice"),
            Self::BadValue => ("E008", "a value outside its range, or none of its words"),
            Self::NotThere => ("E009", "a directory or file that is not there"),
            Self::BadName => ("E014", "text that is no name of a process or profile"),
            Self::UserOnly => ("E015", "only in the user's configuration"),
            Self::Syntax => ("E016", "no TOML, YAML or JSON"),
            Self::NoCommand => ("E017", "a process without a command"),
            Self::Unreadable => ("E018", "a file that cannot be read"),
            Self::ProjectOnly => ("E019", "only in a project's file"),
            Self::UnknownProfile => ("E020", "a profile that no file declares"),
            Self::NotBuilt => ("W102", "a key that is not built into this version"),
            Self::Predecessor => ("W103", "what the predecessor's `.brum.toml` says; it is not in force"),
        }
    }

    pub const fn severity(self) -> Severity {
        match self {
            // What is not there may come (a task makes it); whoever starts the process too early is told.
            Self::NotBuilt | Self::NotThere | Self::Predecessor => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a value or a mistake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Span(Box<Span>),
    /// The file as a whole.
    File(PathBuf),
    /// An environment variable, by name.
    Environment(String),
    /// An option, as `--profile ci`.
    Option(String),
}

/// A stretch of one line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Characters marked, at least 1.
    pub width: usize,
    /// The line, made harmless, without secrets, and cut around the mark.
    pub excerpt: String,
    /// Where the mark begins in `excerpt`, in characters from 0.
    pub offset: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span(span) => write!(f, "{}:{}:{}", span.file.display(), span.line, span.column),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Option(option) => f.write_str(option),
        }
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    /// The key that it is about, dotted, as `processes.api.run`; nothing if it is about the text as a whole.
    pub key: Option<String>,
    /// What is wrong, naming it.
    pub message: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
    pub place: Place,
}

impl Diagnostic {
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, key: None, message: message.into(), hint: None, place }
    }

    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub const fn is_error(&self) -> bool {
        matches!(self.code.severity(), Severity::Error)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The file, if it is in one.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::Span(span) => Some(&span.file),
            Place::File(file) => Some(file),
            Place::Environment(_) | Place::Option(_) => None,
        }
    }

    /// Line and column from 1; (0, 0) if it is about a whole file or a variable.
    pub fn position(&self) -> (usize, usize) {
        match &self.place {
            Place::Span(span) => (span.line, span.column),
            Place::File(_) | Place::Environment(_) | Place::Option(_) => (0, 0),
        }
    }

    /// As people see it, with excerpt and mark; no trailing newline.
    pub fn render(&self) -> String {
        let number = match &self.place {
            Place::Span(span) => span.line.to_string(),
            _ => " ".to_owned(),
        };
        let indent = " ".repeat(number.len());
        let severity = self.code.severity().as_str();
        let mut text = format!("{severity}[{}]: {}\n{indent}--> {}", self.code, self.message, self.place);
        if let Place::Span(span) = &self.place {
            let mark = format!("{}{}", " ".repeat(span.offset), "^".repeat(span.width.max(1)));
            text.push_str(&format!("\n{indent} |\n{number} | {}\n{indent} | {mark}", span.excerpt));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\n{indent} = help: {hint}"));
        }
        text
    }
}

impl Diagnostic {
    /// How many there are of each kind, as `2 mistakes, 1 warning`.
    pub fn count(of: &[Self]) -> String {
        let mistakes = of.iter().filter(|one| one.is_error()).count();
        let words = |count: usize, word: &str| {
            (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        };
        let both = [words(mistakes, "mistake"), words(of.len() - mistakes, "warning")];
        both.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// On one line, without its excerpt.
    pub fn brief(&self) -> String {
        format!("{}: {} {}", self.place, self.code, self.message)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

/// All mistakes, by file and position, a blank line between; empty text for none.
pub fn render_all(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(Diagnostic::render).collect::<Vec<_>>().join("\n\n")
}

/// The errors; nothing if all of them are warnings.
pub(crate) fn errors(found: &[Diagnostic]) -> Option<Vec<Diagnostic>> {
    found.iter().any(Diagnostic::is_error).then(|| found.to_vec())
}

/// Orders mistakes as a reader meets them.
pub(crate) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|left, right| {
        let key = |d: &Diagnostic| (d.file().map(Path::to_owned), d.position(), d.code);
        key(left).cmp(&key(right))
    });
}

/// A text with its name, to turn byte ranges into places.
#[derive(Debug, Clone)]
pub(crate) struct Source<'a> {
    file: &'a Path,
    text: &'a str,
    /// What an excerpt does not show: values of secrets.
    hidden: Vec<Range<usize>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, hidden: secret::hidden(text) }
    }

    /// The place of `range`, cut to its first line and to the text.
    pub(crate) fn place(&self, range: Range<usize>) -> Place {
        let start = floor_boundary(self.text, range.start);
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(line_start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        // A mark beyond the line's end (a missing value) stands right after it.
        let end = line_start + line.len();
        let begin = start.min(end);
        let marked = begin..floor_boundary(self.text, range.end).min(end).max(begin + 1);
        let shown = self.shown(line_start..end, marked);
        let length = shown.line.chars().count();
        let (offset, width) = (shown.offset, shown.width.min(length - shown.offset.min(length)).max(1));
        let skipped = if offset + width.min(EXCERPT / 2) > EXCERPT { offset - EXCERPT / 2 } else { 0 };
        let excerpt: String = shown.line.chars().skip(skipped).take(EXCERPT).map(harmless).collect();
        let offset = offset - skipped;
        let before_mark = self.text.get(line_start..begin).unwrap_or_default();
        Place::Span(Box::new(Span {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before_mark.chars().count() + 1,
            width: width.min(EXCERPT - offset.min(EXCERPT - 1)),
            excerpt,
            offset,
        }))
    }

    /// The place of a whole line, from 1, without the blanks before it.
    pub(crate) fn line(&self, line: usize) -> Place {
        let before =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
        let text = self.text.get(before..).unwrap_or_default().lines().next().unwrap_or_default();
        let blanks = text.len() - text.trim_start().len();
        self.place(before + blanks..before + text.trim_end().len().max(blanks))
    }

    /// A line without its secrets, and where the mark is in it then.
    fn shown(&self, line: Range<usize>, marked: Range<usize>) -> Shown {
        let from = self.hidden.partition_point(|hidden| hidden.end <= line.start);
        let hidden = self.hidden.iter().skip(from).take_while(|hidden| hidden.start < line.end);
        let mut shown = Shown::default();
        let mut at = line.start;
        for hidden in hidden {
            let (start, end) = (hidden.start.max(line.start), hidden.end.min(line.end));
            shown.push(self.text.get(at..start).unwrap_or_default(), at, &marked);
            shown.push_hidden(start..end, &marked);
            at = end;
        }
        shown.push(self.text.get(at..line.end).unwrap_or_default(), at, &marked);
        if marked.start == line.end {
            shown.offset = shown.length;
        }
        shown
    }
}

/// A line as it is shown, and its mark, in characters.
#[derive(Debug, Default)]
struct Shown {
    line: String,
    length: usize,
    offset: usize,
    width: usize,
}

impl Shown {
    fn push(&mut self, text: &str, at: usize, marked: &Range<usize>) {
        for (index, character) in text.char_indices() {
            self.mark(marked.contains(&(at + index)), 1);
            self.line.push(character);
            self.length += 1;
        }
    }

    fn push_hidden(&mut self, hidden: Range<usize>, marked: &Range<usize>) {
        let touched = marked.start < hidden.end && hidden.start < marked.end;
        let length = secret::MASKED.chars().count();
        self.mark(touched, length);
        self.line.push_str(secret::MASKED);
        self.length += length;
    }

    /// What comes next is marked, or not.
    const fn mark(&mut self, marked: bool, width: usize) {
        if marked && self.width == 0 {
            self.offset = self.length;
        }
        if marked {
            self.width += width;
        }
    }
}

/// Keeps a mark under its character and escape sequences out of terminals.
fn harmless(character: char) -> char {
    match character {
        '\t' => ' ',
        character if character.is_control() => '\u{fffd}',
        character => character,
    }
}

fn floor_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(text: &str, range: Range<usize>) -> Span {
        match Source::new(Path::new("brummer.toml"), text).place(range) {
            Place::Span(span) => *span,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_mark_stands_under_its_text() {
        let text = "a = 1\n\tdpends_on = []\n";
        let span = place(text, 7..16);
        assert_eq!((span.line, span.column, span.width), (2, 2, 9));
        let shown = Diagnostic::new(Code::UnknownKey, Place::Span(Box::new(span)), "unknown key `dpends_on`")
            .hint("did you mean `depends_on`?")
            .render();
        insta::assert_snapshot!(shown, @r"
        error[E001]: unknown key `dpends_on`
         --> brummer.toml:2:2
          |
        2 |  dpends_on = []
          |  ^^^^^^^^^
          = help: did you mean `depends_on`?
        ");
    }

    #[test]
    fn long_lines_are_cut_around_the_mark_and_escapes_are_harmless() {
        let text = format!("x = \"{}\u{1b}[31m\" nope", "y".repeat(500));
        let at = text.len() - 4;
        let span = place(&text, at..at + 4);
        assert!(span.excerpt.chars().count() <= EXCERPT);
        let marked: String = span.excerpt.chars().skip(span.offset).take(span.width).collect();
        assert_eq!(marked, "nope");
        assert!(!span.excerpt.contains('\u{1b}'));
    }

    #[test]
    fn a_secret_is_not_in_the_excerpt_and_the_mark_stands_where_it_stood() {
        let said = |text: &str, marked: &str| {
            let at = text.find(marked).unwrap();
            let span = place(text, at..at + marked.len());
            let mark: String = span.excerpt.chars().skip(span.offset).take(span.width).collect();
            (span.column, format!("{} [{mark}]", span.excerpt))
        };
        let line = "env = { DB_PASSWORD = \"hunter2\", PORT = [1] }";
        assert_eq!(said(line, "[1]"), (41, "env = { DB_PASSWORD = \"***\", PORT = [1] } [[1]]".to_owned()));
        assert_eq!(said(line, "hunter2").1, "env = { DB_PASSWORD = \"***\", PORT = [1] } [***]");
        assert_eq!(said(line, "\"hunter2\"").1, "env = { DB_PASSWORD = \"***\", PORT = [1] } [\"***\"]");
        let lines = "DB_PASSWORD: |\n  hunter2\n  = x\nB: [\n";
        assert_eq!(said(lines, "= x"), (3, "*** [***]".to_owned()));
        assert_eq!(said(lines, "B: [").1, "B: [ [B: []");
        let open = "DB_PASSWORD = \"\"\"\nhunter2\nmore\n";
        assert_eq!(said(open, "more").1, "*** [***]");
    }

    proptest! {
        #[test]
        fn every_range_has_a_place_inside_the_text(text in "[ -~\n\r\té日]{0,200}", a in 0_usize..700, b in 0_usize..700) {
            let span = place(&text, a.min(b)..a.max(b));
            let lines: Vec<&str> = text.split('\n').collect();
            prop_assert!(span.line >= 1 && span.line <= lines.len());
            prop_assert!(span.column >= 1 && span.column <= lines[span.line - 1].chars().count() + 1);
            prop_assert!(span.width >= 1);
            prop_assert!(span.offset <= span.excerpt.chars().count());
        }
    }
}
