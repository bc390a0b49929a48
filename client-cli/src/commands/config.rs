//! `config`: everything that is wrong with it, or what is in effect.

use std::path::Path;

use brummer_proto::client::Client;
use brummer_proto::v1;

use crate::args::{Config, ConfigVerb};
use crate::context::Context;
use crate::failure::{Failure, Problem};
use crate::json::config::{Check, Import, Init, Shown};
use crate::{exit, units, view};

pub(crate) async fn perform(context: &mut Context, config: Config) -> Result<u8, Failure> {
    match config.verb {
        ConfigVerb::Check => check(context).await,
        ConfigVerb::Show { sources } => show(context, sources).await,
        ConfigVerb::Schema { user } => schema(context, user),
        ConfigVerb::Init => {
            let client = context.connect().await?;
            init(context, &client).await
        }
        ConfigVerb::Import { file, from, write } => {
            let client = context.connect().await?;
            import(context, &client, &file, from, write).await
        }
    }
}

/// Needs no daemon: an editor or a CI job asks. A test of the daemon's table keeps the files current.
fn schema(context: &mut Context, user: bool) -> Result<u8, Failure> {
    let schema = if user {
        include_str!("../../../deploy/schema/config.schema.json")
    } else {
        include_str!("../../../deploy/schema/brummer.schema.json")
    };
    context.output.data(schema)?;
    Ok(exit::OK)
}

async fn check(context: &mut Context) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request = v1::CheckConfigRequest { scope: Some(context.scope()?), profile: context.profile() };
    let ask = async |client: &Client| client.projects().check_config(request.clone()).await;
    let check: Check = context.read(&client, ask).await?.into();
    let (_, wrong) = check.counts();
    if context.output.format().is_json() {
        context.output.object(&check)?;
    } else {
        context.output.data(view::config::check(&check))?;
        let home = context.home();
        let files: Vec<String> = check.files.iter().map(|file| view::tilde(file, home.as_deref())).collect();
        let files = if files.is_empty() { "no configuration file".to_owned() } else { files.join(", ") };
        context.output.talk(&format!("{files}: {}", view::config::verdict(&check.diagnostics)));
    }
    Ok(if wrong == 0 { exit::OK } else { exit::USAGE })
}

async fn show(context: &mut Context, sources: bool) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request = v1::ShowConfigRequest { scope: Some(context.scope()?), profile: context.profile() };
    let ask = async |client: &Client| client.projects().show_config(request.clone()).await;
    let shown: Shown = context.read(&client, ask).await?.into();
    if context.output.format().is_json() {
        context.output.object(&shown)?;
    } else {
        context.output.data(view::config::show(&shown, sources))?;
    }
    Ok(exit::OK)
}

async fn init(context: &mut Context, client: &Client) -> Result<u8, Failure> {
    let request = v1::InitConfigRequest {
        scope: Some(context.scope()?),
        path: std::env::var_os("PATH").map(|path| path.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let ask = async |client: &Client| client.projects().init_config(request.clone()).await;
    let made: Init = context.read(client, ask).await?.into();
    if context.output.format().is_json() {
        context.output.object(&made)?;
    } else {
        let file = view::tilde(&made.file, context.home().as_deref());
        let found = match made.scripts {
            0 => "nothing was found to run here".to_owned(),
            count => format!("{} found here", units::plural(u64::from(count), "script")),
        };
        context.output.talk(&format!("wrote {file}  {found}; all of it is comments, take a # away"));
    }
    Ok(exit::OK)
}

async fn import(
    context: &mut Context,
    client: &Client,
    file: &Path,
    from: Option<String>,
    write: bool,
) -> Result<u8, Failure> {
    // Not the real path: what a link points to may live in a directory that means something else.
    let path = std::path::absolute(file).map_err(|error| Problem::usage(error.to_string()))?;
    let request = v1::ImportConfigRequest {
        file: path.to_string_lossy().into_owned(),
        from: from.unwrap_or_default(),
        write,
    };
    let ask = async |client: &Client| client.projects().import_config(request.clone()).await;
    let imported: Import = context.read(client, ask).await?.into();
    if context.output.format().is_json() {
        context.output.object(&imported)?;
        return Ok(exit::OK);
    }
    if !write {
        context.output.data(&imported.text)?;
        context.output.flush()?;
    }
    for line in view::config::notes(&imported) {
        context.output.talk(&line);
    }
    let target = view::tilde(&imported.file, context.home().as_deref());
    let count = match imported.processes.len() {
        0 => "no process".to_owned(),
        1 => "1 process".to_owned(),
        count => format!("{count} processes"),
    };
    let end = if write {
        format!("wrote {target}: {count}; `brummerctl up` starts what is there")
    } else {
        format!("{count}; `--write` writes {target}")
    };
    context.output.talk(&end);
    Ok(exit::OK)
}
