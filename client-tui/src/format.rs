//! Numbers and times as people read them. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `8s`, `5m15s`, `3h02m`, `2d 3h`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// `8s`, `5m`, `3h`, `2d`: how long ago, as far as that matters.
pub fn rough(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `31M`, `1.2G`: three digits at most, in powers of 1024.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "K", "M", "G", "T", "P"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit >= 3 && value < 9.95 { format!("{value:.1}{name}") } else { format!("{value:.0}{name}") }
}

/// Percent of a core: `0.3`, `12`.
pub fn percent(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// `12,340`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 line`, `2 lines`.
pub fn plural(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(number)) }
}

/// Wall time of day, `10:24:05`.
pub fn clock(wall_ns: i64, zone: &TimeZone) -> String {
    zoned(wall_ns, zone, "%H:%M:%S")
}

/// Wall time in full, `2026-08-01 10:24:05.123 +02:00`.
pub fn moment(wall_ns: i64, zone: &TimeZone) -> String {
    zoned(wall_ns, zone, "%Y-%m-%d %H:%M:%S%.3f %:z")
}

fn zoned(wall_ns: i64, zone: &TimeZone, pattern: &str) -> String {
    Timestamp::from_nanosecond(i128::from(wall_ns))
        .map(|time| time.to_zoned_datetime(zone.clone()).strftime(pattern).to_string())
        .unwrap_or_else(|_| "-".to_owned())
}

/// Time since the line before, at most 9 columns: `+0.123s`, `+5m15s`; what went backwards is `-`.
pub fn delta(earlier_ns: i64, later_ns: i64) -> String {
    let ms = later_ns.saturating_sub(earlier_ns) / 1_000_000;
    match u64::try_from(ms) {
        Err(_) => "-".to_owned(),
        Ok(ms) if ms < 60_000 => format!("+{}.{:03}s", ms / 1000, ms % 1000),
        Ok(ms) => format!("+{}", duration(ms).replace(' ', "")),
    }
}

/// How long ago, in milliseconds; a time in the future is now.
pub fn ago_ms(now_ns: i64, then_ns: i64) -> u64 {
    u64::try_from(now_ns.saturating_sub(then_ns) / 1_000_000).unwrap_or(0)
}

/// A directory with the home directory written `~`.
pub fn tilde(directory: &str, home: Option<&str>) -> String {
    match home.filter(|home| home.len() > 1).and_then(|home| directory.strip_prefix(home)) {
        Some("") => "~".to_owned(),
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        _ => directory.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (ms, text) in [
            (0, "0s"),
            (8_900, "8s"),
            (315_000, "5m15s"),
            (3_725_000, "1h02m"),
            (2 * 86_400_000 + 3 * 3_600_000, "2d 3h"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn sizes_and_numbers() {
        assert_eq!(size(32_505_856), "31M");
        assert_eq!(size(220_200_960), "210M");
        assert_eq!(size(1023), "1K");
        assert_eq!(size(3 * 1024 * 1024 * 1024 / 2), "1.5G");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(12), "12");
        assert_eq!(percent(0.31), "0.3");
        assert_eq!(percent(12.4), "12");
        assert_eq!(plural(1, "line"), "1 line");
        assert_eq!(plural(1_500, "line"), "1,500 lines");
    }

    #[test]
    fn times() {
        let zone = TimeZone::UTC;
        assert_eq!(clock(1_700_000_000_000_000_000, &zone), "22:13:20");
        assert_eq!(moment(1_700_000_000_123_000_000, &zone), "2023-11-14 22:13:20.123 +00:00");
        assert_eq!(delta(0, 123_000_000), "+0.123s");
        assert_eq!(delta(0, 315_000_000_000), "+5m15s");
        assert_eq!(delta(5_000_000, 0), "-");
    }

    #[test]
    fn home_is_a_tilde() {
        assert_eq!(tilde("/home/a/src", Some("/home/a")), "~/src");
        assert_eq!(tilde("/home/ab", Some("/home/a")), "/home/ab");
        assert_eq!(tilde("/srv", Some("/")), "/srv");
        assert_eq!(tilde("/srv", None), "/srv");
    }
}
