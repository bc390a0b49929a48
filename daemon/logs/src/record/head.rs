//! The first record of an index file: whose it is and where its run stood when it was begun. Pure.

use brummer_event::{ProcessKey, RunId};

use super::{HEAD, Resume, Taker, encode, put_resume, take_resume, varint};

/// Identity and state at the beginning of an index file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub epoch: u64,
    pub run: RunId,
    pub key: ProcessKey,
    /// Files of errors are told relative to it; may be empty.
    pub project_dir: String,
    /// The last number given in the files before this one.
    pub last_seq: u64,
    pub resume: Resume,
}

impl Head {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode(out, HEAD, |out| {
            out.extend_from_slice(&self.epoch.to_le_bytes());
            out.extend_from_slice(&self.run.as_u128().to_le_bytes());
            for text in [&*self.key.project, &*self.key.name, &*self.project_dir] {
                varint::put(out, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            varint::put(out, self.last_seq);
            varint::put_signed(out, self.resume.time);
            put_resume(out, &self.resume);
        });
    }

    pub(super) fn decode(taker: &mut Taker<'_>) -> Option<Self> {
        let epoch = u64::from_le_bytes(taker.array()?);
        let run = RunId::from_u128(u128::from_le_bytes(taker.array()?));
        let mut text = || {
            let length = usize::try_from(taker.number()?).ok()?;
            std::str::from_utf8(taker.bytes(length)?).ok().map(str::to_owned)
        };
        let key = ProcessKey::new(text()?, text()?);
        let project_dir = text()?;
        let last_seq = taker.number()?;
        let time = taker.signed()?;
        let resume = Resume { time, ..take_resume(taker)? };
        Some(Self { epoch, run, key, project_dir, last_seq, resume })
    }
}
