//! `completion SHELL`: shell code for the user to load.

use crate::args::Completion;
use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, Problem};

pub(crate) fn perform(context: &mut Context, completion: Completion) -> Result<u8, Failure> {
    let shell = completion.shell.name();
    let code = crate::completion::script(shell)
        .ok_or_else(|| Problem::usage(format!("there is no completion for `{shell}`")))?;
    context.output.data(code)?;
    Ok(exit::OK)
}
