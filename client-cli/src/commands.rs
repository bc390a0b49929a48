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
    match verb {
        Verb::Up(up) => up::perform(context, up).await,
        Verb::Down(down) => act::down(context, down).await,
        Verb::Start(start) => act::start(context, start).await,
        Verb::Stop(stop) => act::stop(context, stop).await,
        Verb::Restart(restart) => act::restart(context, restart).await,
        Verb::Rm(remove) => act::remove(context, remove).await,
        Verb::Run(run) => run::perform(context, run).await,
        Verb::Ps(ps) => ps::perform(context, ps).await,
        Verb::Status(status) => status::perform(context, status).await,
        Verb::Logs(logs) => logs::perform(context, logs).await,
        Verb::Errors(errors) => errors::perform(context, errors).await,
        Verb::Urls(urls) => urls::perform(context, urls).await,
        Verb::Wait(wait) => wait::perform(context, wait).await,
        Verb::Scripts => scripts::perform(context).await,
        Verb::Projects(projects) => projects::perform(context, projects).await,
        Verb::Config(config) => config::perform(context, config).await,
        Verb::Reload(reload) => reload::perform(context, reload).await,
        Verb::Events(events) => events::perform(context, events).await,
        Verb::Daemon(daemon) => daemon::perform(context, daemon).await,
        Verb::Ping => ping::perform(context).await,
        Verb::Completion(completion) => completion::perform(context, completion),
        Verb::Version => version::perform(context).await,
    }
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
