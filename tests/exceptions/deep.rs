//! Exceptions nested so deep that anything that recurses overflows the stack.

use std::{cell::RefCell, error::Error, fmt, thread};

use tminus::{Exception, ExceptionGroup, Kind};

use crate::shown;

const DEEP: usize = 100_000;

/// The length of chains of causes.
const LONG: usize = 3 * DEEP;

fn leaf() -> Exception {
    Exception::new(Kind::ValueError, "root")
}

fn group_of(exceptions: impl IntoIterator<Item = Exception>) -> Exception {
    let group = ExceptionGroup::new("g", exceptions);
    group.expect("there is an exception").into()
}

/// `LONG` causes.
fn causes() -> Exception {
    (0..LONG).fold(leaf(), |cause, _| {
        Exception::from(Kind::RuntimeError).with_cause(cause)
    })
}

/// `DEEP` groups, one in the other.
fn groups() -> Exception {
    (0..DEEP).fold(leaf(), |inner, _| group_of([inner]))
}

/// Groups whose causes are groups, in groups whose causes …
fn mixed() -> Exception {
    (0..DEEP / 3).fold(leaf(), |inner, _| {
        let cause = Exception::from(Kind::RuntimeError).with_cause(inner);
        group_of([group_of([leaf()]).with_cause(cause)])
    })
}

/// An error that holds an exception. It has no source: one that asked the exception inside for its source would recurse, and so
/// would every error of its kind.
struct Holds(Exception);

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("holds")
    }
}

impl fmt::Debug for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holds")
    }
}

impl Error for Holds {}

#[test]
fn a_chain_of_causes_is_shown_and_dropped() {
    let error = causes();
    assert_eq!(error.sources().count(), LONG);
    let shown = shown(&error);
    assert_eq!(shown.lines().count(), LONG + 1);
    assert!(shown.ends_with("\n  caused by: RuntimeError\n  caused by: ValueError: root"));
}

#[test]
fn groups_in_groups_are_shown_and_dropped() {
    let error = groups();
    let shown = error.to_string();
    assert!(shown.starts_with("g (1 sub-exception: g (1 sub-exception: g"));
    assert!(shown.contains("g (1 sub-exception: g (1 sub-exception: ValueError: root))))"));
    assert_eq!(shown.matches("g (1").count(), DEEP);
    let whole = format!("ExceptionGroup: {shown}\n  ValueError: root");
    assert_eq!(crate::shown(&error), whole);
    let group = error.downcast_ref::<ExceptionGroup>().unwrap();
    assert_eq!(crate::shown(group), whole);
}

#[test]
fn groups_and_causes_of_each_other_are_shown_and_dropped() {
    let error = mixed();
    let shown = shown(&error);
    assert!(shown.starts_with(
        "ExceptionGroup: g (1 sub-exception: g (1 sub-exception: ValueError: root))\n  g (1 sub-exception)\n    \
         caused by: RuntimeError\n    caused by: g (1 sub-exception: g (1"
    ));
    assert_eq!(shown.matches("caused by: RuntimeError").count(), DEEP / 3);
}

#[test]
fn a_deep_group_is_split_into_two() {
    let both = group_of([leaf(), Kind::Timeout.into()]);
    let error = (1..DEEP).fold(both, |inner, _| {
        group_of([inner]).with_cause(Kind::Cancelled)
    });
    let group = error.downcast_ref::<ExceptionGroup>().unwrap();
    let (late, others) = group.split(|one| one.kind() == Kind::Timeout);
    for (half, last) in [(late, "Timeout"), (others, "ValueError: root")] {
        let half = Exception::from(half.unwrap());
        let mut depth = 1;
        let mut inner = &half;
        while let Some(group) = inner.downcast_ref::<ExceptionGroup>() {
            let [member] = group.exceptions() else {
                panic!("one member each");
            };
            if depth > 1 && depth < DEEP {
                assert_eq!(inner.cause().unwrap().kind(), Kind::Cancelled);
            }
            (inner, depth) = (member, depth + 1);
        }
        assert_eq!((depth, inner.to_string().as_str()), (DEEP + 1, last));
    }
    assert!(
        group
            .subgroup(|one| one.kind() == Kind::ValueError)
            .is_some()
    );
    assert!(group.subgroup(|one| one.kind() == Kind::Panic).is_none());
}

#[test]
fn errors_and_values_that_hold_exceptions_are_dropped() {
    let errors = (0..DEEP).fold(leaf(), |inner, _| Exception::from_boxed(Holds(inner)));
    drop(errors);
    let values = (0..DEEP).fold(leaf(), |inner, _| Exception::stop_iteration(inner));
    drop(values);
    let boxed = (0..DEEP).fold(leaf(), |inner, _| {
        Exception::stop_iteration(Box::<dyn Error>::from(inner))
    });
    drop(boxed);
}

#[test]
fn what_is_taken_out_drops_the_rest() {
    let error = Exception::from_boxed(Holds(groups())).with_cause(causes());
    let Holds(inner) = error.downcast::<Holds>().unwrap();
    assert!(inner.is::<ExceptionGroup>());
    let group = inner.downcast::<ExceptionGroup>().unwrap();
    assert_eq!(group.exceptions().len(), 1);
    drop(group);
    let stop = Exception::stop_iteration(causes()).with_cause(mixed());
    assert_eq!(
        stop.into_value::<Exception>().unwrap().kind(),
        Kind::RuntimeError
    );
}

#[test]
fn a_boxed_error_is_shown_and_dropped() {
    let boxed: Box<dyn Error> = causes().into();
    assert_eq!(shown(&boxed).lines().count(), LONG + 1);
    drop(boxed);
    let boxed: Box<dyn Error> = groups().into();
    assert!(boxed.to_string().contains("ValueError: root"));
}

/// Each conversion would nest the exception one level deeper if a box were not taken for what it is.
#[test]
fn there_and_back_a_hundred_thousand_times_is_the_same_exception() {
    let keep = leaf();
    let mut error = keep.clone();
    for _ in 0..DEEP {
        error = Exception::from_boxed(Box::<dyn Error>::from(error));
    }
    assert_eq!(error.to_string(), "ValueError: root");
}

/// Python shows such a group in exponential time.
#[test]
fn what_is_in_many_places_is_shown_once() {
    let error = (0..DEEP).fold(leaf(), |inner, _| group_of([inner.clone(), inner]));
    let shown = error.to_string();
    assert_eq!(shown.matches("ValueError: root").count(), 2);
    assert_eq!(
        shown.matches("g (2 sub-exceptions, shown above)").count(),
        DEEP - 1
    );
    let text = format!("ExceptionGroup: {shown}\n  ValueError: root");
    assert_eq!(crate::shown(&error), text);
}

/// CPython splits such a group in exponential time, too.
#[test]
fn what_is_in_many_places_is_split_once() {
    let both = group_of([leaf(), Kind::Timeout.into()]);
    let error = (0..DEEP).fold(both, |inner, _| group_of([inner.clone(), inner]));
    let group = error.downcast_ref::<ExceptionGroup>().unwrap();
    let (late, others) = group.split(|one| one.kind() == Kind::Timeout);
    let late = late.unwrap().to_string();
    assert_eq!(late.matches("Timeout").count(), 1);
    assert_eq!(
        late.matches("g (2 sub-exceptions, shown above)").count(),
        DEEP - 1
    );
    assert_eq!(
        others
            .unwrap()
            .to_string()
            .matches("ValueError: root")
            .count(),
        1
    );
}

#[test]
fn causes_in_common_are_shown_once() {
    let common = Exception::from(Kind::RuntimeError).with_cause(leaf());
    let member = |_| Exception::from(Kind::Timeout).with_cause(common.clone());
    let error = group_of((0..3).map(member));
    assert_eq!(
        shown(&error),
        "ExceptionGroup: g (3 sub-exceptions: Timeout; Timeout; Timeout)\n  \
           Timeout\n    caused by: RuntimeError\n    caused by: ValueError: root\n  \
           Timeout\n    caused by: RuntimeError (its causes are shown above)\n  \
           Timeout\n    caused by: RuntimeError (its causes are shown above)"
    );
}

/// All clones are kept, so each exception could be anywhere. Walking along the chain for each would take hours.
#[test]
fn a_long_chain_is_built_in_linear_time() {
    let mut all = vec![leaf()];
    for _ in 0..DEEP {
        let next = Exception::from(Kind::RuntimeError);
        all.push(next.clone());
        next.with_cause(all[all.len() - 2].clone());
    }
    assert_eq!(all[DEEP].sources().count(), DEEP);
}

#[test]
fn a_long_chain_can_be_built_from_its_other_end_too() {
    let first = Exception::from(Kind::RuntimeError);
    let mut last = first.clone();
    for _ in 0..DEEP {
        let next = Exception::from(Kind::RuntimeError);
        last.with_cause(next.clone());
        last = next;
    }
    assert_eq!(first.sources().count(), DEEP);
}

/// Values in a `thread_local!` are dropped one after the other. Whatever the crate keeps in one of its own must still be
/// there when the last of them is dropped.
#[test]
fn a_chain_is_dropped_at_the_end_of_its_thread() {
    thread_local! {
        static KEPT: RefCell<Vec<Exception>> = const { RefCell::new(Vec::new()) };
    }
    let keep = || KEPT.with_borrow_mut(|kept| kept.extend([causes(), mixed()]));
    let drop_another = || drop(causes());
    let threads = [
        thread::spawn(move || (keep(), drop_another())),
        thread::spawn(move || (drop_another(), keep())),
    ];
    for thread in threads {
        thread.join().expect("the thread ends in order");
    }
}
