//! The accept wrapper against real sockets, in a process of its own: one test lowers this process's limit
//! of descriptors, so all run in one function, one after the other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::os::unix::net::UnixListener as StdListener;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use brummer_api::listen::{Limits, Listener};
use futures::{FutureExt as _, StreamExt as _};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

fn bind(path: &Path) -> StdListener {
    StdListener::bind(path).unwrap()
}

#[tokio::test]
async fn the_accept_wrapper() {
    beyond_the_limit_clients_are_closed_at_once().await;
    a_socket_bound_anew_is_taken_over().await;
    a_client_that_asks_nothing_is_closed().await;
    without_descriptors_it_rests_and_recovers().await;
}

async fn beyond_the_limit_clients_are_closed_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let limits = Limits { connections: 2, ..Limits::default() };
    let (listener, _replace) = Listener::new(bind(&path), limits).unwrap();
    let mut incoming = pin!(listener.incoming());
    let _one = UnixStream::connect(&path).await.unwrap();
    let _two = UnixStream::connect(&path).await.unwrap();
    let first = incoming.next().await.unwrap().unwrap();
    let _second = incoming.next().await.unwrap().unwrap();
    let mut third = UnixStream::connect(&path).await.unwrap();
    let mut byte = [0];
    tokio::select! {
        read = third.read(&mut byte) => assert_eq!(read.unwrap(), 0, "closed"),
        _ = incoming.next() => panic!("more than allowed"),
    }
    drop(first);
    let _fourth = UnixStream::connect(&path).await.unwrap();
    incoming.next().await.unwrap().unwrap();
}

async fn a_socket_bound_anew_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let (listener, replace) = Listener::new(bind(&path), Limits::default()).unwrap();
    let mut incoming = pin!(listener.incoming());
    std::fs::remove_file(&path).unwrap();
    assert!(replace.put(bind(&path)).await.is_ok());
    let connecting = UnixStream::connect(&path);
    let (accepted, connected) = tokio::join!(incoming.next(), connecting);
    assert!(accepted.unwrap().is_ok() && connected.is_ok());
}

async fn a_client_that_asks_nothing_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let limits = Limits { first_request: Duration::from_millis(50), ..Limits::default() };
    let (listener, _replace) = Listener::new(bind(&path), limits).unwrap();
    let mut incoming = pin!(listener.incoming());
    let mut silent = UnixStream::connect(&path).await.unwrap();
    let mut served = incoming.next().await.unwrap().unwrap();
    // It sends the preface and settings, and no request.
    silent.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut all = Vec::new();
    let error = served.read_to_end(&mut all).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);

    let mut asking = UnixStream::connect(&path).await.unwrap();
    let mut served = incoming.next().await.unwrap().unwrap();
    asking.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x01\x01\x05\0\0\0\x01x").await.unwrap();
    let mut first = [0; 34];
    served.read_exact(&mut first).await.unwrap();
    // The deadline of the silent one is long past; this one may be quiet as long as it likes.
    let quiet = tokio::time::timeout(Duration::from_millis(200), served.read_u8()).await;
    assert!(quiet.is_err(), "still open: {quiet:?}");
}

async fn without_descriptors_it_rests_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let (listener, _replace) = Listener::new(bind(&path), Limits::default()).unwrap();
    let mut incoming = pin!(listener.incoming());
    let mut turned_away = UnixStream::connect(&path).await.unwrap();
    // From here on no number is free for another descriptor.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let taken: Vec<_> = std::iter::from_fn(|| {
        let file = std::fs::File::open("/dev/null").unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&file);
        Some((number, file))
    })
    .take(4)
    .collect();
    let next = taken.iter().map(|(number, _)| *number).max().unwrap() + 1;
    setrlimit(Resource::RLIMIT_NOFILE, u64::try_from(next).unwrap(), hard).unwrap();
    assert!(std::fs::File::open("/dev/null").is_err(), "the limit is reached");

    let before = tokio::time::Instant::now();
    let mut byte = [0];
    tokio::select! {
        read = turned_away.read(&mut byte) => assert_eq!(read.unwrap(), 0, "told to try again"),
        _ = incoming.next() => panic!("accepted without a descriptor"),
    }
    // Nobody else waits; the loop must rest, not spin: it is idle again after its pause.
    assert!(incoming.next().now_or_never().is_none());
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    let (accepted, connected) = tokio::join!(incoming.next(), UnixStream::connect(&path));
    assert!(accepted.unwrap().is_ok() && connected.is_ok());
    assert!(before.elapsed() >= Duration::from_millis(100), "it rested");
}
