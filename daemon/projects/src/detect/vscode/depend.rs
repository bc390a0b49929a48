//! Which task waits for which: a list without circles.
//!
//! Pure: no files, no environment, no clock.

use std::collections::BTreeMap;

/// Takes out each dependency that would close a circle; the answer is those, as (task, dependency).
pub(super) fn without_circles(needs: &mut BTreeMap<String, Vec<String>>) -> Vec<(String, String)> {
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut refused = Vec::new();
    for (task, on) in needs.iter() {
        for other in on {
            if leads_to(&kept, other, task) {
                refused.push((task.clone(), other.clone()));
            } else {
                kept.entry(task.clone()).or_default().push(other.clone());
            }
        }
    }
    *needs = kept;
    refused
}

fn leads_to(needs: &BTreeMap<String, Vec<String>>, from: &str, to: &str) -> bool {
    let mut waiting = vec![from];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(task) = waiting.pop() {
        if task == to {
            return true;
        }
        if seen.insert(task) {
            waiting.extend(needs.get(task).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_opened_and_told() {
        let entry =
            |task: &str, on: &[&str]| (task.to_owned(), on.iter().map(|on| (*on).to_owned()).collect());
        let mut needs: BTreeMap<String, Vec<String>> =
            [entry("a", &["b", "c"]), entry("b", &["c"]), entry("c", &["a", "c"])].into();
        let refused = without_circles(&mut needs);
        assert_eq!(refused, [("c".to_owned(), "a".to_owned()), ("c".to_owned(), "c".to_owned())]);
        assert_eq!(needs, [entry("a", &["b", "c"]), entry("b", &["c"])].into());
    }
}
