//! Our answers to the same checks as the reader's.

#![allow(dead_code, reason = "an answer may have more than its checks use")]

mod checks;

#[path = "../lesson01_countdown/solution.rs"]
mod lesson01;
#[path = "../lesson02_close/solution.rs"]
mod lesson02;
#[path = "../lesson03_send/solution.rs"]
mod lesson03;
#[path = "../lesson04_throw/solution.rs"]
mod lesson04;
#[path = "../lesson05_pull_pipeline/solution.rs"]
mod lesson05;
#[path = "../lesson06_push_pipeline/solution.rs"]
mod lesson06;
#[path = "../lesson07_averager/solution.rs"]
mod lesson07;
#[path = "../lesson08_yield_from/solution.rs"]
mod lesson08;
#[path = "../lesson09_round_robin/solution.rs"]
mod lesson09;
#[path = "../lesson10_tasks/solution.rs"]
mod lesson10;
#[path = "../lesson11_timers/solution.rs"]
mod lesson11;
#[path = "../lesson12_event_loop/solution.rs"]
mod lesson12;
#[path = "../lesson13_futures/solution.rs"]
mod lesson13;
#[path = "../lesson14_tasks_on_the_loop/solution.rs"]
mod lesson14;
#[path = "../lesson15_async_await/solution.rs"]
mod lesson15;
#[path = "../lesson16_foreign_futures/solution.rs"]
mod lesson16;
#[path = "../lesson17_many/solution.rs"]
mod lesson17;
#[path = "../lesson18_sync/solution.rs"]
mod lesson18;
#[path = "../lesson19_threads/solution.rs"]
mod lesson19;
#[path = "../lesson20_selector/solution.rs"]
mod lesson20;
#[path = "../lesson21_streams/solution.rs"]
mod lesson21;
#[cfg(unix)]
#[path = "../lesson22_processes/solution.rs"]
mod lesson22;
#[path = "../lesson23_microscope/solution.rs"]
mod lesson23;
#[path = "../lesson24_graduating/solution.rs"]
mod lesson24;
