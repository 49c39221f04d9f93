use std::fs;
use std::path::PathBuf;

use tminus_lessons::lesson04_throw::{Exception, Generator};
use tminus_lessons::lesson05_pull_pipeline::fixture::Tree;
use tminus_lessons::lesson05_pull_pipeline::histories::{self, find_files, glob};
use tminus_lessons::lesson05_pull_pipeline::{FileError, Item, Line, OpenFile, Stage};
use tminus_lessons::lesson05_pull_pipeline::{
    cat, files::open_files, grep, journal, names, opener, watch,
};

use crate::programs::{demo, recorded};

type Outcome = Result<(), Exception>;

/// A stage that yields each of `items`.
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
                Ok(line) => format!("{}: {}", tree.name(&line.file), line.text),
                Err(error) => format!("{}!", tree.name(&error.file)),
            })
        })
        .collect()
}

/// What is wrong with a file that has these bytes.
fn what_is_wrong(name: &str, bytes: &[u8]) -> Result<String, Exception> {
    let tree = Tree::new()?;
    let path = tree.top().join(name);
    fs::write(&path, bytes)?;
    let error =
        cat(histories::opener(all(&tree))).find_map(|line| line.expect("no stage raises").err());
    let error = error.expect("the file is broken");
    assert_eq!(error.file, path.display().to_string());
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

/// What the demo prints of real files, without what it reports of opening and closing them.
fn real_files() -> Vec<String> {
    let demo = demo("lesson05");
    let lines = demo.lines().skip_while(|line| !line.starts_with("# brew"));
    let lines = lines.take_while(|line| !line.contains("*.gz"));
    let reports = ["# ", "open ", "close "];
    let lines = lines.filter(|line| !reports.iter().any(|report| line.starts_with(report)));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_program_prints_what_cpython_printed() {
    let theirs = recorded("37_pull_pipeline"); // with the line breaks of the files, and `print`'s own
    let theirs: Vec<&str> = theirs.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(real_files(), theirs);
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
    let lines = cat(histories::opener(all(&tree)));
    assert_eq!(outcome(&tree, lines)?, ["sub/real: text", "to_file: text"]);
    Ok(())
}

#[test]
fn a_file_is_opened_when_its_first_line_is_asked_for() -> Outcome {
    let tree = Tree::new()?;
    tree.write("a.txt", "a1\na2\n")?;
    tree.write("b.gz", "b1\n")?;
    let mut lines = cat(histories::opener(all(&tree)));
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
    let mut lines = cat(histories::opener(all(&tree)));
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
        let mut lines = grep("cmd3", cat(histories::opener(all(&tree))));
        assert_eq!(lines.resume()??.text, "brew cmd3");
        assert_eq!(open_files(), 1);
        end(lines);
        assert_eq!(open_files(), 0);
    }
    Ok(())
}

#[test]
fn close_runs_up_the_pipe() -> Outcome {
    let tree = Tree::of_histories()?;
    let paths = watch("find_files", all(&tree));
    let files = watch("opener", histories::opener(paths));
    let mut lines = watch("cat", cat(files));
    lines.resume()??;
    lines.close()?;
    let events = [
        "open .bash_history",
        "cat is closed",
        "close .bash_history",
        "opener is closed",
        "find_files is closed",
    ];
    assert_eq!(journal(), events);
    Ok(())
}

#[test]
fn what_cannot_be_read_does_not_stop_the_others() -> Outcome {
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

    let lines = outcome(&tree, cat(histories::opener(all(&tree))))?;
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
fn what_is_missing_is_reported() -> Outcome {
    let tree = Tree::new()?;
    tree.write("good", "line\n")?;
    let paths = [
        tree.top().join("missing"),
        tree.top().to_owned(),
        tree.top().join("good"),
    ];
    let lines = cat(histories::opener(stage(paths.map(Ok))));
    assert_eq!(outcome(&tree, lines)?, ["missing!", "!", "good: line"]);

    let nowhere = find_files(&tree.top().join("nowhere"), glob("*")?, true);
    assert_eq!(
        outcome(&tree, cat(histories::opener(nowhere)))?,
        ["nowhere!"]
    );
    Ok(())
}

#[test]
fn a_compressed_file_may_have_several_parts() -> Outcome {
    let tree = Tree::new()?;
    for name in ["x.gz", "x.bz2"] {
        let both = [bytes(name, "one\n")?, bytes(name, "two\n")?].concat();
        fs::write(tree.top().join(name), both)?;
    }
    let lines = outcome(&tree, cat(histories::opener(all(&tree))))?;
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
    let lines = outcome(&tree, cat(histories::opener(all(&tree))))?;
    assert_eq!(lines, ["dos.txt: one", "dos.txt: ", "dos.txt: last"]);
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
    let mut lines = strict_cat(opener(names(["a", "lost", "b"])));
    assert_eq!(lines.resume()??.text, "a1");
    assert_eq!(lines.resume()??.text, "a2");
    let Some(Err(Exception::Error(error))) = lines.next() else {
        panic!("the second file is lost");
    };
    let error: &FileError = error.downcast_ref().expect("it is the file's");
    assert_eq!(error.file, "lost");
    assert!(lines.next().is_none(), "b is never opened");
    assert_eq!(journal(), ["open a", "close a"]);
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
fn one_stage_that_collects_has_all_files_open() -> Outcome {
    let mut lines = cat(eager(opener(names(["a", "b", "c"]))));
    assert_eq!(lines.resume()??.text, "a1");
    assert_eq!(journal(), ["open a", "open b", "open c"]);
    assert_eq!(lines.resume()??.text, "a2");
    assert_eq!(lines.resume()??.text, "b1");
    assert_eq!(open_files(), 2);
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
