//! Files of other tools: whatever they hold, what is made of them passes our own check.
#![no_main]

use brummer_projects::config::{Beside, ForeignFormat, ImportError, convert};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 12] = [
    "Procfile",
    "compose.yaml",
    "process-compose.yaml",
    "mprocs.yaml",
    "dekit.json",
    "ecosystem.config.json",
    "ecosystem.yaml",
    "tasks.json",
    "pitchfork.toml",
    ".brum.toml",
    "x",
    "x.toml",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    // A name that says nothing: somebody says what it is.
    let from = (name == "x").then(|| ForeignFormat::ALL[rest.len() % ForeignFormat::ALL.len()]);
    match convert(name, text, from, Beside { dotenv: first % 2 == 0, ..Beside::default() }) {
        Err(ImportError::Unsound { diagnostics }) => panic!("{diagnostics:?}"),
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(imported) => assert!(!imported.text.is_empty()),
    }
});
