//! Host and Origin: only loopback names with our port.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Refuses what was addressed to another name or sent by another site's page.
pub(super) async fn check(port: u16, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = single(headers, &header::HOST);
    let origin = single(headers, &header::ORIGIN);
    let host_is_ours = host.is_ok_and(|host| host.is_some_and(|host| is_ours(host, port)));
    let origin_is_ours = origin.is_ok_and(|origin| {
        origin.is_none_or(|origin| origin.strip_prefix("http://").is_some_and(|rest| is_ours(rest, port)))
    });
    if host_is_ours && origin_is_ours {
        return next.run(request).await;
    }
    metrics::counter!("brummer_http_refused_total").increment(1);
    (StatusCode::FORBIDDEN, "this address is for this machine only: wrong Host or Origin\n").into_response()
}

/// The one value of a header; an error if there are several or it is no text.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(|value| value.to_str().map_err(|_| ())).transpose()?;
    if values.next().is_some() { Err(()) } else { Ok(first) }
}

fn is_ours(authority: &str, port: u16) -> bool {
    let ours = |name: &str| authority.strip_prefix(name).is_some_and(|rest| rest == format!(":{port}"));
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(ours)
}
