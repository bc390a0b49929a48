//! A command that goes on (`logs -f`, `ps -w`), read line by line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::PATIENCE;

/// A running command and the lines it printed so far.
pub struct Follow {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Follow {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = sync_channel(1 << 20);
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, seen: Vec::new() }
    }

    /// Reads on until a line satisfies `wanted` and answers it. Panics after the harness's patience.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(error) => {
                    let tail: Vec<&String> = self.seen.iter().rev().take(10).collect();
                    panic!("no line that is {what} ({error}); the last were {tail:#?}");
                }
            }
        }
    }

    /// As [`Follow::until`] over JSON lines.
    #[track_caller]
    pub fn until_json(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let line =
            self.until(what, |line| serde_json::from_str::<Value>(line).is_ok_and(|value| wanted(&value)));
        serde_json::from_str(&line).unwrap()
    }

    /// Everything printed so far, and what still comes within `quiet` of silence.
    pub fn drain(&mut self, quiet: Duration) -> &[String] {
        loop {
            match self.lines.recv_timeout(quiet) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return &self.seen,
            }
        }
    }

    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    pub fn seen_json(&self) -> Vec<Value> {
        self.seen.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end and answers the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let process = crate::Process::of(self.child.id());
        assert!(process.gone_or_zombie_within(PATIENCE), "the command did not end");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
