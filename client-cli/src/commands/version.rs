//! `version`: of this program, and of the daemon if one runs. Starts none.

use crate::context::Context;
use crate::failure::Failure;
use crate::json::system::Version;
use crate::{exit, view};

pub(crate) async fn perform(context: &mut Context) -> Result<u8, Failure> {
    let daemon = match context.connect_or_start(false).await {
        Ok(client) => Some(client.daemon().version),
        // Without a daemon there is still a version to tell; what else is wrong is worth a word.
        Err(Failure::Problem(problem)) if problem.code == "NOT_RUNNING" => None,
        Err(Failure::Problem(problem)) => {
            context.output.problem(&problem);
            None
        }
        Err(gone @ Failure::ReaderGone) => return Err(gone),
    };
    let version = Version { client: env!("CARGO_PKG_VERSION").to_owned(), daemon };
    if context.output.format().is_json() {
        context.output.object(&version)?;
    } else {
        context.output.data(view::daemon::version(&version))?;
    }
    Ok(exit::OK)
}
