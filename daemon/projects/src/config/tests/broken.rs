//! More than twenty broken files and what is said about each: messages that need no manual.

use std::path::{Path, PathBuf};

use crate::config::{not_there, read_files, render_all};

use super::{join, user};

/// The file of the fixtures as a project's own, and all that is said about it.
fn said(fixture: &Path) -> String {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().canonicalize().unwrap();
    let ending = fixture.extension().unwrap().to_str().unwrap();
    std::fs::copy(fixture, dir.join(format!("brummer.{ending}"))).unwrap();
    let text = match join(&dir, &user(), &read_files(&dir, None), &[], None) {
        Ok(config) => {
            let found = [config.warnings, not_there(&config.named)].concat();
            assert!(!found.is_empty(), "{} is right", fixture.display());
            render_all(&found)
        }
        Err(wrong) => render_all(&wrong),
    };
    text.replace(&format!("{}/", dir.display()), "")
}

#[test]
fn every_broken_file_is_told_in_words_that_need_no_manual() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broken");
    let mut fixtures: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    fixtures.sort();
    assert!(fixtures.len() >= 20, "twenty were asked for");
    for fixture in fixtures {
        let name = fixture.file_stem().unwrap().to_str().unwrap().to_owned();
        let said = said(&fixture);
        assert!(said.contains("= help: "), "{name} has no cure:\n{said}");
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../../../fixtures/said", omit_expression => true }, {
            insta::assert_snapshot!(name, said);
        });
    }
}
