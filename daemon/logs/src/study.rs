//! The turns of one run are understood one after the other, whichever threads cut them: the meaning of a line
//! depends on those before it. So a thread may cut the next turn of a flood while another still understands
//! the last one.
//!
//! Nobody ever waits here. Who leaves a turn gets the one reader that understands the run, unless another
//! thread has it; that one then finds the turn before it puts the reader back. Both happen under one lock, so
//! no turn is left behind. It is generic over the cells it is made of, so that the interleaving checker runs
//! this very file.
//!
//! Bound: what was left has its room reserved in the inbox.

use std::collections::VecDeque;
use std::marker::PhantomData;

use crate::ring::{Guarded, Platform};

struct State<R, T> {
    /// Nothing while a thread studies.
    reader: Option<R>,
    /// In order.
    left: VecDeque<T>,
}

/// Turns `T` of a run, and the reader `R` that understands them.
pub(crate) struct Study<P: Platform, R: Send + 'static, T: Send + 'static> {
    state: P::Guarded<State<R, T>>,
    platform: PhantomData<fn() -> P>,
}

impl<P: Platform, R: Send + 'static, T: Send + 'static> Study<P, R, T> {
    pub(crate) fn new(reader: R) -> Self {
        let state = State { reader: Some(reader), left: VecDeque::new() };
        Self { state: P::Guarded::new(state), platform: PhantomData }
    }

    /// Leaves the next turn. Who gets an answer studies it, then asks [`Study::next`] until there is none.
    pub(crate) fn leave(&self, turn: T) -> Option<(R, T)> {
        self.state.with(|state| {
            state.left.push_back(turn);
            // The reader is only here while nothing is left.
            let reader = state.reader.take()?;
            state.left.pop_front().map(|turn| (reader, turn))
        })
    }

    /// The turn that was left meanwhile; without one the reader is put back.
    pub(crate) fn next(&self, reader: R) -> Option<(R, T)> {
        self.state.with(|state| match state.left.pop_front() {
            Some(turn) => Some((reader, turn)),
            None => {
                state.reader = Some(reader);
                None
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::tests::Checked;
    use std::sync::Arc;

    /// Threads cut turns, which are numbers, and give the run back before they study.
    fn cut_and_study(threads: usize, turns: u64) {
        let study = Arc::new(Study::<Checked, Vec<u64>, u64>::new(Vec::new()));
        let run = Arc::new(shuttle::sync::Mutex::new(0));
        let working = (0..threads).map(|_| {
            let (study, run) = (study.clone(), run.clone());
            shuttle::thread::spawn(move || {
                loop {
                    let mut seat = {
                        let mut cut = run.lock().unwrap();
                        if *cut == turns {
                            return;
                        }
                        *cut += 1;
                        study.leave(*cut)
                    };
                    while let Some((mut understood, turn)) = seat {
                        understood.push(turn);
                        shuttle::thread::yield_now();
                        seat = study.next(understood);
                    }
                }
            })
        });
        working.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
        let (understood, last) = study.leave(turns + 1).unwrap();
        assert_eq!((understood, last), ((1..=turns).collect(), turns + 1));
    }

    #[test]
    fn no_interleaving_leaves_a_turn_behind_or_changes_their_order() {
        shuttle::check_random(|| cut_and_study(3, 6), 1000);
        shuttle::check_pct(|| cut_and_study(2, 5), 1000, 3);
    }
}
