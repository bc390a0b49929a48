//! Line numbers: their epoch, the boot they were given in, the ceiling reserved so far; and what is no longer
//! shown of each process (removed by retention, or cleared by a person).

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::StoreError;

pub(crate) const SCHEMA: &str = "
CREATE TABLE seqs (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  ceiling INTEGER NOT NULL,
  floor INTEGER NOT NULL,
  clean INTEGER NOT NULL
) STRICT;
CREATE TABLE log_marks (
  project TEXT NOT NULL,
  process TEXT NOT NULL,
  evicted_to INTEGER NOT NULL,
  evicted_lines INTEGER NOT NULL,
  cleared_to INTEGER NOT NULL,
  PRIMARY KEY (project, process)
) STRICT;
";

/// What is known about the numbers given so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seqs {
    /// Changes only when the index is lost. Below 2^63.
    pub epoch: u64,
    /// Boot in which the last numbers were given.
    pub boot_id: String,
    /// No number at or above this one was ever given.
    pub ceiling: u64,
    /// Every number below this one may have been given although no index says so any more.
    pub floor: u64,
    /// The daemon ended in order: `floor` is exact and everything is synced.
    pub clean: bool,
}

/// What is no longer shown of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogMark {
    pub project: String,
    pub process: String,
    /// Lines through this number were removed, so many of them.
    pub evicted_to: u64,
    pub evicted_lines: u64,
    /// Lines through this number were cleared.
    pub cleared_to: u64,
}

/// SQLite's integers have a sign; numbers of lines stay below 2^53.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// What was kept last, if anything ever was.
///
/// # Errors
/// The database cannot be read.
pub fn load(connection: &Connection) -> Result<Option<Seqs>, StoreError> {
    let row = connection
        .query_row("SELECT epoch, boot_id, ceiling, floor, clean FROM seqs", [], |row| {
            Ok(Seqs {
                epoch: unsigned(row.get(0)?),
                boot_id: row.get(1)?,
                ceiling: unsigned(row.get(2)?),
                floor: unsigned(row.get(3)?),
                clean: row.get(4)?,
            })
        })
        .optional()?;
    Ok(row)
}

/// Keeps it.
///
/// # Errors
/// The database cannot be written.
pub fn save(connection: &Connection, seqs: &Seqs) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO seqs (one, epoch, boot_id, ceiling, floor, clean) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        params![signed(seqs.epoch), seqs.boot_id, signed(seqs.ceiling), signed(seqs.floor), seqs.clean],
    )?;
    Ok(())
}

/// The write-ahead log of this database: what has to be synced before a ceiling may be relied upon.
pub fn write_ahead_log(connection: &Connection) -> Option<PathBuf> {
    connection.path().filter(|path| !path.is_empty()).map(|path| PathBuf::from(format!("{path}-wal")))
}

/// All marks.
///
/// # Errors
/// The database cannot be read.
pub fn marks(connection: &Connection) -> Result<Vec<LogMark>, StoreError> {
    let mut statement = connection
        .prepare("SELECT project, process, evicted_to, evicted_lines, cleared_to FROM log_marks")?;
    let rows = statement.query_map([], |row| {
        Ok(LogMark {
            project: row.get(0)?,
            process: row.get(1)?,
            evicted_to: unsigned(row.get(2)?),
            evicted_lines: unsigned(row.get(3)?),
            cleared_to: unsigned(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps marks, each in place of the one before.
///
/// # Errors
/// The database cannot be written.
pub fn save_marks(connection: &Connection, marks: &[LogMark]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO log_marks (project, process, evicted_to, evicted_lines, cleared_to)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for mark in marks {
        statement.execute(params![
            mark.project,
            mark.process,
            signed(mark.evicted_to),
            signed(mark.evicted_lines),
            signed(mark.cleared_to)
        ])?;
    }
    Ok(())
}

/// Forgets the marks of a process.
///
/// # Errors
/// The database cannot be written.
pub fn remove_mark(connection: &Connection, project: &str, process: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM log_marks WHERE project = ?1 AND process = ?2", [project, process])?;
    Ok(())
}

/// Forgets all marks: the index is new, so are its numbers.
///
/// # Errors
/// The database cannot be written.
pub fn clear_marks(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM log_marks", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection
    }

    #[test]
    fn what_was_kept_comes_back() {
        let connection = database();
        assert_eq!(load(&connection).unwrap(), None);
        let mut seqs =
            Seqs { epoch: 1 << 62, boot_id: "b".to_owned(), ceiling: 1 << 20, floor: 7, clean: false };
        save(&connection, &seqs).unwrap();
        seqs.clean = true;
        save(&connection, &seqs).unwrap();
        assert_eq!(load(&connection).unwrap(), Some(seqs));
    }

    #[test]
    fn marks_are_one_a_process() {
        let connection = database();
        let mark = |process: &str, evicted_to| LogMark {
            project: "p".to_owned(),
            process: process.to_owned(),
            evicted_to,
            evicted_lines: 3,
            cleared_to: 1,
        };
        save_marks(&connection, &[mark("a", 5), mark("b", 6)]).unwrap();
        save_marks(&connection, &[mark("a", 9)]).unwrap();
        let mut found = marks(&connection).unwrap();
        found.sort_by(|one, other| one.process.cmp(&other.process));
        assert_eq!(found, [mark("a", 9), mark("b", 6)]);
        remove_mark(&connection, "p", "a").unwrap();
        assert_eq!(marks(&connection).unwrap(), [mark("b", 6)]);
        clear_marks(&connection).unwrap();
        assert!(marks(&connection).unwrap().is_empty());
    }
}
