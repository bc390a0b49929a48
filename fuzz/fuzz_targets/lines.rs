//! From bytes to lines: neither pieces nor pauses between them change what a stream says.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [first, second, rest @ ..] = data else { return };
    let whole = brummer_logs::fuzzing::lines(&[rest], 0);
    let pieces: Vec<&[u8]> = rest.chunks(usize::from(*first).max(1)).collect();
    let cut = brummer_logs::fuzzing::lines(&pieces, u64::from(*second) * 5_000_000);
    assert_eq!(whole, cut);
});
