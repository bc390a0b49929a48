//! Sizes, shares and counts as tables show them. Pure.

const UNITS: [&str; 5] = ["B", "K", "M", "G", "T"];

/// A size in a column: `31.0M`, `210M`; one decimal below 100.
pub(crate) fn size_cell(bytes: u64) -> String {
    size(bytes, 100.0)
}

/// A size in a sentence: `41M`, `2.0G`; one decimal below 10.
pub(crate) fn size_short(bytes: u64) -> String {
    size(bytes, 10.0)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn size(bytes: u64, decimals_below: f64) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit > 0 && value < decimals_below - 0.05 {
        format!("{value:.1}{name}")
    } else {
        format!("{value:.0}{name}")
    }
}

/// `0.3%`, `12%`; one decimal below 10.
pub(crate) fn percent(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}%") } else { format!("{value:.0}%") }
}

/// `12,340`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 error`, `2 errors`.
pub(crate) fn plural(count: u64, word: &str) -> String {
    format!("{} {word}{}", thousands(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: u64 = 1024 * 1024;

    #[test]
    fn figures_are_written() {
        for (bytes, cell, short) in [
            (0, "0B", "0B"),
            (512, "512B", "512B"),
            (1023, "1023B", "1023B"),
            (1024, "1.0K", "1.0K"),
            (31 * M, "31.0M", "31M"),
            (49 * M + M / 10, "49.1M", "49M"),
            (210 * M, "210M", "210M"),
            (99 * M + M * 96 / 100, "100M", "100M"),
            (2048 * M, "2.0G", "2.0G"),
            (84 * M, "84.0M", "84M"),
            (1_048_575, "1.0M", "1.0M"),
        ] {
            assert_eq!(size_cell(bytes), cell, "{bytes}");
            assert_eq!(size_short(bytes), short, "{bytes}");
        }
        assert_eq!(percent(0.0), "0.0%");
        assert_eq!(percent(0.34), "0.3%");
        assert_eq!(percent(9.97), "10%");
        assert_eq!(percent(12.3), "12%");
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(12_340), "12,340");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(plural(1, "error"), "1 error");
    }
}
