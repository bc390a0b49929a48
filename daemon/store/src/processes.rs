//! Processes (what is wanted of each), their runs and ends, and the commands that began work. What supervision
//! keeps in `spec`, `context` and `record` is its own text; this file knows only what must be found again.

use brummer_event::{ProcessKey, RequestId, RunId, WallNs};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::StoreError;

pub(crate) const SCHEMA: &str = "
CREATE TABLE processes (
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  project_dir TEXT NOT NULL,
  position INTEGER,
  spec TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  context TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (project, name)
) STRICT;
CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  process TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  created_ns INTEGER NOT NULL,
  record TEXT NOT NULL,
  exit TEXT,
  closed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX runs_of_process ON runs (project, process, run);
CREATE INDEX runs_open ON runs (closed) WHERE closed = 0;
CREATE TABLE commands (
  request TEXT NOT NULL,
  project TEXT NOT NULL,
  process TEXT NOT NULL,
  verb TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  run_before TEXT,
  answer TEXT,
  PRIMARY KEY (request, project, process, verb)
) STRICT;
";

/// Ended runs of one process that are kept for its history.
const RUNS_KEPT: i64 = 100;

/// A known process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRow {
    pub key: ProcessKey,
    pub project_dir: String,
    /// Place among the declared ones.
    pub position: Option<u32>,
    pub spec: String,
    pub wanted: bool,
    pub context: String,
    pub record: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub run: RunId,
    pub key: ProcessKey,
    pub boot_id: String,
    pub created: WallNs,
    pub record: String,
    pub exit: Option<String>,
}

/// A command that began work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRow {
    pub request: RequestId,
    pub key: ProcessKey,
    pub verb: String,
    pub at: WallNs,
    /// The process's newest run when the command came.
    pub run_before: Option<RunId>,
    /// `None` while it is worked on.
    pub answer: Option<String>,
}

fn run_id(text: &str) -> Result<RunId, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged { what: "run id", text: text.to_owned() })
}

fn key(row: &Row<'_>, project: &str, name: &str) -> rusqlite::Result<ProcessKey> {
    Ok(ProcessKey::new(row.get::<_, String>(project)?, row.get::<_, String>(name)?))
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<(String, RunRow)> {
    let text: String = row.get("run")?;
    let run = RunRow {
        run: RunId::from_u128(0),
        key: key(row, "project", "process")?,
        boot_id: row.get("boot_id")?,
        created: row.get("created_ns")?,
        record: row.get("record")?,
        exit: row.get("exit")?,
    };
    Ok((text, run))
}

fn runs(found: impl Iterator<Item = rusqlite::Result<(String, RunRow)>>) -> Result<Vec<RunRow>, StoreError> {
    found
        .map(|row| {
            let (text, run) = row?;
            Ok(RunRow { run: run_id(&text)?, ..run })
        })
        .collect()
}

/// All known processes.
///
/// # Errors
/// The database fails.
pub fn all(connection: &Connection) -> Result<Vec<ProcessRow>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM processes ORDER BY project, name")?;
    let rows = statement.query_map([], |row| {
        Ok(ProcessRow {
            key: key(row, "project", "name")?,
            project_dir: row.get("project_dir")?,
            position: row.get("position")?,
            spec: row.get("spec")?,
            wanted: row.get("wanted")?,
            context: row.get("context")?,
            record: row.get("record")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Makes a process known, or gives it a new form or place; what is wanted of it stays.
///
/// # Errors
/// The database fails.
pub fn declare(
    connection: &Connection,
    key: &ProcessKey,
    project_dir: &str,
    position: Option<u32>,
    spec: &str,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO processes (project, name, project_dir, position, spec, wanted, context, record)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, '', '')
         ON CONFLICT (project, name) DO UPDATE SET project_dir = ?3, position = ?4, spec = ?5",
    )?;
    statement.execute(params![&*key.project, &*key.name, project_dir, position, spec])?;
    Ok(())
}

/// The world in which a process was started last.
///
/// # Errors
/// The database fails.
pub fn put_context(connection: &Connection, key: &ProcessKey, context: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE processes SET context = ?3 WHERE project = ?1 AND name = ?2")?
        .execute(params![&*key.project, &*key.name, context])?;
    Ok(())
}

/// Writes what changes often.
///
/// # Errors
/// The database fails.
pub fn put_record(
    connection: &Connection,
    key: &ProcessKey,
    wanted: bool,
    record: &str,
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("UPDATE processes SET wanted = ?3, record = ?4 WHERE project = ?1 AND name = ?2")?;
    statement.execute(params![&*key.project, &*key.name, wanted, record])?;
    Ok(())
}

/// Forgets a process and its history.
///
/// # Errors
/// The database fails.
pub fn forget(connection: &Connection, key: &ProcessKey) -> Result<(), StoreError> {
    let names = params![&*key.project, &*key.name];
    connection.prepare_cached("DELETE FROM processes WHERE project = ?1 AND name = ?2")?.execute(names)?;
    connection
        .prepare_cached("DELETE FROM runs WHERE project = ?1 AND process = ?2 AND closed = 1")?
        .execute(names)?;
    Ok(())
}

/// A run is intended.
///
/// # Errors
/// The database fails.
pub fn begin_run(connection: &Connection, row: &RunRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO runs (run, project, process, boot_id, created_ns, record, exit, closed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
    )?;
    statement.execute(params![
        row.run.to_string(),
        &*row.key.project,
        &*row.key.name,
        row.boot_id,
        row.created,
        row.record,
        row.exit,
    ])?;
    connection
        .prepare_cached(
            "DELETE FROM runs WHERE project = ?1 AND process = ?2 AND closed = 1 AND run <=
             (SELECT run FROM runs WHERE project = ?1 AND process = ?2 ORDER BY run DESC LIMIT 1 OFFSET ?3)",
        )?
        .execute(params![&*row.key.project, &*row.key.name, RUNS_KEPT])?;
    Ok(())
}

/// How a run's leader ended.
///
/// # Errors
/// The database fails.
pub fn end_run(connection: &Connection, run: RunId, record: &str, exit: &str) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE runs SET record = ?2, exit = ?3 WHERE run = ?1")?.execute(params![
        run.to_string(),
        record,
        exit
    ])?;
    Ok(())
}

/// Nothing of the run is left to be done: its shim is gone and its capture read.
///
/// # Errors
/// The database fails.
pub fn close_run(connection: &Connection, run: RunId) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE runs SET closed = 1 WHERE run = ?1")?.execute([run.to_string()])?;
    Ok(())
}

/// The run never came to be.
///
/// # Errors
/// The database fails.
pub fn drop_run(connection: &Connection, run: RunId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM runs WHERE run = ?1")?.execute([run.to_string()])?;
    Ok(())
}

/// Runs that may still have a shim or unread output, oldest first.
///
/// # Errors
/// The database fails.
pub fn open_runs(connection: &Connection) -> Result<Vec<RunRow>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM runs WHERE closed = 0 ORDER BY run")?;
    runs(statement.query_map([], run_row)?)
}

/// The newest runs of a process, newest first.
///
/// # Errors
/// The database fails.
pub fn runs_of(connection: &Connection, key: &ProcessKey, most: u32) -> Result<Vec<RunRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM runs WHERE project = ?1 AND process = ?2 ORDER BY run DESC LIMIT ?3",
    )?;
    runs(statement.query_map(params![&*key.project, &*key.name, most], run_row)?)
}

/// Whether the run is known.
///
/// # Errors
/// The database fails.
pub fn knows_run(connection: &Connection, run: RunId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM runs WHERE run = ?1")?;
    Ok(statement.query_row([run.to_string()], |_| Ok(())).optional()?.is_some())
}

/// A command begins work; those older than `oldest` are forgotten.
///
/// # Errors
/// The database fails.
pub fn begin_command(connection: &Connection, row: &CommandRow, oldest: WallNs) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM commands WHERE at_ns < ?1")?.execute([oldest])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO commands (request, project, process, verb, at_ns, run_before, answer)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            &*row.request.0,
            &*row.key.project,
            &*row.key.name,
            row.verb,
            row.at,
            row.run_before.map(|run| run.to_string()),
            row.answer,
        ])?;
    Ok(())
}

/// A command was answered.
///
/// # Errors
/// The database fails.
pub fn end_command(
    connection: &Connection,
    request: &RequestId,
    key: &ProcessKey,
    verb: &str,
    answer: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE commands SET answer = ?5
             WHERE request = ?1 AND project = ?2 AND process = ?3 AND verb = ?4",
        )?
        .execute(params![&*request.0, &*key.project, &*key.name, verb, answer])?;
    Ok(())
}

/// Commands not older than `oldest`.
///
/// # Errors
/// The database fails.
pub fn commands_since(connection: &Connection, oldest: WallNs) -> Result<Vec<CommandRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM commands WHERE at_ns >= ?1 ORDER BY at_ns")?;
    let rows = statement.query_map([oldest], |row| {
        let request: String = row.get("request")?;
        let command = CommandRow {
            request: RequestId(request.into()),
            key: key(row, "project", "process")?,
            verb: row.get("verb")?,
            at: row.get("at_ns")?,
            run_before: None,
            answer: row.get("answer")?,
        };
        Ok((command, row.get::<_, Option<String>>("run_before")?))
    })?;
    rows.map(|row| {
        let (command, run) = row?;
        Ok(CommandRow { run_before: run.as_deref().map(run_id).transpose()?, ..command })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection
    }

    fn process(name: &str) -> ProcessRow {
        ProcessRow {
            key: ProcessKey::new("shop", name),
            project_dir: "/src/shop".into(),
            position: Some(3),
            spec: "{}".into(),
            wanted: false,
            context: String::new(),
            record: String::new(),
        }
    }

    fn run(number: u128, name: &str) -> RunRow {
        RunRow {
            run: RunId::from_u128(number),
            key: ProcessKey::new("shop", name),
            boot_id: "boot".into(),
            created: 7,
            record: "r".into(),
            exit: None,
        }
    }

    #[test]
    fn processes_come_back() {
        let db = database();
        let (api, web) = (process("api"), process("web"));
        declare(&db, &api.key, "/src/shop", Some(3), "{}").unwrap();
        declare(&db, &web.key, "/src/shop", Some(3), "{}").unwrap();
        put_record(&db, &api.key, true, "later").unwrap();
        put_context(&db, &api.key, "[]").unwrap();
        declare(&db, &api.key, "/src/shop", None, "{2}").unwrap();
        let api = ProcessRow {
            position: None,
            spec: "{2}".into(),
            wanted: true,
            context: "[]".into(),
            record: "later".into(),
            ..api
        };
        assert_eq!(all(&db).unwrap(), [api.clone(), web]);
        forget(&db, &process("web").key).unwrap();
        assert_eq!(all(&db).unwrap(), [api]);
    }

    #[test]
    fn runs_are_open_until_closed_and_old_ones_are_forgotten() {
        let db = database();
        for number in 1..=150 {
            begin_run(&db, &run(number, "api")).unwrap();
            end_run(&db, RunId::from_u128(number), "r2", "e").unwrap();
            if number != 5 {
                close_run(&db, RunId::from_u128(number)).unwrap();
            }
        }
        begin_run(&db, &run(200, "api")).unwrap();
        begin_run(&db, &run(201, "web")).unwrap();
        let open: Vec<u128> = open_runs(&db).unwrap().iter().map(|row| row.run.as_u128()).collect();
        assert_eq!(open, [5, 200, 201], "an open run is never forgotten");
        let all = runs_of(&db, &ProcessKey::new("shop", "api"), 1000).unwrap();
        assert_eq!(all.len(), 101);
        assert_eq!((all[0].run.as_u128(), all[1].exit.as_deref()), (200, Some("e")));
        assert!(knows_run(&db, RunId::from_u128(201)).unwrap());
        drop_run(&db, RunId::from_u128(201)).unwrap();
        assert!(!knows_run(&db, RunId::from_u128(201)).unwrap());
    }

    #[test]
    fn commands_are_remembered_as_long_as_asked() {
        let db = database();
        let command = |request: &str, at| CommandRow {
            request: RequestId(request.into()),
            key: ProcessKey::new("shop", "api"),
            verb: "start".into(),
            at,
            run_before: Some(RunId::from_u128(9)),
            answer: None,
        };
        begin_command(&db, &command("a", 10), 0).unwrap();
        begin_command(&db, &command("b", 20), 15).unwrap();
        let key = ProcessKey::new("shop", "api");
        end_command(&db, &RequestId("b".into()), &key, "start", "started").unwrap();
        let kept = commands_since(&db, 0).unwrap();
        assert_eq!(kept, [CommandRow { answer: Some("started".into()), ..command("b", 20) }]);
    }
}
