use tminus_lessons::lesson04_throw::Exception;
use tminus_lessons::lesson05_pull_pipeline::grep;
use tminus_lessons::lesson05_pull_pipeline::{Tree, cat, find_files, glob, open_files, opener};

fn main() -> Result<(), Exception> {
    let tree = Tree::of_histories()?;
    one_line(&tree)?;
    read_histories(&tree, false)?;
    read_histories(&tree, true)?;
    for line in cat(opener(find_files(tree.top(), glob("*.gz")?, false))) {
        match line? {
            Ok(line) => println!("{}: {}", tree.name(&line.path), line.text),
            Err(error) => println!("lost: {}: {}", tree.name(&error.path), error.cause),
        }
    }
    Ok(())
}

fn one_line(tree: &Tree) -> Result<(), Exception> {
    for path in find_files(tree.top(), glob("*bash*")?, true) {
        println!("{}", tree.name(&path??));
    }
    let mut lines = cat(opener(find_files(tree.top(), glob("*bash*")?, true)));
    println!("made: {} open", open_files());
    println!("{}: {} open", lines.resume()??.text, open_files());
    lines.close()?;
    println!("closed: {} open", open_files());
    Ok(())
}

fn read_histories(tree: &Tree, recursive: bool) -> Result<(), Exception> {
    let paths = find_files(tree.top(), glob("*bash*")?, recursive);
    for (i, line) in grep("brew", cat(opener(paths))).enumerate() {
        let line = line??;
        if (16..21).contains(&i) || i >= 30 {
            println!("{}: {}\n", tree.name(&line.path), line.text);
        }
    }
    Ok(())
}
