//! `brummerctl`: the scripting client.
//!
//! One command, one answer: it holds no state. [`args`] says what can be asked, [`commands`] asks the daemon,
//! [`json`] are the documents that its answers become, [`view`] draws them as text, [`output`] alone prints,
//! and the exit code is the contract's.

mod args;
mod commands;
mod completion;
mod context;
mod exit;
mod failure;
mod json;
mod output;
mod service;
mod style;
mod sys;
mod table;
mod time;
mod units;
mod view;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use args::Cli;
use context::Context;
use failure::{Failure, Problem};
use output::Output;
use style::ColorChoice;

fn main() -> ExitCode {
    if completion::answered() {
        return ExitCode::SUCCESS;
    }
    sys::exit_on_interrupt();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => run(cli).into(),
        Err(error) => refuse(&arguments, &error).into(),
    }
}

fn run(cli: Cli) -> u8 {
    let mut context = Context::new(cli.global);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let message = format!("cannot start: {error}");
            context.output.problem(&Problem::new(exit::FAILURE, "INTERNAL", message));
            return exit::FAILURE;
        }
    };
    let done = runtime.block_on(commands::perform(&mut context, cli.verb));
    let flushed = context.output.flush();
    // Nothing that is left (a connection that says goodbye) is worth waiting for, nor worth taking apart: the
    // system closes what is open.
    std::mem::forget(runtime);
    match done.and_then(|code| flushed.map(|()| code)) {
        Ok(code) => code,
        Err(Failure::ReaderGone) => exit::OK,
        Err(Failure::Problem(problem)) => {
            context.output.problem(&problem);
            problem.exit
        }
    }
}

/// A command line that was not understood, or that asked for help.
fn refuse(arguments: &[OsString], error: &clap::Error) -> u8 {
    match args::problem(error) {
        None => match error.print() {
            Ok(()) => exit::OK,
            Err(failed) => match Failure::of_output(&failed) {
                Failure::ReaderGone => exit::OK,
                Failure::Problem(problem) => problem.exit,
            },
        },
        Some(problem) => {
            let format = args::format_of(arguments);
            if args::asks_nothing(error) && !format.is_json() {
                // Who types the bare name wants to know what there is; it stays a usage error.
                let _unheard = error.print();
                return problem.exit;
            }
            Output::new(format, false, ColorChoice::Auto).problem(&problem);
            problem.exit
        }
    }
}
