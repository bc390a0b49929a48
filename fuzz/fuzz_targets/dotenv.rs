//! `.env` files: variables in order, or the first line that is none.
#![no_main]

use brummer_process::environment::parse_dotenv;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let outside = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
    let lines = bytes.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count() + 1;
    match parse_dotenv(bytes, outside) {
        Ok(found) => {
            assert!(found.assigned.len() <= lines);
            assert!(found.assigned.iter().all(|assigned| !assigned.name.is_empty()));
        }
        Err(error) => assert!(error.at.line >= 1 && error.at.line <= lines, "{error}"),
    }
});
