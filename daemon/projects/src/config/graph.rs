//! Who waits for whom: finds circles.
//!
//! Pure: no files, no environment, no clock.

use std::collections::{BTreeMap, BTreeSet};

/// Every circle that a walk in the order given meets, once for each set of members: `[a, b]` for
/// a → b → a, `[a]` for a → a. Edges to names that are no node are ignored.
pub(crate) fn cycles<'a>(nodes: &[(&'a str, Vec<&'a str>)]) -> Vec<Vec<&'a str>> {
    let edges: BTreeMap<&str, &[&'a str]> = nodes.iter().map(|(name, to)| (*name, to.as_slice())).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut seen: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    let mut found = Vec::new();
    for (start, _) in nodes {
        if done.contains(start) {
            continue;
        }
        // The way from `start`: each node with the edges it has still to try.
        let mut way: Vec<(&'a str, std::slice::Iter<'_, &'a str>)> = Vec::new();
        let mut on_way: BTreeSet<&str> = BTreeSet::new();
        let enter = |name: &'a str| (name, edges.get(name).copied().unwrap_or_default().iter());
        way.push(enter(start));
        on_way.insert(start);
        while let Some((name, rest)) = way.last_mut() {
            let Some(next) = rest.next() else {
                on_way.remove(name);
                done.insert(name);
                way.pop();
                continue;
            };
            if on_way.contains(next) {
                let circle: Vec<&str> =
                    way.iter().map(|(name, _)| *name).skip_while(|name| name != next).collect();
                if seen.insert(circle.iter().copied().collect()) {
                    found.push(circle);
                }
            } else if !done.contains(next) && edges.contains_key(next) {
                on_way.insert(next);
                way.push(enter(next));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn circles_are_found_once_and_trees_have_none() {
        let none = [("a", vec!["b", "c"]), ("b", vec!["c"]), ("c", vec!["missing"])];
        assert!(cycles(&none).is_empty());
        let some = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["a"]), ("d", vec!["d", "a"])];
        assert_eq!(cycles(&some), vec![vec!["a", "b", "c"], vec!["d"]]);
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let names: Vec<String> = (0..50_000).map(|n| format!("p{n}")).collect();
        let nodes: Vec<(&str, Vec<&str>)> = names
            .iter()
            .zip(names.iter().cycle().skip(1))
            .map(|(name, next)| (name.as_str(), vec![next.as_str()]))
            .collect();
        assert_eq!(cycles(&nodes).len(), 1);
    }

    proptest! {
        #[test]
        fn a_circle_is_found_exactly_when_there_is_one(edges in prop::collection::vec((0_usize..7, 0_usize..7), 0..14)) {
            const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
            let nodes: Vec<(&str, Vec<&str>)> = (0..7)
                .map(|n| (NAMES[n], edges.iter().filter(|(from, _)| *from == n).map(|(_, to)| NAMES[*to]).collect()))
                .collect();
            // Transitive closure, the slow and sure way.
            let mut reach = [[false; 7]; 7];
            for (from, to) in &edges {
                reach[*from][*to] = true;
            }
            for k in 0..7 {
                for i in 0..7 {
                    for j in 0..7 {
                        reach[i][j] |= reach[i][k] && reach[k][j];
                    }
                }
            }
            let found = cycles(&nodes);
            prop_assert_eq!(!found.is_empty(), (0..7).any(|n| reach[n][n]));
            for circle in found {
                for (place, name) in circle.iter().enumerate() {
                    let next = circle[(place + 1) % circle.len()];
                    let (_, to) = nodes.iter().find(|(node, _)| node == name).unwrap();
                    prop_assert!(to.contains(&next));
                }
            }
        }
    }
}
