//! A headless Chromium, driven through its DevTools protocol over a pipe.
#![allow(
    dead_code,
    reason = "the tests of the demo use it as well, and not all of it"
)]

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// A browser with one page.
pub struct Chromium {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Its own: tests run at the same time.
    directory: PathBuf,
    session: Value,
    last_id: u64,
    /// What it told without being asked, since the page was opened.
    pub events: Vec<Value>,
}

impl Chromium {
    /// Panics if there is no browser: a test that cannot look has not passed.
    pub fn start(name: &str) -> Self {
        let program = find().expect(
            "needs chromium, chromium-browser or google-chrome on the PATH: install it to run this test",
        );
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-{name}"));
        drop(std::fs::remove_dir_all(&directory));
        std::fs::create_dir_all(&directory).expect("the target directory can be written to");
        let profile = directory.join("profile");
        // Chromium reads commands from descriptor 3, and writes answers to descriptor 4.
        let mut child = Command::new("sh")
            .args([
                "-c",
                "exec 3<&0 4>&1 </dev/null >/dev/null 2>&1; exec \"$@\"",
                "sh",
            ])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .args(["--no-first-run", "--disable-background-networking"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh starts");
        let commands = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut chromium = Self {
            child,
            commands,
            answers,
            directory,
            session: Value::Null,
            last_id: 0,
            events: Vec::new(),
        };
        let target = chromium.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        chromium.session = chromium.ask("Target.attachToTarget", attach)["sessionId"].clone();
        for domain in ["Page", "Runtime", "Network", "Log", "Accessibility"] {
            chromium.ask(&format!("{domain}.enable"), json!({}));
        }
        let lifecycle = json!({"enabled": true});
        chromium.ask("Page.setLifecycleEventsEnabled", lifecycle);
        chromium
    }

    /// Sends a command, and returns its result.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut command = json!({"id": self.last_id, "method": method, "params": params});
        if self.session != Value::Null {
            command["sessionId"] = self.session.clone();
        }
        write!(self.commands, "{command}\0").expect("Chromium listens");
        loop {
            let message = self.read();
            if message["id"] == self.last_id {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn read(&mut self) -> Value {
        let mut message = Vec::new();
        let read = self.answers.read_until(0, &mut message);
        read.expect("Chromium answers");
        assert_eq!(message.pop(), Some(0), "Chromium has ended");
        serde_json::from_slice(&message).expect("it speaks JSON")
    }

    /// Opens a page, and waits until its script has run.
    pub fn open(&mut self, name: &str, page: &str, fragment: &str) {
        let file = self.directory.join(format!("{name}.html"));
        std::fs::write(&file, page).expect("the directory is there");
        self.go_to("about:blank"); // or a new fragment would not load it again
        self.go_to(&format!("file://{}{fragment}", file.display()));
    }

    /// Opens an address, and waits until its script has run.
    pub fn go_to(&mut self, address: &str) {
        self.events.clear();
        let loader = self.ask("Page.navigate", json!({"url": address}))["loaderId"].clone();
        let loaded = |event: &Value| {
            let params = &event["params"];
            params["loaderId"] == loader && params["name"] == "load"
        };
        while !self.events.iter().any(loaded) {
            let event = self.read();
            self.events.push(event);
        }
    }

    /// Waits until the page has been loaded anew.
    pub fn is_loaded_again(&mut self) {
        self.events.clear();
        loop {
            let event = self.read();
            let is_load = event["params"]["name"] == "load";
            self.events.push(event);
            if is_load {
                return;
            }
        }
    }

    /// Returns the value of an expression in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let result = self.ask("Runtime.evaluate", params);
        assert_eq!(result["exceptionDetails"], Value::Null, "{expression}");
        result["result"]["value"].clone()
    }

    /// Presses a key, as a person does.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            " " => 32,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            "Tab" => 9,
            other => panic!("no code for {other:?}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if key == " " && kind == "keyDown" {
                params["text"] = json!(" ");
            }
            self.ask("Input.dispatchKeyEvent", params);
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(self.directory.join("profile")));
    }
}

fn find() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = env::var_os("PATH")?;
    let directories: Vec<PathBuf> = env::split_paths(&path).collect();
    let all = names.iter().flat_map(|name| {
        directories
            .iter()
            .map(move |directory| directory.join(name))
    });
    all.into_iter().find(|program| program.is_file())
}
