//! Groups, and what `split`, `subgroup` and `derive` keep of them: as CPython does (PEP 654).

use std::{cell::RefCell, iter::Peekable, str::SplitWhitespace};

use tminus::{Exception, ExceptionGroup, Kind};

use crate::{programs, shown};

#[test]
fn a_group_of_nothing_is_refused() {
    let nothing = ExceptionGroup::new("nothing", []).unwrap_err();
    assert_eq!(
        nothing.to_string(),
        "ValueError: second argument (exceptions) must be a non-empty sequence"
    );
    let one = ExceptionGroup::new("one", [Kind::Timeout.into()]).unwrap();
    assert_eq!(one.derive([]).unwrap_err().to_string(), nothing.to_string());
}

#[test]
fn the_text_lists_the_members_and_theirs() {
    let inner = ExceptionGroup::new("inner", [Kind::Timeout.into()]).unwrap();
    let other = Exception::new(Kind::ValueError, "bad page");
    let outer = ExceptionGroup::new("outer", [inner.into(), other]).unwrap();
    assert_eq!(
        outer.to_string(),
        "outer (2 sub-exceptions: inner (1 sub-exception: Timeout); ValueError: bad page)"
    );
}

/// Without these lines, the causes would be nowhere in what `fn main() -> Result<(), Exception>` prints.
#[test]
fn debug_lists_the_causes_of_members() {
    let member = Exception::new(Kind::RuntimeError, "cannot load")
        .with_cause(Exception::from(Kind::ValueError).with_cause(Kind::Timeout));
    let inner = ExceptionGroup::new("inner", [member, Kind::TypeError.into()]).unwrap();
    let inner = Exception::from(inner).with_cause(Kind::Cancelled);
    let outer = ExceptionGroup::new("outer", [inner]).unwrap();
    let text = "ExceptionGroup: outer (1 sub-exception: \
                inner (2 sub-exceptions: RuntimeError: cannot load; TypeError))";
    let members = "\n  inner (2 sub-exceptions)\n    caused by: Cancelled\
                   \n  RuntimeError: cannot load\n    caused by: ValueError\n    caused by: Timeout\n  TypeError";
    assert_eq!(shown(&outer), format!("{text}{members}"));
    let raised = Exception::from(outer).with_cause(Kind::GeneratorExit);
    let cause = "\n  caused by: GeneratorExit";
    assert_eq!(shown(&raised), format!("{text}{cause}{members}"));
}

#[test]
fn a_nested_group_that_matches_is_the_same_exception() {
    let inner = Exception::from(ExceptionGroup::new("inner", [Kind::Timeout.into()]).unwrap());
    let outer = ExceptionGroup::new("outer", [inner.clone(), Kind::ValueError.into()]).unwrap();
    let is_inner = |one: &Exception| {
        let group = one.downcast_ref::<ExceptionGroup>();
        group.is_some_and(|group| group.message() == "inner")
    };
    let (taken, _) = outer.split(is_inner);
    inner.with_cause(Kind::Cancelled);
    let taken = taken.unwrap();
    assert_eq!(
        taken.exceptions()[0].cause().unwrap().kind(),
        Kind::Cancelled
    );
}

#[test]
fn all_operations_keep_what_cpython_keeps() {
    let recorded = programs::recorded("exception_groups");
    for line in recorded.lines() {
        let parts: Vec<&str> = line.split(" / ").collect();
        let [tree, operation, expected, calls] = parts[..] else {
            panic!("{line}: not four parts");
        };
        let (results, called) = perform(&parse(tree), operation);
        assert_eq!((&*results, &*called), (expected, calls), "{line}");
    }
    assert_eq!(recorded.lines().count(), 660);
}

/// Performs `split type`, for example. Returns the results, and the exceptions that `split` has asked about.
fn perform(raised: &Exception, operation: &str) -> (String, String) {
    let group = raised.downcast_ref::<ExceptionGroup>().expect("a group");
    let (method, predicate) = operation.split_once(' ').expect("two words");
    let calls = RefCell::new(Vec::new());
    let matches = |one: &Exception| {
        calls.borrow_mut().push(name(one));
        holds(predicate, one)
    };
    // The cause of the outermost group is that of the exception, so it is set again.
    let again = |half: Option<ExceptionGroup>| {
        let causes = raised.cause().cloned().into_iter();
        let half = half.map(|half| causes.fold(Exception::from(half), Exception::with_cause));
        half.map_or("-".into(), |half| shape(&half))
    };
    match method {
        "split" => {
            let (matching, others) = group.split(matches);
            (
                format!("{} | {}", again(matching), again(others)),
                calls.take().join(" "),
            )
        }
        "subgroup" => (again(group.subgroup(matches)), String::new()),
        "derive" => {
            let derived = group.derive(group.exceptions().first().cloned());
            (shape(&derived.expect("one member").into()), String::new())
        }
        other => panic!("{other}: no operation"),
    }
}

fn holds(predicate: &str, exception: &Exception) -> bool {
    let number: u32 = name(exception)[1..].parse().expect("a number");
    match predicate {
        "type" => exception.kind() == Kind::TypeError,
        "odd" => number % 2 == 1,
        "third" => number % 3 == 2,
        "root" => name(exception) == "g0",
        "none" => false,
        other => panic!("{other}: no predicate"),
    }
}

fn name(exception: &Exception) -> String {
    match exception.downcast_ref::<ExceptionGroup>() {
        Some(group) => group.message().into(),
        None => format!("{}{}", &exception.name()[..1], exception.message()),
    }
}

fn shape(exception: &Exception) -> String {
    let Some(group) = exception.downcast_ref::<ExceptionGroup>() else {
        return name(exception);
    };
    let mut parts = vec![group.message().to_owned()];
    parts.extend(
        exception
            .cause()
            .map(|cause| format!("!{}", cause.message())),
    );
    parts.extend(group.exceptions().iter().map(shape));
    format!("({})", parts.join(" "))
}

fn parse(tree: &str) -> Exception {
    let spaced = tree.replace(')', " )");
    let mut words = spaced.split_whitespace().peekable();
    let parsed = exception(&mut words);
    assert_eq!((shape(&parsed).as_str(), words.next()), (tree, None));
    parsed
}

fn exception(words: &mut Peekable<SplitWhitespace<'_>>) -> Exception {
    let word = words.next().expect("an exception");
    let Some(message) = word.strip_prefix('(') else {
        let kind = if word.starts_with('T') {
            Kind::TypeError
        } else {
            Kind::ValueError
        };
        return Exception::new(kind, word[1..].to_owned());
    };
    let cause = words.next_if(|word| word.starts_with('!'));
    let mut members = Vec::new();
    while words.next_if_eq(&")").is_none() {
        members.push(exception(words));
    }
    let group = Exception::from(ExceptionGroup::new(message, members).expect("members"));
    match cause {
        Some(cause) => group.with_cause(Exception::new(Kind::RuntimeError, cause[1..].to_owned())),
        None => group,
    }
}
