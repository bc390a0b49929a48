//! Durations and times as people write and read them. Pure, but for [`now_ns`] and [`local_zone`].

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Wall time now, in nanoseconds since 1970.
pub(crate) fn now_ns() -> i64 {
    clamp(Timestamp::now().as_nanosecond())
}

/// The zone of whoever sits at this terminal.
pub(crate) fn local_zone() -> TimeZone {
    TimeZone::system()
}

fn clamp(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

/// A duration with units: `250ms`, `10s`, `1h30m`.
///
/// # Errors
/// What is wrong with the text, and how to write it.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let unit_ns = |unit: &str| {
        Some(match unit {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000_u64,
            _ => return None,
        })
    };
    let wrong = || format!("`{text}` is no duration; write it with a unit, as 10s, 250ms or 1h30m");
    let mut rest = text.trim();
    let mut total = 0_u64;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, behind) = rest.split_at(digits);
        let letters = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        if unit.is_empty() && !number.is_empty() {
            return Err(format!("`{text}` has no unit; did you mean `{text}s`?"));
        }
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let unit = unit_ns(unit.trim()).ok_or_else(wrong)?;
        total = number
            .checked_mul(unit)
            .and_then(|ns| total.checked_add(ns))
            .ok_or_else(|| format!("`{text}` is too long"))?;
        rest = behind;
    }
    Ok(Duration::from_nanos(total))
}

/// A moment as given on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// This long before now.
    Ago(Duration),
    /// Nanoseconds since 1970.
    At(i64),
}

impl Moment {
    pub(crate) fn at(self, now_ns: i64) -> i64 {
        match self {
            Self::Ago(ago) => now_ns.saturating_sub(i64::try_from(ago.as_nanos()).unwrap_or(i64::MAX)),
            Self::At(ns) => ns,
        }
    }
}

/// A duration ago, or an RFC 3339 time.
///
/// # Errors
/// What is wrong with the text, and how to write it.
pub(crate) fn parse_moment(text: &str) -> Result<Moment, String> {
    if let Ok(time) = text.trim().parse::<Timestamp>() {
        return Ok(Moment::At(clamp(time.as_nanosecond())));
    }
    if text.contains('-') || text.contains(':') {
        return Err(format!(
            "`{text}` is no time; write it as 2026-08-01T10:24:05Z (with a zone), or as a duration ago: 10m"
        ));
    }
    parse_duration(text).map(Moment::Ago)
}

/// RFC 3339 in UTC with this many sub-second digits.
pub(crate) fn rfc3339(ns: i64, digits: usize) -> String {
    match Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => format!("{time:.digits$}"),
        Err(_) => ns.to_string(),
    }
}

/// `10:24:05.123` in a zone.
pub(crate) fn clock(ns: i64, zone: &TimeZone) -> String {
    match Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => time.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S%.3f").to_string(),
        Err(_) => ns.to_string(),
    }
}

/// The two largest units, without a space: `5m15s`, `8s`, `2d3h`.
pub(crate) fn short(ms: u64) -> String {
    two_units(ms, "")
}

/// The two largest units: `2d 3h`, `5m 15s`.
pub(crate) fn spaced(ms: u64) -> String {
    two_units(ms, " ")
}

fn two_units(ms: u64, between: &str) -> String {
    let seconds = ms / 1000;
    let (large, small) = match seconds {
        0..60 => return format!("{seconds}s"),
        60..3600 => ((seconds / 60, "m"), (seconds % 60, "s")),
        3600..86_400 => ((seconds / 3600, "h"), (seconds % 3600 / 60, "m")),
        _ => ((seconds / 86_400, "d"), (seconds % 86_400 / 3600, "h")),
    };
    match small.0 {
        0 => format!("{}{}", large.0, large.1),
        _ => format!("{}{}{between}{}{}", large.0, large.1, small.0, small.1),
    }
}

/// The largest unit of the time between: `12s`, `5m`, `2d`.
pub(crate) fn age(from_ns: i64, now_ns: i64) -> String {
    let seconds = now_ns.saturating_sub(from_ns).max(0) / 1_000_000_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed() {
        for (text, ms) in [
            ("250ms", 250),
            ("10s", 10_000),
            ("0s", 0),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
            ("1m 30s", 90_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "s", "10x", "-5s", "1.5s", "ten", "9999999999999d", "é", "1é"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_duration("10").unwrap_err().contains("`10s`"));
    }

    #[test]
    fn moments_are_parsed() {
        assert_eq!(parse_moment("10m"), Ok(Moment::Ago(Duration::from_secs(600))));
        assert_eq!(parse_moment("1970-01-01T00:00:01Z"), Ok(Moment::At(1_000_000_000)));
        assert_eq!(parse_moment("1970-01-01T01:00:01.5+01:00"), Ok(Moment::At(1_500_000_000)));
        for text in ["yesterday", "2026-08-01", "10:24", "2026-08-01T10:24:05"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
        assert_eq!(Moment::Ago(Duration::from_secs(1)).at(5_000_000_000), 4_000_000_000);
    }

    #[test]
    fn times_are_written() {
        let ns = 1_785_579_845_123_456_789;
        assert_eq!(rfc3339(ns, 9), "2026-08-01T10:24:05.123456789Z");
        assert_eq!(rfc3339(ns, 3), "2026-08-01T10:24:05.123Z");
        assert_eq!(rfc3339(ns, 0), "2026-08-01T10:24:05Z");
        assert_eq!(rfc3339(0, 9), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(clock(ns, &TimeZone::UTC), "10:24:05.123");
        assert_eq!(clock(1_785_579_845_000_000_000, &TimeZone::UTC), "10:24:05.000");
    }

    #[test]
    fn durations_are_written() {
        for (ms, compact, wide) in [
            (0, "0s", "0s"),
            (8_400, "8s", "8s"),
            (315_000, "5m15s", "5m 15s"),
            (300_000, "5m", "5m"),
            (3_660_000, "1h1m", "1h 1m"),
            (183_600_000, "2d3h", "2d 3h"),
        ] {
            assert_eq!(short(ms), compact);
            assert_eq!(spaced(ms), wide);
        }
        assert_eq!(age(0, 12_900_000_000), "12s");
        assert_eq!(age(0, 301_000_000_000), "5m");
        assert_eq!(age(5, 0), "0s");
    }
}
