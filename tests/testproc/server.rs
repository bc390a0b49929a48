//! A tiny HTTP server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

pub(crate) fn listen(port: u16) {
    let listener = match TcpListener::bind(("127.0.0.1", port)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("Error: listen EADDRINUSE: {error}: 127.0.0.1:{port}");
            std::process::exit(1);
        }
    };
    println!("Listening on http://localhost:{}/", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    for mut stream in listener.incoming().flatten() {
        let mut request = [0u8; 4096];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
    }
}
