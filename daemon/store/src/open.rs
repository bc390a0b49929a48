//! Opening: pragmas, schema by version, a damaged file put aside.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// Version of the schema, kept in `user_version`.
const VERSION: i64 = 2;

/// What was found when the file was opened.
#[derive(Debug)]
pub struct Opened {
    /// There was no file before.
    pub fresh: bool,
    /// A damaged file was found and kept under this name.
    pub corrupt_kept: Option<PathBuf>,
}

pub(crate) fn open(path: &Path) -> Result<(Connection, Opened), StoreError> {
    let fresh = !path.exists();
    match prepare(path) {
        Ok(connection) => Ok((connection, Opened { fresh, corrupt_kept: None })),
        Err(StoreError::Open { source, .. } | StoreError::Sql(source)) if is_damage(&source) => {
            let kept = put_aside(path)?;
            let connection = prepare(path)?;
            Ok((connection, Opened { fresh: true, corrupt_kept: Some(kept) }))
        }
        Err(error) => Err(error),
    }
}

fn prepare(path: &Path) -> Result<Connection, StoreError> {
    let describe = |source| StoreError::Open { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags).map_err(describe)?;
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = 1000; PRAGMA temp_store = MEMORY;",
        )
        .map_err(describe)?;
    let check: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(describe)?;
    if check != "ok" {
        return Err(describe(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
            Some(check),
        )));
    }
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(describe)?;
    if found > VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    let mut steps = String::new();
    if found < 1 {
        steps.extend([
            crate::projects::SCHEMA,
            crate::processes::SCHEMA,
            crate::insight::SCHEMA,
            crate::seqs::SCHEMA,
        ]);
    }
    if found < 2 {
        steps.push_str(crate::projects::PROFILE);
    }
    if !steps.is_empty() {
        connection
            .execute_batch(&format!("BEGIN; {steps} PRAGMA user_version = {VERSION}; COMMIT;"))
            .map_err(describe)?;
    }
    Ok(connection)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Renames the file and its companions to `….corrupt-<seconds>`.
fn put_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let seconds = brummer_scope::clock::wall_ns() / 1_000_000_000;
    let aside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let kept = aside(&format!(".corrupt-{seconds}"));
    std::fs::rename(path, &kept)?;
    for companion in ["-wal", "-shm"] {
        let from = aside(companion);
        if from.exists() {
            std::fs::rename(&from, aside(&format!(".corrupt-{seconds}{companion}")))?;
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = include_str!("../fixtures/state-v1.sql");

    /// Each table with its columns and the number of its rows.
    fn shape(connection: &Connection) -> Vec<(String, Vec<String>, i64)> {
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let all = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let tables = all(names).into_iter();
        tables
            .map(|name| {
                let columns = all(&format!("SELECT name || ' ' || type FROM pragma_table_info('{name}')"));
                let rows = format!("SELECT count(*) FROM {name}");
                let rows = connection.query_row(&rows, [], |row| row.get(0)).unwrap();
                (name, columns, rows)
            })
            .collect()
    }

    #[test]
    fn a_file_of_the_first_version_becomes_one_of_this_and_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old.db"), dir.path().join("new.db"));
        Connection::open(&old).unwrap().execute_batch(FIRST).unwrap();
        let before = shape(&Connection::open(&old).unwrap());
        assert!(before.iter().all(|(_, _, rows)| *rows > 0), "{before:?}");

        let (connection, opened) = open(&old).unwrap();
        assert!(!opened.fresh && opened.corrupt_kept.is_none());
        let version = |connection: &Connection| -> i64 {
            connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
        };
        assert_eq!(version(&connection), VERSION);
        let after = shape(&connection);
        let rows = |shape: &[(String, Vec<String>, i64)]| {
            shape.iter().map(|(name, _, rows)| (name.clone(), *rows)).collect::<Vec<_>>()
        };
        assert_eq!(rows(&after), rows(&before));
        let (fresh, _) = open(&new).unwrap();
        let columns = |shape: Vec<(String, Vec<String>, i64)>| {
            shape.into_iter().map(|(name, columns, _)| (name, columns)).collect::<Vec<_>>()
        };
        assert_eq!(columns(after), columns(shape(&fresh)), "as if it had been made today");

        let projects = crate::projects::all(&connection).unwrap();
        let shop = projects.iter().find(|project| project.name == "shop").unwrap();
        assert_eq!((shop.trusted, shop.open, &shop.profile), (true, true, &None));
        assert_eq!(shop.dir, Path::new("/home/me/shop"));
        assert_eq!(crate::seqs::load(&connection).unwrap().unwrap().ceiling, 1 << 20);

        // Once more: nothing is left to do.
        drop(connection);
        let (connection, _) = open(&old).unwrap();
        assert_eq!(version(&connection), VERSION);
        // A version that is not known yet is left alone.
        connection.execute_batch("PRAGMA user_version = 99").unwrap();
        drop(connection);
        assert!(matches!(open(&old), Err(StoreError::Newer { found: 99, .. })));
    }
}
