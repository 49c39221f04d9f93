#![doc = include_str!("README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate self as tminus_lessons; // so that the code of a lesson is the same here, on its page and in a demo

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
pub mod lesson14_tasks_on_the_loop;
pub mod lesson15_async_await;
pub mod lesson16_foreign_futures;
pub mod lesson17_many;
pub mod lesson18_sync;
pub mod lesson19_threads;
pub mod lesson20_selector;
pub mod lesson21_streams;
#[cfg(unix)]
pub mod lesson22_processes;
pub mod lesson23_microscope;
pub mod lesson24_graduating;
