//! The reader's answers, red until they are right: `cargo test --test exercises lesson01`.
//!
//! They are in no library, so that only this test is rebuilt after an edit.

#![allow(dead_code, reason = "an answer may have more than its checks use")]

mod checks;

#[path = "../lesson01_countdown/exercise.rs"]
mod lesson01;
#[path = "../lesson02_close/exercise.rs"]
mod lesson02;
#[path = "../lesson03_send/exercise.rs"]
mod lesson03;
#[path = "../lesson04_throw/exercise.rs"]
mod lesson04;
#[path = "../lesson05_pull_pipeline/exercise.rs"]
mod lesson05;
#[path = "../lesson06_push_pipeline/exercise.rs"]
mod lesson06;
#[path = "../lesson07_averager/exercise.rs"]
mod lesson07;
#[path = "../lesson08_yield_from/exercise.rs"]
mod lesson08;
#[path = "../lesson09_round_robin/exercise.rs"]
mod lesson09;
#[path = "../lesson10_tasks/exercise.rs"]
mod lesson10;
#[path = "../lesson11_timers/exercise.rs"]
mod lesson11;
#[path = "../lesson12_event_loop/exercise.rs"]
mod lesson12;
#[path = "../lesson13_futures/exercise.rs"]
mod lesson13;
#[path = "../lesson14_tasks_on_the_loop/exercise.rs"]
mod lesson14;
#[path = "../lesson15_async_await/exercise.rs"]
mod lesson15;
#[path = "../lesson16_foreign_futures/exercise.rs"]
mod lesson16;
#[path = "../lesson17_many/exercise.rs"]
mod lesson17;
#[path = "../lesson18_sync/exercise.rs"]
mod lesson18;
#[path = "../lesson19_threads/exercise.rs"]
mod lesson19;
#[path = "../lesson20_selector/exercise.rs"]
mod lesson20;
#[path = "../lesson21_streams/exercise.rs"]
mod lesson21;
#[cfg(unix)]
#[path = "../lesson22_processes/exercise.rs"]
mod lesson22;
#[path = "../lesson23_microscope/exercise.rs"]
mod lesson23;
#[path = "../lesson24_graduating/exercise.rs"]
mod lesson24;
