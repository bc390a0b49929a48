//! One plain HTTP request, as a browser's first would be.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _};

use crate::PATIENCE;

/// Status and body of `GET URL` (`http://HOST:PORT/PATH`). Panics if nobody answers.
#[track_caller]
pub fn get(url: &str) -> (u16, String) {
    get_as(url, parts(url).0)
}

/// As [`get`], as if `host` had been asked.
#[track_caller]
pub fn get_as(url: &str, host: &str) -> (u16, String) {
    let (place, path) = parts(url);
    let mut stream = TcpStream::connect(place).unwrap_or_else(|error| panic!("{url}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap_or_else(|error| panic!("{url}: {error}"));
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{url} answered {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("{url} answered {head:?}")), body.to_owned())
}

/// Somebody listens where the URL leads.
pub fn is_served(url: &str) -> bool {
    let (place, _) = parts(url);
    place.to_socket_addrs().is_ok_and(|mut all| all.any(|one| TcpStream::connect(one).is_ok()))
}

/// A port that nobody had a moment ago, for programs that cannot ask the system for one.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listener.local_addr().unwrap().port()
}

fn parts(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url} is no plain HTTP"));
    let slash = rest.find('/').unwrap_or(rest.len());
    let (place, path) = rest.split_at(slash);
    (place, if path.is_empty() { "/" } else { path })
}
