//! In which order processes start and stop: dependencies first, dependents first. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Who depends on whom within one project.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    depends_on: BTreeMap<String, Vec<String>>,
}

/// The wish cannot be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// The names in order, the first again at the end.
    Cycle(Vec<String>),
    Unknown {
        name: String,
        dependency: String,
    },
}

impl Graph {
    /// `edges`: each name with what it depends on.
    pub fn new(edges: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        Self { depends_on: edges.into_iter().collect() }
    }

    fn dependencies(&self, name: &str) -> &[String] {
        self.depends_on.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names and all that they need, directly or not.
    ///
    /// # Errors
    /// A dependency is not in the graph.
    pub fn with_dependencies(&self, names: &[String]) -> Result<BTreeSet<String>, PlanError> {
        let mut found = BTreeSet::new();
        let mut open: Vec<String> = names.to_vec();
        while let Some(name) = open.pop() {
            for dependency in self.dependencies(&name) {
                if !self.depends_on.contains_key(dependency) {
                    return Err(PlanError::Unknown { name, dependency: dependency.clone() });
                }
                if !found.contains(dependency) {
                    open.push(dependency.clone());
                }
            }
            found.insert(name);
        }
        Ok(found)
    }

    /// The names and all that need them, directly or not.
    pub fn with_dependents(&self, names: &[String]) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = names.iter().cloned().collect();
        let mut open: Vec<String> = names.to_vec();
        while let Some(name) = open.pop() {
            for (other, dependencies) in &self.depends_on {
                if dependencies.contains(&name) && found.insert(other.clone()) {
                    open.push(other.clone());
                }
            }
        }
        found
    }

    /// The chosen names in levels: nothing in a level needs anything of its own or a later level, directly or
    /// through names that were not chosen. Stopping goes through the levels backwards.
    ///
    /// # Errors
    /// They depend on each other in a circle.
    pub fn levels(&self, chosen: &BTreeSet<String>) -> Result<Vec<Vec<String>>, PlanError> {
        let mut height = BTreeMap::new();
        for name in chosen {
            self.height(name, chosen, &mut height, &mut Vec::new())?;
        }
        let mut levels: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for name in chosen {
            levels.entry(height.get(name).copied().unwrap_or(0)).or_default().push(name.clone());
        }
        Ok(levels.into_values().collect())
    }

    /// How many chosen names lie below. Recursion is as deep as the longest chain, which configuration bounds.
    fn height(
        &self,
        name: &str,
        chosen: &BTreeSet<String>,
        known: &mut BTreeMap<String, usize>,
        path: &mut Vec<String>,
    ) -> Result<usize, PlanError> {
        if let Some(height) = known.get(name) {
            return Ok(*height);
        }
        if let Some(start) = path.iter().position(|on_path| on_path == name) {
            let mut circle: Vec<String> = path.iter().skip(start).cloned().collect();
            circle.push(name.to_owned());
            return Err(PlanError::Cycle(circle));
        }
        path.push(name.to_owned());
        let mut height = 0;
        for dependency in self.dependencies(name) {
            let below = self.height(dependency, chosen, known, path)?;
            height = height.max(below + usize::from(chosen.contains(dependency)));
        }
        path.pop();
        known.insert(name.to_owned(), height);
        Ok(height)
    }

    /// As [`Graph::levels`], and never refuses: what lies on a circle comes last. For stopping, which must
    /// work whatever the configuration became meanwhile.
    pub fn levels_anyhow(&self, chosen: &BTreeSet<String>) -> Vec<Vec<String>> {
        let mut chosen = chosen.clone();
        let mut circular = Vec::new();
        loop {
            match self.levels(&chosen) {
                Ok(mut levels) => {
                    if !circular.is_empty() {
                        levels.push(circular);
                    }
                    return levels;
                }
                Err(PlanError::Cycle(path)) if path.iter().any(|name| chosen.contains(name)) => {
                    circular.extend(path.into_iter().filter(|name| chosen.remove(name)));
                }
                // A circle beside the chosen: their order among each other cannot be told from it.
                Err(_) => {
                    circular.extend(chosen);
                    return vec![circular];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        Graph::new(
            edges
                .iter()
                .map(|(name, on)| ((*name).to_owned(), on.iter().map(|name| (*name).to_owned()).collect())),
        )
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn set(list: &[&str]) -> BTreeSet<String> {
        names(list).into_iter().collect()
    }

    fn shop() -> Graph {
        graph(&[("db", &[]), ("seed", &["db"]), ("api", &["seed"]), ("web", &["api"]), ("mail", &[])])
    }

    #[test]
    fn needs_and_needed() {
        assert_eq!(shop().with_dependencies(&names(&["api"])).unwrap(), set(&["db", "seed", "api"]));
        assert_eq!(shop().with_dependents(&names(&["seed"])), set(&["seed", "api", "web"]));
        assert_eq!(shop().with_dependents(&names(&["mail"])), set(&["mail"]));
    }

    #[test]
    fn levels_respect_chains_through_names_that_were_not_chosen() {
        let all = shop().levels(&set(&["db", "seed", "api", "web", "mail"])).unwrap();
        assert_eq!(all, [names(&["db", "mail"]), names(&["seed"]), names(&["api"]), names(&["web"])]);
        assert_eq!(shop().levels(&set(&["web", "db"])).unwrap(), [names(&["db"]), names(&["web"])]);
    }

    #[test]
    fn a_circle_is_named_and_stopping_works_all_the_same() {
        let ring = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &["a"]), ("e", &[])]);
        assert_eq!(ring.levels(&set(&["a"])), Err(PlanError::Cycle(names(&["b", "c", "b"]))));
        let levels = ring.levels_anyhow(&set(&["a", "b", "c", "d", "e"]));
        let mut all: Vec<String> = levels.concat();
        all.sort();
        assert_eq!(all, names(&["a", "b", "c", "d", "e"]));
        assert_eq!(graph(&[("a", &["a"])]).levels(&set(&["a"])), Err(PlanError::Cycle(names(&["a", "a"]))));
    }

    #[test]
    fn an_unknown_dependency_is_named() {
        let error = graph(&[("api", &["dbb"])]).with_dependencies(&names(&["api"])).unwrap_err();
        assert_eq!(error, PlanError::Unknown { name: "api".into(), dependency: "dbb".into() });
    }

    proptest! {
        /// Any graph without circles (edges go to smaller numbers only), any choice.
        #[test]
        fn every_dependency_comes_in_an_earlier_level(
            edges in proptest::collection::vec((1usize..20, 0usize..19), 0..60),
            chosen in proptest::collection::btree_set(0usize..20, 0..20),
        ) {
            let name = |number: usize| format!("p{number:02}");
            let mut map: BTreeMap<String, Vec<String>> = (0..20).map(|n| (name(n), Vec::new())).collect();
            for (from, to) in edges {
                map.entry(name(from)).or_default().push(name(to % from));
            }
            let graph = Graph::new(map.clone());
            let chosen: BTreeSet<String> = chosen.into_iter().map(name).collect();
            let levels = graph.levels(&chosen).unwrap();
            let place = |wanted: &str| levels.iter().position(|level| level.iter().any(|n| n == wanted));
            prop_assert_eq!(levels.iter().map(Vec::len).sum::<usize>(), chosen.len());
            for one in &chosen {
                let below = graph.with_dependencies(std::slice::from_ref(one)).unwrap();
                for dependency in below.iter().filter(|d| *d != one && chosen.contains(*d)) {
                    prop_assert!(place(dependency) < place(one), "{} before {}", dependency, one);
                }
            }
            prop_assert_eq!(graph.levels_anyhow(&chosen), levels);
        }

        /// Any graph at all: stopping finds an order that holds everything once, and ends.
        #[test]
        fn stopping_always_has_an_order(
            edges in proptest::collection::vec((0usize..10, 0usize..10), 0..40),
            chosen in proptest::collection::btree_set(0usize..10, 0..10),
        ) {
            let name = |number: usize| format!("p{number}");
            let mut map: BTreeMap<String, Vec<String>> = (0..10).map(|n| (name(n), Vec::new())).collect();
            for (from, to) in edges {
                map.entry(name(from)).or_default().push(name(to));
            }
            let chosen: BTreeSet<String> = chosen.into_iter().map(name).collect();
            let levels = Graph::new(map).levels_anyhow(&chosen);
            let mut all = levels.concat();
            all.sort();
            prop_assert_eq!(all, chosen.into_iter().collect::<Vec<_>>());
        }
    }
}
