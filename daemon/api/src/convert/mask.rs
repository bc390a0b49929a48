//! Variables and settings as they may be shown; which those are, [`secret`] decides. Pure.

use brummer_event::secret;
use brummer_proto::v1;

/// Variables as they may be shown.
pub(crate) fn variables(variables: Vec<(String, String)>) -> Vec<v1::EnvironmentVariable> {
    let shown = |(name, value): (String, String)| {
        let value = secret::value(&name, &value).into_bytes();
        v1::EnvironmentVariable { name, value }
    };
    variables.into_iter().map(shown).collect()
}

/// A value of the configuration, which is TOML, as it may be shown; `key` as `processes.api.env.DB_PASSWORD`.
pub(crate) fn setting(key: &str, value: &str) -> String {
    let variable = key.rsplit_once(".env.").map(|(_, name)| name);
    let hidden = variable.is_some_and(secret::is_secret) && !matches!(value, "\"\"" | "null");
    if hidden { format!("\"{}\"", secret::MASKED) } else { secret::text(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_of_secret_names_are_kept_back() {
        for (key, value, shown) in [
            ("processes.api.env.DB_PASSWORD", "\"hunter2\"", "\"***\""),
            ("processes.api.env.github_token", "\"x\"", "\"***\""),
            ("processes.api.env.DB_PASSWORD", "\"\"", "\"\""),
            ("processes.api.env.DB_PASSWORD", "null", "null"),
            ("processes.api.env.RUST_LOG", "\"info\"", "\"info\""),
            ("processes.auth.run", "\"x\"", "\"x\""),
            ("processes.api.run", "\"API_TOKEN=x npm start\"", "\"API_TOKEN=*** npm start\""),
        ] {
            assert_eq!(setting(key, value), shown, "{key}");
        }
        let both = variables(vec![("A_SECRET".into(), "x".into()), ("PATH".into(), "/bin".into())]);
        let both: Vec<(&str, &[u8])> = both.iter().map(|one| (&*one.name, &*one.value)).collect();
        assert_eq!(both, [("A_SECRET", &b"***"[..]), ("PATH", &b"/bin"[..])]);
    }
}
