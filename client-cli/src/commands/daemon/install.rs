//! `daemon install` and `uninstall`: the daemon as a service of this user.

use std::path::Path;

use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, Problem};
use crate::json::system::{Installed, InstalledFile};
use crate::service::{self, Service};
use crate::view;

pub(crate) fn install(context: &mut Context) -> Result<u8, Failure> {
    let service = Service::of_this_user(&service::daemon_binary()?)?;
    if !service.manager_answers() {
        return would(context, &service);
    }
    if !context.places()?.standard {
        context.output.warn(
            "note: BRUMMER_STATE_DIR, BRUMMER_RUNTIME_DIR and BRUMMER_SOCKET (or --socket) are not part of \
             the service; it uses the standard places",
        );
    }
    service.install()?;
    tell(context, &service, "installed")?;
    if !context.output.format().is_json() {
        context.output.talk(
            "a daemon that runs already goes on; `brummerctl daemon restart` hands over to the service",
        );
    }
    Ok(exit::OK)
}

pub(crate) fn uninstall(context: &mut Context) -> Result<u8, Failure> {
    let service = Service::of_this_user(Path::new("brummerd"))?;
    let there = service.files.iter().any(|file| file.path.exists());
    if !there {
        tell(context, &service, "not_installed")?;
        return Ok(exit::OK);
    }
    service.uninstall()?;
    tell(context, &service, "uninstalled")?;
    Ok(exit::OK)
}

/// No service manager: says what would be written, writes nothing.
fn would(context: &mut Context, service: &Service) -> Result<u8, Failure> {
    if context.output.format().is_json() {
        let files = service.files.iter().map(|file| InstalledFile {
            path: file.path.display().to_string(),
            content: Some(file.content.clone()),
        });
        context.output.object(&Installed { did: "nothing", files: files.collect() })?;
    } else {
        for file in &service.files {
            context.output.data(format!("# {}\n{}\n", file.path.display(), file.content.trim_end()))?;
        }
    }
    let message = format!("no {} answers for this user; nothing was changed", service.manager);
    Err(Problem::new(exit::CONFLICT, "NO_SERVICE_MANAGER", message)
        .hint("above is what would be installed; without it the first client starts the daemon")
        .into())
}

fn tell(context: &mut Context, service: &Service, did: &'static str) -> Result<(), Failure> {
    if context.output.format().is_json() {
        let files = service
            .files
            .iter()
            .map(|file| InstalledFile { path: file.path.display().to_string(), content: None });
        return context.output.object(&Installed { did, files: files.collect() });
    }
    let home = context.home();
    for file in &service.files {
        let path = view::tilde(&file.path.display().to_string(), home.as_deref());
        context.output.talk(&format!("brummerd  {}  {path}", did.replace('_', " ")));
    }
    Ok(())
}
