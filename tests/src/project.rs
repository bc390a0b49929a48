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

    /// The directory of a project that is there.
    pub fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Makes it a workspace of npm's with this many packages of four scripts each.
    pub fn fill_with_packages(&self, packages: usize) {
        self.write("package.json", r#"{"workspaces":["packages/*"]}"#);
        for n in 0..packages {
            let scripts = r#"{"dev":"vite","build":"vite build","test":"vitest","lint":"eslint ."}"#;
            let text = format!(r#"{{"name":"@acme/p{n:04}","scripts":{scripts}}}"#);
            self.write(&format!("packages/p{n:04}/package.json"), &text);
        }
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
