//! Which values do not leave the daemon: those of variables whose names look like secrets. Pure.

use brummer_proto::v1;

/// Stands for a value that is not shown.
pub(crate) const MASKED: &str = "***";

const SECRET: [&str; 8] =
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "PRIVATE_KEY", "CREDENTIAL", "AUTH"];

/// Whether the value of a variable of this name is kept back.
pub(crate) fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    SECRET.iter().any(|word| upper.contains(word))
}

/// Variables as they may be shown. That a secret is empty may be told.
pub(crate) fn variables(variables: Vec<(String, String)>) -> Vec<v1::EnvironmentVariable> {
    variables
        .into_iter()
        .map(|(name, value)| {
            let hidden = is_secret(&name) && !value.is_empty();
            let value = if hidden { MASKED.as_bytes().to_vec() } else { value.into_bytes() };
            v1::EnvironmentVariable { name, value }
        })
        .collect()
}

/// A value of the configuration as it may be shown; `key` as `processes.api.env.DB_PASSWORD`.
pub(crate) fn setting(key: &str, value: &str) -> String {
    let variable = key.rsplit_once(".env.").map(|(_, name)| name);
    let hidden = variable.is_some_and(is_secret) && value != "\"\"";
    if hidden { format!("\"{MASKED}\"") } else { value.to_owned() }
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
            ("processes.api.env.RUST_LOG", "\"info\"", "\"info\""),
            ("processes.auth.run", "\"x\"", "\"x\""),
        ] {
            assert_eq!(setting(key, value), shown, "{key}");
        }
        let both = variables(vec![("A_SECRET".into(), "x".into()), ("PATH".into(), "/bin".into())]);
        let both: Vec<(&str, &[u8])> = both.iter().map(|one| (&*one.name, &*one.value)).collect();
        assert_eq!(both, [("A_SECRET", &b"***"[..]), ("PATH", &b"/bin"[..])]);
    }
}
