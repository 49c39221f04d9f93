//! The layers of the crate and the imports among its files, held to the table "The map" in `src/lib.rs`.
//!
//! The table is the rule: a layer uses only the layers above it. And files do not use each other in cycles: a file can be
//! understood after those that it uses, and a cycle has no first one.
//!
//! Read are the `use` lines and the paths that are written out (`crate::clock::Clock`), of all code but tests.

mod cycles;
mod paths;
mod rules;
mod tokens;
mod tree;

use std::{collections::BTreeSet, fs, path::Path};

use cycles::cycles;
use rules::{KnownCycle, cycle_faults, layer_faults, rows_of_map};
use tree::Tree;

const LIBRARY: &str = "src/lib.rs";
const PROGRAM: &str = "countdown-demo/src/main.rs";

/// The cycles that exist, with the reason for each. Whatever is no longer in a cycle has to leave the list.
const KNOWN_CYCLES: [KnownCycle; 2] = [
    KnownCycle {
        files: &[
            "src/chain/driver.rs",
            "src/chain/frame.rs",
            "src/chain/link.rs",
            "src/chain/stack.rs",
        ],
        reason: "a link leads from a body to its driver, and the driver resumes frames on a stack, which start bodies with links",
    },
    KnownCycle {
        files: &["src/timeline/svg/canvas.rs", "src/timeline/svg/legend.rs"],
        reason: "the legend is drawn on a canvas, and explains the shapes that the canvas has",
    },
];

#[test]
fn each_layer_uses_only_those_above_it() {
    let tree = library();
    let map = map();
    let wrong = layer_faults(&map, &tree.uses());
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_map_has_each_module_once() {
    let tree = library();
    let map = map();
    let rows: BTreeSet<&str> = map.iter().map(String::as_str).collect();
    assert_eq!(
        rows.len(),
        map.len(),
        "the map in {LIBRARY} has a row twice: {map:?}"
    );
    let layers: BTreeSet<&str> = tree.layers().collect();
    let missing: Vec<_> = layers.difference(&rows).collect();
    assert!(
        missing.is_empty(),
        "not in the table \"The map\" of {LIBRARY}: {missing:?}. Add a row for each below all layers that it uses; \
         a private one is \"`name` (private)\"."
    );
    let gone: Vec<_> = rows.difference(&layers).collect();
    assert!(
        gone.is_empty(),
        "in the table \"The map\" of {LIBRARY}, but no modules: {gone:?}. Remove the rows."
    );
}

#[test]
fn files_do_not_use_each_other_in_cycles() {
    let mut uses = library().uses();
    uses.extend(Tree::read(project(), PROGRAM).uses());
    let wrong = cycle_faults(&KNOWN_CYCLES, &cycles(&uses));
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// A file that no `mod` line leads to would be checked by nothing, not even by the compiler. (Unit tests are left out.)
#[test]
fn every_file_is_a_module() {
    let (library, program) = (library(), Tree::read(project(), PROGRAM));
    let known: BTreeSet<&str> = [library.files(), program.files()]
        .into_iter()
        .flatten()
        .collect();
    let mut folders = ["src", "countdown-demo/src"]
        .map(|folder| project().join(folder))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            let name = path
                .strip_prefix(project())
                .expect("it is below the project");
            let name = name
                .to_str()
                .expect("names of files are UTF-8")
                .replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && !name.contains("/tests") {
                assert!(
                    known.contains(&*name),
                    "{name}: no `mod` line leads to this file. Add one, or remove the file."
                );
            }
        }
    }
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn library() -> Tree {
    Tree::read(project(), LIBRARY)
}

/// The modules in the first column of the table "The map", from above.
fn map() -> Vec<String> {
    let source = fs::read_to_string(project().join(LIBRARY)).expect("the library has a root");
    rows_of_map(&source)
}
