//! A server that is just enough of one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::time::Duration;

pub(crate) fn listen(port: u16) -> i32 {
    let listener = match TcpListener::bind(("127.0.0.1", port)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("Error: listen EADDRINUSE: 127.0.0.1:{port}: {error}");
            return 1;
        }
    };
    let port = listener.local_addr().unwrap().port();
    println!("listening on http://localhost:{port}/");
    for connection in listener.incoming() {
        let Ok(connection) = connection else { continue };
        // A client that says nothing does not hold up the others for long.
        connection.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let asked =
            BufReader::new(&connection).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let request: Vec<String> = asked.collect();
        let Some(first) = request.first() else { continue };
        println!("{first} 200");
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n";
        // The client may have gone.
        let _gone = (&connection).write_all(answer.as_bytes());
    }
    0
}
