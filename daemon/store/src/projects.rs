//! Known projects.

pub(crate) const SCHEMA: &str = "
CREATE TABLE projects (
  name TEXT PRIMARY KEY,
  dir BLOB NOT NULL UNIQUE,
  trusted INTEGER NOT NULL,
  open INTEGER NOT NULL,
  created_ns INTEGER NOT NULL
) STRICT;
";
