//! Notices the first request in the bytes of an HTTP/2 client. Pure.
//!
//! The preface and frames like SETTINGS or PING come from any peer that merely connected; a request begins
//! with a HEADERS frame.

/// Length of the client's preface, which a server checks itself.
const PREFACE: usize = 24;
const FRAME_HEADER: usize = 9;
const HEADERS: u8 = 1;

/// Reads along until the first HEADERS frame.
pub(super) struct FirstRequest {
    /// Bytes that do not matter: of the preface, of a frame's payload.
    skip: usize,
    header: [u8; FRAME_HEADER],
    have: usize,
}

impl Default for FirstRequest {
    fn default() -> Self {
        Self { skip: PREFACE, header: [0; FRAME_HEADER], have: 0 }
    }
}

impl FirstRequest {
    /// Takes what was read; whether a request has begun.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> bool {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = bytes.get(skipped..).unwrap_or_default();
            let Some((first, rest)) = bytes.split_first() else { return false };
            if let Some(place) = self.header.get_mut(self.have) {
                *place = *first;
            }
            self.have += 1;
            bytes = rest;
            if self.have == FRAME_HEADER {
                let [high, middle, low, kind, ..] = self.header;
                if kind == HEADERS {
                    return true;
                }
                self.skip = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                self.have = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, length: usize) -> Vec<u8> {
        let [_, high, middle, low] = u32::try_from(length).unwrap().to_be_bytes();
        let mut bytes = vec![high, middle, low, kind, 0, 0, 0, 0, 0];
        // A payload that looks like frame headers.
        bytes.extend(std::iter::repeat_n(HEADERS, length));
        bytes
    }

    #[test]
    fn only_headers_are_a_request_however_the_bytes_are_cut() {
        let mut quiet = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        for (kind, length) in [(4, 18), (8, 4), (6, 8), (4, 0), (2, 70_000)] {
            quiet.extend(frame(kind, length));
        }
        for cut in [1, 2, 7, 9, 24, 33, 1000, quiet.len()] {
            let mut seen = FirstRequest::default();
            assert!(!quiet.chunks(cut).any(|chunk| seen.read(chunk)), "cut {cut}");
            let headers = frame(HEADERS, 3);
            assert!(headers.chunks(cut).any(|chunk| seen.read(chunk)), "cut {cut}");
        }
    }
}
