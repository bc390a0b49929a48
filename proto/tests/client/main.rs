//! The client module against servers that die: an in-process daemon whose runtime is torn down like a
//! killed process, at places of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test; clients have no scope"
)]

mod server;

use std::time::Duration;

use brummer_proto::client::{Client, LogFollowEvent, WatchEvent, new_command};
use brummer_proto::{PROTOCOL, v1};
use server::{Home, Script};

const LIMIT: Duration = Duration::from_secs(10);

async fn connect(home: &Home) -> Client {
    Client::connect_at(home.places(), false, LIMIT).await.unwrap()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("not within a minute")
}

#[tokio::test]
async fn it_finds_the_daemon_that_the_lock_names() {
    let home = Home::new();
    let _server = home.serve(Script::default());
    let client = connect(&home).await;
    assert_eq!((client.daemon().pid, client.daemon().version.as_str()), (4711, "0.0.7"));
}

#[tokio::test]
async fn without_autostart_a_socket_alone_is_not_connected_to() {
    let home = Home::new();
    // As systemd would: it listens, and no daemon holds the lock.
    let listener = std::os::unix::net::UnixListener::bind(home.socket()).unwrap();
    let error = Client::connect_at(home.places(), false, LIMIT).await.err().unwrap();
    assert_eq!((error.code.as_str(), error.exit), ("NOT_RUNNING", 3));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody knocked");
}

#[tokio::test]
async fn a_silent_holder_is_an_error_that_names_it() {
    let home = Home::new();
    let _listener = std::os::unix::net::UnixListener::bind(home.socket()).unwrap();
    let _lock = home.hold_lock("serving");
    let error = within(Client::connect_at(home.places(), true, LIMIT)).await.err().unwrap();
    assert_eq!((error.code.as_str(), error.exit), ("SILENT", 3));
    assert!(error.message.contains("pid 4711"), "{error}");
}

#[tokio::test]
async fn a_daemon_whose_lock_says_what_it_speaks_is_not_greeted() {
    let home = Home::new();
    let listener = std::os::unix::net::UnixListener::bind(home.socket()).unwrap();
    let _lock = home.hold_lock_speaking("serving", PROTOCOL);
    let client = connect(&home).await;
    assert_eq!((client.daemon().pid, client.daemon().version.as_str()), (4711, "0.0.7"));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody knocked");
}

#[tokio::test]
async fn a_silent_daemon_is_told_as_such_at_the_first_request_or_stream() {
    let home = Home::new();
    let _listener = std::os::unix::net::UnixListener::bind(home.socket()).unwrap();
    let _lock = home.hold_lock_speaking("serving", PROTOCOL);
    let asked = async {
        let client = connect(&home).await;
        client.call(async |client| client.system().get_status(v1::GetStatusRequest {}).await).await.err()
    };
    let followed =
        async { connect(&home).await.follow_logs(v1::FollowRequest::default()).next().await.err() };
    let (asked, followed) = within(async { tokio::join!(asked, followed) }).await;
    for error in [asked.unwrap(), followed.unwrap()] {
        assert_eq!((error.code.as_str(), error.exit), ("SILENT", 3));
        assert!(error.message.contains("pid 4711"), "{error}");
    }
}

#[tokio::test]
async fn a_lock_of_another_protocol_says_which_side_to_update() {
    let home = Home::new();
    let _lock = home.hold_lock_speaking("serving", PROTOCOL + 2);
    let error = Client::connect_at(home.places(), true, LIMIT).await.err().unwrap();
    assert_eq!((error.code.as_str(), error.exit), ("PROTOCOL", 3));
    assert!(error.hint.unwrap().contains("update this program"));
}

#[tokio::test]
async fn a_daemon_that_is_starting_is_waited_for() {
    let home = Home::new();
    let lock = home.hold_lock("starting");
    let places = home.places();
    let connecting = tokio::spawn(async move { Client::connect_at(places, true, LIMIT).await });
    // It knocks and is not let in: only then is the daemon made to serve.
    tokio::task::yield_now().await;
    drop(lock);
    let _server = home.serve(Script::default());
    assert_eq!(within(connecting).await.unwrap().unwrap().daemon().pid, 4711);
}

#[tokio::test]
async fn a_daemon_at_another_socket_is_told_apart() {
    let home = Home::new();
    let _server = home.serve(Script::default());
    let mut places = home.places();
    places.socket = home.socket().with_file_name("other.sock");
    places.socket_given = true;
    let error = Client::connect_at(places, true, LIMIT).await.err().unwrap();
    assert_eq!((error.code.as_str(), error.exit), ("DAEMON_ELSEWHERE", 3));
}

#[tokio::test]
async fn a_command_is_repeated_with_the_same_id_until_a_daemon_answers() {
    let home = Home::new();
    // The first daemon takes the command and dies with it in hand.
    let first = home.serve(Script { reload_hangs: true, ..Script::default() });
    let client = connect(&home).await;
    let request = v1::ReloadRequest { command: Some(new_command()), scope: None };
    let asking = tokio::spawn({
        let (client, request) = (client.clone(), request.clone());
        async move { client.call_spawned(async |client| client.system().reload(request.clone()).await).await }
    });
    let id = within(first.reload_asked()).await;
    first.kill();
    let second = home.serve(Script::default());
    within(asking).await.unwrap().unwrap();
    assert_eq!(second.reload_asked().await, id);
    assert_eq!(id, request.command.unwrap().request_id);
}

#[tokio::test]
async fn a_daemon_that_stays_away_is_exit_3_and_is_not_replaced() {
    let home = Home::new();
    let server = home.serve(Script { reload_hangs: true, ..Script::default() });
    let client = Client::connect_at(home.places(), true, LIMIT).await.unwrap();
    let asking = tokio::spawn(async move {
        client.call(async |client| client.system().reload(v1::ReloadRequest::default()).await).await
    });
    within(server.reload_asked()).await;
    server.kill();
    let error = within(asking).await.unwrap().unwrap_err();
    assert_eq!((error.code.as_str(), error.exit), ("UNAVAILABLE", 3));
    assert!(error.message.contains(home.socket().to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_deadline_ends_the_waiting_and_says_that_the_work_goes_on() {
    let home = Home::new();
    let _server = home.serve(Script { reload_hangs: true, ..Script::default() });
    let client = connect(&home).await;
    let reload = async |client: &Client| client.system().reload(v1::ReloadRequest::default()).await;
    let error = client.call_within(Duration::from_millis(50), reload).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.exit), ("DEADLINE_EXCEEDED", 1));
    assert!(error.message.contains("still working"));
    // tonic's own way to say the same.
    let timed = async |client: &Client| {
        let mut request = tonic::Request::new(v1::ReloadRequest::default());
        request.set_timeout(Duration::from_millis(50));
        client.system().reload(request).await
    };
    let error = client.call(timed).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.exit), ("DEADLINE_EXCEEDED", 1));
}

#[tokio::test]
async fn a_follower_gets_each_line_once_over_three_daemons() {
    let home = Home::new();
    let mut server = home.serve(Script { lines: 10, ..Script::default() });
    let client = connect(&home).await;
    let following = tokio::spawn(async move {
        let mut follow = client.follow_logs(v1::FollowRequest::default());
        let (mut seqs, mut losses) = (Vec::new(), 0);
        while seqs.len() < 30 {
            // Dropping the future between two messages must lose nothing.
            let next = tokio::time::timeout(Duration::from_millis(1), follow.next()).await;
            match next {
                Err(_) => {}
                Ok(event) => match event.unwrap().unwrap() {
                    LogFollowEvent::Lines(lines) => seqs.extend(lines.lines.iter().map(|line| line.seq)),
                    LogFollowEvent::Reconnecting { attempt: 1, .. } => losses += 1,
                    _ => {}
                },
            }
        }
        (seqs, losses, follow.cursor().map(str::to_owned))
    });
    for lines in [20, 30] {
        within(server.all_lines_sent()).await;
        server.kill();
        server = home.serve(Script { lines, ..Script::default() });
    }
    let (seqs, losses, cursor) = within(following).await.unwrap();
    assert_eq!(seqs, (1..=30).collect::<Vec<u64>>());
    assert_eq!(losses, 2);
    assert_eq!(cursor.as_deref(), Some("30"));
}

#[tokio::test]
async fn a_refused_follow_ends_with_the_reason() {
    let home = Home::new();
    let _server = home.serve(Script { refuse_follow: true, ..Script::default() });
    let mut follow = connect(&home).await.follow_logs(v1::FollowRequest::default());
    let error = within(follow.next()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.exit), ("NOT_FOUND", 4));
    assert_eq!(follow.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_watcher_gets_whole_snapshots_only() {
    let home = Home::new();
    // The first daemon dies in the middle of its snapshot.
    let first =
        home.serve(Script { incidents: vec!["a", "b", "c"], snapshot_breaks: true, ..Script::default() });
    let client = connect(&home).await;
    let watching = tokio::spawn(async move {
        let mut watch = client.watch_incidents(v1::WatchIncidentsRequest::default());
        let mut seen = Vec::new();
        while seen.len() < 3 {
            match watch.next().await.unwrap().unwrap() {
                WatchEvent::Snapshot(items) => {
                    seen.push(items.into_iter().map(|item| item.id).collect::<Vec<_>>().join(" "));
                }
                WatchEvent::Changed(item) => seen.push(format!("changed {}", item.id)),
                WatchEvent::Removed(id) => seen.push(format!("removed {id}")),
                _ => {}
            }
        }
        seen
    });
    within(first.all_lines_sent()).await;
    first.kill();
    let _second = home.serve(Script { incidents: vec!["d", "e"], ..Script::default() });
    assert_eq!(within(watching).await.unwrap(), ["d e", "changed d", "removed e"]);
}
