use tminus_lessons::lesson04_throw::Exception;
use tminus_lessons::lesson05_pull_pipeline::histories::{self, find_files, glob};
use tminus_lessons::lesson05_pull_pipeline::{cat, fixture::Tree, grep, grep_at_once};
use tminus_lessons::lesson05_pull_pipeline::{names, opener, watch};

fn main() -> Result<(), Exception> {
    println!("# two lines");
    two_lines()?;
    println!("# all at once");
    let error = grep_at_once("2", &["a", "lost", "b"]).expect_err("one is lost");
    println!("{error}");
    println!("# which code closes what");
    let files = watch("opener", opener(names(["a", "b", "c"])));
    let mut lines = watch("grep", grep("1", watch("cat", cat(files))));
    println!("{}", lines.resume()??.text);
    lines.close()?;
    let tree = Tree::of_histories()?;
    for (pattern, recursive) in [("*bash*", false), ("*bash*", true), ("*.gz", false)] {
        println!("# brew in {pattern}, subfolders: {recursive}");
        let files = histories::opener(find_files(tree.top(), glob(pattern)?, recursive));
        for (i, line) in grep("brew", cat(files)).enumerate() {
            match line? {
                Ok(_) if pattern == "*bash*" && !(16..21).contains(&i) && i < 30 => {}
                Ok(line) => println!("{}: {}", tree.name(&line.file), line.text),
                Err(error) => println!("lost: {}: {}", tree.name(&error.file), error.cause),
            }
        }
    }
    Ok(())
}

fn two_lines() -> Result<(), Exception> {
    let mut lines = grep("2", cat(opener(names(["a", "b", "c"]))));
    println!("made");
    println!("{}", lines.resume()??.text);
    println!("{}", lines.resume()??.text);
    lines.close()?;
    println!("closed");
    Ok(())
}
