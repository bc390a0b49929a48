//! What descends from the shim, and signalling it: only ever our own, each named by a pidfd.

use brummer_capture::ProcId;
use brummer_capture::proc::{self, ProcStat};
use brummer_capture::protocol::Member;

/// Names in one sentence, at most; the rest is counted.
const MOST_NAMES: usize = 8;

/// The living descendants of this process. Zombies are left out: they are only waiting to be reaped.
pub(crate) fn living(own: i32) -> Vec<ProcStat> {
    let mut found = proc::descendants(own).unwrap_or_default();
    found.retain(|stat| !stat.is_zombie());
    found
}

/// Signals one descendant: opened first, then checked for its start time and its ancestry, then signalled.
/// False when it is gone, or not ours.
pub(crate) fn signal(own: i32, id: ProcId, signal: i32) -> bool {
    match id.open() {
        Ok(pidfd) => proc::descends_from(id.pid, own) && pidfd.signal(signal).is_ok(),
        Err(_) => false,
    }
}

/// True when this process has no child but `leader`, which is a zombie that is kept.
pub(crate) fn is_empty_but_for(own: i32, leader: Option<i32>) -> bool {
    proc::children(own).is_ok_and(|children| children.iter().all(|child| Some(*child) == leader))
}

pub(crate) fn member(stat: &ProcStat) -> Member {
    Member { id: stat.id, parent: stat.parent, name: stat.name.clone() }
}

/// `sleep (4711), node (4712)`, and how many more.
pub(crate) fn names<'a>(members: impl ExactSizeIterator<Item = &'a Member>) -> String {
    let count = members.len();
    let mut names: Vec<String> =
        members.take(MOST_NAMES).map(|member| format!("{} ({})", member.name, member.id.pid)).collect();
    if count > MOST_NAMES {
        names.push(format!("{} more", count - MOST_NAMES));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_counted() {
        let member = |pid| Member { id: ProcId { pid, start_time: 0 }, parent: 1, name: "sleep".to_owned() };
        let members: Vec<Member> = (1..=10).map(member).collect();
        assert_eq!(names(members[..2].iter()), "sleep (1), sleep (2)");
        assert!(names(members.iter()).ends_with("sleep (8), 2 more"));
    }

    #[test]
    fn a_stranger_is_never_signalled() {
        // Our own parent lives, and does not descend from us. Signal 0 would be refused all the same.
        let own = ProcId::own().unwrap();
        let parent = ProcId::of(proc::stat(own.pid).unwrap().parent).unwrap();
        assert!(!signal(own.pid, parent, 0));
    }
}
