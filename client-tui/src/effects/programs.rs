//! Other programs: the editor on our terminal, the browser beside it. Nothing is given to a shell.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::editor;
use crate::effect::Spot;
use crate::message::Failure;
use crate::terminal::Screen;

fn command(program: &str) -> Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "the user's own editor and browser, not supervised processes"
    )]
    Command::new(program)
}

fn failed(message: String, hint: &str) -> Failure {
    Failure { message, hint: Some(hint.to_owned()) }
}

/// Runs the editor until it ends. The outer error is the terminal's.
pub(super) fn edit(spot: &Spot, screen: &mut Screen) -> std::io::Result<Result<(), Failure>> {
    let Some(path) = existing(spot) else {
        let looked = spot.bases.join(", ");
        let message = if looked.is_empty() {
            format!("{} is no file here", spot.file)
        } else {
            format!("{} is no file in {looked}", spot.file)
        };
        return Ok(Err(failed(message, "it may be a path of another machine or of a bundler")));
    };
    let chosen = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
    let editor =
        chosen.filter(|value| !value.trim().is_empty()).chain(["vi".to_owned()]).next().unwrap_or_default();
    let words = editor::command(&editor, &path.to_string_lossy(), spot.line, spot.column);
    let Some((program, arguments)) = words.as_deref().and_then(<[String]>::split_first) else {
        return Ok(Err(failed("no editor is named".to_owned(), "set EDITOR")));
    };
    let status = screen.lend(|| command(program).args(arguments).status())?;
    Ok(match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("{program} ended with {status}"), "EDITOR names the program")),
        Err(error) => {
            Err(failed(format!("{program} could not be started: {error}"), "EDITOR names the program"))
        }
    })
}

/// Stops this process until its shell continues it. The outer error is the terminal's.
pub(super) fn suspend(screen: &mut Screen) -> std::io::Result<Result<(), Failure>> {
    let stopped = screen.lend(|| nix::sys::signal::raise(nix::sys::signal::Signal::SIGTSTP))?;
    Ok(stopped
        .map_err(|error| failed(format!("cannot be suspended: {error}"), "q leaves; all keeps running")))
}

/// The first of the places that the file can be in.
fn existing(spot: &Spot) -> Option<PathBuf> {
    let file = Path::new(&spot.file);
    let candidates = spot.bases.iter().map(|base| Path::new(base).join(file));
    let absolute = file.is_absolute().then(|| file.to_owned());
    absolute.into_iter().chain(candidates).find(|path| path.is_absolute() && path.is_file())
}

/// Shows an address in the browser.
pub(super) fn open(url: &str) -> Result<String, Failure> {
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err(failed(format!("{url} is no web address"), "only http and https are opened"));
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let child =
        command(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    match child {
        Ok(child) => {
            reap(child);
            Ok(format!("opening {url}"))
        }
        Err(error) => Err(failed(format!("{program} could not be started: {error}"), "y copies the address")),
    }
}

/// The browser's starter may last as long as the browser; its end is nobody's business, but has to be taken.
fn reap(mut child: std::process::Child) {
    #[expect(clippy::disallowed_methods, reason = "a client has no scope; it waits for one child and ends")]
    std::thread::spawn(move || drop(child.wait()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_opened() {
        for url in ["file:///etc/passwd", "javascript:alert(1)", "-x", "localhost:3000"] {
            assert!(open(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_file_is_found_in_the_first_directory_that_has_it() {
        let here = env!("CARGO_MANIFEST_DIR");
        let spot = |file: &str, bases: &[&str]| Spot {
            file: file.to_owned(),
            line: 1,
            column: 1,
            bases: bases.iter().map(|base| (*base).to_owned()).collect(),
        };
        assert_eq!(
            existing(&spot("src/lib.rs", &["/nowhere", here])),
            Some(Path::new(here).join("src/lib.rs"))
        );
        let absolute = format!("{here}/Cargo.toml");
        assert_eq!(existing(&spot(&absolute, &[])), Some(PathBuf::from(&absolute)));
        assert_eq!(existing(&spot("Cargo.toml", &["."])), None, "relative bases are nobody's");
        assert_eq!(existing(&spot("src", &[here])), None, "a directory is no file");
    }
}
