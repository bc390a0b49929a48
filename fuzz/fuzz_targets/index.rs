//! Index records and files, each behind a right length and checksum.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let payloads: Vec<&[u8]> = rest.chunks(usize::from(*first).max(1) * 4).collect();
    brummer_logs::fuzzing::records(&payloads);
    if let Ok(dir) = tempfile::tempdir_in("/dev/shm") {
        brummer_logs::fuzzing::index_file(dir.path(), &payloads);
    }
});
