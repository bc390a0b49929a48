//! URLs that a process serves, found in its lines. Pure.
//!
//! [`find`] takes URLs out of running text (brackets, quotes, markdown and sentence ends are not part of
//! them); [`endpoint`] keeps those that point at this machine or its LAN and writes them as a browser here
//! would open them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A URL in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    pub(crate) text: &'a str,
    /// The text before it.
    pub(crate) before: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    /// Path, query and fragment.
    pub(crate) path: &'a str,
}

/// Every http and https URL with a usable host and port.
pub(crate) fn find(text: &str) -> impl Iterator<Item = Url<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let mark = from + memchr::memmem::find(text.as_bytes().get(from..)?, b"://")?;
            from = mark + 3;
            let head = text.get(..mark)?;
            let scheme_length = if ends_with_word(head, "https") {
                5
            } else if ends_with_word(head, "http") {
                4
            } else {
                continue;
            };
            let start = mark - scheme_length;
            let end = from + body_length(text.get(from..)?);
            if let Some(url) = parse(text, start, from, end) {
                from = end;
                return Some(url);
            }
        }
    })
}

fn ends_with_word(head: &str, word: &str) -> bool {
    let Some(start) = head.len().checked_sub(word.len()) else { return false };
    let (Some(tail), Some(before)) = (head.get(start..), head.get(..start)) else { return false };
    tail.eq_ignore_ascii_case(word) && !before.ends_with(|c: char| c.is_alphanumeric() || c == '+')
}

/// How much of `body` (what follows `://`) belongs to the URL.
fn body_length(body: &str) -> usize {
    let in_brackets = body.starts_with('[');
    let mut end = 0;
    let (mut round, mut square) = (0_i32, 0_i32);
    for (at, c) in body.char_indices() {
        let bracket_of_host = in_brackets && end < 48 && (c == '[' || c == ']');
        match c {
            _ if c.is_whitespace() || c.is_control() => break,
            '"' | '<' | '>' | '{' | '}' | '\\' | '^' | '`' | '|' | '*' | '\u{201d}' | '\u{2019}' => break,
            '(' => round += 1,
            ')' => {
                round -= 1;
                if round < 0 {
                    break;
                }
            }
            '[' if !bracket_of_host => break,
            '[' => square += 1,
            ']' => {
                square -= 1;
                if square < 0 {
                    break;
                }
            }
            _ => {}
        }
        end = at + c.len_utf8();
    }
    let kept = body.get(..end).unwrap_or("");
    kept.trim_end_matches(['.', ',', ';', '!', '?', '\'', '(']).len()
}

fn parse(text: &str, start: usize, body_start: usize, end: usize) -> Option<Url<'_>> {
    let body = text.get(body_start..end)?;
    let authority_end = body.find(['/', '?', '#']).unwrap_or(body.len());
    let (authority, path) = body.split_at_checked(authority_end)?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port_text) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        (address, rest.strip_prefix(':').or(rest.is_empty().then_some("")))
    } else {
        match authority.split_once(':') {
            Some((_, "")) => return None,
            Some((host, port)) => (host, Some(port)),
            None => (authority, Some("")),
        }
    };
    let port = match port_text? {
        "" => None,
        digits => Some(digits.parse::<u16>().ok().filter(|port| *port != 0)?),
    };
    let good_host = !host.is_empty()
        && host.starts_with(|c: char| c.is_alphanumeric() || c == ':')
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    if !good_host {
        return None;
    }
    Some(Url { text: text.get(start..end)?, before: text.get(..start)?, host, port, path })
}

/// The URL as an endpoint: of this machine or its LAN, `0.0.0.0` and `[::]` as `localhost`, with a path.
pub(crate) fn endpoint(url: &Url<'_>, own_host: Option<&str>) -> Option<String> {
    let host = url.host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    let shown = if let Ok(v4) = host.parse::<Ipv4Addr>() {
        if v4.is_unspecified() {
            "localhost".to_owned()
        } else if v4.is_loopback() || v4.is_private() || v4.is_link_local() {
            v4.to_string()
        } else {
            return None;
        }
    } else if let Ok(v6) = host.parse::<Ipv6Addr>() {
        if v6.is_unspecified() {
            "localhost".to_owned()
        } else if v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() {
            format!("[{v6}]")
        } else {
            return None;
        }
    } else if host == "localhost" || host.ends_with(".localhost") || is_own(host, own_host) {
        host.to_owned()
    } else {
        return None;
    };
    let scheme =
        if url.text.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("https")) { "https" } else { "http" };
    let port = url.port.map(|port| format!(":{port}")).unwrap_or_default();
    let slash = if url.path.starts_with('/') { "" } else { "/" };
    Some(format!("{scheme}://{shown}{port}{slash}{}", url.path))
}

fn is_own(host: &str, own_host: Option<&str>) -> bool {
    own_host.is_some_and(|own| {
        let own = own.to_ascii_lowercase();
        !own.is_empty() && (host == own || host.strip_suffix(".local").is_some_and(|short| short == own))
    })
}

/// The word a tool puts before its URLs.
pub(crate) fn label(before: &str) -> Option<&'static str> {
    let before = before.trim_end().strip_suffix(':').unwrap_or(before).trim_end();
    ["Local", "Network"].into_iter().find(|word| {
        before.len() >= word.len()
            && before.get(before.len() - word.len()..).is_some_and(|tail| tail.eq_ignore_ascii_case(word))
    })
}

/// A request that the line tells of, not an address that somebody serves.
pub(crate) fn is_request(before: &str) -> bool {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    before
        .trim_end_matches(|c: char| !c.is_alphanumeric())
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .is_some_and(|word| METHODS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        find(text).map(|url| url.text).collect()
    }

    #[test]
    fn urls_of_running_text() {
        let rows: &[(&str, &[&str])] = &[
            ("Server running at http://localhost:3000", &["http://localhost:3000"]), // U01
            ("Visit http://example.com.", &["http://example.com"]),                  // U03
            ("Starting https://localhost:", &[]),                                    // U05
            ("see (http://localhost:3000/path)", &["http://localhost:3000/path"]),   // U07
            ("Listening on http://[::1]:3000/", &["http://[::1]:3000/"]),            // U09
            ("**http://localhost:3000**", &["http://localhost:3000"]),               // U11
            ("http://foo:bar:", &[]),                                                // U15
            ("http://localhost:3000/a?b=c&d=e#f", &["http://localhost:3000/a?b=c&d=e#f"]), // U17
            ("\"http://localhost:5173/\",", &["http://localhost:5173/"]),            // U19
            ("Server running on [http://127.0.0.1:8000].", &["http://127.0.0.1:8000"]), // L61
            ("HTTPS://LocalHost:8443/X", &["HTTPS://LocalHost:8443/X"]),
            ("http://localhost:65536/ http://localhost:0/ http://localhost:1/", &["http://localhost:1/"]),
            ("http://a/ and https://b/x(y)z).", &["http://a/", "https://b/x(y)z"]),
            ("ws://localhost:1 xhttp://localhost:2 http:///x http://", &[]),
            ("http://[zz]:3000 http://[::1 http://[::1]x", &[]),
            ("http://[::1]", &["http://[::1]"]),
            ("http://user:pw@localhost:80/", &["http://user:pw@localhost:80/"]),
            ("'http://localhost:3000'", &["http://localhost:3000"]),
            ("http://localhost:3000...", &["http://localhost:3000"]),
        ];
        for (text, expected) in rows {
            assert_eq!(all(text), *expected, "{text}");
        }
    }

    #[test]
    fn only_own_addresses_are_endpoints() {
        let rows = [
            ("http://localhost:3000", Some("http://localhost:3000/")),
            ("http://0.0.0.0:8000/x?y", Some("http://localhost:8000/x?y")),
            ("http://[::]:8000", Some("http://localhost:8000/")),
            ("http://[::1]:3000/", Some("http://[::1]:3000/")),
            ("http://192.168.1.7:5173/", Some("http://192.168.1.7:5173/")),
            ("https://app.localhost/", Some("https://app.localhost/")),
            ("http://MyHost.local:80?q", Some("http://myhost.local:80/?q")),
            ("http://myhost:80", Some("http://myhost:80/")),
            ("http://example.com", None),
            ("http://8.8.8.8:80", None),
            ("http://[2001:db8::1]:80", None),
            ("http://localhost.example.com", None),
            ("http://db:5432", None),
        ];
        for (text, expected) in rows {
            let found = find(text).next().and_then(|url| endpoint(&url, Some("myhost")));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn labels_and_requests() {
        assert_eq!(label("  \u{279c}  Local:   "), Some("Local"));
        assert_eq!(label("   - Network:       "), Some("Network"));
        assert_eq!(label("listening on "), None);
        assert!(is_request("127.0.0.1 - \"GET "));
        assert!(!is_request("Target: "));
    }
}
