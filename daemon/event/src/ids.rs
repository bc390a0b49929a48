//! Identities: `project/name`, runs, requests.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use crate::WallNs;

/// Text that is no identity; says which kind was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {expected}")]
pub struct IdError {
    pub expected: &'static str,
    pub text: String,
}

/// Identity of a process: `project/name`. Cheap to clone; ordered by project, then name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessKey {
    pub project: Arc<str>,
    pub name: Arc<str>,
}

impl ProcessKey {
    pub fn new(project: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { project: project.into(), name: name.into() }
    }
}

impl fmt::Display for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.name)
    }
}

impl FromStr for ProcessKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once('/') {
            Some((project, name)) if !project.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self::new(project, name))
            }
            _ => Err(IdError { expected: "process identity `project/name`", text: text.to_owned() }),
        }
    }
}

/// Identity of one run: a UUIDv7, written as 26 characters of base32hex (RFC 4648, lower case) so that
/// text order is time order and the text is a safe file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(Uuid);

const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

impl RunId {
    /// A new identity, later in order than all that this process made before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    pub fn from_u128(value: u128) -> Self {
        Self(Uuid::from_u128(value))
    }

    pub fn as_u128(self) -> u128 {
        self.0.as_u128()
    }

    /// When it was made: every identity carries its time. `None` for a number that no generator made.
    pub fn made_at(self) -> Option<WallNs> {
        let (seconds, nanoseconds) = self.0.get_timestamp()?.to_unix();
        let seconds = i64::try_from(seconds).ok()?;
        seconds.checked_mul(1_000_000_000)?.checked_add(i64::from(nanoseconds))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0.as_u128();
        for place in (0..26).rev() {
            let digit = usize::try_from((value >> (place * 5)) & 31).unwrap_or(0);
            write!(f, "{}", char::from(DIGITS.get(digit).copied().unwrap_or(b'0')))?;
        }
        Ok(())
    }
}

impl FromStr for RunId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError { expected: "run id", text: text.to_owned() };
        if text.len() != 26 {
            return Err(error());
        }
        let mut value: u128 = 0;
        for (index, byte) in text.bytes().enumerate() {
            let digit = DIGITS.iter().position(|d| *d == byte).ok_or_else(error)?;
            // 26 digits hold 130 bits: the first may only use its lower three.
            if index == 0 && digit > 7 {
                return Err(error());
            }
            value = (value << 5) | digit as u128;
        }
        Ok(Self(Uuid::from_u128(value)))
    }
}

/// Identity of a command, made by the client module; a retry carries the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub Arc<str>);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_text_keeps_order_and_comes_back() {
        let values = [0, 1, 31, 32, u128::from(u64::MAX), u128::MAX - 1, u128::MAX];
        let texts: Vec<String> = values.iter().map(|v| RunId::from_u128(*v).to_string()).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        for (value, text) in values.iter().zip(&texts) {
            assert_eq!(text.len(), 26);
            assert_eq!(text.parse::<RunId>().unwrap().as_u128(), *value);
        }
    }

    #[test]
    fn a_run_id_that_would_overflow_is_refused() {
        assert!("80000000000000000000000000".parse::<RunId>().is_err());
        assert!("../0000000000000000000000".parse::<RunId>().is_err());
    }

    #[test]
    fn a_run_id_knows_when_it_was_made() {
        let made = RunId::generate().made_at().unwrap();
        assert!(made > 1_700_000_000_000_000_000, "{made}");
        assert_eq!(RunId::from_u128(7).made_at(), None);
    }

    #[test]
    fn process_key_needs_both_halves() {
        assert_eq!("shop/api".parse::<ProcessKey>().unwrap(), ProcessKey::new("shop", "api"));
        for bad in ["shop", "/api", "shop/", "a/b/c"] {
            assert!(bad.parse::<ProcessKey>().is_err(), "{bad}");
        }
    }
}
