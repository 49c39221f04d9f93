use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use tminus_lessons::lesson04_throw::{Exception, Generator};
use tminus_lessons::lesson05_pull_pipeline::{FileError, Item, Tree, glob, open_files};
use tminus_lessons::lesson05_pull_pipeline::{Line, OpenFile, Stage};
use tminus_lessons::lesson05_pull_pipeline::{cat, find_files, grep, grep_at_once, opener};

use crate::programs::{demo, recorded};

type Outcome = Result<(), Exception>;

/// A stage that hands out what it is given.
fn stage<T: 'static>(items: impl IntoIterator<Item = Item<T>> + 'static) -> Stage<T> {
    Generator::new(async move |co| {
        for item in items {
            co.yield_(item).await?;
        }
        Ok(())
    })
}

/// All the files of a tree.
fn all(tree: &Tree) -> Stage<PathBuf> {
    find_files(tree.top(), glob("*").expect("a pattern"), true)
}

/// What comes out of a pipe: lines as `name: text`, errors as `name!`.
fn outcome(tree: &Tree, lines: Stage<Line>) -> Result<Vec<String>, Exception> {
    lines
        .map(|line| {
            Ok(match line? {
                Ok(line) => format!("{}: {}", tree.name(&line.path), line.text),
                Err(error) => format!("{}!", tree.name(&error.path)),
            })
        })
        .collect()
}

/// What is wrong with a file that has these bytes.
fn what_is_wrong(name: &str, bytes: &[u8]) -> Result<String, Exception> {
    let tree = Tree::new()?;
    let path = tree.top().join(name);
    fs::write(&path, bytes)?;
    let error = cat(opener(all(&tree))).find_map(|line| line.expect("no stage raises").err());
    let error = error.expect("the file is broken");
    assert_eq!(error.path, path);
    assert_eq!(
        error.to_string(),
        format!("{}: {}", path.display(), error.cause)
    );
    Ok(error.cause.to_string())
}

/// What a tree writes into such a file.
fn bytes(name: &str, text: &str) -> Result<Vec<u8>, Exception> {
    let tree = Tree::new()?;
    tree.write(name, text)?;
    Ok(fs::read(tree.top().join(name))?)
}

#[test]
fn the_program_prints_what_cpython_printed() {
    let ours = demo("lesson05");
    let ours: Vec<&str> = ours.lines().collect();
    let theirs = recorded("37_pull_pipeline");
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours[6..ours.len() - 2], theirs); // the first six and the last two are not Python's
}

#[test]
fn the_file_s_name_has_to_fit_and_not_its_path() -> Outcome {
    let tree = Tree::of_histories()?;
    assert!(tree.top().to_string_lossy().contains("bash"));
    for (recursive, names) in [
        (false, vec![".bash_history", "old_bash.gz"]),
        (
            true,
            vec![".bash_history", "old_bash.gz", "sub/deep_bash.bz2"],
        ),
    ] {
        let found: Result<Vec<String>, Exception> =
            find_files(tree.top(), glob("*bash*")?, recursive)
                .map(|path| Ok(tree.name(&path??)))
                .collect();
        assert_eq!(found?, names);
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_is_found_and_one_to_a_folder_or_to_nowhere_is_not() -> Outcome {
    use std::os::unix::fs::symlink;

    let tree = Tree::new()?;
    tree.write("sub/real", "text\n")?;
    symlink("sub/real", tree.top().join("to_file"))?;
    symlink("sub", tree.top().join("to_folder"))?;
    symlink("nowhere", tree.top().join("to_nowhere"))?;
    let lines = cat(opener(all(&tree)));
    assert_eq!(outcome(&tree, lines)?, ["sub/real: text", "to_file: text"]);
    Ok(())
}

#[test]
fn a_file_is_opened_when_its_first_line_is_asked_for() -> Outcome {
    let tree = Tree::new()?;
    tree.write("a.txt", "a1\na2\n")?;
    tree.write("b.gz", "b1\n")?;
    let mut lines = cat(opener(all(&tree)));
    assert_eq!(open_files(), 0, "nothing runs before the first resume");
    assert_eq!(lines.resume()??.text, "a1");
    assert_eq!(open_files(), 1);
    assert_eq!(lines.resume()??.text, "a2");
    assert_eq!(open_files(), 1);
    assert_eq!(lines.resume()??.text, "b1");
    assert_eq!(open_files(), 1, "a.txt was closed before b.gz was opened");
    assert!(lines.next().is_none());
    assert_eq!(open_files(), 0);
    Ok(())
}

#[test]
fn a_file_that_goes_away_before_its_turn_is_reported() -> Outcome {
    let tree = Tree::new()?;
    for name in ["a.txt", "b.txt", "c.txt"] {
        tree.write(name, "one\n")?;
    }
    let mut lines = cat(opener(all(&tree)));
    assert_eq!(lines.resume()??.text, "one");
    fs::remove_file(tree.top().join("b.txt"))?;
    assert_eq!(outcome(&tree, lines)?, ["b.txt!", "c.txt: one"]);
    Ok(())
}

#[test]
fn close_drop_and_an_exception_close_the_file() -> Outcome {
    let tree = Tree::of_histories()?;
    let endings: [fn(Stage<Line>); 3] = [
        |mut lines| lines.close().expect("it closes"),
        drop,
        |mut lines| {
            let error = lines
                .throw(Exception::TypeError("enough"))
                .expect_err("nobody catches it");
            assert_eq!(error.to_string(), "TypeError: enough");
        },
    ];
    for end in endings {
        let mut lines = grep("cmd3", cat(opener(all(&tree))));
        assert_eq!(lines.resume()??.text, "brew cmd3");
        assert_eq!(open_files(), 1);
        end(lines);
        assert_eq!(open_files(), 0);
    }
    Ok(())
}

/// Lets everything pass, and says when it is closed.
fn watched<T: 'static>(
    name: &'static str,
    log: &Rc<RefCell<Vec<&'static str>>>,
    items: Stage<T>,
) -> Stage<T> {
    let log = Rc::clone(log);
    Generator::new(async move |co| {
        for item in items {
            if let Err(exit) = co.yield_(item?).await {
                log.borrow_mut().push(name);
                return Err(exit);
            }
        }
        Ok(())
    })
}

#[test]
fn close_runs_up_the_pipe() -> Outcome {
    let tree = Tree::of_histories()?;
    let log = Rc::new(RefCell::new(Vec::new()));
    let paths = watched("find_files", &log, all(&tree));
    let files = watched("opener", &log, opener(paths));
    let mut lines = watched("cat", &log, cat(files));
    lines.resume()??;
    lines.close()?;
    assert_eq!(*log.borrow(), ["cat", "opener", "find_files"]);
    Ok(())
}

#[test]
fn what_cannot_be_read_takes_nothing_else_along() -> Outcome {
    let tree = Tree::new()?;
    let text: String = (0..5000)
        .map(|i| format!("line {i} {}\n", i * 7919))
        .collect();
    for name in ["cut.bz2", "cut.gz"] {
        tree.write(name, &text)?;
        let path = tree.top().join(name);
        let whole = fs::read(&path)?;
        fs::write(path, &whole[..whole.len() * 3 / 4])?;
    }
    fs::write(
        tree.top().join("latin1.txt"),
        b"good\ncaf\xe9\nnever seen\n",
    )?;
    fs::write(tree.top().join("not.bz2"), "line")?;
    fs::write(tree.top().join("not.gz"), "line")?;
    tree.write("plain.txt", "line\n")?;

    let lines = outcome(&tree, cat(opener(all(&tree))))?;
    assert_eq!(
        lines[0], "cut.bz2!",
        "it is one block, which comes whole or not at all"
    );
    assert_eq!(
        lines[1], "cut.gz: line 0 0",
        "what comes before the cut can be read"
    );
    let rest = lines.iter().skip_while(|line| *line != "cut.gz!").skip(1);
    assert!(rest.eq(&[
        "latin1.txt: good",
        "latin1.txt!",
        "not.bz2!",
        "not.gz!",
        "plain.txt: line",
    ]));
    Ok(())
}

#[test]
fn an_error_says_what_is_wrong() -> Outcome {
    let gz = bytes("x.gz", "line\n")?;
    let bz2 = bytes("x.bz2", "line\n")?;
    for (name, bytes, cause) in [
        ("x.gz", &b"this is no gzip"[..], "invalid gzip header"),
        ("x.gz", &gz[..gz.len() - 3], "unexpected end of file"),
        ("x.bz2", b"this is no bzip2", "bzip2: bz2 header missing"),
        (
            "x.bz2",
            &bz2[..bz2.len() - 3],
            "decompression not finished but EOF reached",
        ),
        ("x.txt", b"caf\xe9\n", "stream did not contain valid UTF-8"),
    ] {
        assert_eq!(what_is_wrong(name, bytes)?, cause);
    }
    Ok(())
}

#[test]
fn a_folder_that_is_not_there_and_files_that_cannot_be_opened_are_reported() -> Outcome {
    let tree = Tree::new()?;
    tree.write("good", "line\n")?;
    let paths = [
        tree.top().join("missing"),
        tree.top().to_owned(),
        tree.top().join("good"),
    ];
    let lines = cat(opener(stage(paths.map(Ok))));
    assert_eq!(outcome(&tree, lines)?, ["missing!", "!", "good: line"]);

    let nowhere = find_files(&tree.top().join("nowhere"), glob("*")?, true);
    assert_eq!(outcome(&tree, cat(opener(nowhere)))?, ["nowhere!"]);
    Ok(())
}

#[test]
fn a_compressed_file_may_have_several_parts() -> Outcome {
    let tree = Tree::new()?;
    for name in ["x.gz", "x.bz2"] {
        let both = [bytes(name, "one\n")?, bytes(name, "two\n")?].concat();
        fs::write(tree.top().join(name), both)?;
    }
    let lines = outcome(&tree, cat(opener(all(&tree))))?;
    assert_eq!(
        lines,
        ["x.bz2: one", "x.bz2: two", "x.gz: one", "x.gz: two"]
    );
    Ok(())
}

#[test]
fn a_line_ends_as_python_s_text_lines_do() -> Outcome {
    let tree = Tree::new()?;
    tree.write("dos.txt", "one\r\n\r\nlast")?;
    let lines = outcome(&tree, cat(opener(all(&tree))))?;
    assert_eq!(lines, ["dos.txt: one", "dos.txt: ", "dos.txt: last"]);
    Ok(())
}

#[test]
fn all_at_once_one_bad_file_takes_all_lines_along() -> Outcome {
    let tree = Tree::of_histories()?;
    let history = tree.top().join(".bash_history");
    let history = history.to_str().expect("its path is text");
    assert_eq!(grep_at_once("brew", &[history])?.len(), 30);
    assert!(grep_at_once("brew", &[history, "no such file"]).is_err());
    Ok(())
}

fn strict_cat(files: Stage<OpenFile>) -> Stage<Line> {
    Generator::new(async move |co| {
        for file in files {
            for line in file?? {
                co.yield_(Ok(line?)).await?;
            }
        }
        Ok(())
    })
}

#[test]
fn an_error_that_is_raised_ends_the_pipe() -> Outcome {
    let tree = Tree::of_histories()?;
    let archives = || find_files(tree.top(), glob("*.gz").expect("a pattern"), false);
    assert_eq!(
        outcome(&tree, cat(opener(archives())))?,
        ["broken.gz!", "old_bash.gz: brew zipped"]
    );
    let mut lines = strict_cat(opener(archives()));
    let Some(Err(Exception::Error(error))) = lines.next() else {
        panic!("broken.gz is read first");
    };
    let error: &FileError = error.downcast_ref().expect("it is the file's");
    assert_eq!(error.path, tree.top().join("broken.gz"));
    assert!(lines.next().is_none(), "old_bash.gz is lost");
    Ok(())
}

fn eager(files: Stage<OpenFile>) -> Stage<OpenFile> {
    Generator::new(async move |co| {
        let files: Vec<_> = files.collect();
        for file in files {
            co.yield_(file?).await?;
        }
        Ok(())
    })
}

#[test]
fn who_collects_the_files_has_them_all_open() -> Outcome {
    let tree = Tree::of_histories()?;
    let mut lines = cat(eager(opener(all(&tree))));
    lines.resume()??;
    assert_eq!(open_files(), 5);
    Ok(())
}

#[test]
fn the_folder_of_a_tree_is_removed() -> Outcome {
    let tree = Tree::of_histories()?;
    let top: PathBuf = tree.top().into();
    assert!(top.is_dir());
    drop(tree);
    assert!(!top.exists());
    Ok(())
}
