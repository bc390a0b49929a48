//! Signs and phrases that tools use as marks. Pure.

use brummer_event::Level;

use crate::level::prefix::position;
use crate::level::sums::Counts;
use crate::level::{Mark, Tool, names};

/// `✘ [ERROR] …`, `⨯ ./src/app/page.tsx:5:1`, `⚠ …`.
pub(crate) fn symbol(head: &str) -> Option<Mark<'_>> {
    let mut chars = head.chars();
    let sign = chars.next()?;
    let rest = chars.as_str().trim_start_matches(['\u{fe0f}', ' ']);
    let level = match sign {
        '\u{2718}' | '\u{2717}' | '\u{2716}' | '\u{2a2f}' => Level::Error,
        '\u{26a0}' | '\u{25b2}' => Level::Warn,
        _ => return None,
    };
    if let Some(message) = rest.strip_prefix("[ERROR]") {
        return Some(Mark { tool: Tool::Bundler, ..Mark::new(Level::Error, message) });
    }
    if sign == '\u{25b2}' {
        return rest.strip_prefix("[WARNING]").map(|message| Mark::new(Level::Warn, message));
    }
    if let Some(place) = position(rest) {
        return Some(Mark { place: Some(place), tool: Tool::Bundler, ..Mark::new(level, "") });
    }
    let counts = Counts::of(rest);
    if counts.any {
        let level = if counts.bad { Level::Error } else { Level::Warn };
        return Some(Mark { summary: true, ..Mark::new(level, rest) });
    }
    let tool = if rest.starts_with("Build failed") { Tool::Bundler } else { Tool::Unknown };
    if level == Level::Error
        && let Some(mark) = names::at_head(rest)
    {
        return Some(Mark { tool, level: mark.level.max(level), ..mark });
    }
    Some(Mark { tool, ..Mark::new(level, rest) })
}

/// Phrases that tools use as marks: `Internal server error: …`, `Failed to compile`.
pub(crate) fn phrase(head: &str) -> Option<Mark<'_>> {
    if let Some(rest) = head.strip_prefix("Module not found: ") {
        return Some(Mark { tool: Tool::Bundler, ..Mark::new(Level::Error, rest) });
    }
    if head.ends_with("(core dumped)") {
        return Some(Mark::new(Level::Fatal, head));
    }
    // What follows these is a piece of the source.
    for start in ["Transform failed with ", "Build failed with ", "Failed to run dependency scan."] {
        if head.starts_with(start) {
            return Some(Mark { tool: Tool::Bundler, ..Mark::new(Level::Error, head) });
        }
    }
    if ["Failed to ", "Segmentation fault", "ELIFECYCLE"].iter().any(|start| head.starts_with(start)) {
        return Some(Mark::new(Level::Error, head));
    }
    if head.starts_with("make") && head.contains(": *** ") {
        return Some(Mark::new(Level::Error, head));
    }
    let shell = head.split(':').next().is_some_and(|name| name.ends_with("sh") && !name.contains(' '));
    if shell && (head.ends_with("not found") || head.ends_with("No such file or directory")) {
        return Some(Mark::new(Level::Error, head));
    }
    named_phrase(head)
}

/// `X error: …` with at most four words before the colon, the last of them `error` or `exception`.
fn named_phrase(head: &str) -> Option<Mark<'_>> {
    let (title, message) = head.split_once(':')?;
    if title.len() > 60 || message.starts_with(':') || !(message.is_empty() || message.starts_with(' ')) {
        return None;
    }
    let mut words = title.split(' ').peekable();
    let mut count = 0;
    while let Some(word) = words.next() {
        count += 1;
        let plain = !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '-');
        if !plain || count > 4 || word.eq_ignore_ascii_case("no") {
            return None;
        }
        if words.peek().is_none() {
            let named = word.eq_ignore_ascii_case("error") || word.eq_ignore_ascii_case("exception");
            return (named && count > 1 && !names::is_zero(message.trim()))
                .then(|| Mark::new(Level::Error, message));
        }
    }
    None
}
