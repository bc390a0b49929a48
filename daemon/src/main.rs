//! `brummerd`: arguments, logging, exit codes. Everything else is put together in [`app`].

mod app;
mod args;
mod context;
mod detach;
mod directories;
mod exit;
mod http;
mod limits;
mod lock;
mod log;
mod memory;
mod metrics_upkeep;
mod notify;
mod observe;
mod ready;
mod run_logs;
mod settings;
mod signals;
mod socket;

use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixListener;
use std::process::ExitCode;

use brummer_proto::address::{Places, environment};
use clap::Parser as _;

use args::Args;
use exit::Fatal;
use ready::ReadyPipe;

fn main() -> ExitCode {
    // Before anything else opens a descriptor.
    let inherited = socket::take_inherited();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(asked) => {
            let _shown = asked.print();
            return if asked.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS };
        }
    };
    let ended = if args.check_config {
        app::check_config(&args, &environment()).map(|words| {
            let _told = writeln!(std::io::stdout(), "{words}");
        })
    } else if args.foreground {
        inherited.and_then(|inherited| foreground(&args, inherited))
    } else {
        detach::run(&args)
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fatal) => {
            let _told = writeln!(std::io::stderr(), "brummerd: {fatal}");
            fatal.into()
        }
    }
}

fn foreground(args: &Args, inherited: Option<UnixListener>) -> Result<(), Fatal> {
    let mut ready = ReadyPipe::default();
    if let Some(number) = args.ready_fd {
        let inherited = inherited.as_ref().map(|listener| listener.as_raw_fd());
        detach::let_go(&[i32::from(number)].into_iter().chain(inherited).collect::<Vec<_>>());
        ready = ReadyPipe::take(number)?;
    }
    let ended = start(args, inherited, &mut ready);
    if let Err(fatal) = &ended {
        ready.failed(fatal);
    }
    ended
}

fn start(args: &Args, inherited: Option<UnixListener>, ready: &mut ReadyPipe) -> Result<(), Fatal> {
    memory::give_back();
    let given = limits::apply();
    let places = Places::of_process(&args.overrides())?;
    directories::prepare(&places)?;
    log::start(args.ready_fd.is_some().then(|| places.log()).as_deref(), &environment())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("brummerd")
        .on_thread_start(brummer_capture::turns::take_short_ones)
        .build()
        .map_err(|error| Fatal::internal("the runtime cannot be started", error))?;
    let start = app::Start { args, environment: &environment(), places, inherited, given };
    let ended = runtime.block_on(app::run(start, ready));
    // Everything was ended in order; a blocking call that hangs must not keep the process.
    runtime.shutdown_background();
    ended
}
