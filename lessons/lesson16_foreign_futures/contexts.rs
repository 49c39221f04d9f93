//! Small programs, which CPython and the demo run: async context managers.

use std::pin::pin;
use std::task::{Context, Waker};

use tminus::{Exception, event_loop::AsyncContext, event_loop::with, sleep};
use tminus_lessons::lesson11_timers::programs::ms;

/// A context that prints a line before its block and a line after the block. This context never waits.
struct Log;

impl AsyncContext for Log {
    type Value = ();

    async fn enter(&mut self) -> Result<(), Exception> {
        println!("entering context");
        Ok(())
    }

    async fn exit(&mut self, _: Option<&Exception>) -> Result<bool, Exception> {
        println!("exiting context");
        Ok(false) // an exception of the block is raised again
    }
}

/// A block with a log before and after it. Nothing in it waits, so one poll by hand is enough, without a loop.
pub fn async_with_by_hand() {
    let block = async |()| {
        println!("body");
        Ok(())
    };
    let mut cx = Context::from_waker(Waker::noop());
    if pin!(with(Log, block)).poll(&mut cx).is_ready() {
        println!("finished");
    }
}

/// Opens a connection, and closes it. Each takes 20 ms.
struct Manager;

/// What the block is called with.
struct Connection;

impl Connection {
    async fn do_something(&self) -> Result<u32, Exception> {
        Ok(666)
    }
}

impl AsyncContext for Manager {
    type Value = Connection;

    async fn enter(&mut self) -> Result<Connection, Exception> {
        sleep(ms(20)).await?;
        Ok(Connection)
    }

    async fn exit(&mut self, _: Option<&Exception>) -> Result<bool, Exception> {
        sleep(ms(20)).await?;
        Ok(false)
    }
}

/// A block with a connection. Opening and closing it take time.
pub async fn async_with() -> Result<(), Exception> {
    let block = async |connection: Connection| {
        println!("{}", connection.do_something().await?);
        Ok(())
    };
    with(Manager, block).await?;
    Ok(())
}
