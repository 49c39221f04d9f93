use std::{ops::Range, rc::Rc};

use tminus_lessons::lesson04_throw::Exception;
use tminus_lessons::lesson05_pull_pipeline::{FileError, Line, Tree, glob};
use tminus_lessons::lesson06_push_pipeline::{Search, cat, find_files, grep, opener, split};
use tminus_lessons::lesson06_push_pipeline::{each, stage};

fn main() -> Result<(), Exception> {
    close_two()?;
    search("*bash*", 16..21)?;
    search("*.gz", 0..99)
}

fn close_two() -> Result<(), Exception> {
    let last = stage("last", each(|text| println!("{text}")));
    let mut first = stage("first", last);
    first.send("line".to_owned())?;
    first.close()?;
    println!("closed");
    Ok(())
}

fn search(pattern: &str, wanted: Range<usize>) -> Result<(), Exception> {
    let tree = Rc::new(Tree::of_histories()?);
    let (top, names) = (tree.top().to_owned(), glob(pattern)?);
    let same = Rc::clone(&tree);
    let errors = each(move |error: FileError| println!("lost: {}", same.name(&error.path)));
    let mut numbers = 0..;
    let printer = each(move |line: Line| {
        if numbers.next().is_some_and(|n| wanted.contains(&n)) {
            println!("{}: {}\n", tree.name(&line.path), line.text);
        }
    });
    let mut finder = find_files(opener(cat(split(grep("brew", printer), errors))));
    finder.send(Search {
        top,
        names,
        recursive: false,
    })
}
