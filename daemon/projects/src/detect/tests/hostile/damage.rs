//! What can be wrong with a text, by the language it is in.

use super::kinds::{Kind, Language};

pub(super) struct Damaged {
    pub(super) how: &'static str,
    pub(super) text: String,
    /// It must be told; else it may be understood, or mean nothing.
    pub(super) is_told: bool,
}

/// Names that somebody may have given to a script.
pub(super) const NAMES: &[&str] = &[
    "; rm -rf ~",
    "$(touch pwned)",
    "`touch pwned`",
    "a\u{1b}[31mred\u{7}",
    "two\nlines",
    "turned \u{202e}gnp",
    "--help",
    "../../etc/passwd",
    "été 日本",
    "nul\0nul",
    "'\"\\",
];

/// Whether a listing may do without a script of this name.
pub(super) fn may_be_refused(name: &str) -> bool {
    name.contains('\0')
}

pub(super) fn of(kind: &Kind) -> Vec<Damaged> {
    let text = |how, text: String, is_told| Damaged { how, text, is_told };
    let good = kind.good;
    let half = good.chars().take(good.chars().count() / 2).collect();
    // The middle of a text for people may be a text as well.
    let cut = matches!(kind.language, Language::Json | Language::Xml);
    let mut all = vec![
        text("empty", String::new(), kind.language == Language::Xml),
        text("cut off", half, cut),
        text("NULs", "\0".repeat(1000), !matches!(kind.language, Language::Text | Language::Yaml)),
        text(
            "a byte order mark and Windows' line ends",
            format!("\u{feff}{}", good.replace('\n', "\r\n")),
            false,
        ),
        text(
            "one long line",
            "x".repeat(1 << 20),
            kind.language != Language::Text && kind.language != Language::Yaml,
        ),
        text("only line ends", "\n".repeat(1 << 20), kind.language == Language::Xml),
        text(
            "only colons",
            ":\n".repeat(200_000),
            kind.language != Language::Text && kind.language != Language::Yaml,
        ),
    ];
    match kind.language {
        Language::Json => all.extend([
            text("a list", "[1]".to_owned(), false),
            text("a number", "7".to_owned(), false),
            text("null", "null".to_owned(), false),
            text("numbers for texts", odd(good), false),
            text("keys twice", twice(good), false),
            text(
                "deep lists",
                format!("{{\"scripts\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)),
                true,
            ),
            text("deep lists without end", "[".repeat(1 << 20), true),
            text("deep objects without end", "{\"a\":".repeat(1 << 17), true),
        ]),
        Language::Yaml => all.extend([
            text("a list", "- 1\n- a: b\n".to_owned(), false),
            text("a number", "7\n".to_owned(), false),
            text("open brackets", "a: [b\n".to_owned(), true),
            text("a tab", "a:\n\t- b\n".to_owned(), false),
            text("keys twice", format!("{good}\n{good}"), false),
            text("deep lists", format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000)), true),
            text("deep dashes", "- ".repeat(100_000), true),
            text("a billion laughs", laughs(), true),
            text("an alias of itself", "a: &a [*a]\n".to_owned(), true),
            text("an unknown tag", "!!python/object/apply:os.system ['touch pwned']\n".to_owned(), false),
        ]),
        Language::Toml => all.extend([
            text(
                "a number for a table",
                "project = 7\ntasks = 7\nalias = 7\npackage = []\nworkspace = \"x\"\n".to_owned(),
                false,
            ),
            text("keys twice", "a = 1\na = 2\n".to_owned(), true),
            text("an open text", "a = \"b\n".to_owned(), true),
            text("deep lists", format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)), true),
            text("deep tables", format!("a = {}{}", "{a=".repeat(100_000), "}".repeat(100_000)), true),
            text("a deep key", format!("{}a = 1", "a.".repeat(100_000)), false),
            text("a deep header", format!("[{}a]\n", "a.".repeat(100_000)), false),
        ]),
        Language::Xml => all.extend([
            text("another root", "<a/>".to_owned(), false),
            text("elements twice", good.replace("</", "x</"), false),
            text("entities that grow", entities(), true),
            text(
                "an entity of a file",
                "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".to_owned(),
                true,
            ),
            text("deep elements", format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)), false),
            text("deep elements without end", "<a>".repeat(100_000), true),
        ]),
        Language::Text => all.push(text("open quotes", "\"'`(\n".repeat(10_000), false)),
    }
    if let Some(many) = kind.many {
        all.push(text("fifty thousand entries", many(50_000), false));
    }
    all
}

/// Every text of a JSON document as a number.
fn odd(good: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(good).unwrap();
    fn change(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(_) => *value = 7.into(),
            serde_json::Value::Array(items) => items.iter_mut().for_each(change),
            serde_json::Value::Object(entries) => entries.values_mut().for_each(change),
            _ => {}
        }
    }
    change(&mut value);
    value.to_string()
}

/// A JSON object with each of its keys twice.
fn twice(good: &str) -> String {
    let inner = good.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap();
    format!("{{{inner},{inner}}}")
}

fn laughs() -> String {
    (1..40)
        .map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1))
        .fold("a0: &a0 lol\n".to_owned(), |all, line| all + &line)
}

fn entities() -> String {
    let entities: String = (1..20)
        .map(|n| format!("<!ENTITY a{n} \"&a{0};&a{0};&a{0};&a{0};&a{0};&a{0};&a{0};&a{0};\">", n - 1))
        .collect();
    format!("<!DOCTYPE a [<!ENTITY a0 \"lol\">{entities}]><project>&a19;</project>")
}
