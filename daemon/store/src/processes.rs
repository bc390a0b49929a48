//! Processes (wanted state), their runs and exits, and the answers of commands.

pub(crate) const SCHEMA: &str = "
CREATE TABLE processes (
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,
  wanted TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (project, name)
) STRICT;
CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  process TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  started_ns INTEGER NOT NULL,
  record TEXT NOT NULL,
  exit TEXT
) STRICT;
CREATE INDEX runs_of_process ON runs (project, process, run);
CREATE TABLE commands (
  request TEXT PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  answer TEXT NOT NULL
) STRICT;
";
