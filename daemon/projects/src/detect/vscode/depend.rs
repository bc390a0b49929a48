//! Which task waits for which: a list without circles, and with no chain that is too long to follow.
//!
//! Pure: no files, no environment, no clock.

use std::collections::BTreeMap;

/// Longest chain of tasks that wait for each other.
const MAX_CHAIN: usize = 100;

/// How far the look at a task is.
enum Seen {
    /// What it waits for is being looked at.
    Open,
    /// The longest chain below it.
    Done(usize),
}

/// A task whose dependencies are being looked at: the next of them, and the longest chain so far.
struct Step<'a> {
    task: &'a str,
    next: usize,
    chain: usize,
}

/// Takes out each dependency that would close a circle or make a chain too long; the answer is those, as
/// (task, dependency). Doubled ones are kept once.
pub(super) fn without_circles(needs: &mut BTreeMap<String, Vec<String>>) -> Vec<(String, String)> {
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut refused = Vec::new();
    for first in needs.keys().map(String::as_str) {
        let mut steps = Vec::new();
        if !seen.contains_key(first) {
            seen.insert(first, Seen::Open);
            steps.push(Step { task: first, next: 0, chain: 0 });
        }
        while let Some(step) = steps.last_mut() {
            let Some(on) = needs.get(step.task).and_then(|on| on.get(step.next)) else {
                seen.insert(step.task, Seen::Done(step.chain));
                steps.pop();
                continue;
            };
            let below = match seen.get(on.as_str()) {
                // It is looked at first, then this dependency again.
                None if needs.contains_key(on) => {
                    seen.insert(on, Seen::Open);
                    steps.push(Step { task: on, next: 0, chain: 0 });
                    continue;
                }
                None => Some(0),
                Some(Seen::Open) => None,
                Some(Seen::Done(chain)) => Some(*chain),
            };
            step.next += 1;
            match below {
                Some(below) if below < MAX_CHAIN => {
                    step.chain = step.chain.max(below + 1);
                    let of_task = kept.entry(step.task.to_owned()).or_default();
                    if !of_task.contains(on) {
                        of_task.push(on.clone());
                    }
                }
                _ => refused.push((step.task.to_owned(), on.clone())),
            }
        }
    }
    *needs = kept;
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(task: &str, on: &[&str]) -> (String, Vec<String>) {
        (task.to_owned(), on.iter().map(|on| (*on).to_owned()).collect())
    }

    #[test]
    fn circles_are_opened_and_told() {
        let mut needs: BTreeMap<String, Vec<String>> =
            [entry("a", &["b", "c", "b"]), entry("b", &["c"]), entry("c", &["a", "c"])].into();
        let refused = without_circles(&mut needs);
        assert_eq!(refused, [("c".to_owned(), "a".to_owned()), ("c".to_owned(), "c".to_owned())]);
        assert_eq!(needs, [entry("a", &["b", "c"]), entry("b", &["c"])].into());
    }

    #[test]
    fn a_chain_without_end_is_cut() {
        let name = |n: usize| format!("t{n:06}");
        let mut needs: BTreeMap<String, Vec<String>> =
            (0..100_000).map(|n| (name(n), vec![name(n + 1)])).collect();
        let refused = without_circles(&mut needs);
        assert_eq!(refused.len(), 100_000 / (MAX_CHAIN + 1));
        assert_eq!(needs.len() + refused.len(), 100_000);
    }
}
