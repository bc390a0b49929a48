//! What the daemon serves over HTTP on loopback: `/metrics` and `/healthz`. The address is published in
//! `addresses.json` in the runtime directory, and removed from there at the end.
//!
//! A page in a browser can reach loopback too, by a name that resolves to it or by a cross-site request:
//! Host and Origin must be ours.

mod bounded;
mod guard;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use axum::Router;
use axum::routing::get;
use brummer_scope::Scope;
use metrics_exporter_prometheus::PrometheusHandle;
use nix::errno::Errno;
use tokio::net::TcpListener;

use crate::exit::Fatal;
use bounded::Bounded;

/// Ports tried from the first one on, before giving up.
const TRIED: u16 = 1000;

/// Which port is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// Somebody wrote it down: this one or none. 0 takes any.
    ByHand(u16),
    /// This one or the next that is free.
    From(u16),
}

/// Bound, not yet served.
pub(crate) struct Http {
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Http {
    /// Binds the port on 127.0.0.1, and on ::1 where there is one.
    ///
    /// # Errors
    /// [`Fatal::Refused`]: a port set by hand is busy; no port is free.
    pub(crate) async fn bind(port: Port) -> Result<Self, Fatal> {
        let (first, tries) = match port {
            Port::ByHand(port) => (port, 1),
            Port::From(port) => (port, TRIED),
        };
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for number in (first..=u16::MAX).take(usize::from(tries)) {
            match bind_both(number).await {
                Ok(http) => return Ok(http),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                Err(error) => return Err(Fatal::Refused(format!("cannot listen on port {number}: {error}"))),
            }
        }
        Err(Fatal::Refused(match port {
            Port::ByHand(port) => format!(
                "port {port} is busy ({last}); free it, or set another `http_port` in [daemon] of the \
                 configuration, or remove the key"
            ),
            Port::From(port) => format!("no free port from {port} on: {last}"),
        }))
    }

    #[cfg(test)]
    fn port(&self) -> u16 {
        self.port
    }

    /// Serves until the scope ends, and publishes the address at `addresses` meanwhile.
    pub(crate) fn serve(self, scope: &Scope, metrics: PrometheusHandle, addresses: &Path) {
        let port = self.port;
        let application = Router::new()
            .route("/metrics", get(move || std::future::ready(metrics.render())))
            .route("/healthz", get(|| std::future::ready("ok\n")))
            .layer(axum::middleware::from_fn(move |request, next| guard::check(port, request, next)));
        let published = Published::new(addresses, port);
        let token = scope.token().clone();
        let inner = scope.clone();
        let _task = scope.spawn("http", async move {
            let _published = published;
            let bounded = Bounded::all(self.listeners);
            let servers: Vec<_> = bounded
                .into_iter()
                .map(|listener| {
                    let server = axum::serve(listener, application.clone())
                        .with_graceful_shutdown(token.clone().cancelled_owned());
                    inner.spawn("http-listener", std::future::IntoFuture::into_future(server))
                })
                .collect();
            for server in servers {
                if let Ok(Err(error)) = server.await {
                    tracing::error!(%error, "HTTP is no longer served");
                }
            }
        });
    }
}

async fn bind_both(port: u16) -> io::Result<Http> {
    let four = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let port = four.local_addr()?.port();
    let mut listeners = vec![four];
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(six) => listeners.push(six),
        Err(error) if is_without_ipv6(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(Http { listeners, port })
}

fn is_without_ipv6(error: &io::Error) -> bool {
    error.raw_os_error().map(Errno::from_raw).is_some_and(|errno| {
        matches!(errno, Errno::EADDRNOTAVAIL | Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT)
    })
}

/// `addresses.json`, as long as it lives.
struct Published {
    path: PathBuf,
}

impl Published {
    fn new(path: &Path, port: u16) -> Self {
        let text = serde_json::json!({ "metrics": format!("http://127.0.0.1:{port}/metrics") }).to_string();
        let beside = path.with_extension("json.new");
        let written = std::fs::write(&beside, text + "\n").and_then(|()| std::fs::rename(&beside, path));
        if let Err(error) = written {
            tracing::error!(%error, path = %path.display(), "the HTTP address cannot be published");
        }
        Self { path: path.to_owned() }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let _removed = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    async fn ask(port: u16, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_busy_port_moves_on_unless_it_was_set_by_hand() {
        let taken = Http::bind(Port::ByHand(0)).await.unwrap();
        let busy = Http::bind(Port::ByHand(taken.port())).await.err().unwrap();
        assert_eq!(busy.code(), 78);
        assert!(busy.to_string().contains(&taken.port().to_string()), "{busy}");
        let next = Http::bind(Port::From(taken.port())).await.unwrap();
        assert!(next.port() > taken.port());
    }

    #[tokio::test]
    async fn only_our_own_names_are_answered_and_the_address_is_published() {
        let dir = tempfile::tempdir().unwrap();
        let addresses = dir.path().join("addresses.json");
        let scope = Scope::new().unwrap();
        let http = Http::bind(Port::ByHand(0)).await.unwrap();
        let port = http.port();
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || metrics::counter!("brummer_test_total").increment(3));
        http.serve(&scope, recorder.handle(), &addresses);
        let published: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&addresses).unwrap()).unwrap();
        assert_eq!(published, serde_json::json!({ "metrics": format!("http://127.0.0.1:{port}/metrics") }));

        for (headers, status) in [
            (format!("Host: 127.0.0.1:{port}\r\n"), "200"),
            (format!("Host: localhost:{port}\r\n"), "200"),
            (format!("Host: [::1]:{port}\r\n"), "200"),
            ("Host: evil.example\r\n".to_owned(), "403"),
            (format!("Host: evil.example:{port}\r\n"), "403"),
            (format!("Host: localhost:{}\r\n", port ^ 1), "403"),
            (format!("Host: localhost:{port}\r\nOrigin: http://evil.example\r\n"), "403"),
            (format!("Host: localhost:{port}\r\nOrigin: null\r\n"), "403"),
            (format!("Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"), "200"),
        ] {
            let answer = ask(port, "/healthz", &headers).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {answer}");
        }
        let metrics = ask(port, "/metrics", &format!("Host: localhost:{port}\r\n")).await;
        assert!(metrics.contains("brummer_test_total 3"), "{metrics}");
        assert!(scope.end(Duration::from_secs(30)).await.is_empty());
        assert!(!addresses.exists());
    }
}
