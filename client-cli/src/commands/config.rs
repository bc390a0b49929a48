//! `config`: everything that is wrong with it, or what is in effect.

use brummer_proto::client::Client;
use brummer_proto::v1;

use crate::args::{Config, ConfigVerb};
use crate::context::Context;
use crate::failure::Failure;
use crate::json::config::{Check, Shown};
use crate::{exit, units, view};

pub(crate) async fn perform(context: &mut Context, config: Config) -> Result<u8, Failure> {
    let client = context.connect().await?;
    match config.verb {
        ConfigVerb::Check => check(context, &client).await,
        ConfigVerb::Show { sources } => show(context, &client, sources).await,
    }
}

async fn check(context: &mut Context, client: &Client) -> Result<u8, Failure> {
    let request = v1::CheckConfigRequest { scope: Some(context.scope()?) };
    let ask = async |client: &Client| client.projects().check_config(request.clone()).await;
    let check: Check = context.read(client, ask).await?.into();
    let wrong = check.diagnostics.len();
    if context.output.format().is_json() {
        context.output.object(&check)?;
    } else {
        context.output.data(view::config::check(&check))?;
        let home = context.home();
        let files: Vec<String> = check.files.iter().map(|file| view::tilde(file, home.as_deref())).collect();
        let files = if files.is_empty() { "no configuration file".to_owned() } else { files.join(", ") };
        let verdict = if wrong == 0 { "ok".to_owned() } else { units::plural(wrong as u64, "mistake") };
        context.output.talk(&format!("{files}: {verdict}"));
    }
    Ok(if wrong == 0 { exit::OK } else { exit::USAGE })
}

async fn show(context: &mut Context, client: &Client, sources: bool) -> Result<u8, Failure> {
    let request = v1::ShowConfigRequest { scope: Some(context.scope()?) };
    let ask = async |client: &Client| client.projects().show_config(request.clone()).await;
    let shown: Shown = context.read(client, ask).await?.into();
    if context.output.format().is_json() {
        context.output.object(&shown)?;
    } else {
        context.output.data(view::config::show(&shown, sources))?;
    }
    Ok(exit::OK)
}
