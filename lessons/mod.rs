#![doc = include_str!("README.md")]

pub mod lesson01_countdown;
pub mod lesson02_close;
pub mod lesson03_send;
pub mod lesson04_throw;
pub mod lesson05_pull_pipeline;
pub mod lesson06_push_pipeline;
pub mod lesson07_averager;
pub mod lesson08_yield_from;
pub mod lesson09_round_robin;
pub mod lesson10_tasks;
pub mod lesson11_timers;
pub mod lesson12_event_loop;
pub mod lesson13_futures;
pub mod lesson15_async_await;
pub mod lesson16_many;
pub mod lesson17_sync;
