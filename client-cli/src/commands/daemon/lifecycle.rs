//! The daemon's comings and goings.

use std::time::Duration;

use brummer_proto::address::lock_holder;
use brummer_proto::client::{Client, check_next_daemon, new_command};
use brummer_proto::v1;
use v1::shutdown_response::Message;

use crate::context::{Context, Patience};
use crate::exit;
use crate::failure::{Failure, Problem};
use crate::json::system::{Started, Stopped, StoppedProcess};
use crate::view;

/// An ordered stop of everything has 30 s; with a margin.
const STOP: Duration = Duration::from_secs(40);

pub(crate) async fn start(context: &mut Context) -> Result<u8, Failure> {
    let running = lock_holder(&context.places()?.state_dir).is_some();
    let client = context.connect_or_start(true).await?;
    tell_started(context, &client, if running { "already_running" } else { "started" }, None)
}

pub(crate) async fn stop(context: &mut Context) -> Result<u8, Failure> {
    if !runs(context)? {
        return tell_stopped(context, "already_stopped", Vec::new());
    }
    let client = context.connect_or_start(false).await?;
    let stopped = stop_everything(context, &client).await?;
    tell_stopped(context, "stopped", stopped)
}

pub(crate) async fn restart(context: &mut Context, all: bool) -> Result<u8, Failure> {
    if !runs(context)? {
        let client = context.connect_or_start(true).await?;
        return tell_started(context, &client, "started", None);
    }
    // Before anything is stopped: without a next daemon the processes would be left to their shims.
    check_next_daemon(&context.places()?).await?;
    let client = context.connect_or_start(false).await?;
    let kept = if all {
        stop_everything(context, &client).await?;
        None
    } else {
        Some(detach(context, &client).await?)
    };
    drop(client);
    let client = context.connect_or_start(true).await?;
    tell_started(context, &client, "restarted", kept)
}

/// Asked of the lock, since connecting would start a socket-activated daemon.
fn runs(context: &Context) -> Result<bool, Failure> {
    let places = context.places()?;
    Ok(places.socket_given || lock_holder(&places.state_dir).is_some())
}

async fn stop_everything(context: &mut Context, client: &Client) -> Result<Vec<StoppedProcess>, Failure> {
    let limit = context.timeout().unwrap_or(STOP);
    let json = context.output.format().is_json();
    let mut stopped = Vec::new();
    let pid = client.daemon().pid;
    let work = async {
        let request = v1::ShutdownRequest { command: Some(new_command()) };
        let ask = async |client: &Client| client.system().shutdown(request.clone()).await;
        let mut stream = client.call(ask).await?;
        // The stream ends with the daemon, at the latest; whether it is gone is seen below.
        while let Ok(Some(message)) = stream.message().await {
            match message.message {
                Some(Message::Stopped(process)) => {
                    let process = StoppedProcess::from(process);
                    if !json {
                        context.output.talk(&view::daemon::stopped(&process));
                    }
                    stopped.push(process);
                }
                Some(Message::Done(_)) => break,
                None => {}
            }
        }
        crate::sys::wait_for_end(pid).await;
        Ok::<(), Failure>(())
    };
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map(|()| stopped),
        Err(_) => Err(Problem::still_working().into()),
    }
}

/// Ends the daemon and leaves every process to the next one.
async fn detach(context: &mut Context, client: &Client) -> Result<u32, Failure> {
    let pid = client.daemon().pid;
    let request = v1::DetachRequest { command: Some(new_command()) };
    let ask = async |client: &Client| client.system().detach(request.clone()).await;
    let answer = context.command(client, Patience::Usual, ask).await?;
    let limit = context.timeout().unwrap_or(STOP);
    match tokio::time::timeout(limit, crate::sys::wait_for_end(pid)).await {
        Ok(()) => Ok(answer.kept),
        Err(_) => Err(Problem::still_working().into()),
    }
}

fn tell_started(
    context: &mut Context,
    client: &Client,
    did: &'static str,
    kept: Option<u32>,
) -> Result<u8, Failure> {
    let daemon = client.daemon();
    let started = Started { did, pid: daemon.pid, version: daemon.version, kept };
    if context.output.format().is_json() {
        context.output.object(&started)?;
    } else {
        context.output.talk(&view::daemon::started(&started));
    }
    Ok(exit::OK)
}

fn tell_stopped(
    context: &mut Context,
    did: &'static str,
    stopped: Vec<StoppedProcess>,
) -> Result<u8, Failure> {
    if context.output.format().is_json() {
        context.output.object(&Stopped { did, stopped })?;
    } else {
        context.output.talk(&format!("brummerd  {}", did.replace('_', " ")));
    }
    Ok(exit::OK)
}
