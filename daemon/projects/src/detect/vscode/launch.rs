//! launch.json: programs that the editor starts under a debugger, here without one.

use super::variable;
use crate::detect::json::Json;
use crate::detect::room::Room;
use crate::detect::shape::Shape::{self, Any, Keys, List, Map, OneOf, Text, Whole};
use crate::tree::Format;

const WORDS: Shape = OneOf(&[List(&Any), Text]);
const SHAPE: Shape = Keys(&[(
    "configurations",
    List(&Whole(&Keys(&[
        ("name", Text),
        ("type", Text),
        ("request", Text),
        ("program", Text),
        ("module", Text),
        ("args", WORDS),
        ("runtimeExecutable", Text),
        ("runtimeArgs", WORDS),
        ("cwd", Text),
        ("env", Map(&Any)),
    ]))),
)]);

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let path = root.join(".vscode/launch.json");
    let Some(file) = room.json(&path, Format::Commented, &SHAPE) else { return };
    for launch in file.get("configurations").map(Json::items).unwrap_or_default() {
        if launch.text_at("request") != Some("launch") {
            continue;
        }
        let (Some(name), Some(argv)) = (launch.text_at("name"), argv(launch)) else { continue };
        let home = room.look.home.clone();
        let mut lacks = None;
        let mut replaced = |text: &str| match variable::replace(text, &root, home.as_deref()) {
            Ok(text) => text,
            Err(variable) => {
                lacks.get_or_insert(variable);
                text.to_owned()
            }
        };
        let argv: Vec<String> = argv.iter().map(|word| replaced(word)).collect();
        let cwd = launch.text_at("cwd").map(&mut replaced);
        let env: Vec<(String, String)> = launch
            .get("env")
            .map(Json::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), replaced(value.text()?))))
            .collect();
        let env_file = launch.text_at("envFile").map(&mut replaced);
        let directory = cwd.map_or_else(|| root.clone(), |cwd| root.join(cwd));
        room.at(&directory, &path);
        let mut script = room.script(&format!("launch:{name}"), &argv).service();
        script.missing = lacks.map(|what: String| variable::lack(&what)).or(script.missing);
        name.clone_into(&mut script.original);
        script.env = env;
        script.env_files =
            env_file.map(|file| root.join(file)).filter(|file| file.is_file()).into_iter().collect();
        room.put(script);
    }
}

/// The command behind a configuration; nothing if it is no program of a known language.
fn argv(launch: &Json) -> Option<Vec<String>> {
    let program = launch.text_at("program");
    let list = |key: &str| launch.get(key).map(Json::texts).unwrap_or_default();
    let mut argv = match launch.text_at("type")? {
        "node" | "pwa-node" => {
            let runtime = launch.text_at("runtimeExecutable").unwrap_or("node");
            let mut argv = vec![runtime.to_owned()];
            argv.extend(list("runtimeArgs"));
            argv.extend(program.map(str::to_owned));
            argv
        }
        "debugpy" | "python" => {
            let python = launch.text_at("python").unwrap_or("python3").to_owned();
            match (program, launch.text_at("module")) {
                (Some(program), _) => vec![python, program.to_owned()],
                (None, Some(module)) => vec![python, "-m".to_owned(), module.to_owned()],
                (None, None) => return None,
            }
        }
        "go" => vec!["go".to_owned(), "run".to_owned(), program?.to_owned()],
        _ => return None,
    };
    if argv.len() < 2 {
        return None;
    }
    argv.extend(list("args"));
    Some(argv)
}
