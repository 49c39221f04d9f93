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
#[path = "conformance/streams.rs"]
mod streams;
mod support;
#[cfg(unix)]
#[path = "conformance/writers.rs"]
mod writers;

use std::path::{Path, PathBuf};

use corpus::{Corpus, Report};
use serde_json::{Value, json};

/// A corpus of the project.
struct Ours {
    name: &'static str,
    scenarios: usize,
}

const OURS: [Ours; 9] = [
    Ours {
        name: "generators_curated.json",
        scenarios: 388,
    },
    Ours {
        name: "generators_fuzz_a.json",
        scenarios: 1000,
    },
    Ours {
        name: "loop_curated.json",
        scenarios: 222,
    },
    Ours {
        name: "loop_fuzz_a.json",
        scenarios: 500,
    },
    Ours {
        name: "loop_wide_a.json",
        scenarios: 500,
    },
    Ours {
        name: "stream_curated.json",
        scenarios: 26,
    },
    Ours {
        name: "stream_fuzz_a.json",
        scenarios: 3000,
    },
    Ours {
        name: "writer_curated.json",
        scenarios: 51,
    },
    Ours {
        name: "writer_fuzz_a.json",
        scenarios: 1500,
    },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn replay_all(files: impl IntoIterator<Item = PathBuf>) {
    let mut differences = Vec::new();
    for file in files {
        let report = match Corpus::read(&file) {
            Ok(corpus) => corpus.replay(),
            Err(error) => Report::unreadable(&file, error),
        };
        println!("{report}");
        if report.differ() > 0 {
            differences.push(report.to_string());
            differences.extend_from_slice(report.first_differences());
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn our_corpora_agree_with_cpython() {
    replay_all(OURS.map(|ours| folder().join(ours.name)));
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
        Ok(files) => replay_all(files),
        Err(error) => panic!("TMINUS_CORPUS: {error}"),
    }
}

/// The model of CPython's reader does what CPython did, in each scenario. In some of them, a `read(-1)` loses bytes.
#[test]
fn the_model_of_the_reader_agrees_with_cpython() {
    let losing = ["stream_curated.json", "stream_fuzz_a.json"].map(|name| {
        let corpus = Corpus::read(&folder().join(name)).unwrap();
        let losing = corpus.scenarios().iter().filter(|scenario| {
            let (records, loses) = streams::kept::as_cpython(scenario);
            assert_eq!(
                Value::Array(records),
                scenario["expect"],
                "{}",
                scenario["id"]
            );
            loses
        });
        losing.count()
    });
    assert_eq!(losing, [1, 11]);
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
        let report = scenario(body.clone(), expect).replay();
        assert_eq!(report.to_string(), "here.json: 1 scenarios, 1 differ");
        let shown = report.first_differences().join("\n");
        assert!(
            shown.contains("here.json: s1: [\"next\",\"main\"]"),
            "{shown}"
        );
    }
    let right = json!({"emits": ["a"], "out": {"yield": 1}, "state": "suspended"});
    let report = scenario(body, right).replay();
    assert_eq!(report.to_string(), "here.json: 1 scenarios, 0 differ");
}

#[test]
fn every_expectation_of_ours_is_looked_at() {
    for Ours { name, scenarios } in OURS {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        let mut file: Value = serde_json::from_str(&text).unwrap();
        for scenario in file["scenarios"].as_array_mut().unwrap() {
            for expect in ["expect", "expect_fifo"] {
                let run = scenario.get_mut(expect);
                let noted = match run {
                    Some(Value::Array(steps)) => match steps.last_mut().unwrap() {
                        step if step.get("emits").is_some() => &mut step["emits"],
                        step => {
                            step["out"] = json!("never");
                            continue;
                        }
                    },
                    Some(run) => &mut run["trace"],
                    None => continue,
                };
                noted.as_array_mut().unwrap().push(json!("never"));
            }
        }
        let report = Corpus::parse(name, &file.to_string()).unwrap().replay();
        assert_eq!(report.differ(), scenarios, "{name}");
        assert_eq!(report.first_differences().len(), 10);
    }
}

#[test]
fn what_is_wrong_with_a_corpus_is_said_with_its_place() {
    let unknown = scenario(json!([["yield", 1], ["yeild", 2]]), json!({}));
    let shown = unknown.replay().first_differences().join("\n");
    assert!(
        shown.contains("here.json: s1: gens.main[1]: unknown statement \"yeild\""),
        "{shown}"
    );

    let nested = scenario(json!([["loop", 2, [["emit"]]]]), json!({}));
    let shown = nested.replay().first_differences().join("\n");
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
