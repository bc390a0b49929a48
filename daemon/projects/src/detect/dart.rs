//! Dart and Flutter: pubspec.yaml, programs in `bin/`, builds for the platforms that are set up.

use super::json::Json;
use super::mark::Mark;
use super::room::Room;
use super::shape::Shape::{self, Any, Keys, Map};
use crate::tree::Format;

const SHAPE: Shape = Keys(&[("dependencies", Map(&Any)), ("dev_dependencies", Map(&Any))]);

pub(super) const MARKS: [Mark; 1] = [Mark::file("pubspec.yaml")];

/// Folder of a platform, what `flutter build` calls it.
const PLATFORMS: &[(&str, &str)] = &[
    ("android", "apk"),
    ("ios", "ios"),
    ("web", "web"),
    ("linux", "linux"),
    ("macos", "macos"),
    ("windows", "windows"),
];

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let path = root.join("pubspec.yaml");
    let Some(spec) = room.json(&path, Format::Yaml, &SHAPE) else { return };
    room.at(&root, &path);
    let flutter = spec.get("dependencies").and_then(|all| all.get("flutter")).is_some();
    if flutter {
        let runs = room.has("lib/main.dart");
        if runs {
            let script = room.script("run", &["flutter", "run"]).service().default_if(true);
            room.put(script);
            for (_, target) in PLATFORMS.iter().filter(|(folder, _)| root.join(folder).is_dir()) {
                let script = room.script(&format!("build:{target}"), &["flutter", "build", target]);
                room.put(script);
            }
        }
        for (task, argv) in
            [("test", ["flutter", "test"].as_slice()), ("install", &["flutter", "pub", "get"])]
        {
            let script = room.script(task, argv);
            room.put(script);
        }
        return;
    }
    let programs = programs(&root.join("bin"));
    for program in &programs {
        let called = if programs.len() == 1 { "run".to_owned() } else { format!("run:{program}") };
        let script = room.script(&called, &["dart", "run", &format!("bin/{program}.dart")]);
        room.put(script.service().default_if(programs.len() == 1));
    }
    let depends_on_test = ["dependencies", "dev_dependencies"].iter().any(|key| {
        spec.get(key).map(Json::entries).unwrap_or_default().iter().any(|(name, _)| name == "test")
    });
    if depends_on_test {
        let script = room.script("test", &["dart", "test"]);
        room.put(script);
    }
    let script = room.script("install", &["dart", "pub", "get"]);
    room.put(script);
}

/// Names of the Dart files in `dir`.
fn programs(dir: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let names = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
    let mut programs: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".dart")?.to_owned())).collect();
    programs.sort();
    programs
}

#[cfg(test)]
mod tests {
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn flutter_and_dart_run_what_is_there() {
        insta::assert_snapshot!(fixture("flutter").listing());
        insta::assert_snapshot!(fixture("dart").listing());
        assert_eq!(fixture("dart").up(""), "run: `dart run bin/server.dart`, found by pubspec.yaml");
    }
}
