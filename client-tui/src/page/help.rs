//! The help page: the key table, by where the keys work.

use super::{Para, Tone};
use crate::keys::{Binding, Context, TABLE};

const VIEWS: [Context; 4] = [Context::Processes, Context::Logs, Context::Errors, Context::Urls];

/// Where a binding works, in words.
fn place(binding: &Binding) -> &'static str {
    let has = |context| binding.contexts.contains(&context);
    match (VIEWS.iter().filter(|view| has(**view)).count(), has(Context::Processes), has(Context::Urls)) {
        (4, ..) => "everywhere",
        (0, ..) if has(Context::Scripts) && !has(Context::Picker) => "in the script selector",
        (0, ..) if has(Context::Settings) => "in the settings",
        (0, ..) if has(Context::Picker) || has(Context::Prompt) => "in lists and input lines",
        (0, ..) if has(Context::Confirm) => "in questions",
        (0, ..) => "in texts",
        (1, true, _) => "Processes",
        (1, _, true) => "URLs",
        (2, true, true) => "Processes, URLs",
        (2, true, _) => "Processes, Logs",
        (2, false, false) => "Logs, Errors",
        _ => "Processes, Logs, Errors",
    }
}

pub(super) fn text() -> Vec<Para> {
    const PLACES: [&str; 12] = [
        "Processes",
        "Processes, URLs",
        "Processes, Logs",
        "Processes, Logs, Errors",
        "Logs, Errors",
        "URLs",
        "everywhere",
        "in texts",
        "in lists and input lines",
        "in the script selector",
        "in the settings",
        "in questions",
    ];
    let mut paras = Vec::new();
    for wanted in PLACES {
        let mut rows = TABLE.iter().filter(|binding| place(binding) == wanted).peekable();
        if rows.peek().is_none() {
            continue;
        }
        if !paras.is_empty() {
            paras.push(Para::plain(""));
        }
        paras.push(Para::new(wanted, Tone::Heading));
        paras.extend(rows.map(|binding| Para::pair(binding.shown, binding.about)));
    }
    paras.push(Para::plain(""));
    paras.push(Para::plain("Mouse: a click selects a row, a tab, takes a chip away; the wheel scrolls."));
    paras.push(Para::plain("Leaving stops nothing: the daemon keeps all processes running."));
    paras
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binding_is_on_the_page() {
        let page = text();
        for binding in TABLE {
            let row = Para::pair(binding.shown, binding.about);
            assert!(page.contains(&row), "{}: {}", binding.shown, binding.about);
        }
    }
}
