//! Our own configuration, in every format, as a project's and as the user's: what is wrong is told with a
//! place in the text, nothing else happens.
#![no_main]

use std::path::Path;

use brummer_projects::config::{Environment, UserConfig, check, render_all};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let format = ["toml", "yaml", "json"][usize::from(first % 3)];
    if let Err(wrong) = check(Path::new(&format!("brummer.{format}")), text) {
        assert!(!render_all(&wrong).is_empty());
    }
    let file = format!("config.{format}");
    if let Err(wrong) = UserConfig::check(Some((Path::new(&file), text)), &Environment::new()) {
        assert!(!render_all(&wrong).is_empty());
    }
});
