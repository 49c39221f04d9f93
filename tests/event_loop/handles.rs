//! Handles: which of them are equal, and what each kind can do.

use std::{
    cell::Cell,
    fmt::Debug,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    rc::Rc,
};

use tminus::{EventLoop, Exception, Kind, Task, event_loop::current_task, yield_now};

use crate::{ms, new_loop};

fn hash_of(handle: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(handle)
}

fn is_itself_only<H: Clone + Eq + Hash + Debug>(new: impl Fn() -> H) {
    let (one, other) = (new(), new());
    assert_eq!(one, one.clone());
    assert_ne!(one, other);
    assert_eq!(hash_of(&one), hash_of(&one.clone()));
    assert_ne!(hash_of(&one), hash_of(&other));
}

#[test]
fn clones_are_equal_and_have_one_hash_and_others_do_not() {
    let event_loop = new_loop();
    let task = || event_loop.create_task(async { Ok(()) }).unwrap();
    is_itself_only(new_loop);
    is_itself_only(task);
    is_itself_only(|| task().shared());
    is_itself_only(|| task().any());
    is_itself_only(|| task().any().as_future());
    is_itself_only(|| event_loop.create_future::<()>());
    is_itself_only(|| event_loop.create_future::<()>().any());
    is_itself_only(|| event_loop.call_soon(|| ()).unwrap());
    is_itself_only(|| event_loop.call_later(ms(1), || ()).unwrap());
}

#[test]
fn an_id_is_displayed_as_the_number_in_the_default_name() {
    let event_loop = new_loop();
    for number in 1..=3 {
        let task = event_loop.create_task(async { Ok(()) }).unwrap();
        assert_eq!(task.id().to_string(), number.to_string());
        assert_eq!(task.name(), format!("Task-{number}"));
    }
}

#[test]
fn each_handle_knows_its_loop() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async { Ok(()) }).unwrap();
    assert_eq!(task.get_loop(), event_loop);
    assert_eq!(task.any().get_loop(), event_loop);
    assert_eq!(task.as_future().get_loop().as_ref(), Some(&event_loop));
    let of_task = task.any().as_future();
    assert_eq!(of_task.get_loop().as_ref(), Some(&event_loop));
    let future = event_loop.create_future::<u8>();
    assert_eq!(future.any().get_loop().as_ref(), Some(&event_loop));
    assert_ne!(future.any().get_loop(), Some(EventLoop::new()));
}

/// What a kind of handle can do with a done callback: add one that counts its calls, and remove it.
type Callbacks<I> = (fn(&Task<()>, Rc<Cell<u32>>) -> I, fn(&Task<()>, I) -> bool);

fn can_remove_callbacks<I: Copy>((add, remove): Callbacks<I>) -> Result<(), Exception> {
    let (event_loop, called) = (new_loop(), Rc::new(Cell::new(0)));
    let task = event_loop.create_task(async { Ok(()) })?;
    let removed = add(&task, called.clone());
    let kept = add(&task, called.clone());
    assert!(remove(&task, removed));
    assert!(!remove(&task, removed));
    event_loop.run_until_complete(yield_now())?;
    assert_eq!(called.get(), 1);
    assert!(!remove(&task, kept));
    Ok(())
}

fn counts(called: &Cell<u32>) {
    called.set(called.get() + 1);
}

#[test]
fn a_done_callback_can_be_removed_once_and_not_after_its_call() -> Result<(), Exception> {
    can_remove_callbacks((
        |task, called| task.add_done_callback(move |_| counts(&called)),
        Task::remove_done_callback,
    ))?;
    can_remove_callbacks((
        |task, called| task.any().add_done_callback(move |_| counts(&called)),
        |task, id| task.any().remove_done_callback(id),
    ))?;
    can_remove_callbacks((
        |task, called| task.as_future().add_done_callback(move |_| counts(&called)),
        |task, id| task.as_future().remove_done_callback(id),
    ))?;
    can_remove_callbacks((
        |task, called| {
            let future = task.any().as_future();
            future.add_done_callback(move |_| counts(&called))
        },
        |task, id| task.any().as_future().remove_done_callback(id),
    ))
}

#[test]
fn requests_to_cancel_are_withdrawn_one_by_one_through_a_handle() {
    let event_loop: EventLoop = new_loop();
    let task = event_loop.create_task(async { Ok(()) }).unwrap();
    for _ in 0..3 {
        task.cancel();
    }
    let left = [(); 4].map(|()| task.uncancel());
    assert_eq!(left, [2, 1, 0, 0]);
    event_loop.run_until_complete(task).unwrap();
}

#[test]
fn a_task_that_has_not_ended_has_no_exception_to_tell() {
    let asked = new_loop().run_until_complete(async { current_task()?.exception() });
    assert_eq!(asked.unwrap_err().kind(), Kind::InvalidState);
}
