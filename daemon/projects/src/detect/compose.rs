//! Docker Compose: the whole, and each service by itself.
//!
//! Services of included or extended files are not listed; compose still starts them with the whole.

use super::json::Json;
use super::room::Room;

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    let Some(path) = room.first_file(&names) else { return };
    let Some(file) = room.yaml(&path) else { return };
    room.at(&root, &path);
    let services = file.get("services").map(Json::entries).unwrap_or_default();
    if services.is_empty() && file.get("include").is_none() {
        return;
    }
    let script = room.script("compose", &["docker", "compose", "up"]).service().default_if(true);
    room.put(script);
    for (name, service) in services.iter().filter(|(name, _)| !name.starts_with('-')) {
        let image = service.text_at("image");
        let script = room.script(name, &["docker", "compose", "up", name]).service().about(image);
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
