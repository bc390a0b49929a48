//! `.env` files: variables in order, or the first line that is none.
#![no_main]

use brummer_process::environment::parse_dotenv;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let outside = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
    match parse_dotenv(text, outside) {
        Ok(found) => assert!(found.len() <= text.len() && found.iter().all(|(name, _)| !name.is_empty())),
        Err(error) => assert!(error.line >= 1 && error.line <= text.matches('\n').count() + 1, "{error}"),
    }
});
