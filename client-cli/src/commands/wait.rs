//! `wait`: one question, answered by the daemon as soon as it is decided.

use std::time::Duration;

use brummer_proto::client::Client;
use brummer_proto::v1;

use crate::args::{Condition, Wait};
use crate::context::Context;
use crate::failure::{Failure, Problem};
use crate::json::wait::{self, WaitResult};
use crate::{exit, time, view};

/// Unless `--timeout` says.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn perform(context: &mut Context, wait: Wait) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let condition = match &wait.condition {
        Condition::Running => v1::wait_request::Condition::Running(v1::WaitRunning {}),
        Condition::Exit => v1::wait_request::Condition::Exit(v1::WaitExit {}),
        Condition::Log(regex) => v1::wait_request::Condition::Log(v1::WaitLog { regex: regex.clone() }),
        Condition::Ready => v1::wait_request::Condition::Ready(v1::WaitReady {}),
        Condition::Url => v1::wait_request::Condition::Url(v1::WaitUrl {}),
    };
    let request = v1::WaitRequest {
        scope: Some(context.scope()?),
        names: wait.names.clone(),
        condition: Some(condition),
        any: wait.any,
    };
    let began = time::now_ns();
    let limit = context.timeout().unwrap_or(PATIENCE);
    let answer = client.call(async |client: &Client| client.processes().wait(request.clone()).await);
    let Ok(answer) = tokio::time::timeout(limit, answer).await else {
        return Err(timed_out(&wait, limit).into());
    };
    let answer = answer?;
    context.announce(answer.project.as_ref());
    let waited_ms = u64::try_from(time::now_ns().saturating_sub(began) / 1_000_000).unwrap_or(0);
    let name = wait.condition.name();
    let results: Vec<WaitResult> =
        answer.results.into_iter().map(|result| WaitResult::from_wire(result, name)).collect();
    let document = wait::Wait { met: answer.met, waited_ms, results };
    let json = context.output.format().is_json();
    let code = code(&document, answer.impossible, json, wait.any);
    if json {
        context.output.object(&document)?;
        return Ok(code);
    }
    for result in &document.results {
        let line = view::wait::line(result);
        if result.met || document.met {
            context.output.talk(&line)
        } else {
            context.output.warn(&line)
        }
        if let Some(data) = view::wait::data(result) {
            context.output.data(data)?;
        }
    }
    Ok(code)
}

fn timed_out(wait: &Wait, limit: Duration) -> Problem {
    let names = wait.names.join(", ");
    let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    let limit = if limit.is_multiple_of(1000) { time::short(limit) } else { format!("{limit}ms") };
    Problem::new(
        exit::WAIT_TIMED_OUT,
        "TIMED_OUT",
        format!("waited {limit} in vain for {names} {}", wait.condition.words()),
    )
    .hint("give it longer with --timeout, or look with `brummerctl ps`")
}

/// The contract's exit codes: an end is passed on, or told by the document alone.
fn code(wait: &wait::Wait, impossible: bool, json: bool, any: bool) -> u8 {
    let exits = wait.results.iter().all(|result| result.condition == "exit");
    if exits && json {
        return exit::OK;
    }
    if !wait.met {
        return if impossible { exit::WAIT_IMPOSSIBLE } else { exit::FAILURE };
    }
    if !exits {
        return exit::OK;
    }
    if let [one] = wait.results.as_slice() {
        return one.exit.as_ref().map_or(exit::OK, exit::of_run);
    }
    let ended = wait.results.iter().filter(|result| result.met || !any);
    let bad = ended.filter_map(|result| result.exit.as_ref()).any(|exit| !exit.is_good());
    if bad { exit::FAILURE } else { exit::OK }
}

#[cfg(test)]
mod tests {
    use crate::json::process::{Exit, Reason};

    use super::*;

    fn result(condition: &'static str, met: bool, code: Option<i32>) -> WaitResult {
        WaitResult {
            name: "api".to_owned(),
            condition,
            met,
            reason: None,
            exit: code.map(|code| Exit { code: Some(code), reason: Some(Reason::Exited), ..Exit::default() }),
            url: None,
            line: None,
            never_ran: !met,
        }
    }

    fn check(results: Vec<WaitResult>, met: bool, impossible: bool, any: bool) -> (u8, u8) {
        let wait = wait::Wait { met, waited_ms: 1, results };
        (code(&wait, impossible, false, any), code(&wait, impossible, true, any))
    }

    #[test]
    fn ends_are_passed_on_by_the_contracts_rules() {
        for (results, met, impossible, any, text, json) in [
            (vec![result("running", true, None)], true, false, false, 0, 0),
            (vec![result("running", false, None)], false, true, false, 18, 18),
            (vec![result("log", false, Some(0))], false, true, false, 18, 18),
            (vec![result("exit", true, Some(3))], true, false, false, 3, 0),
            (vec![result("exit", true, Some(0))], true, false, false, 0, 0),
            (vec![result("exit", false, None)], false, true, false, 18, 0),
            (vec![result("exit", true, Some(0)), result("exit", true, Some(0))], true, false, false, 0, 0),
            (vec![result("exit", true, Some(0)), result("exit", true, Some(3))], true, false, false, 1, 0),
            (vec![result("exit", true, Some(0)), result("exit", false, None)], true, false, true, 0, 0),
            (vec![result("exit", true, Some(3)), result("exit", false, None)], true, false, true, 1, 0),
            (vec![result("exit", true, Some(0)), result("exit", false, None)], false, true, false, 18, 0),
        ] {
            let shown = format!("{results:?}");
            assert_eq!(check(results, met, impossible, any), (text, json), "{shown}");
        }
        let killed =
            Exit { signal: Some("SIGKILL".to_owned()), reason: Some(Reason::Signaled), ..Exit::default() };
        let one = WaitResult { exit: Some(killed), ..result("exit", true, None) };
        assert_eq!(check(vec![one], true, false, false), (137, 0));
    }
}
