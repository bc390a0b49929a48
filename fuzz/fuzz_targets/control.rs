//! Messages between daemon and shim, both ways, in any pieces: messages, or the end of the connection; and
//! what is understood can be sent on.
#![no_main]

use brummer_capture::protocol::{Decoder, Down, Message, Up};
use libfuzzer_sys::fuzz_target;

fn understood<M: Message + PartialEq + std::fmt::Debug>(data: &[u8], piece: usize) -> Vec<M> {
    let mut decoder = Decoder::new();
    let mut found = Vec::new();
    for bytes in data.chunks(piece) {
        decoder.feed(bytes);
        loop {
            match decoder.message::<M>() {
                Ok(Some(message)) => found.push(message),
                Ok(None) => break,
                Err(_) => return found,
            }
        }
    }
    found
}

fn both<M: Message + PartialEq + std::fmt::Debug>(data: &[u8], piece: usize) {
    let found = understood::<M>(data, data.len().max(1));
    assert_eq!(found, understood::<M>(data, piece), "pieces change nothing");
    // Text that was no UTF-8, or too long, is mended when it is sent on; then it stays.
    let once = sent(&found);
    assert_eq!(once.len(), found.len());
    assert_eq!(once, sent(&once));
}

fn sent<M: Message + PartialEq + std::fmt::Debug>(messages: &[M]) -> Vec<M> {
    let mut bytes = Vec::new();
    messages.iter().for_each(|message| message.encode(&mut bytes));
    understood::<M>(&bytes, bytes.len().max(1))
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    both::<Down>(rest, usize::from(*first).max(1));
    both::<Up>(rest, usize::from(*first).max(1));
});
