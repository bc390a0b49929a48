//! `status`: the daemon, or one process in full.

use brummer_proto::client::Client;
use brummer_proto::v1;

use crate::args::Status;
use crate::context::Context;
use crate::failure::{Failure, Problem};
use crate::json::process::{Full, FullDocument};
use crate::json::system;
use crate::{exit, time, view};

pub(crate) async fn perform(context: &mut Context, status: Status) -> Result<u8, Failure> {
    let client = context.connect().await?;
    match status.name {
        Some(name) => process(context, &client, name).await,
        None => daemon(context, &client).await,
    }
}

/// The daemon and its projects.
pub(crate) async fn daemon(context: &mut Context, client: &Client) -> Result<u8, Failure> {
    let ask = async |client: &Client| client.system().get_status(v1::GetStatusRequest {}).await;
    let status: system::Status = context.read(client, ask).await?.into();
    if context.output.format().is_json() {
        context.output.object(&status)?;
    } else {
        let text = view::daemon::status(&status, context.home().as_deref(), context.output.paper());
        context.output.data(text)?;
    }
    Ok(exit::OK)
}

async fn process(context: &mut Context, client: &Client, name: String) -> Result<u8, Failure> {
    let request = v1::GetProcessRequest { scope: Some(context.scope()?), name };
    let ask = async |client: &Client| client.processes().get_process(request.clone()).await;
    let answer = context.read(client, ask).await?;
    context.announce(answer.project.as_ref());
    let full = Full::from_wire(answer)
        .ok_or_else(|| Problem::new(exit::FAILURE, "INTERNAL", "the daemon answered without the process"))?;
    if context.output.format().is_json() {
        context.output.object(&FullDocument { process: full })?;
    } else {
        let home = context.home();
        let text = view::process::text(&full, home.as_deref(), time::now_ns(), context.output.paper());
        context.output.data(text)?;
    }
    Ok(exit::OK)
}
