//! A project directory of a test.

use std::path::{Path, PathBuf};

/// A directory with a configuration.
pub struct Project {
    dir: PathBuf,
}

impl Project {
    pub fn create(dir: &Path, config: &str) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        if !config.is_empty() {
            std::fs::write(dir.join("brummer.toml"), config).unwrap();
        }
        Self { dir: dir.to_owned() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}
