//! What is recorded.

use tminus::timeline::What;

use crate::programs;

#[test]
fn a_task_that_has_ended_wakes_who_awaits_it() {
    let timeline = programs::a_task_awaited();
    let name = |id| timeline.task(id).unwrap().name();
    let woken = timeline.moments().filter_map(|moment| match moment.what {
        What::Woken { by } => Some((name(moment.task), by.map(name))),
        _ => None,
    });
    let woken: Vec<_> = woken.collect();
    assert_eq!(
        woken,
        [
            ("answer", None),
            ("question", Some("answer")),
            ("Task-1", Some("question"))
        ]
    );
}

#[test]
fn a_ring_forgets_tasks_too() {
    let all = programs::in_a_ring(usize::MAX);
    assert_eq!(all.forgotten(), 0);
    let some = programs::in_a_ring(10);
    assert_eq!(some.moments().len(), 10);
    assert_eq!(some.forgotten() + 10, all.moments().len() as u64);
    assert!(some.tasks().len() < all.tasks().len());
}
