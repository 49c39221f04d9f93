//! The page of `--serve` in a real browser, while the demo runs.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::{chromium::Chromium, demo};

#[test]
#[ignore = "needs Chromium: cargo test --test countdown_demo -- --ignored"]
fn a_page_that_is_served_loads_itself_anew() {
    let tasks = ["--every", "1h", "--countdown", "5"];
    let serve = ["--serve", "127.0.0.1:0"];
    let mut demo = demo(&[&tasks[..], &serve].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(demo.stderr.take().unwrap());
    said.read_line(&mut line).unwrap();
    let address = line.split_whitespace().last().unwrap();
    let mut chromium = Chromium::start("served");
    chromium.go_to(address);
    let moments = |chromium: &mut Chromium| {
        let last = chromium.evaluate("Number(document.getElementById('moment').max)");
        last.as_f64().unwrap()
    };
    let before = moments(&mut chromium);
    let tasks = chromium.evaluate("document.getElementById('tasks').textContent");
    assert!(tasks.as_str().unwrap().contains("countdown(5)"), "{tasks}");
    chromium.is_loaded_again();
    // The first request is a part of what the second one shows.
    assert!(moments(&mut chromium) > before);
    demo.kill().unwrap();
    demo.wait().unwrap();
}
