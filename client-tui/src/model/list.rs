//! The cursor of a list: an id, not a row, so that it stays on its item when rows come and go. Pure.

/// Which item is selected and how far the list is scrolled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// `None`: the list's own default row.
    pub id: Option<String>,
    /// First row that is drawn.
    pub offset: usize,
}

/// The first row to draw so that `selected` is among `height` rows of `len`, moving as little as possible.
pub fn offset(old: usize, selected: usize, len: usize, height: usize) -> usize {
    if height == 0 {
        return selected;
    }
    let most = len.saturating_sub(height);
    let least = (selected + 1).saturating_sub(height);
    old.clamp(least, selected.max(least)).min(most.max(least))
}

/// `row` moved by `by`, within a list of `len`.
pub fn moved(row: usize, by: isize, len: usize) -> usize {
    row.saturating_add_signed(by).min(len.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_always_visible() {
        for len in 0..12 {
            for height in 1..6 {
                for selected in 0..len {
                    for old in 0..14 {
                        let first = offset(old, selected, len, height);
                        assert!(
                            first <= selected && selected < first + height,
                            "{len} {height} {selected} {old}"
                        );
                        assert!(
                            first + height <= len.max(height),
                            "no blank below while rows are hidden above"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn moving_stops_at_the_ends() {
        assert_eq!(moved(0, -1, 5), 0);
        assert_eq!(moved(3, 9, 5), 4);
        assert_eq!(moved(0, 3, 0), 0);
    }
}
