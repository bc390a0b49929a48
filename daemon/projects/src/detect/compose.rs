//! Docker Compose: the whole, and each service by itself.
//!
//! Services of included or extended files are not listed; compose still starts them with the whole.

use super::json::Json;
use super::mark::Mark;
use super::room::Room;
use super::shape::Shape::{self, Keys, Map, Text};
use crate::tree::Format;

const SHAPE: Shape = Keys(&[("services", Map(&Keys(&[("image", Text)])))]);

/// The order in which compose looks.
pub(super) const MARKS: [Mark; 4] = [
    Mark::file("compose.yaml"),
    Mark::file("compose.yml"),
    Mark::file("docker-compose.yaml"),
    Mark::file("docker-compose.yml"),
];

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(path) = room.mark() else { return };
    let Some(file) = room.json(&path, Format::Yaml, &SHAPE) else { return };
    room.at(&root, &path);
    let services = file.get("services").map(Json::entries).unwrap_or_default();
    if services.is_empty() && file.get("include").is_none() {
        return;
    }
    let script = room.script("compose", &["docker", "compose", "up"]).service().default_if(true);
    room.put(script);
    for (name, service) in services {
        let image = service.text_at("image");
        // What follows is a name even if it looks like an option.
        let end: &[&str] = if name.starts_with('-') { &["--"] } else { &[] };
        let argv = [&["docker", "compose", "up"], end, &[name.as_str()]].concat();
        let script = room.script(name, &argv).service().about(image);
        room.put(script);
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn services_are_listed_and_all_start_together() {
        let compose = fixture("compose");
        insta::assert_snapshot!(compose.listing());
        assert_eq!(compose.up(""), "compose: `docker compose up`, found by compose.yaml");
    }
}
