//! Command lines and what they mean, or why they mean nothing.

use std::ffi::OsString;

use clap::CommandFactory as _;

use super::*;
use crate::failure::Problem;

fn parse(line: &str) -> Result<Cli, Problem> {
    Cli::try_parse_from(line.split_whitespace())
        .map_err(|error| problem(&error).expect("neither help nor version was asked for"))
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn global_options_go_before_and_after_the_verb() {
    for line in [
        "brummerctl -p shop -o json --timeout 5s -q ps",
        "brummerctl ps -p shop -o json --timeout 5s -q",
        "brummerctl -p shop ps -o json -q --timeout 5s",
    ] {
        let cli = parse(line).unwrap();
        assert_eq!(cli.global.project.as_deref(), Some("shop"), "{line}");
        assert_eq!(cli.global.output, Format::Json, "{line}");
        assert_eq!(cli.global.timeout, Some(Duration::from_secs(5)), "{line}");
        assert!(cli.global.quiet, "{line}");
    }
    for line in [
        "brummerctl -o json errors show 3f",
        "brummerctl errors -o json show 3f",
        "brummerctl errors show 3f -o json",
    ] {
        let cli = parse(line).unwrap();
        assert_eq!(cli.global.output, Format::Json, "{line}");
        assert!(
            matches!(cli.verb, Verb::Errors(Errors { verb: Some(ErrorsVerb::Show { ref id }), .. }) if id == "3f"),
            "{line}"
        );
    }
}

#[test]
fn a_command_keeps_its_own_options() {
    let cli = parse("brummerctl run --rm -e A=b=c --name x -- sh -c -p --rm").unwrap();
    let Verb::Run(run) = cli.verb else { panic!("{cli:?}") };
    assert_eq!(run.command, ["sh", "-c", "-p", "--rm"]);
    assert_eq!(run.environment, [Variable { name: "A".to_owned(), value: "b=c".to_owned() }]);
    assert!(run.rm && cli.global.project.is_none());
}

#[test]
fn log_options_are_understood() {
    let cli =
        parse("brummerctl logs api web:* -f -n all --stream out,sys --level warn -C 3 --grep x -t").unwrap();
    let Verb::Logs(logs) = cli.verb else { panic!("{cli:?}") };
    assert_eq!(logs.names, ["api", "web:*"]);
    assert_eq!(logs.lines, Some(LineCount::All));
    assert_eq!(logs.stream, [StreamName::Out, StreamName::Sys]);
    assert_eq!(logs.level, Some(crate::json::log::Level::Warn));
    assert!(logs.follow && logs.timestamps && logs.context == 3);
}

#[test]
fn conditions_are_understood() {
    for (text, expected) in [
        ("ready", Condition::Ready),
        ("running", Condition::Running),
        ("exit", Condition::Exit),
        ("url", Condition::Url),
        ("log=ready=yes", Condition::Log("ready=yes".to_owned())),
    ] {
        let cli = parse(&format!("brummerctl wait api --for {text}")).unwrap();
        let Verb::Wait(wait) = cli.verb else { panic!("{text}") };
        assert_eq!(wait.condition, expected);
    }
}

#[test]
fn what_does_not_exist_is_a_usage_error() {
    for line in [
        "brummerctl",
        "brummerctl frobnicate",
        "brummerctl ensure api",
        "brummerctl why api",
        "brummerctl graph",
        "brummerctl attach api",
        "brummerctl ports",
        "brummerctl requests",
        "brummerctl exec api -- ls",
        "brummerctl scale api=2",
        "brummerctl mcp",
        "brummerctl doctor",
        "brummerctl man d",
        "brummerctl daemon upgrade",
        "brummerctl daemon",
        "brummerctl config",
        "brummerctl run --tty -- top",
        "brummerctl run top",
        "brummerctl run --",
        "brummerctl run -e A -- top",
        "brummerctl logs --field a=b",
        "brummerctl logs -n many",
        "brummerctl logs -n -5",
        "brummerctl logs --level loud",
        "brummerctl logs --stream in",
        "brummerctl logs --since yesterday",
        "brummerctl logs --grep a --regex b",
        "brummerctl logs -f --until 5m",
        "brummerctl logs --count -f",
        "brummerctl logs --clear --raw",
        "brummerctl start",
        "brummerctl stop",
        "brummerctl restart",
        "brummerctl start api --all",
        "brummerctl start api --with-dependents",
        "brummerctl rm",
        "brummerctl wait api",
        "brummerctl wait --for exit",
        "brummerctl wait api --for quiet=5s",
        "brummerctl wait api --for log=",
        "brummerctl ps --timeout 5",
        "brummerctl ps -o yaml",
        "brummerctl ps --verbose",
        "brummerctl completion tcsh",
        "brummerctl errors show",
        "brummerctl urls api --open api",
    ] {
        let problem = parse(line).err().unwrap_or_else(|| panic!("`{line}` was understood"));
        assert_eq!((problem.exit, problem.code.as_str()), (2, "USAGE"), "{line}");
        assert!(!problem.message.contains('\n') && !problem.message.starts_with("error"), "{problem:?}");
    }
}

#[test]
fn usage_errors_name_the_nearest() {
    let said = |line: &str| crate::view::problem(&parse(line).unwrap_err());
    assert_eq!(said("brummerctl pss"), "no verb `pss`; did you mean `ps`?");
    assert_eq!(said("brummerctl"), "which verb?; `brummerctl --help` lists them");
    let lines = [
        "brummerctl ps --wach",
        "brummerctl ps -o yaml",
        "brummerctl completion tcsh",
        "brummerctl ps --timeout 5",
        "brummerctl wait api --for quiet=5s",
        "brummerctl wait api",
        "brummerctl start",
        "brummerctl run top",
        "brummerctl logs --grep a --regex b",
        "brummerctl daemon upgrade",
    ];
    let told: Vec<String> = lines.iter().map(|line| format!("$ {line}\n{}", said(line))).collect();
    insta::assert_snapshot!("usage_errors", told.join("\n"));
}

#[test]
fn the_format_is_known_even_when_the_rest_is_not() {
    let format = |line: &str| format_of(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
    for (line, expected) in [
        ("brummerctl pss", Format::Text),
        ("brummerctl pss -o json", Format::Json),
        ("brummerctl -ojsonl pss", Format::Jsonl),
        ("brummerctl --output=json pss", Format::Json),
        ("brummerctl --output wide pss", Format::Wide),
        ("brummerctl run -- x -o json", Format::Text),
        ("brummerctl -o yaml", Format::Text),
    ] {
        assert_eq!(format(line), expected, "{line}");
    }
}

#[test]
fn help_is_what_the_contract_lists() {
    let mut command = Cli::command();
    insta::assert_snapshot!("help", command.render_long_help().to_string());
}
