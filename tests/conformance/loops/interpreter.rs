//! Runs a program of the loop family.

use std::{cell::RefCell, pin::Pin, rc::Rc, time::Duration};

use indexmap::IndexMap;
use serde_json::{Value, json};
use tminus::{
    EventLoop, Exception, Kind, LoopFuture, Task, TaskGroup, Timeout, as_completed,
    clock::VirtualClock,
    event_loop::{CallbackId, Deadlock, Handle, current_task, next},
    gather, gather_results, sleep, timeout, wait, wait_for,
};

use super::{
    exceptions::{exception, is_a, message, shown},
    program::{Delay, Gather, Program, Step, Steps, Sync, Try},
    shared::Shared,
    target::Target,
};

/// What all tasks and callbacks of a program share.
struct World {
    event_loop: EventLoop,
    bodies: IndexMap<String, Steps>,
    shared: Shared,
    futures: IndexMap<String, LoopFuture<Value>>,
    tasks: RefCell<IndexMap<String, Task<Value>>>,
    /// What was gathered and shielded.
    named: RefCell<IndexMap<String, Rc<dyn Target>>>,
    handles: RefCell<IndexMap<String, Handle>>,
    timeouts: RefCell<IndexMap<String, Timeout>>,
    groups: RefCell<IndexMap<String, TaskGroup>>,
    /// By label: on what, and which.
    callbacks: RefCell<IndexMap<String, (String, CallbackId)>>,
    trace: RefCell<Vec<Value>>,
}

/// The variable of a task or a callback, and the exceptions that it handles.
#[derive(Default)]
struct Context {
    last: RefCell<Value>,
    handling: RefCell<Vec<Exception>>,
}

impl Context {
    fn set(&self, last: impl Into<Value>) {
        self.last.replace(last.into());
    }

    fn last(&self) -> Value {
        self.last.borrow().clone()
    }

    fn handled(&self) -> Option<Exception> {
        self.handling.borrow().last().cloned()
    }
}

/// Runs a program and records what it did, as the corpus has it. Before the loop is closed, `last_look` sees it.
pub fn run<R>(
    program: &Program,
    shared: Shared,
    last_look: impl FnOnce(&EventLoop, &Shared) -> R,
) -> (Value, R) {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let future = |name: &String| (name.clone(), event_loop.create_future());
    let world = Rc::new(World {
        bodies: program.tasks.iter().cloned().collect(),
        shared,
        futures: program.objects.futures.iter().map(future).collect(),
        tasks: RefCell::default(),
        named: RefCell::default(),
        handles: RefCell::default(),
        timeouts: RefCell::default(),
        groups: RefCell::default(),
        callbacks: RefCell::default(),
        trace: RefCell::default(),
        event_loop: event_loop.clone(),
    });
    let handler = world.clone();
    event_loop.set_exception_handler(move |context| {
        // The recorder keeps all tasks until its end, so what nobody retrieves is not reported there.
        if context.message() == "Exception in callback" {
            handler.emit(vec![json!("!handler"), json!(shown(context.exception()))]);
        }
    });
    let main = world.clone().task(program.main.clone());
    let main = event_loop.create_named_task("main", world.shared.watched(main));
    let main = main.expect("a new loop is open");
    world.tasks.borrow_mut().insert("main".into(), main.clone());

    let end = match event_loop.run_until_complete(main.clone()) {
        Err(exception) if exception.is::<Deadlock>() => "deadlock".into(),
        Err(exception) if !main.done() => format!("raised {}", shown(&exception)),
        Ok(_) | Err(_) => "complete".into(),
    };
    let seen = last_look(&event_loop, &world.shared);
    let tasks = world.tasks.take();
    let tasks = tasks
        .iter()
        .map(|(name, task)| outcome(name, &task.as_future()));
    let mut record = json!({
        "trace": *world.trace.borrow(),
        "end": end,
        "end_ms": world.now(),
        "tasks": tasks.collect::<Value>(),
    });
    if !world.futures.is_empty() {
        let futures = world.futures.iter();
        record["futs"] = futures
            .map(|(name, future)| outcome(name, future))
            .collect();
    }
    // Tasks that have not ended and callbacks hold the world, and the world holds the futures, and the loop that holds them.
    for future in world.futures.values() {
        future.cancel();
    }
    event_loop.close().expect("it does not run");
    world.named.take();
    world.groups.take();
    (record, seen)
}

fn outcome(name: &str, future: &LoopFuture<Value>) -> (String, Value) {
    let outcome = match future.result() {
        _ if !future.done() => json!({"state": "pending"}),
        Ok(result) => json!({"state": "done", "result": result}),
        Err(exception) if future.cancelled() => {
            json!({"state": "cancelled", "msg": message(&exception)})
        }
        Err(exception) => json!({"state": "error", "exc": shown(&exception)}),
    };
    (name.to_owned(), outcome)
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

    fn target(&self, name: &str) -> Option<Rc<dyn Target>> {
        let task = self.tasks.borrow().get(name).map(Task::as_future);
        let future = task.or_else(|| self.futures.get(name).cloned());
        let future = future.map(|future| Rc::new(future) as Rc<dyn Target>);
        future.or_else(|| self.named.borrow().get(name).cloned())
    }

    fn targets(&self, names: &[String]) -> Vec<Rc<dyn Target>> {
        names.iter().filter_map(|name| self.target(name)).collect()
    }

    /// What can be gathered: futures of one type.
    fn futures(&self, names: &[String]) -> Vec<LoopFuture<Value>> {
        let targets = self.targets(names).into_iter();
        let future = |target: Rc<dyn Target>| {
            let future = target.future();
            future.expect("a list of one type: what was gathered cannot be in it")
        };
        targets.map(future).collect()
    }

    /// The body of a task.
    async fn task(self: Rc<Self>, steps: Steps) -> Result<Value, Exception> {
        self.call(steps, Rc::default()).await
    }

    /// A coroutine: what it returns, or nothing.
    async fn call(self: Rc<Self>, steps: Steps, context: Rc<Context>) -> Result<Value, Exception> {
        Ok(self.run(&steps, &context).await?.unwrap_or_default())
    }

    /// Runs steps one after the other. What `return` returns ends them.
    fn run<'a>(self: &'a Rc<Self>, steps: &'a Steps, context: &'a Rc<Context>) -> Running<'a> {
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
        context: &Rc<Context>,
    ) -> Result<Option<Value>, Exception> {
        match step {
            Step::Sync(step) => self.perform_sync(step, context)?,
            Step::Sleep(Delay::Forward(duration)) => sleep(*duration).await?,
            Step::Sleep(Delay::Back(_)) => sleep(Duration::ZERO).await?,
            Step::Await(name) => self.wait_for(name, None, context).await?,
            Step::CallCoroutine(steps) => {
                let returned = self.clone().call(steps.clone(), context.clone()).await?;
                context.set(returned);
            }
            Step::Try(step) => return self.try_(step, context).await,
            Step::EmitException => {
                let handled = context.handled();
                let handled = handled.map(|exception| json!(format!("!{}", shown(&exception))));
                self.emit(vec![json!("exc"), handled.unwrap_or_default()]);
            }
            Step::Reraise => return Err(context.handled().expect("it is in a handler")),
            Step::Loop(times, steps) => {
                for _ in 0..*times {
                    let returned = self.run(steps, context).await?;
                    if returned.is_some() {
                        return Ok(returned);
                    }
                }
            }
            Step::Return(value) => return Ok(Some(value.clone())),
            Step::ReturnLast => return Ok(Some(context.last())),
            Step::Uncancel => context.set(current_task()?.uncancel()),
            Step::Cancelling => context.set(current_task()?.cancelling()),
            Step::Current => context.set(current_task()?.name()),
            Step::AllTasks => {
                let tasks = self.event_loop.all_tasks();
                let mut names: Vec<String> = tasks.iter().map(|task| task.name()).collect();
                names.sort();
                context.set(names);
            }
            Step::Gather(gather) => {
                let gathered = self.gather(gather);
                context.set(gathered.wait().await?);
            }
            Step::Wait(names, timeout, return_when) => {
                let targets = self.targets(names);
                if targets.is_empty() {
                    context.set(Value::Null);
                    return Ok(None);
                }
                let mut waiting = wait(targets.iter().map(|target| target.any()));
                if let Some(timeout) = timeout {
                    waiting = waiting.timeout(*timeout);
                }
                let (done, pending) = waiting.return_when(*return_when).await?;
                let names_of = |futures: Vec<_>| {
                    let of = |name: &&String| {
                        self.target(name)
                            .is_some_and(|target| futures.contains(&target.any()))
                    };
                    let mut names: Vec<&String> = names.iter().filter(of).collect();
                    names.sort();
                    names.dedup();
                    json!(names)
                };
                context.set(json!({"done": names_of(done), "pending": names_of(pending)}));
            }
            Step::WaitFor(name, timeout) => self.wait_for(name, Some(*timeout), context).await?,
            Step::WaitForSteps(steps, limit) => {
                let call = self.clone().call(steps.clone(), context.clone());
                context.set(wait_for(call, *limit).await?);
            }
            Step::Shield(name) => {
                context.set(match self.target(name) {
                    Some(target) => target.shield().wait().await?,
                    None => Value::Null,
                });
            }
            Step::AsCompleted(names, timeout) => {
                let mut completed = as_completed(self.futures(names)).timeout(*timeout);
                while let Some(done) = next(&mut completed).await {
                    match done.and_then(|done| done.result()) {
                        Ok(result) => self.emit(vec![json!("ac"), result]),
                        Err(exception) => {
                            if exception.kind() != Kind::Cancelled && exception.kind().is_exit() {
                                return Err(exception);
                            }
                            self.emit(vec![json!("ac"), json!(format!("!{}", shown(&exception)))]);
                            if exception.kind() == Kind::Timeout {
                                break;
                            }
                        }
                    }
                }
            }
            Step::Timeout(delay, steps, name) => {
                let limit = timeout(*delay);
                let block = async {
                    if let Some(name) = name {
                        let mut timeouts = self.timeouts.borrow_mut();
                        timeouts.insert(name.clone(), limit.clone());
                    }
                    self.run(steps, context).await
                };
                return limit.run(block).await;
            }
            Step::TaskGroup(name, steps) => {
                let group = TaskGroup::new();
                let block = async {
                    self.groups.borrow_mut().insert(name.clone(), group.clone());
                    self.run(steps, context).await
                };
                return group.run(block).await;
            }
            Step::Put(queue, item) => self.shared.queue(queue).put(item.clone().into()).await?,
            Step::Get(queue) => context.set(self.shared.queue(queue).get().await?),
            Step::Join(queue) => self.shared.queue(queue).join().await?,
            Step::Acquire(lock) => {
                self.shared.lock(lock).acquire().await?;
                context.set(true);
            }
            Step::With(lock, steps) => {
                let lock = self.shared.lock(lock);
                lock.acquire().await?;
                let ended = self.run(steps, context).await;
                lock.release()?; // as `__aexit__`, whoever has it now
                return ended;
            }
            Step::WaitForEvent(event) => {
                self.shared.events[event].wait().await?;
                context.set(true);
            }
            Step::WaitForCondition(condition) => {
                self.shared.condition(condition).wait().await?;
                context.set(true);
            }
            Step::WaitAtBarrier(barrier) => {
                context.set(self.shared.barriers[barrier].wait().await?);
            }
            Step::AbortBarrier(barrier) => self.shared.barriers[barrier].abort().await?,
            Step::ResetBarrier(barrier) => self.shared.barriers[barrier].reset().await?,
        }
        Ok(None)
    }

    /// `await`, without a limit, or `wait_for`.
    async fn wait_for(
        &self,
        name: &str,
        limit: Option<Option<Duration>>,
        context: &Context,
    ) -> Result<(), Exception> {
        context.set(match self.target(name) {
            Some(target) => match limit {
                Some(limit) => target.wait_for(limit).await?,
                None => target.wait().await?,
            },
            None => Value::Null,
        });
        Ok(())
    }

    fn gather(&self, step: &Gather) -> Rc<dyn Target> {
        let futures = self.futures(&step.of);
        match step.return_exceptions {
            true => Rc::new(gather_results(futures)),
            false => Rc::new(gather(futures)),
        }
    }

    async fn try_(
        self: &Rc<Self>,
        step: &Try,
        context: &Rc<Context>,
    ) -> Result<Option<Value>, Exception> {
        let mut outcome = self.run(&step.body, context).await;
        if let Err(exception) = &outcome {
            let catches = |kinds: &[String]| kinds.iter().any(|kind| is_a(exception, kind));
            let handler = step.handlers.iter().find(|(kinds, _)| catches(kinds));
            if let Some((_, steps)) = handler {
                context.handling.borrow_mut().push(exception.clone());
                outcome = self.run(steps, context).await;
                context.handling.borrow_mut().pop();
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

    fn perform_sync(self: &Rc<Self>, step: &Sync, context: &Context) -> Result<(), Exception> {
        match step {
            Sync::Emit(label) => self.emit(vec![label.clone()]),
            Sync::EmitLast(label) => self.emit(vec![label.clone(), context.last()]),
            Sync::Set(value) => context.set(value.clone()),
            Sync::Create(name) => self.create(name, None)?,
            Sync::CreateInGroup(group, name) => {
                let group = self.groups.borrow().get(group).cloned();
                self.create(
                    name,
                    Some(group.ok_or_else(|| exception("KeyError", None))?),
                )?;
            }
            Sync::Cancel(name, message) => {
                let message = message.as_deref().unwrap_or_default();
                let target = self.target(name);
                context.set(target.map(|target| target.cancel(message)));
            }
            Sync::SetResult(name, value) => self.futures[name].set_result(value.clone())?,
            Sync::SetException(name, class, message) => {
                self.futures[name].set_exception(exception(class, message.as_deref()))?;
            }
            Sync::State(name) => context.set(self.target(name).map(|target| target.state())),
            Sync::Result(name) => {
                let target = self.target(name);
                let target = target.ok_or_else(|| exception("AttributeError", None))?;
                context.set(target.result()?);
            }
            Sync::AddCallback(name, label) => self.add_callback(name, label),
            Sync::RemoveCallback(name, label) => context.set(self.remove_callback(name, label)),
            Sync::CallSoon(steps, name) => {
                let handle = self.event_loop.call_soon(self.callback(steps))?;
                self.keep(name, handle);
            }
            Sync::CallLater(delay, steps, name) => {
                let handle = match delay {
                    Delay::Forward(delay) => {
                        self.event_loop.call_later(*delay, self.callback(steps))?
                    }
                    Delay::Back(_) => {
                        let when = delay.from(self.event_loop.time());
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
            Sync::SetEvent(event) => self.shared.events[event].set(),
            Sync::ClearEvent(event) => self.shared.events[event].clear(),
            Sync::PutNowait(queue, item) => {
                self.shared.queue(queue).put_nowait(item.clone().into())?;
            }
            Sync::GetNowait(queue) => context.set(self.shared.queue(queue).get_nowait()?),
            Sync::TaskDone(queue) => self.shared.queue(queue).task_done()?,
            Sync::Shutdown(queue, false) => self.shared.queue(queue).shutdown(),
            Sync::Shutdown(queue, true) => self.shared.queue(queue).shutdown_immediate(),
            Sync::QueueSize(queue) => context.set(self.shared.queue(queue).qsize()),
            Sync::Release(lock) => self.shared.lock(lock).release()?,
            Sync::Locked(lock) => context.set(self.shared.lock(lock).locked()),
            Sync::Notify(condition, count) => self.shared.condition(condition).notify(*count)?,
            Sync::NotifyAll(condition) => self.shared.condition(condition).notify_all()?,
            Sync::Reschedule(name, delay) => {
                let when = delay
                    .as_ref()
                    .map(|delay| delay.from(self.event_loop.time()));
                self.timeout(name)?.reschedule(when)?;
            }
            Sync::Expired(name) => context.set(self.timeout(name)?.expired()),
            Sync::StartGather(name, gather) => {
                let gathered = self.gather(gather);
                self.named.borrow_mut().insert(name.clone(), gathered);
            }
            Sync::StartShield(name, of) => {
                let target = self.target(of);
                let target = target.ok_or_else(|| exception("TypeError", None))?;
                self.named
                    .borrow_mut()
                    .insert(name.clone(), target.shield());
            }
        }
        Ok(())
    }

    fn create(self: &Rc<Self>, name: &str, group: Option<TaskGroup>) -> Result<(), Exception> {
        let exists = self.tasks.borrow().contains_key(name);
        let Some(steps) = self.bodies.get(name).filter(|_| !exists) else {
            return Ok(());
        };
        let body = self.shared.watched(self.clone().task(steps.clone()));
        let task = match group {
            Some(group) => group.create_named_task(name, body)?,
            None => self.event_loop.create_named_task(name, body)?,
        };
        self.tasks.borrow_mut().insert(name.into(), task);
        Ok(())
    }

    fn callback(
        self: &Rc<Self>,
        steps: &Steps,
    ) -> impl FnOnce() -> Result<(), Exception> + 'static {
        let (world, steps) = (self.clone(), steps.clone());
        move || {
            let context = Context::default();
            let ended = steps.iter().try_for_each(|step| match step {
                Step::Sync(step) => world.perform_sync(step, &context),
                _ => panic!("a callback cannot wait"),
            });
            world.shared.callback_has_run();
            ended
        }
    }

    fn keep(&self, name: &Option<String>, handle: Handle) {
        if let Some(name) = name {
            self.handles.borrow_mut().insert(name.clone(), handle);
        }
    }

    fn timeout(&self, name: &str) -> Result<Timeout, Exception> {
        let timeout = self.timeouts.borrow().get(name).cloned();
        timeout.ok_or_else(|| exception("KeyError", None))
    }

    fn add_callback(self: &Rc<Self>, name: &str, label: &str) {
        let (world, shown_as) = (self.clone(), json!(label));
        if let Some(target) = self.target(name) {
            let callback = move |what| world.emit(vec![shown_as, what]);
            let entry = (name.to_owned(), target.add_callback(Box::new(callback)));
            self.callbacks.borrow_mut().insert(label.into(), entry);
        }
    }

    /// How many were removed.
    fn remove_callback(&self, name: &str, label: &str) -> Value {
        let callback = self.callbacks.borrow().get(label).cloned();
        match (self.target(name), callback) {
            (Some(target), Some((on, id))) => {
                json!(usize::from(on == name && target.remove_callback(id)))
            }
            _ => Value::Null,
        }
    }
}
