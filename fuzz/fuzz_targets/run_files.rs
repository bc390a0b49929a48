//! What a run leaves behind besides its capture: `meta.json`, `exit.json`, the payloads of EXIT and GAP.
#![no_main]

use brummer_capture::{ExitPayload, ExitRecord, GapPayload, Meta, RunDir, exit_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(exit) = ExitPayload::decode(data) {
        let mut again = Vec::new();
        exit.encode(&mut again);
        assert_eq!(ExitPayload::decode(&again).unwrap(), exit);
        assert!(!exit_text(&exit).is_empty());
    }
    if let Ok(gap) = GapPayload::decode(data) {
        let mut again = Vec::new();
        gap.encode(&mut again);
        assert_eq!(GapPayload::decode(&again).unwrap(), gap);
    }
    let _ = serde_json::from_slice::<Meta>(data);
    let _ = serde_json::from_slice::<ExitRecord>(data);
    if let Ok(dir) = tempfile::tempdir_in("/dev/shm") {
        let _ = std::fs::write(dir.path().join("meta.json"), data);
        let _ = std::fs::write(dir.path().join("exit.json"), data);
        let run = RunDir::at(dir.path());
        let _ = (run.read_meta(), run.read_exit(), run.segments());
    }
});
