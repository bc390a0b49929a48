//! States of progress lines that a newer one has superseded. Pure.

use std::collections::HashMap;

use brummer_event::{LineFlags, RunId, Stream};

type Lane = (RunId, Stream);

/// Reading forward: which of the lines taken so far turn out to be superseded.
#[derive(Debug, Default)]
pub(crate) struct Forward {
    lanes: HashMap<Lane, Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Places of the last line's records among those taken.
    places: Vec<usize>,
    open: bool,
}

impl Forward {
    /// The next record of a stream. Answers the places that it supersedes.
    pub(crate) fn record(&mut self, lane: Lane, flags: LineFlags) -> Vec<usize> {
        let plain = !flags.has(LineFlags::PART) && !flags.has(LineFlags::REPLACES_PREVIOUS);
        if plain {
            // Nothing supersedes a line that has its end.
            self.lanes.remove(&lane);
            return Vec::new();
        }
        let open = self.lanes.entry(lane).or_default();
        let superseded = if flags.has(LineFlags::REPLACES_PREVIOUS) || !open.open {
            std::mem::take(&mut open.places)
        } else {
            Vec::new()
        };
        open.open = flags.has(LineFlags::PART);
        if flags.has(LineFlags::REPLACES_PREVIOUS) { superseded } else { Vec::new() }
    }

    /// The record is taken, at this place.
    pub(crate) fn taken(&mut self, lane: Lane, place: usize) {
        if let Some(open) = self.lanes.get_mut(&lane) {
            open.places.push(place);
        }
    }
}

/// Reading backward: a record that supersedes is met before what it supersedes.
#[derive(Debug, Default)]
pub(crate) struct Backward {
    lanes: HashMap<Lane, Option<u64>>,
}

impl Backward {
    /// The record before, `line` being its line. True if it is superseded.
    pub(crate) fn record(&mut self, lane: Lane, line: u64, flags: LineFlags) -> bool {
        let superseded = match self.lanes.get_mut(&lane) {
            Some(Some(gone)) if *gone == line => true,
            Some(place @ None) => {
                *place = Some(line);
                true
            }
            Some(Some(_)) => {
                self.lanes.remove(&lane);
                false
            }
            None => false,
        };
        if flags.has(LineFlags::REPLACES_PREVIOUS) {
            self.lanes.insert(lane, None);
        }
        superseded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (line, part, replaces) of a stream, and which of them stay.
    #[test]
    fn only_the_last_state_stays_whichever_way_one_reads() {
        let lane = (RunId::from_u128(1), Stream::Out);
        let (part, replaces) = (LineFlags::PART, LineFlags::REPLACES_PREVIOUS);
        let both = part.with(replaces);
        for (records, expected) in [
            (vec![(1, LineFlags::NONE), (2, LineFlags::NONE)], vec![0, 1]),
            (vec![(1, part), (2, both), (3, replaces), (4, LineFlags::NONE)], vec![2, 3]),
            (vec![(1, part), (1, part), (1, LineFlags::NONE), (2, LineFlags::NONE)], vec![0, 1, 2, 3]),
            (vec![(1, part), (1, part), (2, both), (2, LineFlags::NONE)], vec![2, 3]),
            (vec![(1, LineFlags::NONE), (2, part), (3, both)], vec![0, 2]),
        ] {
            let mut forward = Forward::default();
            let mut kept: Vec<usize> = Vec::new();
            for (place, (_, flags)) in records.iter().enumerate() {
                let gone = forward.record(lane, *flags);
                kept.retain(|other| !gone.contains(other));
                forward.taken(lane, place);
                kept.push(place);
            }
            assert_eq!(kept, expected, "{records:?}");
            let mut backward = Backward::default();
            let mut kept: Vec<usize> = Vec::new();
            for (place, (line, flags)) in records.iter().enumerate().rev() {
                if !backward.record(lane, *line, *flags) {
                    kept.insert(0, place);
                }
            }
            assert_eq!(kept, expected, "{records:?} backward");
        }
    }
}
