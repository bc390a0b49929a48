//! The handle over a real state database: names, trust, which project, reading anew.

use brummer_bus::BusConfig;
use brummer_event::{Event, Topic};

use super::*;

struct World {
    temp: tempfile::TempDir,
    scope: Scope,
    bus: Bus,
    projects: Projects,
}

impl World {
    async fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap()).await
    }

    async fn at(temp: tempfile::TempDir) -> Self {
        let scope = Scope::new().unwrap();
        let (store, _) = Store::open(&temp.path().join("state.db"), &scope).unwrap();
        let bus = Bus::new(BusConfig::default(), &scope, 1);
        let home = temp.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        let environment = Environment::from([("HOME".to_owned(), home.display().to_string())]);
        let user = UserConfig::load(None, &environment).unwrap();
        let settings = Settings { user, config_file: None, environment };
        let projects = Projects::open(store, bus.clone(), &scope, settings).await.unwrap();
        Self { temp, scope, bus, projects }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.temp.path().canonicalize().unwrap().join("home").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.parent().unwrap().to_owned()
    }

    async fn enter(&self, dir: &Path, mode: OpenMode) -> Entered {
        self.projects.enter(dir, mode).await.unwrap()
    }

    fn names(&self) -> Vec<String> {
        self.projects.list().iter().map(|project| project.name.to_string()).collect()
    }
}

#[tokio::test]
async fn names_are_unique_bound_to_the_real_path_and_survive() {
    let world = World::new().await;
    let first = world.write("a/shop/x", "");
    let second = world.write("b/shop/x", "");
    assert!(world.enter(&first, OpenMode::Run).await.added);
    assert_eq!(&*world.enter(&second, OpenMode::Run).await.project.name, "shop-2");
    let link = world.temp.path().join("link");
    std::os::unix::fs::symlink(&first, &link).unwrap();
    let again = world.enter(&link, OpenMode::Run).await;
    assert!(!again.added && &*again.project.name == "shop", "a link is the same directory");
    world.projects.remove("shop").await.unwrap();
    assert_eq!(world.names(), ["shop-2"], "the other keeps its name");
    assert!(world.scope.end(std::time::Duration::from_secs(10)).await.is_empty());
    let world = World::at(world.temp).await;
    assert_eq!(world.names(), ["shop-2"]);
    assert_eq!(world.projects.get("shop-2").unwrap().dir, second);
}

#[tokio::test]
async fn a_project_whose_directory_is_gone_can_still_be_named() {
    let world = World::new().await;
    let dir = world.write("shop/x", "");
    world.enter(&dir, OpenMode::Up).await;
    std::fs::remove_dir_all(&dir).unwrap();
    let text = dir.display().to_string();
    let found = world.projects.locate(Selector::Named(&text), Verb::Find).await.unwrap();
    assert!(matches!(&found, Located::Known { project, .. } if &*project.name == "shop"));
    let error = world.projects.load(&dir, None).await.unwrap_err();
    assert!(error.to_string().contains("no longer there"), "{error}");
    world.projects.remove("shop").await.unwrap();
    let gone = world.projects.locate(Selector::Named(&text), Verb::Find).await;
    assert!(matches!(gone, Err(ProjectsError::Directory { .. })));
}

#[tokio::test]
async fn only_up_trusts_and_says_so_once() {
    let world = World::new().await;
    let dir = world.write("shop/x", "");
    let run = world.enter(&dir, OpenMode::Run).await;
    assert!(run.added && !run.project.trusted && !run.newly_trusted && !run.project.open);
    let up = world.enter(&dir, OpenMode::Up).await;
    assert!(!up.added && up.project.trusted && up.newly_trusted && up.project.open);
    assert!(!world.enter(&dir, OpenMode::Up).await.newly_trusted);
    let closed = world.projects.close("shop").await.unwrap();
    assert!(!closed.open && closed.trusted);
    assert!(world.enter(&dir, OpenMode::Run).await.project.trusted, "run takes no trust away");
}

#[tokio::test]
async fn changes_are_announced_once_each() {
    let world = World::new().await;
    let dir = world.write("shop/x", "");
    let from = world.bus.cursor();
    world.enter(&dir, OpenMode::Up).await;
    world.enter(&dir, OpenMode::Up).await;
    world.projects.close("shop").await.unwrap();
    world.projects.close("shop").await.unwrap();
    world.projects.remove("shop").await.unwrap();
    let topics = [Topic::Project].into_iter().collect();
    let delivery = world.bus.read(topics, from, 100);
    let kinds: Vec<&str> = delivery.events.iter().map(|event: &Arc<Event>| event.payload.kind()).collect();
    assert_eq!(kinds, ["opened", "changed", "removed"]);
}

#[tokio::test]
async fn trusting_opens_nothing_and_survives() {
    let world = World::new().await;
    let dir = world.write("shop/x", "");
    let from = world.bus.cursor();
    let trusted = world.enter(&dir, OpenMode::Trust).await;
    assert!(trusted.added && trusted.newly_trusted && trusted.project.trusted && !trusted.project.open);
    assert!(!world.enter(&dir, OpenMode::Trust).await.newly_trusted, "twice is once");
    let other = world.write("other/x", "");
    world.enter(&other, OpenMode::Run).await;
    world.enter(&other, OpenMode::Trust).await;
    let topics = [Topic::Project].into_iter().collect();
    let delivery = world.bus.read(topics, from, 100);
    let kinds: Vec<&str> = delivery.events.iter().map(|event| event.payload.kind()).collect();
    assert_eq!(kinds, ["opened", "opened", "trusted"]);
    assert!(world.scope.end(std::time::Duration::from_secs(10)).await.is_empty());
    let world = World::at(world.temp).await;
    assert!(world.projects.get("shop").unwrap().trusted);
}

#[tokio::test]
async fn many_at_once_get_one_project() {
    let world = World::new().await;
    let dir = world.write("shop/x", "");
    let entering: Vec<_> = (0..50)
        .map(|_| {
            let (projects, dir) = (world.projects.clone(), dir.clone());
            world.scope.spawn("enter", async move { projects.enter(&dir, OpenMode::Up).await.unwrap() })
        })
        .collect();
    let mut added = 0;
    for task in entering {
        added += usize::from(task.await.unwrap().added);
    }
    assert_eq!((added, world.names()), (1, vec!["shop".to_owned()]));
}

#[tokio::test]
async fn the_current_directory_means_the_nearest_known_project_then_its_files() {
    let world = World::new().await;
    let root = world.write("mono/package.json", r#"{"workspaces":["apps/*"]}"#);
    let web = world.write("mono/apps/web/package.json", "{}");
    let bare = world.write("bare/deep/x", "");
    let here = |dir: &Path, verb| {
        let (projects, dir) = (world.projects.clone(), dir.to_owned());
        async move { projects.locate(Selector::Here(&dir), verb).await }
    };
    let Located::New { dir, name, here: true } = here(&web, Verb::Find).await.unwrap() else { panic!() };
    assert_eq!((dir, name.as_str()), (root.clone(), "mono"));
    assert!(matches!(here(&web, Verb::Known).await, Err(ProjectsError::NoneHere { .. })));
    assert!(matches!(here(&bare, Verb::Find).await, Err(ProjectsError::NoneHere { .. })));
    assert_eq!(here(&bare, Verb::Here).await.unwrap().dir(), bare);
    assert_eq!(world.names(), Vec::<String>::new(), "looking registers nothing");

    world.enter(&root, OpenMode::Up).await;
    let Located::Known { project, here: true } = here(&web, Verb::Known).await.unwrap() else { panic!() };
    assert_eq!(project.dir, root);
    let error = here(&world.temp.path().join("nowhere"), Verb::Known).await.unwrap_err();
    assert!(matches!(error, ProjectsError::Directory { .. }));
}

#[tokio::test]
async fn a_named_directory_is_meant_itself() {
    let world = World::new().await;
    let root = world.write("mono/brummer.toml", "");
    let demo = world.write("mono/deploy/demo/brummer.toml", "");
    world.enter(&root, OpenMode::Up).await;
    let text = demo.display().to_string();
    let found = world.projects.locate(Selector::Named(&text), Verb::Find).await.unwrap();
    assert!(matches!(&found, Located::New { name, here: false, .. } if name == "demo"));
    assert_eq!(found.dir(), demo);
    let found = world.projects.locate(Selector::Named(&text), Verb::Known).await.unwrap();
    assert_eq!(found.dir(), root, "for reading, the project around it");
    let error = world.projects.locate(Selector::Named("mno"), Verb::Known).await.unwrap_err();
    assert_eq!(error.to_string(), "no project `mno`; did you mean `mono`?");
}

#[tokio::test]
async fn files_are_read_anew_each_time() {
    let world = World::new().await;
    let dir = world.write("shop/package.json", r#"{"scripts":{"dev":"vite","with blank":"x"}}"#);
    let loaded = world.projects.load(&dir, None).await.unwrap();
    assert_eq!(loaded.choose(&dir).unwrap().names, ["dev"]);
    assert_eq!(loaded.spec("with blank").unwrap().name, "with-blank", "the original is accepted");
    assert_eq!(loaded.nearest("dv"), Some("dev"));

    world.write(
        "shop/brummer.toml",
        "[processes.api]\nrun = \"x\"\ndepends_on = [\"dev\"]\n[processes.dev]\nenv = { A = \"1\" }\n",
    );
    let loaded = world.projects.load(&dir, None).await.unwrap();
    assert_eq!(loaded.choose(&dir).unwrap().names, ["api", "dev"]);
    let scripts: Vec<(&str, &str)> =
        loaded.scripts.iter().map(|script| (script.name.as_str(), script.source.as_str())).collect();
    assert_eq!(scripts, [("api", "brummer.toml"), ("dev", "package.json"), ("with-blank", "package.json")]);
    assert_eq!(loaded.declared().count(), 2);

    world.write("shop/brummer.toml", "[processes.api]\nrn = \"x\"\n");
    let Err(ProjectsError::Config(wrong)) = world.projects.load(&dir, None).await else { panic!() };
    assert!(wrong[0].render().contains("brummer.toml:2:1"), "{}", wrong[0]);
    assert_eq!(world.projects.check(Some(&dir), None).await.unwrap().diagnostics, wrong);
}

#[tokio::test]
async fn a_bad_reload_changes_nothing() {
    let world = World::new().await;
    world.write(".config/brummer/config.toml", "[logs]\nkeep_lines = 5\n");
    assert_eq!(world.projects.reload().await.unwrap().logs.keep_lines, 5);
    world.write(".config/brummer/config.toml", "[logs]\nkeep_lines = 0\n");
    assert!(matches!(world.projects.reload().await, Err(ProjectsError::Config(_))));
    assert_eq!(world.projects.user().logs.keep_lines, 5);
    let check = world.projects.check(None, None).await.unwrap();
    assert_eq!((check.files.len(), check.diagnostics.len()), (1, 1));
}

#[tokio::test]
async fn after_the_end_callers_are_told() {
    let world = World::new().await;
    let dir = world.write("shop/x", "");
    world.scope.end(std::time::Duration::from_secs(10)).await;
    let error = world.projects.enter(&dir, OpenMode::Up).await.unwrap_err();
    assert!(matches!(error, ProjectsError::Stopping), "{error}");
}

#[tokio::test]
async fn a_worktree_is_a_project_of_its_own() {
    let world = World::new().await;
    let main = world.write("shop/package.json", r#"{"scripts":{"dev":"vite"}}"#);
    world.write("shop/.git/HEAD", "");
    let feature = world.write("shop/.worktrees/feature/package.json", r#"{"scripts":{"dev":"vite"}}"#);
    world.write("shop/.worktrees/feature/.git", "gitdir: ../../.git/worktrees/feature\n");
    let deep = world.write("shop/.worktrees/feature/src/x", "");
    let lib = world.write("shop/lib/x", "");
    world.write("shop/lib/.git", "gitdir: ../.git/modules/lib\n");
    world.enter(&main, OpenMode::Up).await;

    let here = |dir: &Path, verb| {
        let (projects, dir) = (world.projects.clone(), dir.to_owned());
        async move { projects.locate(Selector::Here(&dir), verb).await }
    };
    assert!(matches!(here(&deep, Verb::Known).await, Err(ProjectsError::NoneHere { .. })));
    let Located::New { dir, name, .. } = here(&deep, Verb::Find).await.unwrap() else { panic!() };
    assert_eq!((dir, name.as_str()), (feature.clone(), "feature"));
    assert_eq!(
        here(&lib, Verb::Known).await.unwrap().dir(),
        main,
        "a submodule is part of what is around it"
    );
    world.enter(&feature, OpenMode::Up).await;
    assert_eq!(here(&deep, Verb::Known).await.unwrap().dir(), feature);
    assert_eq!(here(&main, Verb::Known).await.unwrap().dir(), main);
    assert_eq!(world.names(), ["feature", "shop"]);
}
