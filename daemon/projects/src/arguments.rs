//! A script with further arguments: each tool is given them in the way that it passes them on to what it
//! runs. Pure.

use brummer_event::spec::Command;

/// The command with `arguments` behind it. Nothing is quoted and nothing is parsed: they arrive as they are.
pub(crate) fn append(command: &Command, arguments: &[String]) -> Command {
    if arguments.is_empty() {
        return command.clone();
    }
    let mut argv = match command {
        // The shell puts them in itself. The first word behind the text is what it calls itself.
        Command::Shell(text) => ["/bin/sh", "-c"]
            .into_iter()
            .map(str::to_owned)
            .chain([format!("{text} \"$@\""), "sh".to_owned()])
            .collect(),
        Command::Exec(argv) => argv.clone(),
    };
    if needs_separator(&argv) {
        argv.push("--".to_owned());
    }
    argv.extend(arguments.iter().cloned());
    Command::Exec(argv)
}

/// Whether the tool keeps options to itself that do not stand behind `--`.
fn needs_separator(argv: &[String]) -> bool {
    if argv.iter().any(|word| word == "--") {
        return false;
    }
    let mut words = argv.iter().map(String::as_str);
    let program = words.next().unwrap_or_default();
    let verb = words.find(|word| !word.starts_with('-')).unwrap_or_default();
    match program.rsplit('/').next().unwrap_or(program) {
        // yarn, pnpm, bun and deno pass on all that stands behind the script's name, a `--` too.
        "npm" => matches!(verb, "run" | "run-script" | "test" | "start" | "stop" | "restart"),
        "cargo" => matches!(verb, "run" | "r"),
        "composer" => matches!(verb, "run" | "run-script"),
        "dotnet" => verb == "run",
        "task" | "go-task" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn every_tool_is_given_them_as_it_takes_them() {
        for (command, expected) in [
            ("npm run dev", "npm run dev -- --port 1"),
            ("npm --prefix=web run dev", "npm --prefix=web run dev -- --port 1"),
            ("npm run dev -- --host", "npm run dev -- --host --port 1"),
            ("pnpm run dev", "pnpm run dev --port 1"),
            ("yarn run dev", "yarn run dev --port 1"),
            ("bun run dev", "bun run dev --port 1"),
            ("deno task dev", "deno task dev --port 1"),
            ("cargo run --bin x", "cargo run --bin x -- --port 1"),
            ("cargo test", "cargo test --port 1"),
            ("/usr/bin/task dev", "/usr/bin/task dev -- --port 1"),
            ("composer run dev", "composer run dev -- --port 1"),
            ("dotnet run --project x", "dotnet run --project x -- --port 1"),
            ("just dev", "just dev --port 1"),
            ("make dev", "make dev --port 1"),
        ] {
            let got = append(&Command::Exec(words(command)), &words("--port 1"));
            assert_eq!(got, Command::Exec(words(expected)), "{command}");
        }
        let plain = Command::Exec(words("npm run dev"));
        assert_eq!(append(&plain, &[]), plain);
    }

    #[test]
    fn a_shell_never_reads_them() {
        let arguments = ["; rm -rf ~".to_owned(), "$(x)".to_owned()];
        let got = append(&Command::Shell("node server.js".to_owned()), &arguments);
        let expected = ["/bin/sh", "-c", "node server.js \"$@\"", "sh", "; rm -rf ~", "$(x)"];
        assert_eq!(got.argv(), expected);
    }
}
