//! Which names are those of secrets. Words in them decide, wherever a language or its users put the joints:
//! `API_KEYS`, `accessKeyId`, `PGPASS`. What only ends like one of them (`COMPASS`, `MONKEY`) is listed.

/// Anywhere in a name, whether its words are joined or not: `accessKeyId`, `API_KEYS`.
const PARTS: [&str; 10] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "APIKEY",
    "ACCESSKEY",
    "PRIVATEKEY",
    "CREDENTIAL",
    "AUTHORIZATION",
];
/// As a word of a name, between `_`, `-` and `.`.
const WORDS: [&str; 7] = ["PAT", "BEARER", "AUTH", "COOKIE", "JWT", "DSN", "SALT"];
/// At the end of a word of a name: `SSHKEY`, `DB_PASS`, `PGPASS`.
const ENDS: [&str; 3] = ["KEY", "PASS", "PWD"];
/// Words that end so and mean something else.
const OTHERS: [&str; 20] = [
    "MONKEY",
    "DONKEY",
    "TURKEY",
    "HOCKEY",
    "JOCKEY",
    "WHISKEY",
    "LACKEY",
    "MICKEY",
    "SMOKEY",
    "POKEY",
    "HOTKEY",
    "COMPASS",
    "BYPASS",
    "TRESPASS",
    "SURPASS",
    "OVERPASS",
    "UNDERPASS",
    "KEEPASS",
    "RENDERPASS",
    "OLDPWD",
];
/// Whether the value of a variable or key of this name is kept back.
pub fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let joined: String = upper.chars().filter(char::is_ascii_alphanumeric).collect();
    let words = || upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    PARTS.iter().any(|part| joined.contains(part))
        || words().any(is_secret_word)
        || is_web_hook(&joined)
        // As Stripe's: one word alone would be the language.
        || words().count() > 1 && words().next_back() == Some("SK")
}

fn is_secret_word(word: &str) -> bool {
    let ends_so = ENDS.iter().any(|end| word.ends_with(end));
    WORDS.contains(&word) || ends_so && !OTHERS.iter().any(|other| word.ends_with(other))
}

/// The address of a web hook; not its port, or whether there is one.
fn is_web_hook(joined: &str) -> bool {
    let address = ["URLS", "URL", "URI", "ENDPOINT"].iter().find_map(|what| joined.strip_suffix(what));
    let subject = address.unwrap_or(joined);
    subject.ends_with("WEBHOOK") || subject.ends_with("WEBHOOKS")
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn names_decide() {
        for name in [
            "DB_PASSWORD",
            "github_token",
            "githubToken",
            "STRIPE_SECRET",
            "API_KEY",
            "API_KEYS",
            "APIKEY",
            "AWS_ACCESS_KEY_ID",
            "accessKeyId",
            "ACCESSKEY",
            "SSH_AUTH_SOCK",
            "SSHKEY",
            "sshKey",
            "SSHPASS",
            "OPENAIKEY",
            "DB_PASS",
            "DBPASS",
            "PGPASS",
            "MYPASS",
            "smtpPass",
            "MYSQL_PWD",
            "MYSQLPWD",
            "SENTRY_DSN",
            "GITHUB_PAT",
            "GH_PAT",
            "BEARER",
            "AUTH_BEARER",
            "STRIPE_SK",
            "WEBHOOK_URL",
            "SLACK_WEBHOOK",
            "slackWebhookUrl",
            "DISCORD_WEBHOOKS",
            "--db-password",
            "session.cookie",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PATH",
            "PATTERN",
            "SPATIAL",
            "AUTHOR",
            "KEYBOARD",
            "KEYCLOAK_URL",
            "COMPASS",
            "MONKEY",
            "SURVEYMONKEY",
            "TURKEY",
            "HOTKEY",
            "PASSENGER_ENV",
            "PASSTHROUGH",
            "PGPASSFILE",
            "PORT",
            "RUST_LOG",
            "BYPASS",
            "BYPASS_CACHE",
            "cacheBypass",
            "OLDPWD",
            "WEBHOOK_PORT",
            "WEBHOOKS_ENABLED",
            "SK",
            "SK_LOCALE",
            "DISK",
            "TASK",
            "FORBEARERS",
            "",
            "_",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
