//! What a name stands for: a task, a future, or what was gathered or shielded.

use std::{pin::Pin, rc::Rc, time::Duration};

use serde_json::{Value, json};
use tminus::{
    Exception, Kind, LoopFuture,
    event_loop::{CallbackId, FutureRef},
    shield, wait_for,
};

use super::exceptions::shown;

/// Results differ in type: a gather gives a list.
pub trait Outcome: Clone + 'static {
    fn to_value(&self) -> Value;
}

impl Outcome for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

impl Outcome for Vec<Value> {
    fn to_value(&self) -> Value {
        json!(self)
    }
}

impl Outcome for Vec<Result<Value, Exception>> {
    fn to_value(&self) -> Value {
        let one = |result: &Result<Value, Exception>| match result {
            Ok(value) => value.clone(),
            // CPython gives it an empty message, where others have none.
            Err(cancelled) if cancelled.kind() == Kind::Cancelled => {
                json!(format!("!CancelledError:{}", cancelled.message()))
            }
            Err(exception) => json!(format!("!{}", shown(exception))),
        };
        self.iter().map(one).collect()
    }
}

pub type Waiting = Pin<Box<dyn Future<Output = Result<Value, Exception>>>>;

pub trait Target {
    fn any(&self) -> FutureRef;
    fn cancel(&self, message: &str) -> bool;
    /// `pending`, `done`, `error` or `cancelled`. The exception of a cancelled one is not asked for: who asks first takes its
    /// message.
    fn state(&self) -> Value;
    fn result(&self) -> Result<Value, Exception>;
    fn add_callback(&self, callback: Box<dyn FnOnce(Value)>) -> CallbackId;
    fn remove_callback(&self, id: CallbackId) -> bool;
    fn wait(&self) -> Waiting;
    fn wait_for(&self, timeout: Option<Duration>) -> Waiting;
    fn shield(&self) -> Rc<dyn Target>;
    /// To be gathered with others of its type.
    fn future(&self) -> Option<LoopFuture<Value>>;
}

impl<T: Outcome> Target for LoopFuture<T> {
    fn any(&self) -> FutureRef {
        LoopFuture::any(self)
    }

    fn cancel(&self, message: &str) -> bool {
        self.cancel_with(message)
    }

    fn state(&self) -> Value {
        json!(match (self.done(), self.cancelled()) {
            (false, _) => "pending",
            (true, true) => "cancelled",
            (true, false) => match self.exception() {
                Ok(None) => "done",
                Ok(Some(_)) | Err(_) => "error",
            },
        })
    }

    fn result(&self) -> Result<Value, Exception> {
        LoopFuture::result(self).map(|result| result.to_value())
    }

    fn add_callback(&self, callback: Box<dyn FnOnce(Value)>) -> CallbackId {
        self.add_done_callback(move |future| {
            callback(match future.cancelled() {
                true => json!("cancelled"),
                false => match future.result() {
                    Ok(result) => result.to_value(),
                    Err(exception) => json!(format!("!{}", shown(&exception))),
                },
            });
        })
    }

    fn remove_callback(&self, id: CallbackId) -> bool {
        self.remove_done_callback(id)
    }

    fn wait(&self) -> Waiting {
        let future = self.clone();
        Box::pin(async move { Ok(future.await?.to_value()) })
    }

    fn wait_for(&self, timeout: Option<Duration>) -> Waiting {
        let future = self.clone();
        Box::pin(async move {
            let result = wait_for(future, timeout).await?;
            Ok(result.to_value())
        })
    }

    fn shield(&self) -> Rc<dyn Target> {
        Rc::new(shield(self.clone()))
    }

    fn future(&self) -> Option<LoopFuture<Value>> {
        let any = self as &dyn std::any::Any;
        any.downcast_ref().cloned()
    }
}
