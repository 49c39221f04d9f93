//! What the examples print. (`echo`, `fetch` and `key_value` have tests of their own.)
//!
//! Each example runs in a process of its own: this test binary again, told to run a test that is ignored otherwise.

#[path = "../examples/bank.rs"]
mod bank;
#[path = "../examples/job_queue.rs"]
mod job_queue;
#[path = "../examples/parser.rs"]
mod parser;
#[path = "../examples/pubsub.rs"]
mod pubsub;

use std::{env, process::Command};

/// Between these lines is what the example prints, and around them what the test harness does.
const BEGIN: &str = "-- begin --\n";
const END: &str = "-- end --\n";

fn output_of(example: &str) -> String {
    let output = Command::new(env::current_exe().expect("this test has a file"))
        .args(["--exact", example, "--ignored", "--nocapture"])
        .output()
        .expect("this test can run");
    assert!(output.status.success(), "{example}: {output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("tminus:"));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (_, text) = text.split_once(BEGIN).expect("the example has begun");
    let (text, _) = text.split_once(END).expect("the example has ended");
    text.to_owned()
}

fn prints(example: impl FnOnce()) {
    print!("{BEGIN}");
    example();
    print!("{END}");
}

#[test]
fn the_job_queue_retries_what_is_worth_it() {
    let expected = "\
89 jobs done, and their sum is 4360
70 retries
job 9 failed: busy: status 429
job 19 failed: busy: status 429
job 29 failed: busy: status 429
job 39 failed: busy: status 429
job 49 failed: busy: status 429
job 50 failed: bad payload: invalid digit found in string
job 59 failed: busy: status 429
job 69 failed: busy: status 429
job 79 failed: busy: status 429
job 89 failed: busy: status 429
job 99 failed: busy: status 429
8.97s on the virtual clock
";
    assert_eq!(output_of("run_job_queue"), expected);
}

#[test]
#[ignore = "a program of its own"]
fn run_job_queue() {
    prints(|| job_queue::main().unwrap());
}

#[test]
fn the_hub_drops_messages_and_its_supervisor_gives_one_child_up() {
    let expected = "\
the slow subscriber has received item 0
the slow subscriber has received item 6
the slow subscriber has received item 16
the slow subscriber has received item 26
the slow subscriber has received item 36
the slow subscriber has received item 46
the slow subscriber has received item 56
the fast subscriber has received 60 messages
the slow subscriber has received item 57
the slow subscriber has received item 58
the slow subscriber has received item 59
fragile was given up: cannot stand item 35
fast ended
slow ended
70 messages were dropped
";
    assert_eq!(output_of("run_pubsub"), expected);
}

#[test]
#[ignore = "a program of its own"]
fn run_pubsub() {
    prints(|| pubsub::main().unwrap());
}

#[test]
fn the_parser_evaluates_and_names_mistakes() {
    let expected = "\
1 + 2 * (x - 4) / 2 = 7
8 / 2 / 2 = 2
1 + : an operand is missing
(1: a closing parenthesis is missing
1 $ 2: unexpected '$' at 2
1.2.3: invalid float literal
1 2: an operator is missing
y: y is not defined
";
    assert_eq!(output_of("run_parser"), expected);
}

#[test]
#[ignore = "a program of its own"]
fn run_parser() {
    prints(parser::main);
}

#[test]
fn the_bank_loses_no_cent() {
    let expected = "\
39314 transfers
4035 without enough money
450 bad orders
1392 customers cancelled in the middle of a transfer
0 cents lost
";
    assert_eq!(output_of("run_bank"), expected);
}

#[test]
#[ignore = "a program of its own"]
fn run_bank() {
    prints(|| bank::main().unwrap());
}
