//! Verbs: each asks the daemon, makes a document of the answer, and has it printed. They answer the exit
//! code.

mod act;
mod completion;
mod config;
mod daemon;
mod errors;
mod events;
mod logs;
mod ping;
mod projects;
mod ps;
mod reload;
mod report;
mod run;
mod scripts;
mod status;
mod up;
mod urls;
mod version;
mod wait;

use std::pin::Pin;

use crate::args::Verb;
use crate::context::Context;
use crate::failure::{Failure, Problem};
use crate::output::Format;

/// Does what the command line says.
pub(crate) async fn perform(context: &mut Context, verb: Verb) -> Result<u8, Failure> {
    if !context.profile().is_empty() && !matches!(verb, Verb::Up(_) | Verb::Config(_)) {
        return Err(Problem::usage("--profile is for `up` and `config`")
            .hint("everything else goes by the profile that the last `up` chose")
            .into());
    }
    // Each in a box of its own size: the longest verb's state is tens of KiB, which a short one would carry about.
    let work: Pin<Box<dyn Future<Output = Result<u8, Failure>> + '_>> = match verb {
        Verb::Up(up) => Box::pin(up::perform(context, up)),
        Verb::Down(down) => Box::pin(act::down(context, down)),
        Verb::Start(start) => Box::pin(act::start(context, start)),
        Verb::Stop(stop) => Box::pin(act::stop(context, stop)),
        Verb::Restart(restart) => Box::pin(act::restart(context, restart)),
        Verb::Rm(remove) => Box::pin(act::remove(context, remove)),
        Verb::Run(run) => Box::pin(run::perform(context, run)),
        Verb::Ps(ps) => Box::pin(ps::perform(context, ps)),
        Verb::Status(status) => Box::pin(status::perform(context, status)),
        Verb::Logs(logs) => Box::pin(logs::perform(context, logs)),
        Verb::Errors(errors) => Box::pin(errors::perform(context, errors)),
        Verb::Urls(urls) => Box::pin(urls::perform(context, urls)),
        Verb::Wait(wait) => Box::pin(wait::perform(context, wait)),
        Verb::Scripts => Box::pin(scripts::perform(context)),
        Verb::Projects(projects) => Box::pin(projects::perform(context, projects)),
        Verb::Config(config) => Box::pin(config::perform(context, config)),
        Verb::Reload(reload) => Box::pin(reload::perform(context, reload)),
        Verb::Events(events) => Box::pin(events::perform(context, events)),
        Verb::Daemon(daemon) => Box::pin(daemon::perform(context, daemon)),
        Verb::Ping => Box::pin(ping::perform(context)),
        Verb::Completion(completion) => return completion::perform(context, completion),
        Verb::Version => Box::pin(version::perform(context)),
    };
    work.await
}

/// What goes on for ever has no end to close a document at.
fn refuse_document(context: &Context, what: &str) -> Result<(), Failure> {
    if context.output.format() == Format::Json {
        return Err(Problem::usage(format!("{what} has no end, so it is no single document"))
            .hint("take -o jsonl: one object a line")
            .into());
    }
    Ok(())
}
