//! Programs of the loop family, from JSON.

use std::{rc::Rc, time::Duration};

use serde_json::Value;
use tminus::ReturnWhen;

use crate::parts::{Parts, list, parse_each, strings};

pub struct Program {
    pub objects: Objects,
    pub tasks: Vec<(String, Steps)>,
    pub main: Steps,
    #[allow(dead_code, reason = "not every test compares")]
    pub expect: Value,
}

/// What tasks share, by name.
#[derive(Default)]
pub struct Objects {
    pub futures: Vec<String>,
    /// With room for how many items.
    pub queues: Vec<(String, Kind, usize)>,
    pub locks: Vec<String>,
    /// With how many permits, and whether bounded.
    pub semaphores: Vec<(String, usize, bool)>,
    pub events: Vec<String>,
    pub conditions: Vec<String>,
    /// For how many tasks.
    pub barriers: Vec<(String, usize)>,
}

/// Of a queue.
pub enum Kind {
    Fifo,
    Lifo,
    Priority,
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
    Gather(Gather),
    Wait(Vec<String>, Option<Duration>, ReturnWhen),
    WaitFor(String, Option<Duration>),
    WaitForSteps(Steps, Option<Duration>),
    Shield(String),
    AsCompleted(Vec<String>, Option<Duration>),
    Timeout(Option<Duration>, Steps, Option<String>),
    TaskGroup(String, Steps),
    Put(String, Value),
    Get(String),
    Join(String),
    Acquire(String),
    With(String, Steps),
    WaitForEvent(String),
    WaitForCondition(String),
    WaitAtBarrier(String),
    AbortBarrier(String),
    ResetBarrier(String),
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
    SetEvent(String),
    ClearEvent(String),
    PutNowait(String, Value),
    GetNowait(String),
    TaskDone(String),
    /// At once, or when it is empty.
    Shutdown(String, bool),
    QueueSize(String),
    Release(String),
    Locked(String),
    Notify(String, usize),
    NotifyAll(String),
    /// From now.
    Reschedule(String, Option<Delay>),
    Expired(String),
    StartGather(String, Gather),
    StartShield(String, String),
    CreateInGroup(String, String),
}

#[derive(Clone)]
pub struct Gather {
    pub of: Vec<String>,
    pub return_exceptions: bool,
}

/// Python's times have a sign.
#[derive(Clone)]
pub enum Delay {
    Forward(Duration),
    Back(Duration),
}

impl Delay {
    /// When that is.
    pub fn from(&self, now: Duration) -> Duration {
        match self {
            Delay::Forward(delay) => now + *delay,
            Delay::Back(ago) => now.saturating_sub(*ago),
        }
    }
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

impl Program {
    pub fn parse(scenario: &Value) -> Result<Self, String> {
        let tasks = scenario["tasks"].as_object().ok_or("tasks: no object")?;
        let tasks = tasks
            .iter()
            .map(|(name, steps)| Ok((name.clone(), parse_steps(steps, &format!("tasks.{name}"))?)))
            .collect::<Result<_, String>>()?;
        let expect = scenario.get("expect_fifo").or(scenario.get("expect"));
        Ok(Self {
            objects: Objects::parse(&scenario["objects"])?,
            tasks,
            main: parse_steps(&scenario["main"], "main")?,
            expect: expect.ok_or("expect: missing")?.clone(),
        })
    }
}

impl Objects {
    fn parse(objects: &Value) -> Result<Self, String> {
        let mut parsed = Self::default();
        for (kind, these) in objects.as_object().into_iter().flatten() {
            let place = format!("objects.{kind}");
            match kind.as_str() {
                "futs" => parsed.futures = strings(these, &place)?,
                "locks" => parsed.locks = strings(these, &place)?,
                "events" => parsed.events = strings(these, &place)?,
                "conds" => parsed.conditions = strings(these, &place)?,
                "queues" => parsed.queues = named(these, &place, parse_queue)?,
                "sems" => {
                    parsed.semaphores = named(these, &place, |name, semaphore, place| {
                        let value = size(&semaphore["value"], place)?;
                        let bounded = semaphore["bounded"].as_bool().unwrap_or_default();
                        Ok((name, value, bounded))
                    })?;
                }
                "barriers" => {
                    parsed.barriers = named(these, &place, |name, parties, place| {
                        Ok((name, size(parties, place)?))
                    })?;
                }
                _ => return Err(format!("{place}: unknown kind of object")),
            }
        }
        Ok(parsed)
    }
}

fn parse_queue(name: String, queue: &Value, place: &str) -> Result<(String, Kind, usize), String> {
    let kind = match queue["kind"].as_str() {
        None | Some("fifo") => Kind::Fifo,
        Some("lifo") => Kind::Lifo,
        Some("prio") => Kind::Priority,
        Some(other) => return Err(format!("{place}: unknown kind of queue {other:?}")),
    };
    let maxsize = match &queue["max"] {
        Value::Null => 0,
        max => size(max, place)?,
    };
    Ok((name, kind, maxsize))
}

fn named<T>(
    objects: &Value,
    place: &str,
    parse: impl Fn(String, &Value, &str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let objects = objects.as_object();
    let objects = objects.ok_or_else(|| format!("{place}: no object"))?;
    objects
        .iter()
        .map(|(name, object)| parse(name.clone(), object, &format!("{place}.{name}")))
        .collect()
}

fn size(number: &Value, place: &str) -> Result<usize, String> {
    let size = number.as_u64().and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| format!("{place}: no size: {number}"))
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

fn optional_milliseconds(step: &Parts<'_>, index: usize) -> Result<Option<Duration>, String> {
    step.optional(index)
        .map(|_| milliseconds(step, index))
        .transpose()
}

fn names(step: &Parts<'_>, index: usize) -> Result<Vec<String>, String> {
    strings(step.part(index)?, &step.place_of(index))
}

fn gather(step: &Parts<'_>, index: usize) -> Result<Gather, String> {
    Ok(Gather {
        of: names(step, index)?,
        return_exceptions: step.part(index + 1)?.as_bool().unwrap_or_default(),
    })
}

fn return_when(step: &Parts<'_>, index: usize) -> Result<ReturnWhen, String> {
    match step.string(index)?.as_str() {
        "FIRST_COMPLETED" => Ok(ReturnWhen::FirstCompleted),
        "FIRST_EXCEPTION" => Ok(ReturnWhen::FirstException),
        "ALL_COMPLETED" => Ok(ReturnWhen::AllCompleted),
        _ => Err(step.error("unknown return_when of")),
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
        "gather" => Step::Gather(gather(step, 1)?),
        "wait" => Step::Wait(
            names(step, 1)?,
            optional_milliseconds(step, 2)?,
            return_when(step, 3)?,
        ),
        "wait_for" => Step::WaitFor(step.string(1)?, optional_milliseconds(step, 2)?),
        "wait_for_steps" => Step::WaitForSteps(steps(step, 1)?, optional_milliseconds(step, 2)?),
        "shield" => Step::Shield(step.string(1)?),
        "as_completed" => Step::AsCompleted(names(step, 1)?, optional_milliseconds(step, 2)?),
        "timeout" => Step::Timeout(
            optional_milliseconds(step, 1)?,
            steps(step, 2)?,
            optional_string(step, 3)?,
        ),
        "taskgroup" => Step::TaskGroup(step.string(1)?, steps(step, 2)?),
        "put" => Step::Put(step.string(1)?, step.part(2)?.clone()),
        "get" => Step::Get(step.string(1)?),
        "join" => Step::Join(step.string(1)?),
        "acquire" => Step::Acquire(step.string(1)?),
        "with" => Step::With(step.string(1)?, steps(step, 2)?),
        "ev_wait" => Step::WaitForEvent(step.string(1)?),
        "cond_wait" => Step::WaitForCondition(step.string(1)?),
        "barrier_wait" => Step::WaitAtBarrier(step.string(1)?),
        "barrier_abort" => Step::AbortBarrier(step.string(1)?),
        "barrier_reset" => Step::ResetBarrier(step.string(1)?),
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
        "ev_set" => Sync::SetEvent(step.string(1)?),
        "ev_clear" => Sync::ClearEvent(step.string(1)?),
        "put_nowait" => Sync::PutNowait(step.string(1)?, step.part(2)?.clone()),
        "get_nowait" => Sync::GetNowait(step.string(1)?),
        "task_done" => Sync::TaskDone(step.string(1)?),
        "q_shutdown" => {
            Sync::Shutdown(step.string(1)?, step.part(2)?.as_bool().unwrap_or_default())
        }
        "qsize" => Sync::QueueSize(step.string(1)?),
        "release" => Sync::Release(step.string(1)?),
        "locked" => Sync::Locked(step.string(1)?),
        "cond_notify" => Sync::Notify(step.string(1)?, size(step.part(2)?, &step.place_of(2))?),
        "cond_notify_all" => Sync::NotifyAll(step.string(1)?),
        "reschedule" => {
            let delay = step.optional(2).map(|_| delay(step, 2));
            Sync::Reschedule(step.string(1)?, delay.transpose()?)
        }
        "expired" => Sync::Expired(step.string(1)?),
        "gather_start" => Sync::StartGather(step.string(1)?, gather(step, 2)?),
        "shield_start" => Sync::StartShield(step.string(1)?, step.string(2)?),
        "tg_create" => Sync::CreateInGroup(step.string(1)?, step.string(2)?),
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
