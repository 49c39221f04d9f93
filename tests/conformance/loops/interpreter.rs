//! Runs a program of the loop family.

use std::{cell::RefCell, pin::Pin, rc::Rc, time::Duration};

use indexmap::IndexMap;
use serde_json::{Value, json};
use tminus::{
    EventLoop, Exception, Kind, LoopFuture, Task,
    clock::VirtualClock,
    event_loop::{CallbackId, Deadlock, Handle, current_task, sleep},
};

use super::program::{Delay, Program, Step, Steps, Sync, Try};
use crate::classes;

/// What all tasks and callbacks of a program share.
struct World {
    event_loop: EventLoop,
    bodies: IndexMap<String, Steps>,
    futures: IndexMap<String, LoopFuture<Value>>,
    tasks: RefCell<IndexMap<String, Task<Value>>>,
    handles: RefCell<IndexMap<String, Handle>>,
    /// By label: on what, and which.
    callbacks: RefCell<IndexMap<String, (String, CallbackId)>>,
    trace: RefCell<Vec<Value>>,
}

/// What a name stands for.
enum Target {
    Task(Task<Value>),
    Future(LoopFuture<Value>),
}

/// The variable of a task or a callback, and the exceptions that it handles.
#[derive(Default)]
struct Context {
    last: Value,
    handling: Vec<Exception>,
}

/// Runs a program and records what it did, as the corpus has it.
pub fn run(program: &Program) -> Value {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let future = |name: &String| (name.clone(), event_loop.create_future());
    let world = Rc::new(World {
        bodies: program.tasks.iter().cloned().collect(),
        futures: program.futures.iter().map(future).collect(),
        tasks: RefCell::default(),
        handles: RefCell::default(),
        callbacks: RefCell::default(),
        trace: RefCell::default(),
        event_loop: event_loop.clone(),
    });
    let handler = world.clone();
    event_loop.set_exception_handler(move |exception| {
        handler.emit(vec![json!("!handler"), json!(shown(exception))]);
    });
    let main = event_loop.create_named_task("main", world.clone().task(program.main.clone()));
    let main = main.expect("a new loop is open");
    world.tasks.borrow_mut().insert("main".into(), main.clone());

    let end = match event_loop.run_until_complete(main.clone()) {
        Err(exception) if exception.is::<Deadlock>() => "deadlock".into(),
        Err(exception) if !main.done() => format!("raised {}", shown(&exception)),
        Ok(_) | Err(_) => "complete".into(),
    };
    let mut record = json!({
        "trace": *world.trace.borrow(),
        "end": end,
        "end_ms": world.now(),
        "tasks": outcomes(world.tasks.borrow().iter().map(|(name, task)| (name, task_outcome(task)))),
    });
    if !world.futures.is_empty() {
        let futures = world.futures.iter();
        record["futs"] = outcomes(futures.map(|(name, future)| (name, future_outcome(future))));
    }
    // Tasks that have not ended hold the world, and the world holds the loop that holds them.
    event_loop.close().expect("it does not run");
    world.tasks.take();
    record
}

fn outcomes<'a>(outcomes: impl Iterator<Item = (&'a String, Value)>) -> Value {
    Value::Object(
        outcomes
            .map(|(name, outcome)| (name.clone(), outcome))
            .collect(),
    )
}

fn task_outcome(task: &Task<Value>) -> Value {
    outcome(task.done(), task.cancelled(), task.result())
}

fn future_outcome(future: &LoopFuture<Value>) -> Value {
    outcome(future.done(), future.cancelled(), future.result())
}

/// The exception of a cancelled one is not asked for: who asks first takes its message.
fn state(
    done: bool,
    cancelled: bool,
    exception: impl FnOnce() -> Result<Option<Exception>, Exception>,
) -> Value {
    json!(match (done, cancelled) {
        (false, _) => "pending",
        (true, true) => "cancelled",
        (true, false) => match exception() {
            Ok(None) => "done",
            Ok(Some(_)) | Err(_) => "error",
        },
    })
}

fn outcome(done: bool, cancelled: bool, result: Result<Value, Exception>) -> Value {
    match result {
        _ if !done => json!({"state": "pending"}),
        Ok(result) => json!({"state": "done", "result": result}),
        Err(exception) if cancelled => json!({"state": "cancelled", "msg": message(&exception)}),
        Err(exception) => json!({"state": "error", "exc": shown(&exception)}),
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Option<Value>, Exception>> + 'a>>;

impl World {
    fn now(&self) -> u64 {
        let now = self.event_loop.time();
        u64::try_from(now.as_millis()).expect("programs are short")
    }

    fn emit(&self, what: Vec<Value>) {
        let mut entry = vec![json!(self.now())];
        entry.extend(what);
        self.trace.borrow_mut().push(Value::Array(entry));
    }

    fn target(&self, name: &str) -> Option<Target> {
        let task = self.tasks.borrow().get(name).cloned().map(Target::Task);
        task.or_else(|| self.futures.get(name).cloned().map(Target::Future))
    }

    /// The body of a task.
    async fn task(self: Rc<Self>, steps: Steps) -> Result<Value, Exception> {
        let mut context = Context::default();
        Ok(self.run(&steps, &mut context).await?.unwrap_or_default())
    }

    /// Runs steps one after the other. What `return` returns ends them.
    fn run<'a>(self: &'a Rc<Self>, steps: &'a Steps, context: &'a mut Context) -> Running<'a> {
        Box::pin(async move {
            for step in steps.iter() {
                let returned = self.perform(step, context).await?;
                if returned.is_some() {
                    return Ok(returned);
                }
            }
            Ok(None)
        })
    }

    async fn perform(
        self: &Rc<Self>,
        step: &Step,
        context: &mut Context,
    ) -> Result<Option<Value>, Exception> {
        match step {
            Step::Sync(step) => self.perform_sync(step, context)?,
            Step::Sleep(Delay::Forward(duration)) => sleep(*duration).await?,
            Step::Sleep(Delay::Back(_)) => sleep(Duration::ZERO).await?,
            Step::Await(name) => {
                context.last = match self.target(name) {
                    Some(Target::Task(task)) => task.await?,
                    Some(Target::Future(future)) => future.await?,
                    None => Value::Null,
                };
            }
            Step::CallCoroutine(steps) => {
                context.last = self.run(steps, context).await?.unwrap_or_default();
            }
            Step::Try(step) => return self.try_(step, context).await,
            Step::EmitException => {
                let handled = context.handling.last();
                let handled = handled.map(|exception| json!(format!("!{}", shown(exception))));
                self.emit(vec![json!("exc"), handled.unwrap_or_default()]);
            }
            Step::Reraise => {
                return Err(context.handling.last().expect("it is in a handler").clone());
            }
            Step::Loop(times, steps) => {
                for _ in 0..*times {
                    let returned = self.run(steps, context).await?;
                    if returned.is_some() {
                        return Ok(returned);
                    }
                }
            }
            Step::Return(value) => return Ok(Some(value.clone())),
            Step::ReturnLast => return Ok(Some(context.last.clone())),
            Step::Uncancel => context.last = json!(current_task()?.uncancel()),
            Step::Cancelling => context.last = json!(current_task()?.cancelling()),
            Step::Current => context.last = json!(current_task()?.name()),
            Step::AllTasks => {
                let tasks = self.event_loop.all_tasks();
                let mut names: Vec<String> = tasks.iter().map(|task| task.name()).collect();
                names.sort();
                context.last = json!(names);
            }
            Step::NotYet(name) => unreachable!("{name} was refused before the program ran"),
        }
        Ok(None)
    }

    async fn try_(
        self: &Rc<Self>,
        step: &Try,
        context: &mut Context,
    ) -> Result<Option<Value>, Exception> {
        let mut outcome = self.run(&step.body, context).await;
        if let Err(exception) = &outcome {
            let catches = |kinds: &[String]| kinds.iter().any(|kind| is_a(exception, kind));
            let handler = step.handlers.iter().find(|(kinds, _)| catches(kinds));
            if let Some((_, steps)) = handler {
                context.handling.push(exception.clone());
                outcome = self.run(steps, context).await;
                context.handling.pop();
            }
        }
        if let Some(steps) = &step.finally {
            let returned = self.run(steps, context).await?;
            if returned.is_some() {
                return Ok(returned);
            }
        }
        outcome
    }

    fn perform_sync(self: &Rc<Self>, step: &Sync, context: &mut Context) -> Result<(), Exception> {
        match step {
            Sync::Emit(label) => self.emit(vec![label.clone()]),
            Sync::EmitLast(label) => self.emit(vec![label.clone(), context.last.clone()]),
            Sync::Set(value) => context.last = value.clone(),
            Sync::Create(name) => self.create(name)?,
            Sync::Cancel(name, message) => {
                let message = message.as_deref().unwrap_or_default();
                context.last = match self.target(name) {
                    Some(Target::Task(task)) => json!(task.cancel_with(message)),
                    Some(Target::Future(future)) => json!(future.cancel_with(message)),
                    None => Value::Null,
                };
            }
            Sync::SetResult(name, value) => self.futures[name].set_result(value.clone())?,
            Sync::SetException(name, class, message) => {
                self.futures[name].set_exception(exception(class, message.as_deref()))?;
            }
            Sync::State(name) => {
                context.last = match self.target(name) {
                    Some(Target::Task(task)) => {
                        state(task.done(), task.cancelled(), || task.exception())
                    }
                    Some(Target::Future(future)) => {
                        state(future.done(), future.cancelled(), || future.exception())
                    }
                    None => Value::Null,
                };
            }
            Sync::Result(name) => {
                context.last = match self.target(name) {
                    Some(Target::Task(task)) => task.result()?,
                    Some(Target::Future(future)) => future.result()?,
                    None => return Err(exception("E1", Some("there is no such task yet"))),
                };
            }
            Sync::AddCallback(name, label) => self.add_callback(name, label),
            Sync::RemoveCallback(name, label) => context.last = self.remove_callback(name, label),
            Sync::CallSoon(steps, name) => {
                let handle = self.event_loop.call_soon(self.callback(steps))?;
                self.keep(name, handle);
            }
            Sync::CallLater(delay, steps, name) => {
                let handle = match delay {
                    Delay::Forward(delay) => {
                        self.event_loop.call_later(*delay, self.callback(steps))?
                    }
                    Delay::Back(ago) => {
                        let when = self.event_loop.time().saturating_sub(*ago);
                        self.event_loop.call_at(when, self.callback(steps))?
                    }
                };
                self.keep(name, handle);
            }
            Sync::CallAt(when, steps, name) => {
                let handle = self.event_loop.call_at(*when, self.callback(steps))?;
                assert_eq!(handle.when(), Some(*when));
                self.keep(name, handle);
            }
            Sync::CancelHandle(name) => {
                if let Some(handle) = self.handles.borrow().get(name) {
                    handle.cancel();
                }
            }
            Sync::Raise(class, message) => return Err(exception(class, message.as_deref())),
            Sync::Stop => self.event_loop.stop(),
        }
        Ok(())
    }

    fn create(self: &Rc<Self>, name: &str) -> Result<(), Exception> {
        let exists = self.tasks.borrow().contains_key(name);
        let Some(steps) = self.bodies.get(name).filter(|_| !exists) else {
            return Ok(());
        };
        let body = self.clone().task(steps.clone());
        let task = self.event_loop.create_named_task(name, body)?;
        self.tasks.borrow_mut().insert(name.into(), task);
        Ok(())
    }

    fn callback(
        self: &Rc<Self>,
        steps: &Steps,
    ) -> impl FnOnce() -> Result<(), Exception> + 'static {
        let (world, steps) = (self.clone(), steps.clone());
        move || {
            let mut context = Context::default();
            steps.iter().try_for_each(|step| match step {
                Step::Sync(step) => world.perform_sync(step, &mut context),
                _ => panic!("a callback cannot wait"),
            })
        }
    }

    fn keep(&self, name: &Option<String>, handle: Handle) {
        if let Some(name) = name {
            self.handles.borrow_mut().insert(name.clone(), handle);
        }
    }

    fn add_callback(self: &Rc<Self>, name: &str, label: &str) {
        let (world, shown_as) = (self.clone(), json!(label));
        let callback = move |future: &LoopFuture<Value>| {
            let what = match future.cancelled() {
                true => json!("cancelled"),
                false => match future.result() {
                    Ok(result) => result,
                    Err(exception) => json!(format!("!{}", shown(&exception))),
                },
            };
            world.emit(vec![shown_as, what]);
        };
        let id = match self.target(name) {
            Some(Target::Task(task)) => task.add_done_callback(callback),
            Some(Target::Future(future)) => future.add_done_callback(callback),
            None => return,
        };
        let entry = (name.to_owned(), id);
        self.callbacks.borrow_mut().insert(label.into(), entry);
    }

    /// How many were removed.
    fn remove_callback(&self, name: &str, label: &str) -> Value {
        let (Some(target), Some((on, id))) = (
            self.target(name),
            self.callbacks.borrow().get(label).cloned(),
        ) else {
            return Value::Null;
        };
        let removed = match target {
            _ if on != name => false,
            Target::Task(task) => task.remove_done_callback(id),
            Target::Future(future) => future.remove_done_callback(id),
        };
        json!(usize::from(removed))
    }
}

fn exception(class: &str, message: Option<&str>) -> Exception {
    let text = message.unwrap_or_default().to_owned();
    match class {
        "CancelledError" => Exception::new(Kind::Cancelled, text),
        "KeyboardInterrupt" => Exception::new(Kind::KeyboardInterrupt, text),
        "RuntimeError" => Exception::new(Kind::RuntimeError, text),
        "StopIteration" => Exception::stop_iteration(text),
        "TimeoutError" => Exception::new(Kind::Timeout, text),
        "TypeError" => Exception::new(Kind::TypeError, text),
        "ValueError" => Exception::new(Kind::ValueError, text),
        other => classes::exception(other, text).expect("the parser knows exceptions"),
    }
}

/// `type(e).__name__`: the crate leaves the `Error` of some of Python's names away.
fn class(exception: &Exception) -> &str {
    match exception.kind() {
        Kind::Cancelled => "CancelledError",
        Kind::Timeout => "TimeoutError",
        Kind::InvalidState => "InvalidStateError",
        _ => exception.name(),
    }
}

/// The message, as far as the corpus keeps it: wording of CPython's own is left out.
fn message(exception: &Exception) -> Option<String> {
    let text = exception.message().into_owned();
    let kept = match exception.kind() {
        Kind::InvalidState | Kind::ValueError | Kind::TypeError | Kind::RuntimeError => {
            text.contains("StopIteration") || text.contains("Event loop stopped")
        }
        _ => !text.is_empty(),
    };
    kept.then_some(text)
}

fn shown(exception: &Exception) -> String {
    let class = class(exception);
    match message(exception) {
        Some(message) => format!("{class}:{message}"),
        None => class.into(),
    }
}

/// `isinstance(e, kind)`
fn is_a(exception: &Exception, kind: &str) -> bool {
    match kind {
        "BaseException" => true,
        "Exception" => !exception.kind().is_exit(),
        "E1" => matches!(exception.name(), "E1" | "E3"),
        other => class(exception) == other,
    }
}
