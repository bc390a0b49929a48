//! What an editor shows of a configuration: the JSON Schema in yaml-language-server, spoken to as editors do,
//! and in taplo.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use brummer_tests::{Answer, Home};
use serde_json::{Value, json};

use super::node::npm_install;
use super::{kept, program};

/// A language server and what it says.
struct Server {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    asked: u64,
}

impl Server {
    fn start(dir: &Path) -> Self {
        let kept = kept("yaml-language-server-1.25.0", |dir| {
            npm_install(dir, &["yaml-language-server@1.25.0"]);
        });
        let mut child = program(&kept, &["node_modules/.bin/yaml-language-server", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (messages, from) = channel();
        // It ends with the server's output.
        std::thread::spawn(move || {
            while let Some(message) = message(&mut out) {
                if messages.send(message).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { to: child.stdin.take(), child, from, asked: 0 };
        server.ask(
            "initialize",
            &json!({ "processId": std::process::id(), "rootUri": uri(dir), "capabilities": {} }),
        );
        server.tell("initialized", &json!({}));
        // Nothing of the network: the schema of the file itself is all.
        server.tell(
            "workspace/didChangeConfiguration",
            &json!({ "settings": { "yaml": {
                "validate": true, "hover": true, "completion": true, "schemaStore": { "enable": false }
            } } }),
        );
        server
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        let to = self.to.as_mut().unwrap();
        write!(to, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        to.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(json!({ "method": method, "params": params }));
    }

    #[track_caller]
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = json!(self.asked);
        self.send(json!({ "id": id, "method": method, "params": params }));
        self.until(|message| message.get("method").is_none() && message["id"] == id)["result"].take()
    }

    /// The next such message; what the server asks meanwhile is answered with nothing.
    #[track_caller]
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.from.recv_timeout(Duration::from_secs(60)).expect("the server answers");
            if wanted(&message) {
                return message;
            }
            if message.get("method").is_some() && message.get("id").is_some() {
                self.send(json!({ "id": message["id"], "result": null }));
            }
        }
    }

    /// Opens a new file; `LINE: message` of each mark, from line 1, in order.
    #[track_caller]
    fn open(&mut self, file: &Path, text: &str) -> Vec<String> {
        std::fs::write(file, text).unwrap();
        let document = json!({ "uri": uri(file), "languageId": "yaml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
        let uri = uri(file);
        let said = self.until(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        });
        let mut marks: Vec<(u64, String)> = said["params"]["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mark| {
                let line = mark["range"]["start"]["line"].as_u64().unwrap() + 1;
                (line, mark["message"].as_str().unwrap().to_owned())
            })
            .collect();
        marks.sort();
        marks.into_iter().map(|(line, message)| format!("{line}: {message}")).collect()
    }

    /// Asks about a place, as an editor counts: from 0.
    #[track_caller]
    fn ask_at(&mut self, what: &str, file: &Path, (line, character): (u64, u64)) -> Value {
        let position = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": uri(file) }, "position": position });
        self.ask(&format!("textDocument/{what}"), &params)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn message(from: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut header = String::new();
        from.read_line(&mut header).ok().filter(|read| *read > 0)?;
        match header.trim_end().split_once(": ") {
            Some(("Content-Length", bytes)) => length = bytes.parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// A directory with the schema in it, as `config schema` prints it.
fn with_schema(home: &Home) -> std::path::PathBuf {
    let dir = home.path().join("shop");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("brummer.schema.json"), home.ctl_in(&dir, ["config", "schema"]).ok().stdout)
        .unwrap();
    dir
}

/// As a first line of a file, it names the schema.
const LINE: &str = "# yaml-language-server: $schema=./brummer.schema.json\n";

#[test]
fn the_yaml_language_server_marks_what_is_wrong_explains_and_completes() {
    let home = Home::new();
    let dir = with_schema(&home);
    let mut server = Server::start(&dir);

    let file = dir.join("brummer.yaml");
    let right = "processes:
  dev:
  api:
    run: cargo run
    env: { PORT: 3000, HTTP_PROXY: null }
    stop: { signal: term, timeout: 1m 30s }
    restart: on-failure
logs:
  ring_bytes: 8MiB
";
    assert_eq!(server.open(&file, &format!("{LINE}{right}")), Vec::<String>::new());
    let said = server.ask_at("hover", &file, (4, 5))["contents"]["value"].to_string();
    assert!(said.contains("What to run: text goes to"), "{said}");
    let said = server.ask_at("hover", &file, (3, 3))["contents"]["value"].to_string();
    assert!(said.contains("the detected script of this name"), "{said}");

    let file = dir.join("wrong.yaml");
    let wrong = "processes:
  api:
    run: cargo run
    depend_on: [db]
    autostart: 3
    stop: { timeout: 10 sec }
    env: { BRUMMER_RUN: x }
";
    assert_eq!(
        server.open(&file, &format!("{LINE}{wrong}")),
        [
            "5: Property depend_on is not allowed.",
            "6: Incorrect type. Expected \"boolean\".",
            "7: Write a number and a unit (ms, s, m, h, d), as 10s.",
            "8: A variable has a name without =; BRUMMER and BRUMMER_… are set by Brummer itself.",
        ]
    );

    let file = dir.join("more.yaml");
    server.open(&file, &format!("{LINE}processes:\n  api:\n    run: x\n    \n"));
    let answer = server.ask_at("completion", &file, (4, 4));
    let offered: Vec<&str> =
        answer["items"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect();
    assert!(["depends_on", "env", "restart", "stop"].iter().all(|key| offered.contains(key)), "{offered:?}");
    assert!(!offered.contains(&"run"), "it is there: {offered:?}");
}

#[test]
fn taplo_takes_a_start_file_and_marks_what_is_wrong() {
    let kept = kept("taplo-0.7.0", |dir| npm_install(dir, &["@taplo/cli@0.7.0"]));
    let home = Home::new();
    let _daemon = home.daemon();
    let shop = with_schema(&home);
    home.ctl_in(&shop, ["config", "init"]).ok();
    let file = shop.join("brummer.toml");
    let lint = || {
        let mut lint = program(&kept, &["node_modules/.bin/taplo", "lint"]);
        lint.arg(&file).current_dir(&shop);
        Answer::of(lint)
    };
    assert_eq!(lint().code, 0, "{}", lint().stderr);

    let active = "[processes.api]\nrun = [\"npm\", \"run\", \"dev\"]\nstop = { signal = \"int\", timeout = \"1.5 h\" }\n";
    std::fs::write(&file, format!("#:schema ./brummer.schema.json\n{active}")).unwrap();
    assert_eq!(lint().code, 0, "{}", lint().stderr);
    std::fs::write(&file, format!("#:schema ./brummer.schema.json\n{active}autostart = \"yes\"\n")).unwrap();
    let refused = lint();
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("\"yes\" is not of type \"boolean\""), "{}", refused.stderr);
    assert!(refused.stderr.contains("brummer.toml:5:13"), "{}", refused.stderr);
}
