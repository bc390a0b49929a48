//! How `$EDITOR` is asked to open a file at a line. Pure.

use crate::words;

/// Program and arguments for an editor as the variable names it (`vim`, `code --wait`, `/opt/x/subl`), each
/// as one argument of its own: nothing is given to a shell. `None` if the variable is blank.
pub fn command(editor: &str, path: &str, line: u32, column: u32) -> Option<Vec<String>> {
    let (mut words, _) = words::split(editor);
    let program = words.first()?.clone();
    let name = program.rsplit('/').next().unwrap_or(&program).trim_end_matches(".exe");
    if line == 0 {
        words.push(path.to_owned());
        return Some(words);
    }
    let column = column.max(1);
    match name {
        "code" | "code-insiders" | "codium" | "vscodium" | "cursor" | "windsurf" => {
            words.extend(["--goto".to_owned(), format!("{path}:{line}:{column}")]);
        }
        "hx" | "helix" | "subl" | "sublime_text" | "zed" | "zeditor" | "micro" | "lapce" | "atom" => {
            words.push(format!("{path}:{line}:{column}"));
        }
        "idea" | "webstorm" | "pycharm" | "goland" | "clion" | "rustrover" | "phpstorm" => {
            words.extend(["--line".to_owned(), line.to_string(), path.to_owned()]);
        }
        "mate" => words.extend(["-l".to_owned(), format!("{line}:{column}"), path.to_owned()]),
        "kate" | "kwrite" => {
            words.extend([
                "-l".to_owned(),
                line.to_string(),
                "-c".to_owned(),
                column.to_string(),
                path.to_owned(),
            ]);
        }
        "nano" => words.extend([format!("+{line},{column}"), path.to_owned()]),
        "emacs" | "emacsclient" | "kak" => words.extend([format!("+{line}:{column}"), path.to_owned()]),
        // vi, vim, nvim, joe, mg, ed and most others.
        _ => words.extend([format!("+{line}"), path.to_owned()]),
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_are_asked_in_their_own_way() {
        for (editor, expected) in [
            ("vim", "vim|+3|/a b.rs"),
            ("nvim -R", "nvim|-R|+3|/a b.rs"),
            ("/usr/bin/nano", "/usr/bin/nano|+3,9|/a b.rs"),
            ("code --wait", "code|--wait|--goto|/a b.rs:3:9"),
            ("'/opt/my tools/hx'", "/opt/my tools/hx|/a b.rs:3:9"),
            ("emacsclient -t", "emacsclient|-t|+3:9|/a b.rs"),
            ("idea", "idea|--line|3|/a b.rs"),
            ("a\\ b", "a b|+3|/a b.rs"),
        ] {
            assert_eq!(command(editor, "/a b.rs", 3, 9).unwrap().join("|"), expected);
        }
        assert_eq!(command("vim", "/a", 0, 0).unwrap(), ["vim", "/a"]);
        assert_eq!(command("  ", "/a", 1, 1), None);
    }
}
