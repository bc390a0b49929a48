//! `reload`: reads the configuration again and tells what that changed.

use brummer_proto::client::{Client, new_command};
use brummer_proto::v1;

use crate::args;
use crate::context::{Context, Patience};
use crate::failure::Failure;
use crate::json::reload::{Did, Reload};
use crate::{exit, view};

pub(crate) async fn perform(context: &mut Context, reload: args::Reload) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let scope = if reload.all { Context::all() } else { context.scope()? };
    let request = v1::ReloadRequest { command: Some(new_command()), scope: Some(scope) };
    let ask = async |client: &Client| client.system().reload(request.clone()).await;
    let answer = context.command(&client, Patience::Usual, ask).await?;
    if !reload.all {
        context.announce(answer.projects.first().and_then(|project| project.project.as_ref()));
    }
    let done = Reload::from(answer);
    let wrong = done.mistakes().count();
    if context.output.format().is_json() {
        context.output.object(&done)?;
    } else {
        say(context, &done)?;
    }
    Ok(if wrong == 0 { exit::OK } else { exit::USAGE })
}

fn say(context: &mut Context, done: &Reload) -> Result<(), Failure> {
    let qualified = done.projects.len() > 1;
    for project in &done.projects {
        for result in project.results.iter().filter(|result| result.did != Did::Unchanged) {
            context.output.talk(&view::reload::line(&project.name, result, qualified));
        }
        let name = view::plain_words(&project.name);
        if project.mistakes.is_empty() {
            let same = project.results.iter().filter(|result| result.did == Did::Unchanged).count();
            context.output.talk(&format!("{name}: read again, {same} unchanged"));
        } else {
            let wrong = view::config::verdict(&project.mistakes);
            context.output.talk(&format!("{name}: {wrong}; everything stays as it was"));
        }
    }
    if !done.user.mistakes.is_empty() {
        let wrong = view::config::verdict(&done.user.mistakes);
        context.output.talk(&format!("your configuration: {wrong}; it stays as it was"));
    }
    for key in &done.user.needs_restart {
        let key = view::plain_words(key);
        context.output.talk(&format!("{key}  takes effect after `brummerctl daemon restart`"));
    }
    context.output.data(view::config::mistakes(done.mistakes()))
}
