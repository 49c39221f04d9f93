use std::{cell::RefCell, fs, rc::Rc};

use tminus_lessons::lesson04_throw::{Co, Exception, Generator};
use tminus_lessons::lesson05_pull_pipeline as pull;
use tminus_lessons::lesson05_pull_pipeline::{FileError, Line, journal, note};
use tminus_lessons::lesson05_pull_pipeline::{files::open_files, fixture::Tree, histories::glob};
use tminus_lessons::lesson06_push_pipeline::histories::{self, Search, find_files};
use tminus_lessons::lesson06_push_pipeline::{
    Target, cat, each, grep, opener, primed, split, watch,
};

use crate::programs::{demo, recorded};

type Outcome = Result<(), Exception>;
type Log = Rc<RefCell<Vec<String>>>;

fn search(tree: &Tree, pattern: &str, recursive: bool) -> Result<Search, Exception> {
    Ok(Search {
        top: tree.top().to_owned(),
        names: glob(pattern)?,
        recursive,
    })
}

/// Returns the end of a pipeline for lines, another end for errors, and the log in which both ends write.
fn ends(tree: &Rc<Tree>) -> (Log, Target<Line>, Target<FileError>) {
    let log = Log::default();
    let (a, b) = (Rc::clone(&log), Rc::clone(&log));
    let (tree_a, tree_b) = (Rc::clone(tree), Rc::clone(tree));
    let lines = each(move |line: Line| {
        a.borrow_mut()
            .push(format!("{}: {}", tree_a.name(&line.file), line.text));
    });
    let errors = each(move |error: FileError| {
        b.borrow_mut()
            .push(format!("{}!", tree_b.name(&error.file)));
    });
    (log, lines, errors)
}

/// What the demo prints of real files, without what it reports of opening and closing them.
fn real_files() -> Vec<String> {
    let demo = demo("lesson06");
    let lines = demo.lines().skip_while(|line| !line.starts_with("# brew"));
    let lines = lines.take_while(|line| !line.contains("*.gz"));
    let reports = ["# ", "open ", "close "];
    let lines = lines.filter(|line| !reports.iter().any(|report| line.starts_with(report)));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_program_prints_what_cpython_printed() {
    let theirs = recorded("44_push_pipeline"); // with the line breaks of the files, and `print`'s own
    let theirs: Vec<&str> = theirs.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(real_files(), theirs);
}

#[test]
fn it_finds_what_the_pull_pipeline_finds() -> Outcome {
    let tree = Rc::new(Tree::of_histories()?);
    for (pattern, recursive) in [
        ("*bash*", false),
        ("*bash*", true),
        ("*", true),
        ("*.gz", false),
    ] {
        let (log, lines, errors) = ends(&tree);
        let mut finder = find_files(histories::opener(cat(split(grep("brew", lines), errors))));
        finder.send(search(&tree, pattern, recursive)?)?;

        let paths = pull::histories::find_files(tree.top(), glob(pattern)?, recursive);
        let pulled: Result<Vec<String>, Exception> =
            pull::grep("brew", pull::cat(pull::histories::opener(paths)))
                .map(|line| {
                    Ok(match line? {
                        Ok(line) => format!("{}: {}", tree.name(&line.file), line.text),
                        Err(error) => format!("{}!", tree.name(&error.file)),
                    })
                })
                .collect();
        assert_eq!(*log.borrow(), pulled?);
    }
    Ok(())
}

#[test]
fn what_cannot_be_read_does_not_stop_the_others() -> Outcome {
    let tree = Rc::new(Tree::new()?);
    fs::write(tree.top().join("a.gz"), "no gzip\n")?;
    fs::write(tree.top().join("b.bz2"), "no bzip2\n")?;
    fs::write(tree.top().join("c.txt"), b"good\n\xff\n")?;
    tree.write("d/d.bz2", "good\n")?;
    tree.write("e.gz", "good\n")?;
    let (log, lines, errors) = ends(&tree);
    let mut finder = find_files(histories::opener(cat(split(lines, errors))));
    finder.send(search(&tree, "*", true)?)?;
    finder.send(Search {
        top: tree.top().join("nowhere"),
        names: glob("*")?,
        recursive: false,
    })?;
    assert_eq!(
        *log.borrow(),
        [
            "a.gz!",
            "b.bz2!",
            "c.txt: good",
            "c.txt!",
            "d/d.bz2: good",
            "e.gz: good",
            "nowhere!"
        ]
    );
    Ok(())
}

#[test]
fn the_file_s_name_has_to_fit_and_not_its_path() -> Outcome {
    let tree = Rc::new(Tree::of_histories()?);
    let (log, lines, errors) = ends(&tree);
    let mut finder = find_files(histories::opener(cat(split(lines, errors))));
    finder.send(search(&tree, "*bash*", true)?)?;
    assert!(
        !log.borrow()
            .iter()
            .any(|line| line.starts_with("bash/todo.txt"))
    );
    assert_eq!(log.borrow().len(), 60 + 1 + 2);
    Ok(())
}

#[test]
fn one_file_at_a_time_is_open_and_none_between_two_searches() -> Outcome {
    let tree = Tree::of_histories()?;
    let open = Rc::new(RefCell::new(Vec::new()));
    let counts = Rc::clone(&open);
    let lines = each(move |_| counts.borrow_mut().push(open_files()));
    let mut finder = find_files(histories::opener(cat(lines)));
    for _ in 0..2 {
        finder.send(search(&tree, "*bash*", true)?)?;
        assert_eq!(open_files(), 0);
    }
    assert_eq!(*open.borrow(), [1; 126]);
    Ok(())
}

#[test]
fn a_primed_target_can_be_sent_to_and_another_cannot() {
    let new: fn() -> Target<u32> = || {
        Generator::new(async |co: Co<(), u32>| {
            co.yield_(()).await?;
            Ok(())
        })
    };
    let refused = new().send(1).expect_err("no yield waits");
    assert_eq!(
        refused.to_string(),
        "TypeError: can't send non-None value to a just-started generator"
    );
    let mut end = primed(async |co: Co<(), u32>| {
        assert_eq!(co.yield_(()).await?, 1);
        co.yield_(()).await?;
        Ok(())
    });
    end.send(1).expect("a yield waits");
}

#[test]
#[should_panic(expected = "it waits for its first item")]
fn a_body_that_does_not_wait_cannot_be_primed() {
    primed(async |_: Co<(), u32>| Ok(()));
}

#[test]
fn close_runs_down_the_pipe() -> Outcome {
    for close in [
        |mut finder: Target<&'static str>| finder.close(),
        |finder| {
            drop(finder);
            Ok(())
        },
    ] {
        let before = journal().len();
        let both = split(watch("lines", each(drop)), watch("errors", each(drop)));
        let files = watch("cat", cat(watch("split", both)));
        close(watch("opener", opener(files)))?;
        let closed: Vec<String> = journal().split_off(before);
        assert_eq!(
            closed,
            ["opener", "cat", "split", "lines", "errors"].map(|name| format!("{name} is closed"))
        );
    }
    Ok(())
}

#[test]
fn an_exception_of_the_end_runs_back_up_and_closes_everything() -> Outcome {
    let tree = Tree::of_histories()?;
    let end = primed(async |co: Co<(), _>| {
        let _ = co.yield_(()).await?;
        assert_eq!(open_files(), 1);
        Err(Exception::RuntimeError("the paper is used up", None))
    });
    let mut finder = find_files(histories::opener(cat(end)));
    let error = finder
        .send(search(&tree, "*", true)?)
        .expect_err("it is raised");
    assert_eq!(error.to_string(), "RuntimeError: the paper is used up");
    assert_eq!(open_files(), 0);
    let error = finder
        .send(search(&tree, "*", true)?)
        .expect_err("it is closed");
    assert_eq!(error.to_string(), "StopIteration");
    Ok(())
}

fn two(mut target: Target<Line>) -> Target<Line> {
    primed(async move |co: Co<(), Line>| {
        for _ in 0..2 {
            target.send(co.yield_(()).await?)?;
        }
        Ok(())
    })
}

#[test]
fn a_target_that_has_enough_raises_a_stop_iteration_which_is_an_error_further_up() -> Outcome {
    let lines = two(each(|line: Line| note(line.text)));
    let errors = each(|error: FileError| note(format!("{}!", error.file)));
    let mut finder = opener(cat(split(grep("a", lines), errors)));
    let error = finder.send("a").expect_err("it has enough");
    assert_eq!(
        error.to_string(),
        "RuntimeError: generator raised StopIteration"
    );
    assert_eq!(journal(), ["open a", "a1", "a2", "close a"]);
    Ok(())
}

#[test]
fn two_ends_that_pull_from_one_pipe_share_its_items() {
    let numbers: Generator<u32> = Generator::new(async |co| {
        for n in 1..=6 {
            co.yield_(n).await?;
        }
        Ok(())
    });
    let numbers = RefCell::new(numbers);
    let pull = || {
        numbers
            .borrow_mut()
            .next()
            .map(|n| n.expect("no stage raises"))
    };
    let (a, b): (Vec<_>, Vec<_>) = (0..3).map(|_| (pull(), pull())).unzip();
    assert_eq!(a, [Some(1), Some(3), Some(5)]);
    assert_eq!(b, [Some(2), Some(4), Some(6)]);
}
