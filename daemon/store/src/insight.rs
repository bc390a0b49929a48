//! What was derived from lines: incidents and endpoints, each with the line number it was derived through.
//!
//! The records are JSON of the insight crate, which alone understands them. All of it can be derived again
//! from the captures, so a record that cannot be read is no reason not to start.

use rusqlite::{Connection, OptionalExtension, params};

use crate::StoreError;

pub(crate) const SCHEMA: &str = "
CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  process TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE TABLE endpoints (
  project TEXT NOT NULL,
  process TEXT NOT NULL,
  url TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (project, process, url)
) STRICT;
CREATE TABLE derived (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,
  through_seq INTEGER NOT NULL
) STRICT;
";

/// An incident as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    pub id: String,
    pub project: String,
    pub process: String,
    /// Line seq of its newest occurrence.
    pub last_seq: u64,
    pub record: String,
}

/// An endpoint as it is kept; project, process and URL identify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRow {
    pub project: String,
    pub process: String,
    pub url: String,
    pub record: String,
}

/// Everything through this line of this epoch has been derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derived {
    pub epoch: u64,
    pub through: u64,
}

/// All that is kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// By last seq, oldest first.
    pub incidents: Vec<IncidentRow>,
    pub endpoints: Vec<EndpointRow>,
    pub derived: Option<Derived>,
}

/// What changes together: derived state and how far it reaches are never apart.
#[derive(Debug, Default)]
pub struct Changes {
    pub put_incidents: Vec<IncidentRow>,
    /// Ids.
    pub drop_incidents: Vec<String>,
    pub put_endpoints: Vec<EndpointRow>,
    /// (project, process, url)
    pub drop_endpoints: Vec<(String, String, String)>,
    pub derived: Option<Derived>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.put_incidents.is_empty()
            && self.drop_incidents.is_empty()
            && self.put_endpoints.is_empty()
            && self.drop_endpoints.is_empty()
            && self.derived.is_none()
    }
}

/// # Errors
/// The database cannot be read.
pub fn load(connection: &Connection) -> Result<Kept, StoreError> {
    let incidents = connection
        .prepare_cached("SELECT id, project, process, last_seq, record FROM incidents ORDER BY last_seq, id")?
        .query_map([], |row| {
            Ok(IncidentRow {
                id: row.get(0)?,
                project: row.get(1)?,
                process: row.get(2)?,
                last_seq: row.get::<_, i64>(3)?.cast_unsigned(),
                record: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let endpoints = connection
        .prepare_cached("SELECT project, process, url, record FROM endpoints")?
        .query_map([], |row| {
            Ok(EndpointRow {
                project: row.get(0)?,
                process: row.get(1)?,
                url: row.get(2)?,
                record: row.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let derived = connection
        .query_row("SELECT epoch, through_seq FROM derived", [], |row| {
            Ok(Derived {
                epoch: row.get::<_, i64>(0)?.cast_unsigned(),
                through: row.get::<_, i64>(1)?.cast_unsigned(),
            })
        })
        .optional()?;
    Ok(Kept { incidents, endpoints, derived })
}

/// # Errors
/// The database cannot be written; then nothing of it is kept.
pub fn apply(connection: &Connection, changes: &Changes) -> Result<(), StoreError> {
    for id in &changes.drop_incidents {
        connection.prepare_cached("DELETE FROM incidents WHERE id = ?1")?.execute([id])?;
    }
    for (project, process, url) in &changes.drop_endpoints {
        connection
            .prepare_cached("DELETE FROM endpoints WHERE project = ?1 AND process = ?2 AND url = ?3")?
            .execute([project, process, url])?;
    }
    for row in &changes.put_incidents {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO incidents (id, project, process, last_seq, record) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![row.id, row.project, row.process, row.last_seq.cast_signed(), row.record])?;
    }
    for row in &changes.put_endpoints {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO endpoints (project, process, url, record) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![row.project, row.process, row.url, row.record])?;
    }
    if let Some(derived) = changes.derived {
        connection
            .prepare_cached("INSERT OR REPLACE INTO derived (one, epoch, through_seq) VALUES (1, ?1, ?2)")?
            .execute(params![derived.epoch.cast_signed(), derived.through.cast_signed()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_comes_back_until_it_is_dropped() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let incident = |id: &str, last_seq| IncidentRow {
            id: id.to_owned(),
            project: "p".to_owned(),
            process: "w".to_owned(),
            last_seq,
            record: "{}".to_owned(),
        };
        let endpoint = EndpointRow {
            project: "p".to_owned(),
            process: "w".to_owned(),
            url: "http://localhost/".to_owned(),
            record: "{}".to_owned(),
        };
        let derived = Derived { epoch: u64::MAX, through: 9 };
        let changes = Changes {
            put_incidents: vec![incident("b", 7), incident("a", 5)],
            put_endpoints: vec![endpoint.clone()],
            derived: Some(derived),
            ..Changes::default()
        };
        apply(&connection, &changes).unwrap();
        let kept = load(&connection).unwrap();
        assert_eq!(kept.incidents, [incident("a", 5), incident("b", 7)]);
        assert_eq!(kept.endpoints, std::slice::from_ref(&endpoint));
        assert_eq!(kept.derived, Some(derived));
        let changes = Changes {
            drop_incidents: vec!["a".to_owned()],
            put_incidents: vec![incident("b", 8)],
            drop_endpoints: vec![(endpoint.project, endpoint.process, endpoint.url)],
            ..Changes::default()
        };
        apply(&connection, &changes).unwrap();
        let kept = load(&connection).unwrap();
        assert_eq!(kept.incidents, [incident("b", 8)]);
        assert!(kept.endpoints.is_empty());
        assert_eq!(kept.derived, Some(derived), "an absent mark changes nothing");
    }
}
