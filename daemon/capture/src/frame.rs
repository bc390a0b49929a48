//! The frame: 32 bytes of header, then bytes. Pure.
//!
//! ```text
//!  0  magic "BRF1"    4  kind    5  flags    6  reserved, zero    8  length of what follows (u32)
//! 12  monotonic ns (u64)        20  wall ns (i64)                28  crc32c of bytes 0..28
//! ```
//! All numbers are little-endian. A segment begins with a frame, so its first four bytes say what it is: a
//! compressed segment begins with [`COMPRESSED_MAGIC`] instead, a form that is reserved and not written yet.

use brummer_event::{Stream, WallNs};

use crate::segment::Position;

/// Bytes of a frame before its payload.
pub const HEADER_LEN: usize = 32;
/// Most bytes of a payload.
pub const MAX_PAYLOAD: usize = 128 * 1024;
/// First bytes of every frame.
pub const MAGIC: [u8; 4] = *b"BRF1";
/// First bytes of a compressed segment (reserved: readers refuse it by name).
pub const COMPRESSED_MAGIC: [u8; 4] = *b"BRZ1";

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Bytes of the child's stdout.
    Out,
    /// Bytes of the child's stderr.
    Err,
    /// Something is missing here: [`crate::GapPayload`].
    Gap,
    /// The leader ended: [`crate::ExitPayload`].
    Exit,
    /// The terminal has another size (reserved for runs with a terminal).
    Resize,
    /// A sentence of Brummer's own about the run, UTF-8.
    Mark,
    /// A kind of a newer version: to be passed over.
    Other(u8),
}

impl FrameKind {
    pub const fn to_u8(self) -> u8 {
        match self {
            Self::Out => 1,
            Self::Err => 2,
            Self::Gap => 3,
            Self::Exit => 4,
            Self::Resize => 5,
            Self::Mark => 6,
            Self::Other(value) => value,
        }
    }

    pub const fn from_u8(value: u8) -> Self {
        match value {
            1 => Self::Out,
            2 => Self::Err,
            3 => Self::Gap,
            4 => Self::Exit,
            5 => Self::Resize,
            6 => Self::Mark,
            other => Self::Other(other),
        }
    }

    /// The stream whose lines a frame of this kind becomes. Gaps are no lines.
    pub const fn stream(self) -> Option<Stream> {
        match self {
            Self::Out => Some(Stream::Out),
            Self::Err => Some(Stream::Err),
            Self::Exit | Self::Mark => Some(Stream::Sys),
            Self::Gap | Self::Resize | Self::Other(_) => None,
        }
    }
}

/// Marks of a frame, one bit each. Unknown bits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FrameFlags(pub u8);

impl FrameFlags {
    pub const NONE: Self = Self(0);
    /// Written after the leader's end, by a descendant.
    pub const AFTER_EXIT: Self = Self(1);

    pub const fn after_exit(self) -> bool {
        self.0 & Self::AFTER_EXIT.0 != 0
    }
}

/// A header, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    pub kind: FrameKind,
    pub flags: FrameFlags,
    /// Bytes of the payload, at most [`MAX_PAYLOAD`].
    pub length: u32,
    /// CLOCK_MONOTONIC when the bytes were read from the child.
    pub mono_ns: u64,
    /// The wall clock at the same moment: a label.
    pub wall_ns: WallNs,
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("no frame begins here")]
    Magic,
    #[error("a compressed segment, which this version cannot read")]
    Compressed,
    #[error("the header's checksum is wrong")]
    Checksum,
    #[error("a payload of {0} bytes, more than a frame may have")]
    TooLong(u32),
}

impl FrameHeader {
    /// The header's 32 bytes.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0u8; HEADER_LEN];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4] = self.kind.to_u8();
        bytes[5] = self.flags.0;
        bytes[8..12].copy_from_slice(&self.length.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.mono_ns.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.wall_ns.to_le_bytes());
        let sum = crc32c::crc32c(&bytes[0..28]);
        bytes[28..32].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads a header back.
    ///
    /// # Errors
    /// The bytes are no header: damaged, of another form, or not written by us.
    #[inline]
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Self, HeaderError> {
        let [
            m0,
            m1,
            m2,
            m3,
            kind,
            flags,
            _,
            _,
            l0,
            l1,
            l2,
            l3,
            o0,
            o1,
            o2,
            o3,
            o4,
            o5,
            o6,
            o7,
            w0,
            w1,
            w2,
            w3,
            w4,
            w5,
            w6,
            w7,
            c0,
            c1,
            c2,
            c3,
        ] = *bytes;
        let magic = [m0, m1, m2, m3];
        if magic != MAGIC {
            return Err(if magic == COMPRESSED_MAGIC { HeaderError::Compressed } else { HeaderError::Magic });
        }
        if crc32c::crc32c(&bytes[0..28]) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Err(HeaderError::Checksum);
        }
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        if length as usize > MAX_PAYLOAD {
            return Err(HeaderError::TooLong(length));
        }
        Ok(Self {
            kind: FrameKind::from_u8(kind),
            flags: FrameFlags(flags),
            length,
            mono_ns: u64::from_le_bytes([o0, o1, o2, o3, o4, o5, o6, o7]),
            wall_ns: i64::from_le_bytes([w0, w1, w2, w3, w4, w5, w6, w7]),
        })
    }
}

/// One frame as read: its payload is borrowed from the block that it was read into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    pub kind: FrameKind,
    pub flags: FrameFlags,
    pub mono_ns: u64,
    pub wall_ns: WallNs,
    /// Where its header begins.
    pub position: Position,
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// Where the next frame of the segment begins.
    pub fn end(&self) -> Position {
        let length = (HEADER_LEN + self.payload.len()) as u64;
        Position { segment: self.position.segment, offset: self.position.offset.saturating_add(length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> FrameHeader {
        FrameHeader {
            kind: FrameKind::Err,
            flags: FrameFlags::AFTER_EXIT,
            length: 77,
            mono_ns: 0x0123_4567_89ab_cdef,
            wall_ns: -5,
        }
    }

    proptest! {
        #[test]
        fn a_header_comes_back(kind: u8, flags: u8, length in 0..=MAX_PAYLOAD as u32, mono: u64, wall: i64) {
            let header = FrameHeader {
                kind: FrameKind::from_u8(kind),
                flags: FrameFlags(flags),
                length,
                mono_ns: mono,
                wall_ns: wall,
            };
            prop_assert_eq!(header.kind.to_u8(), kind);
            prop_assert_eq!(FrameHeader::decode(&header.encode()), Ok(header));
        }

        #[test]
        fn one_flipped_bit_is_seen(bit in 0usize..256) {
            let mut bytes = header().encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(FrameHeader::decode(&bytes).is_err());
        }

        #[test]
        fn rubbish_is_no_header(bytes: [u8; 32]) {
            prop_assume!(bytes[0..4] != MAGIC);
            prop_assert!(FrameHeader::decode(&bytes).is_err());
        }
    }

    #[test]
    fn a_compressed_segment_is_named() {
        let mut bytes = header().encode();
        bytes[0..4].copy_from_slice(&COMPRESSED_MAGIC);
        assert_eq!(FrameHeader::decode(&bytes), Err(HeaderError::Compressed));
    }

    #[test]
    fn too_long_is_refused_even_with_a_right_checksum() {
        let long = FrameHeader { length: MAX_PAYLOAD as u32 + 1, ..header() };
        assert_eq!(FrameHeader::decode(&long.encode()), Err(HeaderError::TooLong(long.length)));
    }
}
