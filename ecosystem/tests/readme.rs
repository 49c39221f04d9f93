//! The output blocks of the README are the output of the examples.

#[path = "../examples/hyper.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod hyper_example;
#[path = "../examples/proxy.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod proxy_example;
#[path = "../examples/tls.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod tls_example;
#[path = "../examples/websocket.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod websocket_example;

use tminus::{Exception, simulation::Simulation};

const README: &str = include_str!("../README.md");

fn is_shown<F>(name: &str, program: impl FnOnce() -> F)
where
    F: Future<Output = Result<Vec<String>, Exception>> + 'static,
{
    let lines = Simulation::new(1).run(program()).0.unwrap().join("\n");
    let block = format!("$ cargo run -p tminus-ecosystem --example {name}\n{lines}\n```");
    assert!(README.contains(&block), "the README should have:\n{block}");
}

#[test]
fn each_example_prints_what_is_shown() {
    is_shown("hyper", hyper_example::program);
    is_shown("tls", tls_example::program);
    is_shown("websocket", websocket_example::program);
    is_shown("proxy", proxy_example::program);
}

#[test]
fn the_adapter_has_as_many_lines_as_it_says() {
    let source = include_str!("../examples/hyper.rs");
    let adapter = source
        .split_once("pub struct Io<S>")
        .and_then(|(_, rest)| Some(rest.split_once("/// Answers")?.0))
        .expect("the adapter comes before the server");
    let count = adapter.trim_end().lines().count();
    assert!(README.contains(&format!("in {count} lines")), "{count}");
}
