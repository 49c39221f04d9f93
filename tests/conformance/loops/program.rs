//! Programs of the loop family, from JSON.

use std::{rc::Rc, time::Duration};

use serde_json::Value;

use crate::parts::{Parts, list, parse_each, strings};

pub struct Program {
    pub futures: Vec<String>,
    pub tasks: Vec<(String, Steps)>,
    pub main: Steps,
    pub expect: Value,
    /// A step that the crate does not have yet, if there is one.
    pub not_yet: Option<String>,
}

pub type Steps = Rc<[Step]>;

pub enum Step {
    Sync(Sync),
    Sleep(Delay),
    Await(String),
    CallCoroutine(Steps),
    Try(Try),
    EmitException,
    Reraise,
    Loop(u64, Steps),
    Return(Value),
    ReturnLast,
    Uncancel,
    Cancelling,
    Current,
    AllTasks,
    NotYet(String),
}

/// What callbacks can do, too.
#[derive(Clone)]
pub enum Sync {
    Emit(Value),
    EmitLast(Value),
    Set(Value),
    Create(String),
    Cancel(String, Option<String>),
    SetResult(String, Value),
    SetException(String, String, Option<String>),
    State(String),
    Result(String),
    AddCallback(String, String),
    RemoveCallback(String, String),
    CallSoon(Steps, Option<String>),
    CallLater(Delay, Steps, Option<String>),
    CallAt(Duration, Steps, Option<String>),
    CancelHandle(String),
    Raise(String, Option<String>),
    Stop,
}

/// Python's times have a sign.
#[derive(Clone)]
pub enum Delay {
    Forward(Duration),
    Back(Duration),
}

pub struct Try {
    pub body: Steps,
    pub handlers: Vec<(Vec<String>, Steps)>,
    pub finally: Option<Steps>,
}

/// What can be raised.
const EXCEPTIONS: [&str; 10] = [
    "CancelledError",
    "E1",
    "E2",
    "E3",
    "KeyboardInterrupt",
    "RuntimeError",
    "StopIteration",
    "TimeoutError",
    "TypeError",
    "ValueError",
];

/// Steps that the crate has no counterpart for yet.
const NOT_YET: [&str; 36] = [
    "acquire",
    "as_completed",
    "barrier_abort",
    "barrier_wait",
    "cond_notify",
    "cond_notify_all",
    "cond_wait",
    "ev_clear",
    "ev_set",
    "ev_wait",
    "expired",
    "gather",
    "gather_start",
    "get",
    "get_nowait",
    "join",
    "locked",
    "put",
    "put_nowait",
    "qsize",
    "release",
    "reschedule",
    "shield",
    "shield_start",
    "task_done",
    "taskgroup",
    "tg_create",
    "timeout",
    "wait",
    "wait_for",
    "wait_for_steps",
    "with",
    "q_shutdown",
    "barrier_reset",
    "cond_wait_for",
    "sem_value",
];

impl Program {
    pub fn parse(scenario: &Value) -> Result<Self, String> {
        let objects = &scenario["objects"];
        let futures = match objects.get("futs") {
            Some(futures) => strings(futures, "objects.futs")?,
            None => Vec::new(),
        };
        let tasks = scenario["tasks"].as_object().ok_or("tasks: no object")?;
        let tasks: Vec<(String, Steps)> = tasks
            .iter()
            .map(|(name, steps)| Ok((name.clone(), parse_steps(steps, &format!("tasks.{name}"))?)))
            .collect::<Result<_, String>>()?;
        let main = parse_steps(&scenario["main"], "main")?;
        let expect = scenario.get("expect_fifo").or(scenario.get("expect"));
        let all = tasks.iter().map(|(_, steps)| steps).chain([&main]);
        let not_yet = all.into_iter().find_map(|steps| first_not_yet(steps));
        Ok(Self {
            futures,
            not_yet,
            tasks,
            main,
            expect: expect.ok_or("expect: missing")?.clone(),
        })
    }
}

fn first_not_yet(steps: &[Step]) -> Option<String> {
    steps.iter().find_map(|step| match step {
        Step::NotYet(name) => Some(name.clone()),
        Step::Sync(
            Sync::CallSoon(steps, _) | Sync::CallLater(_, steps, _) | Sync::CallAt(_, steps, _),
        )
        | Step::CallCoroutine(steps)
        | Step::Loop(_, steps) => first_not_yet(steps),
        Step::Try(step) => {
            let handlers = step.handlers.iter().map(|(_, steps)| steps);
            let mut all = handlers.chain([&step.body]).chain(&step.finally);
            all.find_map(|steps| first_not_yet(steps))
        }
        Step::Sync(_)
        | Step::Sleep(_)
        | Step::Await(_)
        | Step::EmitException
        | Step::Reraise
        | Step::Return(_)
        | Step::ReturnLast
        | Step::Uncancel
        | Step::Cancelling
        | Step::Current
        | Step::AllTasks => None,
    })
}

fn parse_steps(steps: &Value, place: &str) -> Result<Steps, String> {
    parse_each(steps, place, parse_step)
}

fn steps(step: &Parts<'_>, index: usize) -> Result<Steps, String> {
    parse_steps(step.part(index)?, &step.place_of(index))
}

/// One unit of time is a millisecond.
fn milliseconds(step: &Parts<'_>, index: usize) -> Result<Duration, String> {
    Ok(Duration::from_millis(step.number(index)?))
}

fn delay(step: &Parts<'_>, index: usize) -> Result<Delay, String> {
    match step.part(index)?.as_i64() {
        Some(back @ ..0) => Ok(Delay::Back(Duration::from_millis(back.unsigned_abs()))),
        _ => milliseconds(step, index).map(Delay::Forward),
    }
}

fn optional_string(step: &Parts<'_>, index: usize) -> Result<Option<String>, String> {
    step.optional(index).map(|_| step.string(index)).transpose()
}

fn exception(step: &Parts<'_>, index: usize) -> Result<String, String> {
    let name = step.string(index)?;
    match EXCEPTIONS.contains(&name.as_str()) {
        true => Ok(name),
        false => Err(format!(
            "{}: unknown exception {name:?}",
            step.place_of(index)
        )),
    }
}

fn parse_step(step: &Parts<'_>) -> Result<Step, String> {
    Ok(match step.name {
        "sleep" => Step::Sleep(delay(step, 1)?),
        "await" => Step::Await(step.string(1)?),
        "call_coro" => Step::CallCoroutine(steps(step, 1)?),
        "try" => Step::Try(parse_try(step)?),
        "emit_exc" => Step::EmitException,
        "reraise" => Step::Reraise,
        "loop" => Step::Loop(step.number(1)?, steps(step, 2)?),
        "return" => Step::Return(step.part(1)?.clone()),
        "return_last" => Step::ReturnLast,
        "uncancel" => Step::Uncancel,
        "cancelling" => Step::Cancelling,
        "current" => Step::Current,
        "all_tasks" => Step::AllTasks,
        name if NOT_YET.contains(&name) => Step::NotYet(name.into()),
        _ => Step::Sync(parse_sync(step)?),
    })
}

fn parse_sync(step: &Parts<'_>) -> Result<Sync, String> {
    Ok(match step.name {
        "emit" => Sync::Emit(step.part(1)?.clone()),
        "emit_last" => Sync::EmitLast(step.part(1)?.clone()),
        "set" => Sync::Set(step.part(1)?.clone()),
        "create" => Sync::Create(step.string(1)?),
        "cancel" => Sync::Cancel(step.string(1)?, optional_string(step, 2)?),
        "fut_set" => Sync::SetResult(step.string(1)?, step.part(2)?.clone()),
        "fut_exc" => Sync::SetException(
            step.string(1)?,
            exception(step, 2)?,
            optional_string(step, 3)?,
        ),
        "state" => Sync::State(step.string(1)?),
        "result" => Sync::Result(step.string(1)?),
        "add_cb" => Sync::AddCallback(step.string(1)?, step.string(2)?),
        "remove_cb" => Sync::RemoveCallback(step.string(1)?, step.string(2)?),
        "call_soon" => Sync::CallSoon(steps(step, 1)?, optional_string(step, 2)?),
        "call_later" => {
            Sync::CallLater(delay(step, 1)?, steps(step, 2)?, optional_string(step, 3)?)
        }
        "call_at" => Sync::CallAt(
            milliseconds(step, 1)?,
            steps(step, 2)?,
            optional_string(step, 3)?,
        ),
        "cancel_handle" => Sync::CancelHandle(step.string(1)?),
        "raise" => Sync::Raise(exception(step, 1)?, optional_string(step, 2)?),
        "stop" => Sync::Stop,
        _ => return Err(step.error("unknown step")),
    })
}

fn parse_try(step: &Parts<'_>) -> Result<Try, String> {
    let mut handlers = Vec::new();
    for (index, handler) in step.list(2)?.iter().enumerate() {
        let place = format!("{}[{index}]", step.place_of(2));
        let [kinds, body] = list(handler, &place)? else {
            return Err(format!("{place}: no pair of kinds and steps"));
        };
        let body = parse_steps(body, &format!("{place}[1]"))?;
        handlers.push((strings(kinds, &place)?, body));
    }
    let finally = step.optional(3);
    Ok(Try {
        body: steps(step, 1)?,
        handlers,
        finally: finally.map(|_| steps(step, 3)).transpose()?,
    })
}
