//! Known projects: name, directory (a real path, any bytes), trust.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use crate::StoreError;

pub(crate) const SCHEMA: &str = "
CREATE TABLE projects (
  name TEXT PRIMARY KEY,
  dir BLOB NOT NULL UNIQUE,
  trusted INTEGER NOT NULL,
  open INTEGER NOT NULL,
  created_ns INTEGER NOT NULL
) STRICT;
";

/// Version 2: the profile that the last `up` chose.
pub(crate) const PROFILE: &str = "ALTER TABLE projects ADD COLUMN profile TEXT;";

/// A known project as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRow {
    pub name: String,
    pub dir: PathBuf,
    pub trusted: bool,
    pub open: bool,
    /// The profile that the last `up` chose.
    pub profile: Option<String>,
    /// Wall nanoseconds.
    pub created: i64,
}

/// All projects, by name.
///
/// # Errors
/// What SQLite says.
pub fn all(connection: &Connection) -> Result<Vec<ProjectRow>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT name, dir, trusted, open, created_ns, profile FROM projects ORDER BY name")?;
    let rows = statement.query_map([], |row| {
        Ok(ProjectRow {
            name: row.get(0)?,
            dir: PathBuf::from(OsString::from_vec(row.get(1)?)),
            trusted: row.get(2)?,
            open: row.get(3)?,
            created: row.get(4)?,
            profile: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a project, or changes trust, openness and profile of the one with this name.
///
/// # Errors
/// What SQLite says; a directory that another name has is refused.
pub fn put(connection: &Connection, row: &ProjectRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO projects (name, dir, trusted, open, created_ns, profile)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (name) DO UPDATE SET trusted = ?3, open = ?4, profile = ?6",
        )?
        .execute(params![row.name, bytes(&row.dir), row.trusted, row.open, row.created, row.profile])?;
    Ok(())
}

/// Forgets a project; says whether it was known.
///
/// # Errors
/// What SQLite says.
pub fn remove(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM projects WHERE name = ?1")?.execute([name])? > 0)
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

#[cfg(test)]
mod tests {
    use brummer_scope::Scope;

    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn a_project_comes_back_with_every_byte_of_its_directory() {
        let temp = tempfile::tempdir().unwrap();
        let scope = Scope::new().unwrap();
        let path = temp.path().join("state.db");
        let (store, _) = Store::open(&path, &scope).unwrap();
        let mut row = ProjectRow {
            name: "shop".to_owned(),
            dir: PathBuf::from(OsString::from_vec(b"/src/\xff shop".to_vec())),
            trusted: false,
            open: false,
            profile: None,
            created: 7,
        };
        let first = row.clone();
        store.durable(move |c| put(c, &first)).await.unwrap();
        row.trusted = true;
        row.profile = Some("ci".to_owned());
        let changed = row.clone();
        store.durable(move |c| put(c, &changed)).await.unwrap();
        assert_eq!(store.call(all).await.unwrap(), vec![row.clone()]);
        let twin = ProjectRow { name: "twin".to_owned(), ..row };
        assert!(store.call(move |c| put(c, &twin)).await.is_err(), "one directory, one name");
        assert!(store.call(|c| remove(c, "shop")).await.unwrap());
        assert!(!store.call(|c| remove(c, "shop")).await.unwrap());
        assert_eq!(store.call(all).await.unwrap(), Vec::new());
    }
}
