use tminus::lessons::lesson04_throw::Exception;
use tminus::lessons::lesson05_pull_pipeline::{
    Tree, cat, find_files, glob, grep, open_files, opener,
};

fn main() -> Result<(), Exception> {
    let tree = Tree::of_histories()?;
    one_line(&tree)?;
    read_histories(&tree)?;
    read_archives(&tree)
}

fn one_line(tree: &Tree) -> Result<(), Exception> {
    let paths = find_files(tree.top(), glob("*bash*")?, true);
    for path in paths {
        println!("{}", tree.name(&path??));
    }
    let paths = find_files(tree.top(), glob("*bash*")?, true);
    let mut lines = cat(opener(paths));
    println!("made, {} open", open_files());
    lines.resume()??;
    println!("one line, {} open", open_files());
    lines.close()?;
    println!("closed, {} open", open_files());
    Ok(())
}

fn read_histories(tree: &Tree) -> Result<(), Exception> {
    for recursive in [false, true] {
        let paths = find_files(tree.top(), glob("*bash*")?, recursive);
        for (i, line) in grep("brew", cat(opener(paths))).enumerate() {
            let line = line??;
            if (16..21).contains(&i) || i >= 30 {
                println!("{}: {}\n", tree.name(&line.path), line.text);
            }
        }
    }
    Ok(())
}

fn read_archives(tree: &Tree) -> Result<(), Exception> {
    for line in cat(opener(find_files(tree.top(), glob("*.gz")?, false))) {
        match line? {
            Ok(line) => println!("{}: {}", tree.name(&line.path), line.text),
            Err(error) => println!("{}: {}", tree.name(&error.path), error.cause),
        }
    }
    Ok(())
}
