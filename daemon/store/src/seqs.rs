//! Line numbers: the epoch, the boot they were given in, and the ceiling reserved so far.

pub(crate) const SCHEMA: &str = "
CREATE TABLE seqs (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  ceiling INTEGER NOT NULL,
  clean INTEGER NOT NULL
) STRICT;
";
