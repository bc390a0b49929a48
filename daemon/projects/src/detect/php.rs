//! PHP: the scripts of composer.json, Laravel's `artisan`, Symfony's console, PHPUnit, and the built-in server
//! for a `public/index.php`.

use super::json::Json;
use super::mark::Mark;
use super::room::{Room, starter};
use super::shape::Shape::{self, Any, EmptyList, Keys, List, Map, OneOf, Text};
use super::{Lack, kind};
use crate::tree::Format;

const SHAPE: Shape = Keys(&[
    ("scripts", OneOf(&[Map(&OneOf(&[Text, List(&Text)])), EmptyList])),
    ("scripts-descriptions", OneOf(&[Map(&Text), EmptyList])),
    ("require", OneOf(&[Map(&Any), EmptyList])),
    ("require-dev", OneOf(&[Map(&Any), EmptyList])),
]);

pub(super) const MARKS: [Mark; 4] = [
    Mark::file("composer.json"),
    Mark::file("artisan"),
    Mark::file("public/index.php"),
    Mark::file("bin/console"),
];

/// Names that composer calls by itself.
const EVENTS: &[&str] = &[
    "command",
    "init",
    "pre-install-cmd",
    "post-install-cmd",
    "pre-update-cmd",
    "post-update-cmd",
    "pre-status-cmd",
    "post-status-cmd",
    "pre-archive-cmd",
    "post-archive-cmd",
    "pre-autoload-dump",
    "post-autoload-dump",
    "post-root-package-install",
    "post-create-project-cmd",
    "pre-operations-exec",
    "pre-package-install",
    "post-package-install",
    "pre-package-update",
    "post-package-update",
    "pre-package-uninstall",
    "post-package-uninstall",
    "pre-file-download",
    "post-file-download",
    "pre-command-run",
    "pre-pool-create",
];

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let path = root.join("composer.json");
    let is_composer = path.is_file();
    let composer = room.json(&path, Format::Commented, &SHAPE).unwrap_or_default();
    room.at(&root, &path);
    let scripts = composer.get("scripts").map(Json::entries).unwrap_or_default();
    let called = scripts.iter().filter(|(name, _)| !EVENTS.contains(&name.as_str()));
    let first = starter(called.clone().map(|(name, _)| name.as_str()));
    for (name, command) in called {
        let text = command.text().unwrap_or_default();
        let about = composer.get("scripts-descriptions").and_then(|all| all.text_at(name));
        let script =
            room.script(name, &["composer", "run-script", name.as_str()]).kind(kind::of_script(name, text));
        let script = script.default_if(first == Some(name.as_str())).about(about);
        room.put(script);
    }
    let artisan = room.has("artisan");
    if artisan {
        room.at(&root, &root.join("artisan"));
        let script = room.script("serve", &["php", "artisan", "serve"]).service().default_if(first.is_none());
        room.put(script);
        for task in ["migrate", "test"] {
            let mut script = room.script(task, &["php", "artisan", task]);
            if scripts.iter().any(|(name, _)| name == task) {
                script.name = format!("artisan:{task}");
            }
            room.put(script);
        }
    } else if room.has("public/index.php") {
        room.at(&root, &root.join("public/index.php"));
        let script = room.script("serve", &["php", "-S", "localhost:8000", "-t", "public"]);
        room.put(script.service().default_if(first.is_none()));
    }
    if room.has("bin/console") {
        room.at(&root, &root.join("bin/console"));
        let script = room.script("cache:clear", &["php", "bin/console", "cache:clear"]);
        room.put(script);
    }
    if !is_composer {
        return;
    }
    room.at(&root, &path);
    let requires = |package: &str| {
        ["require", "require-dev"]
            .iter()
            .any(|key| composer.get(key).and_then(|all| all.get(package)).is_some())
    };
    if requires("phpunit/phpunit") || room.has("vendor/bin/phpunit") {
        let lacks = (!room.has("vendor/bin/phpunit")).then(|| Lack::Program("vendor/bin/phpunit".to_owned()));
        let script = room.script("phpunit", &["php", "vendor/bin/phpunit"]).lacks(lacks);
        room.put(script);
    }
    let script = room.script("install", &["composer", "install"]);
    room.put(script);
}

#[cfg(test)]
mod tests {
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn composer_scripts_and_artisan_are_there() {
        let php = fixture("php");
        insta::assert_snapshot!(php.listing());
        assert_eq!(php.up(""), "serve: `php artisan serve`, found by artisan");
    }
}
