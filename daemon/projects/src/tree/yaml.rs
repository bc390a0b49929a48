//! YAML by granit's events, which carry byte ranges: the core schema of YAML 1.2 (so `no` and `on` are text),
//! one document, aliases and merge keys (`<<`).
//!
//! Pure: no files, no environment, no clock.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{Entries, Entry, Fault, MOST_DEPTH, MOST_NODES, Node, Value, Whose};

pub(super) fn read(text: &str, whose: Whose) -> Result<Node, Fault> {
    let mut builder =
        Builder { end: text.len(), open: Vec::new(), anchors: BTreeMap::new(), nodes: 0, root: None, whose };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(0);
            let info = error.info();
            let hint = match info.as_str() {
                anchor if anchor.contains("anchor") => "write `&name` before `*name` uses it",
                tab if tab.contains("tab") => "indent with spaces",
                quote if quote.contains("quote") => "close the text with the quote that opens it",
                bracket if bracket.contains("bracket") || bracket.contains("flow") => {
                    "every `[` and `{` needs its end, and commas between"
                }
                _ => "lines of one table begin in the same column; `key: value` needs the space",
            };
            Fault::new(at..at, info).hint(hint)
        })?;
        let span = range(&span, builder.end);
        builder.take(event, span)?;
    }
    // A text without a document is an empty table, as it is in TOML.
    Ok(builder.root.unwrap_or(Node { value: Value::Null, span: 0..0 }))
}

fn range(span: &Span, end: usize) -> Range<usize> {
    span.byte_range().unwrap_or(end..end)
}

/// A list or table whose end has not come.
struct Open {
    start: usize,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Table { entries: Entries, key: Option<(String, Range<usize>)>, merged: Entries },
}

struct Builder {
    end: usize,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
    whose: Whose,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Fault::new(span, "a second document begins").hint("one file, one document"))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref(), &span, self.whose)?;
                self.finished(Node { value, span }, anchor)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((mut node, nodes)) => {
                    self.nodes += nodes;
                    // What is wrong in it is wrong where it is used.
                    node.span = span;
                    self.finished(node, 0)
                }
                None => Err(Fault::new(span, "an alias inside of what it stands for").hint("take it out")),
            },
            Event::SequenceStart(_, anchor, _) => self.begin(span, anchor, Kind::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.begin(
                span,
                anchor,
                Kind::Table { entries: Entries::default(), key: None, merged: Entries::default() },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, span: Range<usize>, anchor: usize, kind: Kind) -> Result<(), Fault> {
        if self.open.len() >= MOST_DEPTH {
            return Err(Fault::too_much(span));
        }
        self.open.push(Open { start: span.start, anchor, kind });
        Ok(())
    }

    fn close(&mut self, span: Range<usize>) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.kind {
            Kind::List(nodes) => Value::List(nodes),
            Kind::Table { mut entries, merged, .. } => {
                for entry in merged.entries {
                    if !entries.knows(&entry.key) {
                        entries.add(entry, self.whose)?;
                    }
                }
                Value::Table(entries.entries)
            }
        };
        self.finished(Node { value, span: open.start..span.end.max(open.start) }, open.anchor)
    }

    /// Puts a node where it belongs.
    fn finished(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(Fault::too_much(node.span));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size(&node)));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { kind: Kind::List(nodes), .. }) => nodes.push(node),
            Some(Open { kind: Kind::Table { entries, key, merged }, .. }) => match key.take() {
                None => *key = Some((key_text(&node)?, node.span)),
                Some((name, key_span)) if name == "<<" => merge(&node, &key_span, merged)?,
                Some((name, key_span)) => entries.add(Entry { key: name, key_span, node }, self.whose)?,
            },
        }
        Ok(())
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(nodes) => nodes.iter().map(size).sum(),
        Value::Table(entries) => entries.iter().map(|entry| size(&entry.node)).sum(),
        _ => 0,
    }
}

/// Takes over the entries of a table, or of a list of tables; earlier ones win.
fn merge(node: &Node, span: &Range<usize>, into: &mut Entries) -> Result<(), Fault> {
    match &node.value {
        Value::Table(entries) => {
            let new = entries.iter().filter(|entry| !into.knows(&entry.key)).cloned().collect::<Vec<_>>();
            new.into_iter().try_for_each(|entry| into.add(entry, Whose::Found))
        }
        Value::List(nodes) if nodes.iter().all(|node| matches!(node.value, Value::Table(_))) => {
            nodes.iter().try_for_each(|node| merge(node, span, into))
        }
        _ => Err(Fault::new(span.clone(), "`<<` merges tables, and this is none").hint("as `<<: *base`")),
    }
}

fn key_text(node: &Node) -> Result<String, Fault> {
    match &node.value {
        Value::Text(text) | Value::Float(text) => Ok(text.clone()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(Fault::new(node.span.clone(), format!("a key must be text, not {}", other.kind()))
            .hint("put it in quotes")),
    }
}

fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: &Range<usize>,
    whose: Whose,
) -> Result<Value, Fault> {
    match tag.map(Tag::core_suffix) {
        Some(Some("str")) => Ok(Value::Text(text.to_owned())),
        Some(Some("int" | "float" | "bool" | "null")) => Ok(plain(text)),
        // `!` alone: not to be resolved.
        Some(None) if tag.is_some_and(|tag| tag.suffix() == "!" || tag.suffix().is_empty()) => {
            Ok(Value::Text(text.to_owned()))
        }
        Some(_) if whose != Whose::Ours => {
            Ok(if style == ScalarStyle::Plain { plain(text) } else { Value::Text(text.to_owned()) })
        }
        Some(_) => Err(Fault::new(span.clone(), "a tag that means nothing here").hint("take it out")),
        None if style == ScalarStyle::Plain => Ok(plain(text)),
        None => Ok(Value::Text(text.to_owned())),
    }
}

/// The core schema of YAML 1.2.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let radix = |prefix: &str, radix| {
        text.strip_prefix(prefix)
            .filter(|digits| !digits.starts_with(['+', '-']))
            .map(|digits| i64::from_str_radix(digits, radix))
    };
    if let Some(Ok(number)) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Value::Int(number);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // `0755` is 493 to one reader and 755 to another; nobody who writes it means either of another's.
    if unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.chars().all(|c| c.is_ascii_digit()) {
        return Value::Text(text.to_owned());
    }
    let numeric = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.contains(|digit: char| digit.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if !numeric {
        return Value::Text(text.to_owned());
    }
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => Value::Int(number),
        (_, Ok(_)) => Value::Float(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(node: &Node) -> String {
        match &node.value {
            Value::List(nodes) => format!("[{}]", nodes.iter().map(shape).collect::<Vec<_>>().join(", ")),
            Value::Table(entries) => {
                let entry = |entry: &Entry| format!("{}: {}", entry.key, shape(&entry.node));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            value => format!("{value:?}"),
        }
    }

    #[test]
    fn scalars_are_those_of_the_core_schema() {
        for (text, expected) in [
            ("a: 1", "{a: Int(1)}"),
            ("a: 0x1F", "{a: Int(31)}"),
            ("a: 0755", "{a: Text(\"0755\")}"),
            ("a: 0", "{a: Int(0)}"),
            ("a: 1.50", "{a: Float(\"1.50\")}"),
            ("a: 1.2.3", "{a: Text(\"1.2.3\")}"),
            ("a: no", "{a: Text(\"no\")}"),
            ("a: true", "{a: Bool(true)}"),
            ("a: 'true'", "{a: Text(\"true\")}"),
            ("a: !!str 1", "{a: Text(\"1\")}"),
            ("a:", "{a: Null}"),
            ("a: 10s", "{a: Text(\"10s\")}"),
            ("a: -", "[Null]"),
            ("a: [x, 2]", "{a: [Text(\"x\"), Int(2)]}"),
            ("a: |\n  x\n  y\n", "{a: Text(\"x\\ny\\n\")}"),
            ("1: x", "{1: Text(\"x\")}"),
            ("", "Null"),
            ("# nothing", "Null"),
            ("a: &x {b: 1}\nc: *x", "{a: {b: Int(1)}, c: {b: Int(1)}}"),
            (
                "a: &x {b: 1, d: 1}\nc: {<<: *x, b: 2}",
                "{a: {b: Int(1), d: Int(1)}, c: {b: Int(2), d: Int(1)}}",
            ),
        ] {
            match read(text, Whose::Ours) {
                Ok(node) => assert_eq!(shape(&node), expected, "{text}"),
                Err(_) => assert_eq!(text, "a: -", "{text}"),
            }
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        let laughs = (1..20).fold("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
            let above = n - 1;
            let tens = vec![format!("*l{above}"); 10].join(", ");
            format!("{text}l{n}: &l{n} [{tens}]\n")
        });
        for (text, expected) in [
            (laughs.as_str(), "more than a configuration can"),
            (&format!("{}{}", "[".repeat(100), "]".repeat(100)), "more than a configuration can"),
            (&"- ".repeat(100_000), ""),
            (&"[".repeat(100_000), ""),
            ("a: 1\na: 2", "the key `a` is there twice"),
            ("a: *nope", "unknown anchor"),
            ("a: &x [*x]", ""),
            ("a: 1\n---\nb: 2", "second document"),
            ("a: !ruby/object x", "tag"),
            ("a: [1", ""),
            ("a: {<<: 1}", "merges tables"),
            ("? [1]\n: 2", "a key must be text, not a list"),
        ] {
            let fault = read(text, Whose::Ours).unwrap_err();
            assert!(fault.message.contains(expected), "{text:.40}: {}", fault.message);
            assert!(fault.span.start <= text.len(), "{text:.40}");
        }
    }
}
