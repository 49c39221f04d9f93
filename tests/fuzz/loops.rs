//! Loop programs against a model of asyncio: its ready queue, timers, futures and `cancel`, in the order of CPython's code, with
//! tasks as lists of operations and a place in them.

mod model;
mod real;

use proptest::prelude::*;

/// What a task does next. It may do more when it is cancelled: then it notes that, and goes on with the next operation.
#[derive(Clone, Debug)]
pub struct Op {
    what: What,
    catches: bool,
}

#[derive(Clone, Debug)]
pub enum What {
    Note(u8),
    Sleep(u64),
    /// Awaits a task.
    Await(usize),
    Cancel(usize),
    Acquire,
    /// Does nothing if the task does not hold the lock.
    Release,
    Put(u8),
    Get,
    /// Waits for the event.
    Wait,
    Set,
    Clear,
}

#[derive(Clone, Debug)]
pub struct Program {
    tasks: Vec<Vec<Op>>,
    /// The room of the queue; 0 is no limit.
    room: usize,
}

/// What happened: the time in milliseconds, the task, and what it noted.
pub type Trace = Vec<(u64, usize, String)>;

#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    trace: Trace,
    /// How each task has ended: `None` if it is still there.
    ends: Vec<Option<bool>>,
}

const MOST_TASKS: usize = 5;

fn op() -> impl Strategy<Value = Op> {
    let task = || 0..MOST_TASKS;
    let what = prop_oneof![
        2 => any::<u8>().prop_map(What::Note),
        4 => (0_u64..4).prop_map(What::Sleep),
        2 => task().prop_map(What::Await),
        4 => task().prop_map(What::Cancel),
        4 => Just(What::Acquire),
        3 => Just(What::Release),
        3 => any::<u8>().prop_map(What::Put),
        3 => Just(What::Get),
        2 => Just(What::Wait),
        1 => Just(What::Set),
        1 => Just(What::Clear),
    ];
    (what, any::<bool>()).prop_map(|(what, catches)| Op { what, catches })
}

fn program() -> impl Strategy<Value = Program> {
    let task = prop::collection::vec(op(), 0..9);
    let tasks = prop::collection::vec(task, 1..=MOST_TASKS);
    (tasks, 0_usize..3).prop_map(|(tasks, room)| Program { tasks, room })
}

proptest! {
    #![proptest_config(crate::config(2000))]

    #[test]
    fn loops_do_what_asyncio_does(program in program()) {
        prop_assert_eq!(real::run(&program), model::run(&program));
    }
}
