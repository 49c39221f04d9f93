//! Keeps the pages of `tminus::guide` true, where a doc test or a link cannot.
//!
//! The names of asyncio are in `tests/guide/asyncio_names.txt`. Its first line is the command that recorded them.

mod programs;

use std::{collections::BTreeSet, fs, path::Path};

const PROGRAMS: [&str; 3] = ["guide_start", "guide_cancel", "guide_limit"];

#[test]
fn every_name_of_asyncio_is_on_its_page() {
    let names = read("tests/guide/asyncio_names.txt");
    let names: Vec<&str> = names
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(names.len() > 200, "the list is not whole");

    let page = read("src/guide/from_asyncio.md");
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let code = rows.flat_map(|row| row.split('`').skip(1).step_by(2)); // every other part is code
    let on_page: BTreeSet<&str> = code.collect();
    let missing: Vec<&str> = names
        .into_iter()
        .filter(|name| !on_page.contains(name))
        .collect();
    assert!(missing.is_empty(), "in no row of the page: {missing:?}");
}

/// What stands in Python was run, and what stands beside it in Rust, a doc test, has the same result.
#[test]
fn python_and_rust_side_by_side_give_the_same() {
    let page = read("src/guide/from_asyncio.md");
    let blocks = blocks(&page);
    let pairs: Vec<_> = blocks
        .windows(2)
        .filter(|pair| pair[0].0 == "python")
        .collect();
    assert_eq!(pairs.len(), PROGRAMS.len());
    for (pair, program) in pairs.into_iter().zip(PROGRAMS) {
        let [(_, python), (label, rust)] = pair else {
            unreachable!("a window of two");
        };
        assert_eq!(
            *python,
            read(&format!("tests/programs/{program}.py")),
            "{program}"
        );
        let printed = programs::recorded(program).replace('\'', "\"");
        assert_eq!(*label, "rust");
        assert!(rust.contains(printed.trim()), "{program} printed {printed}");
    }
}

#[test]
fn every_block_is_tested() {
    for page in [
        "src/guide/from_asyncio.md",
        "src/guide/from_tokio.md",
        "src/guide/errors.md",
    ] {
        for (label, _) in blocks(&read(page)) {
            assert!(
                ["rust", "python"].contains(&label),
                "{page}: a block {label:?}"
            );
        }
    }
}

/// The blocks of a page: their labels, and what is in them.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```").skip(1).step_by(2); // every other part is in a fence
    fenced
        .map(|text| text.split_once('\n').expect("a fence is a line"))
        .collect()
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
