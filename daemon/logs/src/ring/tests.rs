use super::*;
use crate::platform::Real;
use proptest::prelude::*;
use std::sync::atomic::AtomicU64;

/// The cells as the interleaving checker sees them.
pub(crate) struct Checked;

impl Platform for Checked {
    type Slot<T: Send + Sync + 'static> = shuttle::sync::Mutex<Arc<T>>;
    type Number = shuttle::sync::atomic::AtomicU64;
    type Guarded<T: Send + 'static> = shuttle::sync::Mutex<T>;
}

impl<T: Send + Sync + 'static> Slot<T> for shuttle::sync::Mutex<Arc<T>> {
    fn new(value: Arc<T>) -> Self {
        Self::new(value)
    }

    fn load(&self) -> Arc<T> {
        self.lock().unwrap().clone()
    }

    fn store(&self, value: Arc<T>) {
        *self.lock().unwrap() = value;
    }
}

impl Number for shuttle::sync::atomic::AtomicU64 {
    fn new(value: u64) -> Self {
        Self::new(value)
    }

    fn load(&self) -> u64 {
        Self::load(self, std::sync::atomic::Ordering::SeqCst)
    }

    fn store(&self, value: u64) {
        Self::store(self, value, std::sync::atomic::Ordering::SeqCst);
    }
}

impl<T: Send + 'static> Guarded<T> for shuttle::sync::Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.lock().unwrap())
    }
}

/// Numbers `from..=to` of a run.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    run: u8,
    seqs: Vec<u64>,
    bytes: usize,
}

impl Piece for Span {
    fn lines(&self) -> usize {
        self.seqs.len()
    }
    fn bytes(&self) -> usize {
        self.bytes
    }
    fn last_seq(&self) -> u64 {
        *self.seqs.last().unwrap()
    }
    fn joins(&self, other: &Self) -> bool {
        self.run == other.run
    }
    fn join(pieces: &[Arc<Self>]) -> Option<Self> {
        let seqs = pieces.iter().flat_map(|piece| piece.seqs.clone()).collect();
        Some(Self { run: pieces[0].run, seqs, bytes: pieces.iter().map(|piece| piece.bytes).sum() })
    }
}

impl Wake for shuttle::sync::mpsc::SyncSender<()> {
    fn wake(self) {
        let _full = self.try_send(());
    }
}

struct Silent;
impl Wake for Silent {
    fn wake(self) {}
}

fn numbers<C>(view: &View<C>, seqs: impl Fn(&C) -> Vec<u64>) -> Vec<u64> {
    view.pieces().flat_map(|piece| seqs(piece)).collect()
}

const NO_BOUNDS: Bounds = Bounds { lines: usize::MAX, bytes: usize::MAX };

/// A writer that publishes single lines, followers that read to the last and wait in between. The checker
/// tries interleavings; a lost wake-up is a deadlock, which it reports.
fn publish_and_follow(lines: u64, bounds: Bounds, followers: u64) {
    let ring = Arc::new(Ring::<Checked, Span, shuttle::sync::mpsc::SyncSender<()>>::new(0));
    let published = Arc::new(<shuttle::sync::atomic::AtomicU64 as Number>::new(0));
    let mut threads = Vec::new();
    for id in 0..followers {
        let (ring, published) = (ring.clone(), published.clone());
        threads.push(shuttle::thread::spawn(move || {
            let (waker, woken) = shuttle::sync::mpsc::sync_channel(1);
            let mut at = 0;
            while at < lines {
                let through = Number::load(published.as_ref());
                if through == at {
                    ring.arm(id, waker.clone());
                    if Number::load(published.as_ref()) == at {
                        woken.recv().unwrap();
                    }
                    continue;
                }
                let view = ring.view();
                let found: Vec<u64> = numbers(&view, |span| span.seqs.clone())
                    .into_iter()
                    .filter(|seq| (at + 1..=through).contains(seq))
                    .collect();
                // Whatever is not here was evicted, and the view says so.
                let first = at.max(view.floor) + 1;
                assert_eq!(found, (first..=through).collect::<Vec<_>>(), "at {at}, floor {}", view.floor);
                at = through;
            }
        }));
    }
    for seq in 1..=lines {
        ring.publish([Arc::new(Span { run: 0, seqs: vec![seq], bytes: 1 })], bounds);
        Number::store(published.as_ref(), seq);
        ring.wake();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn no_interleaving_loses_a_line_or_a_wake_up() {
    shuttle::check_random(|| publish_and_follow(5, NO_BOUNDS, 2), 500);
    shuttle::check_pct(|| publish_and_follow(4, NO_BOUNDS, 2), 500, 3);
}

#[test]
fn no_interleaving_hides_what_was_evicted() {
    shuttle::check_random(|| publish_and_follow(6, Bounds { lines: 2, bytes: usize::MAX }, 1), 500);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Whatever is published, a view is its newest end, in order, within the bounds.
    #[test]
    fn a_view_is_the_newest_end(
        pieces in proptest::collection::vec((0u8..2, 1usize..300, 1usize..40_000), 1..100),
        most in 1usize..3000,
    ) {
        let bounds = Bounds { lines: most, bytes: 2_000_000 };
        let ring = Ring::<Real, Span, Silent>::new(7);
        let mut all = Vec::new();
        let mut next = 8;
        for (run, lines, bytes) in pieces {
            let seqs: Vec<u64> = (next..next + lines as u64).collect();
            // Numbers need not be dense.
            next += lines as u64 + 3;
            all.extend(&seqs);
            ring.publish([Arc::new(Span { run, seqs, bytes })], bounds);
            let view = ring.view();
            let found = numbers(&view, |span| span.seqs.clone());
            prop_assert!(all.ends_with(&found));
            prop_assert!(view.lines == found.len() && view.lines <= bounds.lines && view.bytes <= bounds.bytes);
            prop_assert_eq!(all.iter().filter(|seq| **seq > view.floor).count(), found.len());
            prop_assert_eq!(ring.newest(), *all.last().unwrap());
            prop_assert!(view.tail.len() <= TAIL_PIECES);
        }
    }
}

#[test]
fn a_waker_is_woken_once_and_only_if_armed() {
    struct Counting(Arc<AtomicU64>);
    impl Wake for Counting {
        fn wake(self) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }
    let ring = Ring::<Real, Span, Counting>::new(0);
    let woken = Arc::new(<AtomicU64 as Number>::new(0));
    let count = || Number::load(woken.as_ref());
    ring.wake();
    ring.arm(1, Counting(woken.clone()));
    ring.arm(1, Counting(woken.clone()));
    ring.arm(2, Counting(woken.clone()));
    ring.wake();
    assert_eq!(count(), 2);
    ring.wake();
    assert_eq!(count(), 2, "woken once");
    ring.arm(1, Counting(woken.clone()));
    ring.disarm(1);
    ring.wake();
    assert_eq!(count(), 2, "disarmed");
}
