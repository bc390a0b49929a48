//! Docker Compose: each service becomes a process that keeps it in the foreground with
//! `docker compose up`. The compose file stays what it is and docker goes on reading it (images, ports,
//! volumes, environment, `restart`: it restarts containers while `up` goes on); what moves is who starts it
//! when, who shows its lines, and who stops it.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::Command;

use super::draft::Draft;
use super::field::{Field, Notes};
use super::render;

/// Names that `docker compose` finds by itself.
const FOUND: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
/// What docker gives a container between SIGTERM and SIGKILL, and room for itself.
const STOP: &str = "20s";

pub(super) fn drafts(root: &Field<'_>, name: &str, notes: &mut Notes) -> Vec<Draft> {
    for key in ["include", "extends"] {
        if let Some(field) = root.get(key) {
            field.leave(notes, "other files are not looked into; import them too, or name their services");
        }
    }
    let Some(services) = root.get("services") else {
        root.leave(notes, "has no `services`");
        return Vec::new();
    };
    let services = services.fields(notes);
    let awaited = awaited(&services);
    services.iter().map(|service| draft(service, name, &awaited, notes)).collect()
}

/// Services that others want to have ended well.
fn awaited(services: &[Field<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for service in services {
        let needs = service.get("depends_on").map(|needs| needs.fields(&mut Notes::default()));
        for need in needs.unwrap_or_default() {
            let condition = need.get("condition");
            if condition.and_then(|field| field.as_text()).as_deref()
                == Some("service_completed_successfully")
            {
                found.push(need.key().to_owned());
            }
        }
    }
    found
}

fn draft(service: &Field<'_>, file: &str, awaited: &[String], notes: &mut Notes) -> Draft {
    let mut draft = Draft::at(service);
    let name = service.key().to_owned();
    let mut argv: Vec<&str> = vec!["docker", "compose"];
    if !FOUND.contains(&file) {
        argv.extend(["-f", file]);
    }
    argv.extend(["up", "--no-deps", "--no-log-prefix"]);
    if awaited.contains(&name) {
        // Else the end of the container says nothing.
        argv.extend(["--exit-code-from", name.as_str()]);
    }
    argv.push(name.as_str());
    // A name that could be read as an option, or hold a NUL, is nobody's service.
    if name.starts_with('-') || name.contains('\0') || file.starts_with('-') {
        service.leave(notes, "cannot be the name of a service");
        return draft;
    }
    draft.run = Some(Command::Exec(argv.into_iter().map(str::to_owned).collect()));
    draft.stop_timeout = Some(STOP.to_owned());
    for field in service.fields(notes) {
        match field.key() {
            "depends_on" => depends_on(&mut draft, &field, notes),
            "profiles" => {
                draft.autostart = Some(false);
                let groups = field.texts(notes);
                draft.plan(
                    notes,
                    &field,
                    "started by name only; a group for it",
                    "groups",
                    render::list(&groups),
                );
            }
            "healthcheck" => health(&mut draft, &field, notes),
            "stop_grace_period" => grace(&mut draft, &field, notes),
            "extends" => field.leave(notes, "is docker's; dependencies that come with it are not seen here"),
            "develop" => field.leave(notes, "`docker compose watch` is not started"),
            "scale" | "deploy" => {
                field.leave(notes, "stays docker's; all copies are one process here");
            }
            // All else docker reads from the compose file, as before.
            _ => {}
        }
    }
    draft
}

fn grace(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    let Some(given) = field.duration("s", notes) else { return };
    if let Some(grace) = super::super::text::duration(&given) {
        let with_room = grace.saturating_add(std::time::Duration::from_secs(10));
        draft.stop_timeout = Some(super::super::text::show_duration(with_room));
    }
}

fn depends_on(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    for (need, condition) in draft.needs_on_condition(field, notes) {
        draft.needs(&need, need.key(), condition == "service_completed_successfully");
        match condition.as_str() {
            "" | "service_started" | "service_completed_successfully" => {}
            "service_healthy" => need.leave(
                notes,
                "waits until it runs, not until it is healthy: checks are not built into this version",
            ),
            other => need.leave(notes, format!("the condition {other:?} is not known; waits until it runs")),
        }
        for key in ["restart", "required"] {
            if let Some(field) = need.get(key)
                && field.go_truth(notes) == Some(key == "restart")
            {
                field.leave(notes, "has no counterpart");
            }
        }
    }
}

fn health(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    let Some(test) = field.get("test") else { return };
    let words = test.texts(notes);
    let exec = match words.split_first() {
        Some((first, rest)) if first == "CMD" => rest.to_vec(),
        Some((first, [script])) if first == "CMD-SHELL" => shell(script),
        Some((script, [])) if script != "NONE" => shell(script),
        _ => return,
    };
    let inside: Vec<String> = ["docker", "compose", "exec", "-T", field_service(draft)]
        .into_iter()
        .map(str::to_owned)
        .chain(exec)
        .collect();
    draft.plan_ready(notes, field, vec![format!("exec = {}", render::list(&inside))]);
}

fn field_service(draft: &Draft) -> &str {
    &draft.original
}

fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}
