//! What was derived from lines: incidents and endpoints, each with the line number it was derived through.

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
