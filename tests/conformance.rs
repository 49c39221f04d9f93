//! Replays recorded CPython runs against the crate.
//!
//! Every `*.json` in `tests/corpus` is a list of small programs and what CPython 3.13 did with them; see the README
//! there. A plain interpreter of the programs' language runs them on the crate's public API, and what it sees must be
//! what CPython saw.
//!
//! ```sh
//! cargo test --test conformance -- --nocapture                  # one line a file
//! TMINUS_CORPUS=some/folder cargo test --test conformance       # and every *.json in that folder
//! ```

#[path = "conformance/classes.rs"]
mod classes;
#[path = "conformance/corpus.rs"]
mod corpus;
#[path = "conformance/generators.rs"]
mod generators;
#[path = "conformance/loops.rs"]
mod loops;
#[path = "conformance/parts.rs"]
mod parts;
mod support;

use std::path::{Path, PathBuf};

use corpus::{Corpus, Report};
use serde_json::{Value, json};

/// A corpus of the project.
struct Ours {
    name: &'static str,
    scenarios: usize,
    /// How many need steps that the crate does not have yet. It can only fall.
    not_yet: usize,
}

const OURS: [Ours; 4] = [
    Ours {
        name: "generators_curated.json",
        scenarios: 388,
        not_yet: 0,
    },
    Ours {
        name: "generators_fuzz_a.json",
        scenarios: 1000,
        not_yet: 0,
    },
    Ours {
        name: "loop_curated.json",
        scenarios: 222,
        not_yet: 0,
    },
    Ours {
        name: "loop_fuzz_a.json",
        scenarios: 500,
        not_yet: 0,
    },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn replay(corpus: &Corpus) -> Report {
    match corpus.family() {
        "generator" => corpus.replay(generators::replay),
        "loop" => corpus.replay(loops::replay),
        other => corpus.refuse(&format!(
            "the family is {other:?}, and the replayer knows \"generator\" and \"loop\""
        )),
    }
}

/// Replays files; each may have as many differences for want of a step as `not_yet` says, and no other.
fn replay_all(files: impl IntoIterator<Item = (PathBuf, usize)>) {
    let mut differences = Vec::new();
    for (file, not_yet) in files {
        let report = match Corpus::read(&file) {
            Ok(corpus) => replay(&corpus),
            Err(error) => Report::unreadable(&file, error),
        };
        println!("{report}");
        if report.differ() != not_yet || report.not_yet() != not_yet {
            differences.push(format!("{report}; {not_yet} were to be expected"));
            differences.extend(report.first_differences());
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn our_corpora_agree_with_cpython() {
    replay_all(OURS.map(|ours| (folder().join(ours.name), ours.not_yet)));
}

#[test]
fn our_corpora_are_whole() {
    for ours in OURS {
        let corpus = Corpus::read(&folder().join(ours.name)).unwrap();
        assert_eq!(corpus.len(), ours.scenarios, "{}", ours.name);
    }
    assert_eq!(corpus::files_in(&folder()).unwrap().len(), OURS.len());
}

#[test]
fn the_corpora_in_tminus_corpus_agree_with_cpython() {
    let Some(folder) = std::env::var_os("TMINUS_CORPUS") else {
        return; // Nothing was asked for.
    };
    match corpus::files_in(Path::new(&folder)) {
        Ok(files) => replay_all(files.into_iter().map(|file| (file, 0))),
        Err(error) => panic!("TMINUS_CORPUS: {error}"),
    }
}

/// A scenario of one generator, for the tests of the replayer itself.
fn scenario(body: Value, expect: Value) -> Corpus {
    let file = json!({"format": 1, "family": "generator", "scenarios": [{
        "id": "s1",
        "gens": {"main": body},
        "ops": [["next", "main"]],
        "expect": [expect],
    }]});
    Corpus::parse("here.json", &file.to_string()).unwrap()
}

#[test]
fn an_altered_expectation_is_noticed() {
    let altered = [
        json!({"emits": ["a"], "out": {"yield": 2}, "state": "suspended"}),
        json!({"emits": ["a"], "out": {"stop": 1}, "state": "suspended"}),
        json!({"emits": ["a"], "out": {"yield": 1}, "state": "closed"}),
        json!({"emits": ["a", "a"], "out": {"yield": 1}, "state": "suspended"}),
    ];
    let body = json!([["emit", "a"], ["yield", 1]]);
    for expect in altered {
        let report = replay(&scenario(body.clone(), expect));
        assert_eq!(report.to_string(), "here.json: 1 scenarios, 1 differ");
        let shown = report.first_differences().join("\n");
        assert!(
            shown.contains("here.json: s1: [\"next\",\"main\"]"),
            "{shown}"
        );
    }
    let right = json!({"emits": ["a"], "out": {"yield": 1}, "state": "suspended"});
    let report = replay(&scenario(body, right));
    assert_eq!(report.to_string(), "here.json: 1 scenarios, 0 differ");
}

#[test]
fn every_expectation_of_ours_is_looked_at() {
    for Ours {
        name, scenarios, ..
    } in OURS
    {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        let mut file: Value = serde_json::from_str(&text).unwrap();
        for scenario in file["scenarios"].as_array_mut().unwrap() {
            for expect in ["expect", "expect_fifo"] {
                let noted = match scenario.get_mut(expect) {
                    Some(Value::Array(steps)) => &mut steps.last_mut().unwrap()["emits"],
                    Some(run) => &mut run["trace"],
                    None => continue,
                };
                noted.as_array_mut().unwrap().push(json!("never"));
            }
        }
        let report = replay(&Corpus::parse(name, &file.to_string()).unwrap());
        assert_eq!(report.differ(), scenarios, "{name}");
        assert_eq!(report.first_differences().len(), 10);
    }
}

#[test]
fn what_is_wrong_with_a_corpus_is_said_with_its_place() {
    let unknown = scenario(json!([["yield", 1], ["yeild", 2]]), json!({}));
    let shown = replay(&unknown).first_differences().join("\n");
    assert!(
        shown.contains("here.json: s1: gens.main[1]: unknown statement \"yeild\""),
        "{shown}"
    );

    let nested = scenario(json!([["loop", 2, [["emit"]]]]), json!({}));
    let shown = replay(&nested).first_differences().join("\n");
    assert!(
        shown.contains("gens.main[0][2][0]: \"emit\" lacks its part 1"),
        "{shown}"
    );

    let error = Corpus::parse("here.json", "{\"scenarios\": [\n  nonsense").unwrap_err();
    assert!(error.contains("line 2 column 4"), "{error}");

    let error = Corpus::parse("here.json", "{\"family\": \"generator\"}").unwrap_err();
    assert!(error.contains("\"format\" is missing"), "{error}");

    let error = corpus::files_in(Path::new("no/such/folder")).unwrap_err();
    assert!(error.contains("no/such/folder"), "{error}");

    let empty = corpus::files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap_err();
    assert!(empty.contains("no *.json"), "{empty}");
}
