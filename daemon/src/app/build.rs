//! From arguments to a daemon with everything bound and wired, and nothing served.

use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brummer_api::listen::{Limits, Listener};
use brummer_bus::Bus;
use brummer_event::spec::ClientContext;
use brummer_insight::Insight;
use brummer_logs::Logs;
use brummer_process::{ProcessConfig, Supervisor};
use brummer_projects::{Projects, Settings, UserConfig};
use brummer_proto::address::{Environment, Places};
use brummer_scope::{Scope, Task, clock};
use brummer_store::Store;
use brummer_world::{Control, Parts, Reloader, Works, World};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::Start;
use crate::args::Args;
use crate::exit::Fatal;
use crate::http::Http;
use crate::lock::DaemonLock;
use crate::run_logs::RunLogsOf;
use crate::socket::{self, Kept};
use crate::{context, metrics_upkeep, notify, observe, settings};

/// A daemon that is built.
pub(super) struct App {
    pub(super) lock: DaemonLock,
    pub(super) scope: Scope,
    pub(super) world: World,
    /// Where it listens.
    pub(super) socket: PathBuf,
    pub(super) daemon_context: ClientContext,
    /// Taken by [`App::serve`].
    doors: Option<Doors>,
}

/// What is bound.
struct Doors {
    listener: Listener,
    replacements: brummer_api::listen::Replacements,
    kept: Option<Kept>,
    http: Http,
    recorder: PrometheusHandle,
    places: Places,
    daemon: brummer_api::Daemon,
}

/// The services, while they serve.
pub(super) type Serving = Task<Result<(), brummer_api::ServeError>>;

pub(super) async fn build(start: Start<'_>) -> Result<App, Fatal> {
    let Start { args, environment, places, inherited, given } = start;
    let user = load_config(args, environment)?;
    let socket = match &inherited {
        Some(listener) => path_of(listener)?,
        None => places.socket.clone(),
    };
    let lock = DaemonLock::acquire(&places, &socket).await?;
    let recorder = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| Fatal::internal("metrics cannot be recorded", error))?;
    let (unix, kept) = match inherited {
        Some(listener) => (listener, None),
        None => {
            let bound = socket::bind(&places.socket)?;
            (bound.listener, Some(bound.kept))
        }
    };
    let limits = Limits { allow_root: user.daemon.allow_root, ..Limits::default() };
    let (listener, replacements) =
        Listener::new(unix, limits).map_err(|error| Fatal::internal("the control socket", error))?;
    let http = Http::bind(settings::http_port(&user)).await?;

    let daemon = brummer_api::Daemon {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        socket: socket.display().to_string(),
        state_dir: places.state_dir.display().to_string(),
        service: notify::manager().to_owned(),
        started_mono_ns: clock::mono_ns(),
        keep_total: user.logs.keep_total,
    };
    let daemon_context = context::of_daemon(environment, &given);
    let scope = Scope::new().map_err(|error| Fatal::internal("tasks", error))?;
    let world = wire(&places, &scope, user, args, environment, daemon_context.clone()).await?;
    let doors = Doors { listener, replacements, kept, http, recorder, places, daemon };
    Ok(App { lock, scope, world, socket, daemon_context, doors: Some(doors) })
}

/// The components, from the ground up.
async fn wire(
    places: &Places,
    scope: &Scope,
    user: UserConfig,
    args: &Args,
    environment: &Environment,
    daemon_context: ClientContext,
) -> Result<World, Fatal> {
    let boot_id = clock::boot_id().map_err(|error| Fatal::internal("the identity of this boot", error))?;
    let shim = shim_beside()?;
    let (store, opened) = Store::open(&places.database(), scope)
        .map_err(|error| Fatal::internal("the state database cannot be opened", error))?;
    if let Some(kept) = &opened.corrupt_kept {
        tracing::error!(kept = %kept.display(), "the state database was damaged; a new one is begun");
    }
    let bus = Bus::new(settings::bus(&user), scope, event_epoch());
    let insight = Insight::open(&store, &bus, scope)
        .await
        .map_err(|error| Fatal::internal("the incident table", error))?;
    observe::register(&bus, &insight);

    let logs = Logs::open(
        settings::logs(&user),
        &places.index(),
        &places.runs(),
        &store,
        Arc::new(insight.clone()),
        Arc::new(bus.clone()),
        scope,
    )
    .await
    .map_err(|error| Fatal::internal("the log engine", error))?;

    let mut process = settings::process(&user, ProcessConfig::new(places.runs(), shim, boot_id));
    process.daemon_context = daemon_context;
    let reader = Arc::new(RunLogsOf { logs: logs.clone(), scope: scope.clone() });
    let processes = {
        // Lines that were written while no daemon lived are merged by time once all adopted runs are known.
        let _backlog = logs.hold_backlog();
        Supervisor::open(process, store.clone(), bus.clone(), scope.clone(), reader)
            .await
            .map_err(|error| Fatal::internal("supervision", error))?
    };
    for view in processes.snapshot().all() {
        if !view.state.is_live() {
            // What ended while no daemon lived told nobody.
            insight.process_ended(&view.key).await;
        }
    }

    let config_file = args.config.clone();
    let texts = text_of(environment);
    let projects_settings = Settings { user, config_file, environment: texts };
    let projects = Projects::open(store.clone(), bus.clone(), scope, projects_settings)
        .await
        .map_err(|error| Fatal::internal("the projects", error))?;
    let reloader = Reloader::start(Works {
        projects: projects.clone(),
        processes: processes.clone(),
        insight: insight.clone(),
        bus: bus.clone(),
        scope: scope.clone(),
    });
    let control = Control::default();
    Ok(World::new(Parts { projects, processes, logs, insight, bus, scope: scope.clone(), reloader, control }))
}

impl App {
    /// Opens the doors. `None` if they were opened before.
    pub(super) fn serve(&mut self) -> Option<Serving> {
        let doors = self.doors.take()?;
        if let Some(kept) = doors.kept {
            kept.watch(&self.scope, doors.replacements);
        }
        metrics_upkeep::run(&self.scope, doors.recorder.clone());
        doors.http.serve(&self.scope, doors.recorder, &doors.places.addresses());
        let world = self.world.clone();
        Some(self.scope.spawn("api", brummer_api::serve(doors.listener, world, doors.daemon)))
    }
}

/// Says what is wrong with the user's configuration, or that nothing is.
///
/// # Errors
/// [`Fatal::Refused`] with every mistake.
pub(crate) fn check_config(args: &Args, environment: &Environment) -> Result<String, Fatal> {
    let user = load_config(args, environment)?;
    Ok(match &user.file {
        Some(file) => format!("{}: no mistakes", file.display()),
        None => "no configuration file; the defaults count".to_owned(),
    })
}

fn load_config(args: &Args, environment: &Environment) -> Result<UserConfig, Fatal> {
    UserConfig::load(args.config.as_deref(), &text_of(environment))
        .map_err(|mistakes| Fatal::Refused(brummer_projects::config::render_all(&mistakes)))
}

/// Configuration and paths in variables are text; what is no text is none of it.
fn text_of(environment: &Environment) -> brummer_projects::Environment {
    let text = |(name, value): (&std::ffi::OsString, &std::ffi::OsString)| {
        Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
    };
    environment.iter().filter_map(text).collect()
}

fn path_of(listener: &UnixListener) -> Result<PathBuf, Fatal> {
    let address = listener.local_addr().map_err(|error| Fatal::internal("the inherited socket", error))?;
    let path = address.as_pathname().map(Path::to_owned);
    path.ok_or_else(|| Fatal::Refused("the inherited socket has no path; the unit needs one".to_owned()))
}

/// The shim of the same version: the one beside our own program.
fn shim_beside() -> Result<PathBuf, Fatal> {
    let own = std::env::current_exe().map_err(|error| Fatal::internal("own program file", error))?;
    let shim = own.with_file_name("brummer-shim");
    if shim.is_file() {
        return Ok(shim);
    }
    Err(Fatal::Refused(format!(
        "{} is missing; brummer-shim must be installed beside brummerd",
        shim.display()
    )))
}

/// A number that no other daemon start has.
fn event_epoch() -> u64 {
    let unique = brummer_event::RunId::generate().as_u128();
    // Time in the upper half, chance in the lower: fold them, and stay positive in signed hands.
    u64::try_from((unique >> 64 ^ unique) & u128::from(u64::MAX >> 1)).unwrap_or(1)
}
