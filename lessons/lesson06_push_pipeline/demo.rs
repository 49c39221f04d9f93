use tminus_lessons::lesson04_throw::Exception;
use tminus_lessons::lesson05_pull_pipeline::{FileError, Line, fixture::Tree};
use tminus_lessons::lesson06_push_pipeline::histories::{Search, find_files, opener as open_real};
use tminus_lessons::lesson06_push_pipeline::{cat, each, grep, opener, split, watch};

fn main() -> Result<(), Exception> {
    println!("# two targets");
    close_two()?;
    println!("# two ends");
    let lines = grep("2", each(|line: Line| println!("found {}", line.text)));
    let errors = each(|error: FileError| println!("not found: {}", error.file));
    let both = split(watch("lines", lines), watch("errors", errors));
    let mut finder = watch("opener", opener(watch("cat", cat(both))));
    finder.send("a")?;
    println!("sent a");
    finder.send("lost")?;
    finder.close()?;
    for (pattern, mut numbers) in [("*bash*", 0..), ("*.gz", 16..)] {
        println!("# brew in {pattern}");
        let tree = Tree::of_histories()?;
        let search = Search::new(tree.top(), pattern)?;
        let errors = each(|error: FileError| println!("lost: {}", error.cause));
        let printer = each(move |line: Line| match numbers.next() {
            Some(..16 | 21..) => {} // too many to print
            _ => println!("{}: {}", tree.name(&line.file), line.text),
        });
        let mut finder = find_files(open_real(cat(split(grep("brew", printer), errors))));
        finder.send(search)?;
    }
    Ok(())
}

fn close_two() -> Result<(), Exception> {
    let last = watch("last", each(|text| println!("{text}")));
    let mut first = watch("first", last);
    first.send("line")?;
    first.close()?;
    println!("closed");
    Ok(())
}
