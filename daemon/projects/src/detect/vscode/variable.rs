//! `${…}` in the editor's files.
//!
//! Pure: no files, no environment, no clock.

use std::path::Path;

use crate::detect::Lack;
use crate::detect::notices::plain;

/// What only the editor has.
pub(super) fn lack(name: &str) -> Lack {
    Lack::Foreign { what: plain(name, 80), tool: "the editor" }
}

/// What a text becomes here: known variables replaced.
///
/// # Errors
/// The first variable that only the editor knows, as `${file}`.
pub(super) fn replace(text: &str, root: &Path, home: Option<&Path>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let root_text = || root.display().to_string();
        let value = match name {
            "workspaceFolder" | "workspaceRoot" | "cwd" => Some(root_text()),
            "workspaceFolderBasename" => root.file_name().map(|name| name.to_string_lossy().into_owned()),
            "pathSeparator" | "/" => Some("/".to_owned()),
            "userHome" => home.map(|home| home.display().to_string()),
            // A workspace of one folder has one name.
            _ if name.starts_with("workspaceFolder:") => Some(root_text()),
            _ => None,
        };
        out.push_str(&value.ok_or_else(|| format!("${{{name}}}"))?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// A word as a shell must be given it; what needs no quotes stays as it is.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_variables_are_replaced_and_others_named() {
        let replace = |text: &str| replace(text, Path::new("/src/shop"), Some(Path::new("/home/ann")));
        assert_eq!(
            replace("${workspaceFolder}/a${/}b ${workspaceFolderBasename} ${userHome}"),
            Ok("/src/shop/a/b shop /home/ann".to_owned())
        );
        assert_eq!(replace("a ${file} ${input:x}"), Err("${file}".to_owned()));
        assert_eq!(replace("a ${b"), Ok("a ${b".to_owned()));
        assert_eq!((quoted("a b'c"), quoted("--x=1")), ("'a b'\\''c'".to_owned(), "--x=1".to_owned()));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(\\$\\{|workspaceFolder|[}:$ a-cé])*") {
            let _ = replace(&text, Path::new("/p"), None);
        }
    }
}
