//! `scripts`: what could be run here. Registers nothing.

use brummer_proto::client::Client;
use brummer_proto::v1;

use crate::context::Context;
use crate::failure::Failure;
use crate::json::project::Script;
use crate::output::Format;
use crate::{exit, view};

pub(crate) async fn perform(context: &mut Context) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let path = std::env::var_os("PATH").unwrap_or_default().to_string_lossy().into_owned();
    let request = v1::ListScriptsRequest { scope: Some(context.scope()?), path };
    let ask = async |client: &Client| client.list_scripts(request.clone()).await;
    let answer = context.read(&client, ask).await?;
    context.announce(answer.project.as_ref());
    for notice in &answer.notices {
        context.output.talk(&view::plain_words(notice));
    }
    let scripts: Vec<Script> = answer.scripts.into_iter().map(Script::from).collect();
    if context.output.format().is_json() {
        context.output.list("scripts", &scripts)?;
    } else {
        let wide = context.output.format() == Format::Wide;
        let home = context.home();
        let table = view::project::scripts(&scripts, wide, home.as_deref(), context.output.paper());
        context.output.data(table)?;
    }
    Ok(exit::OK)
}
