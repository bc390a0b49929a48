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
