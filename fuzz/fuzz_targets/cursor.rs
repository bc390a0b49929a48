//! Cursors: text that is one comes back as it was, other text is refused.
#![no_main]

use brummer_event::{EventCursor, LineCursor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(cursor) = text.parse::<LineCursor>() {
        assert_eq!(cursor.to_string().parse::<LineCursor>().ok(), Some(cursor));
    }
    if let Ok(cursor) = text.parse::<EventCursor>() {
        assert_eq!(cursor.to_string().parse::<EventCursor>().ok(), Some(cursor));
    }
});
