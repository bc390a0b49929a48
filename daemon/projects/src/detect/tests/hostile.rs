//! Every kind of file that detection reads, and all that can be wrong with it: told in a notice or shown safely,
//! never a panic, never a hang, never a shell.
//!
//! [`kinds::KINDS`] is the list. A mark that is not in it fails a test here, and so does a file that the look at
//! a fixture opened: a new ecosystem comes with its hostile files or not at all.

mod damage;
mod kinds;
mod types;

use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use brummer_event::spec::Command;

use super::fixture::{make, worked};
use crate::detect::{Detected, Lack, Look, detect, manifest, marks};
use crate::names;
use kinds::{KINDS, Kind, Language};

/// What one look may cost in a debug build, whatever else the machine does.
const MOST_WORK: Duration = Duration::from_secs(10);

/// A project with what the kind needs beside it, and with `bytes` as its file.
fn lay(kind: &Kind, path: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let (temp, root) = make(kind.beside);
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, bytes).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    (temp, root)
}

/// Looks, and holds what was found to what is promised of every listing.
#[track_caller]
fn look_at(root: &Path, what: &str) -> Detected {
    let before = worked();
    let detected = detect(root, &Look::default());
    let took = worked() - before;
    assert!(took < MOST_WORK, "{what}: {took:?}");
    hold(root, &detected, what);
    detected
}

#[track_caller]
fn hold(root: &Path, detected: &Detected, what: &str) {
    let mut taken = BTreeSet::new();
    for script in &detected.scripts {
        let about = format!("{what}: {script:?}");
        assert!(names::is_valid(&script.name) && taken.insert(&script.name), "{about}");
        let argv = script.argv();
        assert_eq!(argv.is_empty(), script.spec().unrunnable.is_some() && argv.is_empty(), "{about}");
        assert!(argv.iter().all(|word| !word.contains('\0')), "{about}");
        assert!(script.directory.is_absolute(), "{about}");
        assert!(root.join(&script.source).symlink_metadata().is_ok(), "{about}");
        assert!(!script.ecosystem.is_empty() && !script.runner.is_empty(), "{about}");
        let for_a_shell = matches!(script.run, Command::Shell(_));
        assert!(!for_a_shell || ["procfile", "vscode"].contains(&script.ecosystem), "{about}");
        assert!(script.description.as_ref().is_none_or(|text| is_plain(text)), "{about}");
        assert!(script.missing.as_ref().is_none_or(|lack| is_plain(&lack.reason())), "{about}");
    }
    for notice in detected.notices.iter() {
        assert!(is_plain(notice) && notice.chars().count() < 500, "{what}: {notice:?}");
    }
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c))
}

/// Every row is tried; those that fail are told together.
#[derive(Default)]
struct Rows {
    faults: Vec<String>,
}

impl Rows {
    fn row(&mut self, what: &str, row: impl FnOnce()) {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(row)).is_err() {
            self.faults.push(what.to_owned());
        }
    }

    #[track_caller]
    fn hold(self) {
        assert!(self.faults.is_empty(), "{:#?}", self.faults);
    }
}

/// A notice names the file.
#[track_caller]
fn told(detected: &Detected, path: &str, what: &str) {
    assert!(detected.notices.iter().any(|notice| notice.contains(path)), "{what}: {:?}", detected.notices);
}

#[test]
fn what_is_good_is_understood() {
    let mut rows = Rows::default();
    for (kind, path) in KINDS.iter().flat_map(|kind| kind.paths.iter().map(move |path| (kind, path))) {
        rows.row(path, || {
            let (_temp, root) = lay(kind, path, kind.good.as_bytes());
            let detected = look_at(&root, path);
            assert!(detected.notices.is_empty(), "{path}: {:?}", detected.notices);
            assert!(!detected.scripts.is_empty(), "{path} lists nothing");
        });
    }
    rows.hold();
}

#[test]
fn what_is_no_file_or_too_large_is_told() {
    let huge = "x".repeat(5 << 20);
    let mut rows = Rows::default();
    for (kind, path) in KINDS.iter().flat_map(|kind| kind.paths.iter().map(move |path| (kind, path))) {
        if !kind.is_read() {
            continue;
        }
        let no_text = [kind.good.as_bytes(), b"\xff\xfe"].concat();
        for (how, bytes) in [("huge", huge.as_bytes()), ("no UTF-8", &no_text)] {
            let what = format!("{path}, {how}");
            rows.row(&what, || {
                let (_temp, root) = lay(kind, path, bytes);
                told(&look_at(&root, &what), path, &what);
            });
        }
        type Make = fn(&Path);
        let places: [(&str, bool, Make); 3] = [
            ("a directory", false, |file| std::fs::create_dir(file).unwrap()),
            ("a pipe", false, |file| nix::unistd::mkfifo(file, nix::sys::stat::Mode::S_IRWXU).unwrap()),
            ("a link to itself", true, |file| symlink(file, file).unwrap()),
        ];
        for (how, is_told, make) in places {
            let what = format!("{path}, {how}");
            rows.row(&what, || {
                let (_temp, root) = lay(kind, path, b"");
                let file = root.join(path);
                std::fs::remove_file(&file).unwrap();
                make(&file);
                let detected = look_at(&root, &what);
                if is_told && kind.is_looked_for() {
                    told(&detected, path, &what);
                }
            });
        }
    }
    rows.hold();
}

#[test]
fn what_may_not_be_read_is_told() {
    let mut rows = Rows::default();
    for kind in KINDS.iter().filter(|kind| kind.is_read()) {
        let path = kind.paths[0];
        rows.row(path, || {
            let (temp, root) = lay(kind, path, kind.good.as_bytes());
            open_to_all(temp.path());
            std::fs::set_permissions(root.join(path), std::fs::Permissions::from_mode(0o000)).unwrap();
            let detected = as_nobody(|| look_at(&root, path));
            if kind.is_looked_for() {
                told(&detected, path, path);
            }
        });
    }
    rows.hold();
}

#[test]
fn a_directory_that_may_not_be_read_is_told_once() {
    let (temp, root) = make(&[
        ("package.json", r#"{"workspaces":["packages/**"],"scripts":{"dev":"x"}}"#),
        ("packages/a/package.json", r#"{"scripts":{"dev":"x"}}"#),
        ("packages/closed/b/package.json", r#"{"scripts":{"dev":"x"}}"#),
    ]);
    open_to_all(temp.path());
    std::fs::set_permissions(root.join("packages/closed"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let inside = as_nobody(|| look_at(&root, "a closed package"));
    let names: Vec<&str> = inside.scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names, ["dev", "a:dev"]);
    assert_eq!(
        *inside.notices,
        ["packages/closed cannot be read: Permission denied (os error 13)".to_owned()]
    );

    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o000)).unwrap();
    let whole = as_nobody(|| look_at(&root, "a closed project"));
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(root.join("packages/closed"), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!((whole.scripts.len(), whole.notices.len()), (0, 1), "{:?}", whole.notices);
}

/// Opens a tree of directories to every user.
fn open_to_all(dir: &Path) {
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            open_to_all(&entry.path());
        }
    }
}

/// Does `work` with the rights of nobody over files: this thread alone, and only if it has those of root.
fn as_nobody<T>(work: impl FnOnce() -> T) -> T {
    let nobody = nix::unistd::Uid::from_raw(65534);
    let root = nix::unistd::Uid::effective().is_root();
    if root {
        nix::unistd::setfsuid(nobody);
    }
    let done = work();
    if root {
        nix::unistd::setfsuid(nix::unistd::Uid::from_raw(0));
    }
    done
}

fn damaged(language: Language) {
    let mut rows = Rows::default();
    for kind in KINDS.iter().filter(|kind| kind.is_read() && kind.language == language) {
        let path = kind.paths[0];
        for damaged in damage::of(kind) {
            let what = format!("{path}, {}", damaged.how);
            rows.row(&what, || {
                let (_temp, root) = lay(kind, path, damaged.text.as_bytes());
                let detected = look_at(&root, &what);
                if damaged.is_told && kind.is_looked_for() {
                    told(&detected, path, &what);
                }
            });
        }
    }
    rows.hold();
}

#[test]
fn damaged_json_is_told_or_shown_safely() {
    damaged(Language::Json);
}

#[test]
fn damaged_yaml_is_told_or_shown_safely() {
    damaged(Language::Yaml);
}

#[test]
fn damaged_toml_is_told_or_shown_safely() {
    damaged(Language::Toml);
}

#[test]
fn damaged_xml_is_told_or_shown_safely() {
    damaged(Language::Xml);
}

#[test]
fn damaged_text_is_shown_safely() {
    damaged(Language::Text);
}

#[test]
fn hostile_names_are_shown_safely_and_never_given_to_a_shell() {
    let mut rows = Rows::default();
    for kind in KINDS {
        let Some(named) = kind.named else { continue };
        for name in damage::NAMES {
            let path = kind.paths[0];
            let what = format!("{path}, a script called {name:?}");
            rows.row(&what, || {
                let (_temp, root) = lay(kind, path, named(name).as_bytes());
                let detected = look_at(&root, &what);
                let Some(script) = detected.scripts.iter().find(|script| script.original.contains(name))
                else {
                    // The language has no such name, or nothing could be started so.
                    assert!(damage::may_be_refused(name) || kind.is_text(), "{what}: {detected:?}");
                    return;
                };
                let argv = script.argv();
                let whole = argv.iter().any(|word| word == name || word.ends_with(&format!(":{name}")));
                assert!(whole || kind.hides_name(), "{what}: {argv:?}");
            });
        }
    }
    rows.hold();
}

#[test]
fn every_mark_has_its_hostile_files() {
    let listed: BTreeSet<&str> = KINDS.iter().flat_map(|kind| kind.paths.iter().copied()).collect();
    for mark in marks() {
        let dir = tempfile::tempdir().unwrap();
        let known = listed.iter().any(|path| {
            let file = dir.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
            mark.find(dir.path()).is_some()
        });
        assert!(known, "{mark:?} is in no row of KINDS");
    }
}

#[test]
fn every_file_that_is_read_has_its_hostile_files() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let dir = entry.unwrap().path();
        manifest::opened::start();
        let detected = detect(&dir, &Look::default());
        let what = dir.display().to_string();
        hold(&dir, &detected, &what);
        for path in manifest::opened::stop() {
            let known = KINDS.iter().any(|kind| kind.stands_for(&path));
            assert!(known, "{} is in no row of KINDS", path.display());
        }
    }
}

#[test]
fn what_no_system_could_start_is_told_and_left_out() {
    let long = "x".repeat(200_000);
    let (_temp, root) = make(&[("Procfile", &format!("long: {long}\nnul: a\0b\nweb: node x\n"))]);
    let detected = look_at(&root, "a long command");
    assert_eq!(detected.scripts.len(), 1);
    assert_eq!(
        *detected.notices,
        [
            "Procfile: \"long\" is longer than a command may be and is not shown".to_owned(),
            "Procfile: \"nul\" has a NUL in its command and is not shown".to_owned()
        ]
    );
    assert!(Lack::Argument("x".to_owned()).is_met_by(&["y".to_owned()]));
}
