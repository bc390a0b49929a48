//! Durations and sizes as people write them.
//!
//! Pure: no files, no environment, no clock.
//!
//! A duration always has a unit: other tools read a bare number as seconds or as milliseconds, and a wrong
//! guess is a factor of a thousand.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};

const DURATION_UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

const SIZE_UNITS: [(&str, u64); 10] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Longest duration that is accepted: a hundred years, so that adding it to a clock never overflows.
const LONGEST_MS: u64 = 100 * 366 * 86_400_000;

/// `10s`, `250ms`, `1m30s`, `1m 30s`, `1.5 h`, `7d`. Nothing for other text, a missing unit, or more than
/// 100 years.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim_matches(' ');
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, after) = leading_number(rest)?;
        let after = after.trim_start_matches(' ');
        let end = after.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, left) = after.split_at_checked(end)?;
        let (_, scale) = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(scaled(number, *scale)?)?;
        rest = left.trim_start_matches(' ');
    }
    (total <= LONGEST_MS).then(|| Duration::from_millis(total))
}

/// A duration as it would be written: with the largest unit that needs no fraction.
pub(crate) fn show_duration(duration: Duration) -> String {
    let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fitting = DURATION_UNITS.iter().rev().find(|(_, scale)| ms >= *scale && ms % scale == 0);
    let (unit, scale) = fitting.unwrap_or(&("ms", 1));
    format!("{}{unit}", ms / scale)
}

/// `256MiB`, `2GiB`, `64 KiB`, `1.5GB`, `512B`, or a bare number of bytes.
pub fn size(text: &str) -> Option<u64> {
    let (number, unit) = leading_number(text.trim_matches(' '))?;
    let unit = unit.trim_start_matches(' ');
    if unit.is_empty() {
        return number.parse().ok();
    }
    let (_, scale) = SIZE_UNITS.iter().find(|(name, _)| *name == unit)?;
    scaled(number, *scale)
}

/// What [`duration`] takes, but for its greatest, as a regular expression for JSON Schemas.
pub(crate) fn duration_pattern() -> String {
    let units = DURATION_UNITS.map(|(unit, _)| unit).join("|");
    format!("^ *({} *({units}) *)+$", number_pattern())
}

/// What [`size`] takes, but for its greatest, as a regular expression for JSON Schemas.
pub(crate) fn size_pattern() -> String {
    let units = SIZE_UNITS.map(|(unit, _)| unit).join("|");
    format!("^ *([0-9]+|{} *({units})) *$", number_pattern())
}

/// Digits of a fraction.
const MOST_PLACES: usize = 9;

fn number_pattern() -> String {
    format!(r"[0-9]+(\.[0-9]{{1,{MOST_PLACES}}})?")
}

fn leading_number(text: &str) -> Option<(&str, &str)> {
    let end =
        text.find(|character: char| !(character.is_ascii_digit() || character == '.')).unwrap_or(text.len());
    (end > 0).then(|| text.split_at_checked(end)).flatten()
}

/// `number` (digits, perhaps a fraction) times `scale`, exact for whole numbers.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u64 = whole.parse().ok()?;
    if fraction.is_empty() || fraction.len() > MOST_PLACES {
        return None;
    }
    let parts: u64 = fraction.parse().ok()?;
    let places = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = u128::from(parts) * u128::from(scale) / u128::from(places);
    whole.checked_mul(scale)?.checked_add(u64::try_from(part).ok()?)
}

/// For `#[serde(deserialize_with)]`: text that has been checked before.
pub(crate) fn de_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    duration(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is no duration")))
}

/// As [`de_duration`]; `off` is nothing.
pub(crate) fn de_duration_or_off<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "off" {
        return Ok(None);
    }
    duration(&text).map(Some).ok_or_else(|| de::Error::custom(format!("`{text}` is no duration")))
}

/// As [`de_duration`], for a whole number of milliseconds.
pub(crate) fn de_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

/// Text or a number of bytes.
pub(crate) fn de_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Size;
    impl Visitor<'_> for Size {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a size")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            size(text).ok_or_else(|| E::custom(format!("`{text}` is no size")))
        }

        fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<u64, E> {
            Ok(bytes)
        }

        fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<u64, E> {
            u64::try_from(bytes).map_err(E::custom)
        }
    }
    deserializer.deserialize_any(Size)
}

/// `auto` is nothing, a number is itself.
pub(crate) fn de_auto<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    struct Auto;
    impl Visitor<'_> for Auto {
        type Value = Option<usize>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("`auto` or a number")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<usize>, E> {
            if text == "auto" { Ok(None) } else { Err(E::custom(format!("`{text}` is not `auto`"))) }
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<usize>, E> {
            usize::try_from(number).map(Some).map_err(E::custom)
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<usize>, E> {
            usize::try_from(number).map(Some).map_err(E::custom)
        }
    }
    deserializer.deserialize_any(Auto)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_need_a_unit() {
        for (text, ms) in [
            ("10s", 10_000),
            ("250ms", 250),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("7d", 604_800_000),
            ("0s", 0),
            (" 2s ", 2_000),
            ("10 s", 10_000),
            ("1m  30 s", 90_000),
            ("0.25s", 250),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for bad in [
            "",
            "10",
            "s",
            "-1s",
            "1w",
            "1 0s",
            "1m\t30s",
            "1.s",
            "1..5s",
            "99999999999999999999s",
            "10S",
            "200000d",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_know_both_kinds_of_units() {
        for (text, bytes) in [
            ("256MiB", 256 << 20),
            ("2GiB", 2 << 30),
            ("64 KiB", 64 << 10),
            ("1.5kB", 1_500),
            ("1MB", 1_000_000),
            ("512B", 512),
            ("4096", 4096),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for bad in ["", "MiB", "1 mib", "-1MiB", "1XB", "1.5", "99999999999TiB"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_them(text in ".{0,40}") {
            let _ = duration(&text);
            let _ = size(&text);
        }

        #[test]
        fn whole_numbers_are_exact(n in 0_u64..1_000_000) {
            prop_assert_eq!(duration(&format!("{n}ms")), Some(Duration::from_millis(n)));
            prop_assert_eq!(duration(&show_duration(Duration::from_millis(n))), Some(Duration::from_millis(n)));
            prop_assert_eq!(size(&format!("{n}KiB")), Some(n << 10));
        }
    }
}
