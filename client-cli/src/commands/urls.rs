//! `urls`: what processes serve; `--open` shows one in the browser.

use std::process::{Command, Stdio};

use brummer_proto::client::Client;
use brummer_proto::v1;

use crate::args::Urls;
use crate::context::Context;
use crate::failure::{Failure, Problem};
use crate::json::project::Endpoint;
use crate::{exit, time, view};

pub(crate) async fn perform(context: &mut Context, urls: Urls) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let names = urls.open.clone().map_or(urls.names, |name| vec![name]);
    let request = v1::ListEndpointsRequest { scope: Some(context.scope()?), names };
    let ask = async |client: &Client| client.processes().list_endpoints(request.clone()).await;
    let answer = context.read(&client, ask).await?;
    context.announce(answer.project.as_ref());
    let endpoints: Vec<Endpoint> = answer.endpoints.into_iter().map(Endpoint::from).collect();
    if let Some(name) = urls.open {
        return open(context, &name, &endpoints);
    }
    if context.output.format().is_json() {
        context.output.list("urls", &endpoints)?;
    } else {
        let table = view::project::urls(&endpoints, time::now_ns(), context.output.paper());
        context.output.data(table)?;
    }
    Ok(exit::OK)
}

/// Opens the first living URL, else the first.
fn open(context: &mut Context, name: &str, endpoints: &[Endpoint]) -> Result<u8, Failure> {
    let best = endpoints.iter().find(|endpoint| endpoint.alive).or(endpoints.first()).ok_or_else(|| {
        Problem::new(exit::NOT_FOUND, "NO_URL", format!("`{name}` serves no URL"))
            .hint(format!("`brummerctl wait {name} --for url` waits for one"))
    })?;
    if !best.url.starts_with("http://") && !best.url.starts_with("https://") {
        return Err(Problem::new(exit::FAILURE, "NO_URL", format!("`{}` is no web page", best.url)).into());
    }
    let opener = opener();
    #[expect(clippy::disallowed_methods, reason = "the browser is the user's own program, opened by hand")]
    let opened = Command::new(&opener)
        .arg(&best.url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match opened {
        // A browser in the foreground would keep us here; whether it opened shows on the screen.
        Ok(_running) => {
            context.output.talk(&format!("{name}  opened  {}", view::plain_words(&best.url)));
            if context.output.format().is_json() {
                context.output.list("urls", std::slice::from_ref(best))?;
            }
            Ok(exit::OK)
        }
        Err(error) => {
            let message = format!("cannot open {} with `{opener}`: {error}", best.url);
            Err(Problem::new(exit::FAILURE, "NO_BROWSER", message)
                .hint("set BROWSER to a program that opens URLs")
                .into())
        }
    }
}

fn opener() -> String {
    let default = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    std::env::var("BROWSER").ok().filter(|program| !program.is_empty()).unwrap_or_else(|| default.to_owned())
}
