//! `ping`: one round trip.

use brummer_proto::client::Client;
use brummer_proto::v1;

use crate::context::Context;
use crate::failure::Failure;
use crate::json::system::Pong;
use crate::{exit, view};

pub(crate) async fn perform(context: &mut Context) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let began = tokio::time::Instant::now();
    let ask = async |client: &Client| client.system().ping(v1::PingRequest {}).await;
    let answer = context.read(&client, ask).await?;
    let rtt_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let pong = Pong { pid: answer.pid, version: answer.version, rtt_us };
    if context.output.format().is_json() {
        context.output.object(&pong)?;
    } else {
        context.output.data(view::daemon::pong(&pong))?;
    }
    Ok(exit::OK)
}
