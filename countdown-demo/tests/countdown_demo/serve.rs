//! `--serve`: the run as a web page while it runs.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
};

use super::{demo, refusal};

/// A demo that runs until it is dropped.
struct Serving {
    child: Child,
    at: SocketAddr,
}

impl Serving {
    fn start(options: &[&str]) -> Self {
        let mut child = demo(&[
            "--every",
            "1h",
            "--countdown",
            "5",
            "--serve",
            "127.0.0.1:0",
        ])
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        let at = line
            .trim_end()
            .strip_prefix("countdown-demo: the run is shown at http://")
            .and_then(|at| at.strip_suffix('/'))
            .unwrap_or_else(|| panic!("{line}"));
        let at = at.parse().unwrap();
        Self { child, at }
    }

    fn answer_to(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.at).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_page_shows_the_run_so_far() {
    let serving = Serving::start(&[]);
    for _ in 0..3 {
        let page = serving.answer_to("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(
            page.contains("<!DOCTYPE html>") && page.contains("countdown(5)"),
            "{page}"
        );
    }
    let nothing = serving.answer_to("nonsense\r\n\r\n");
    assert!(
        nothing.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{nothing}"
    );
}

#[test]
fn an_address_that_makes_no_sense_is_one_clear_line() {
    let every = ["--every", "1s"];
    let said = |more: &[&str]| refusal(&[&every[..], more].concat());
    for address in ["8080", "localhost:80", "127.0.0.1:99999", ""] {
        let said = said(&["--serve", address]);
        assert!(said.contains("write an address and a port"), "{said}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let said_taken = said(&["--serve", &at]);
    assert!(
        said_taken.contains(&format!("cannot listen at {at}: address in use")),
        "{said_taken}"
    );
    let said_virtual = said(&["--clock", "virtual", "--serve", "127.0.0.1:0"]);
    assert!(
        said_virtual.contains("--serve is for --every on the real clock"),
        "{said_virtual}"
    );
    assert!(refusal(&["--serve", "127.0.0.1:0"]).contains("--serve is for --every"));
}
