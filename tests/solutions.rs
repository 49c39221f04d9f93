//! Our answers to the same checks as the reader's.

mod answers {
    pub use tminus::lessons::lesson01_countdown::solution as lesson01;
    pub use tminus::lessons::lesson02_close::solution as lesson02;
    pub use tminus::lessons::lesson03_send::solution as lesson03;
    pub use tminus::lessons::lesson04_throw::solution as lesson04;
    pub use tminus::lessons::lesson05_pull_pipeline::solution as lesson05;
    pub use tminus::lessons::lesson06_push_pipeline::solution as lesson06;
    pub use tminus::lessons::lesson07_averager::solution as lesson07;
    pub use tminus::lessons::lesson08_yield_from::solution as lesson08;
    pub use tminus::lessons::lesson09_round_robin::solution as lesson09;
    pub use tminus::lessons::lesson10_tasks::solution as lesson10;
    pub use tminus::lessons::lesson11_timers::solution as lesson11;
    pub use tminus::lessons::lesson12_event_loop::solution as lesson12;
    pub use tminus::lessons::lesson13_futures::solution as lesson13;
    pub use tminus::lessons::lesson14_tasks_on_the_loop::solution as lesson14;
    pub use tminus::lessons::lesson15_async_await::solution as lesson15;
    pub use tminus::lessons::lesson16_many::solution as lesson16;
    pub use tminus::lessons::lesson17_sync::solution as lesson17;
}

mod checks;
