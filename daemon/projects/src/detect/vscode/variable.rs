//! `${…}` in the editor's files.
//!
//! Pure: no files, no environment, no clock.

use std::path::Path;

use crate::detect::Lack;
use crate::detect::notices::plain;

/// What only the editor has. The environment is known at the start, and only a shell can be left to look there.
pub(super) fn lack(name: &str) -> Lack {
    let name = plain(name, 80);
    let what = if name.starts_with(ENV) { format!("the value of {name} before it starts") } else { name };
    Lack::Foreign { what, tool: "the editor" }
}

/// A variable of the environment, as the editor writes it.
const ENV: &str = "${env:";

/// Whether a text has variables of the environment in it.
pub(super) fn has_env(text: &str) -> bool {
    text.contains(ENV)
}

/// A text in pieces: what stands between variables of the environment, and the names of those that a shell can
/// be given; the first that it cannot is the error.
fn pieces(text: &str) -> Result<Vec<(&str, Option<&str>)>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ENV) {
        let Some((name, after)) = after.split_once('}') else { break };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !name.chars().all(plain) {
            return Err(format!("{ENV}{name}}}"));
        }
        pieces.push((before, Some(name)));
        rest = after;
    }
    pieces.push((rest, None));
    Ok(pieces)
}

/// A command line whose variables of the environment are left to the shell.
///
/// # Errors
/// The first that stands between single quotes, where a shell looks for none, or whose name it cannot know.
pub(super) fn for_shell(line: &str) -> Result<String, String> {
    let mut out = String::new();
    let (mut single, mut double, mut escaped) = (false, false, false);
    for (between, name) in pieces(line)? {
        for c in between.chars() {
            match c {
                _ if std::mem::take(&mut escaped) => {}
                '\\' if !single => escaped = true,
                '\'' if !double => single = !single,
                '"' if !single => double = !double,
                _ => {}
            }
        }
        out.push_str(between);
        if let Some(name) = name {
            if single || escaped {
                return Err(format!("{ENV}{name}}}"));
            }
            out.push_str(&format!("${{{name}}}"));
        }
    }
    Ok(out)
}

/// One word for a shell, whatever its variables of the environment hold; what is around them is `written`.
///
/// # Errors
/// A variable whose name a shell cannot know.
pub(super) fn word_for_shell(word: &str, written: impl Fn(&str) -> String) -> Result<String, String> {
    let mut out = String::new();
    for (between, name) in pieces(word)? {
        if !between.is_empty() {
            out.push_str(&written(between));
        }
        if let Some(name) = name {
            out.push_str(&format!("\"${{{name}}}\""));
        }
    }
    Ok(out)
}

/// What a text becomes here: known variables replaced.
///
/// # Errors
/// The first variable that only the editor knows, as `${file}`.
pub(super) fn replace(text: &str, root: &Path, home: Option<&Path>) -> Result<String, String> {
    replace_but(text, root, home, false)
}

/// As [`replace`]; variables of the environment stay.
///
/// # Errors
/// As [`replace`].
pub(super) fn replace_but_env(text: &str, root: &Path, home: Option<&Path>) -> Result<String, String> {
    replace_but(text, root, home, true)
}

fn replace_but(text: &str, root: &Path, home: Option<&Path>, keep_env: bool) -> Result<String, String> {
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
            _ if keep_env && name.starts_with("env:") => Some(format!("${{{name}}}")),
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

    #[test]
    fn variables_of_the_environment_are_left_to_a_shell() {
        for (line, shell) in [
            ("echo ${env:A}/x", Ok("echo ${A}/x")),
            ("echo \"it's ${env:A_1}\"", Ok("echo \"it's ${A_1}\"")),
            ("echo 'a' \\' ${env:A}", Ok("echo 'a' \\' ${A}")),
            ("echo '${env:A}'", Err("${env:A}")),
            ("echo \\${env:A}", Err("${env:A}")),
            ("echo ${env:A-`rm`}", Err("${env:A-`rm`}")),
            ("echo ${env:A", Ok("echo ${env:A")),
        ] {
            assert_eq!(for_shell(line), shell.map(str::to_owned).map_err(str::to_owned), "{line}");
        }
        assert_eq!(word_for_shell("a b${env:A}$x", quoted), Ok("'a b'\"${A}\"'$x'".to_owned()));
        assert_eq!(
            word_for_shell("${env:ProgramFiles(x86)}", quoted),
            Err("${env:ProgramFiles(x86)}".to_owned())
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(\\$\\{|workspaceFolder|[}:$ a-cé])*") {
            let _ = replace(&text, Path::new("/p"), None);
        }
    }
}
