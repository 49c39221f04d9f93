//! Runs the body of a generator of a program, as a body of one of the crate's generators.

use std::{cell::RefCell, collections::HashMap, collections::VecDeque, pin::Pin, rc::Rc};

use serde_json::{Value, json};
use tminus::{Co, Coroutine, Exception, Generator, Kind, Step};

use super::program::{Body, Expression, Statement, Try};
use crate::classes;

/// A generator that has several names, as all have in Python.
pub type Shared = Rc<RefCell<Generator<Value, Value, Value>>>;

/// What the bodies of one program share.
#[derive(Clone, Default)]
pub struct World {
    pub generators: Rc<RefCell<HashMap<String, Shared>>>,
    pub emits: Rc<RefCell<Vec<Value>>>,
}

pub fn generator(world: World, body: Body) -> Generator<Value, Value, Value> {
    Generator::new(async move |co| {
        let mut frame = Frame {
            world,
            co,
            last: Value::Null,
        };
        match frame.run(&body, &Handling::default()).await? {
            Flow::Return(value) => Ok(value),
            Flow::Next | Flow::Break | Flow::Continue => Ok(Value::Null),
        }
    })
}

/// How a statement ended, if not by an exception.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

/// What is being handled where a statement stands.
#[derive(Clone, Default)]
struct Handling {
    /// What the innermost enclosing handler caught.
    caught: Option<Exception>,
    /// What a bare `raise` raises: that, or what runs through the innermost enclosing `finally`.
    active: Option<Exception>,
}

struct Frame {
    world: World,
    co: Co<Value, Value>,
    last: Value,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Flow, Exception>> + 'a>>;

impl Frame {
    fn run<'a>(&'a mut self, body: &'a Body, handling: &'a Handling) -> Running<'a> {
        Box::pin(async move {
            for statement in body.iter() {
                match self.perform(statement, handling).await? {
                    Flow::Next => {}
                    flow @ (Flow::Break | Flow::Continue | Flow::Return(_)) => return Ok(flow),
                }
            }
            Ok(Flow::Next)
        })
    }

    async fn perform(
        &mut self,
        statement: &Statement,
        handling: &Handling,
    ) -> Result<Flow, Exception> {
        match statement {
            Statement::Yield(value) => {
                self.last = self.co.yield_(self.value(value)).await?;
            }
            Statement::Emit(value) => self.emit(self.value(value)),
            Statement::EmitException => {
                let caught = handling.caught.as_ref().expect("emit_exc is in a handler");
                self.emit(Value::String(shown(caught)));
            }
            Statement::Set(value) => self.last = self.value(value),
            Statement::Return(value) => return Ok(Flow::Return(self.value(value))),
            Statement::Raise(name, message) => return Err(exception(name, message.as_ref())),
            Statement::RaiseFrom(name, cause) => {
                return Err(exception(name, None).with_cause(exception(cause, None)));
            }
            Statement::Reraise => {
                return Err(handling.active.clone().expect("reraise is in a handler"));
            }
            Statement::Try(statement) => return self.try_(statement, handling).await,
            Statement::Loop(times, body) => {
                for _ in 0..*times {
                    match self.run(body, handling).await? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        flow @ Flow::Return(_) => return Ok(flow),
                    }
                }
            }
            Statement::Break => return Ok(Flow::Break),
            Statement::Continue => return Ok(Flow::Continue),
            Statement::YieldFrom(body) => {
                let sub = generator(self.world.clone(), body.clone());
                self.last = value_of_stop(self.co.yield_from(sub).await)?;
            }
            Statement::YieldFromList(values) => {
                let result = self.co.yield_from(values.clone()).await;
                self.last = value_of_stop(result.map(|()| Value::Null))?;
            }
            Statement::YieldFromObject(values, methods) => {
                let object = Object {
                    world: self.world.clone(),
                    values: values.clone().into(),
                    methods: methods.clone(),
                };
                self.last = value_of_stop(self.co.yield_from(object).await)?;
            }
            Statement::YieldFromRef(name) => {
                let sub = self.named(name)?;
                self.last = value_of_stop(self.co.yield_from(sub).await)?;
            }
            Statement::NextRef(name) => self.last = yielded(self.named(name)?.resume())?,
            Statement::SendRef(name, value) => {
                let mut generator = self.named(name)?;
                self.last = yielded(match self.value(value) {
                    Value::Null => generator.resume(),
                    value => generator.send(value),
                })?;
            }
            Statement::ThrowRef(name, thrown) => {
                self.last = yielded(self.named(name)?.throw(exception(thrown, None)))?;
            }
            Statement::CloseRef(name) => {
                self.last = self.named(name)?.close()?.unwrap_or_default();
            }
            Statement::ForRef(name, body) => {
                let mut items = self.named(name)?;
                loop {
                    match yielded(items.resume()) {
                        Ok(item) => self.last = item,
                        Err(stop) if stop.kind() == Kind::StopIteration => break,
                        Err(exception) => return Err(exception),
                    }
                    match self.run(body, handling).await? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        flow @ Flow::Return(_) => return Ok(flow),
                    }
                }
            }
        }
        Ok(Flow::Next)
    }

    async fn try_(&mut self, statement: &Try, handling: &Handling) -> Result<Flow, Exception> {
        let mut outcome = self.run(&statement.body, handling).await;
        match (&outcome, &statement.or_else) {
            (Err(exception), _) => {
                let handlers = &mut statement.handlers.iter();
                let catches = |kinds: &[String]| kinds.iter().any(|kind| is_a(exception, kind));
                if let Some(handler) = handlers.find(|handler| catches(&handler.kinds)) {
                    let handling = Handling {
                        caught: Some(exception.clone()),
                        active: Some(exception.clone()),
                    };
                    outcome = self.run(&handler.body, &handling).await;
                }
            }
            (Ok(Flow::Next), Some(or_else)) => outcome = self.run(or_else, handling).await,
            (Ok(_), _) => {}
        }
        let Some(finally) = &statement.finally else {
            return outcome;
        };
        let mut during = handling.clone();
        if let Err(exception) = &outcome {
            during.active = Some(exception.clone());
        }
        match self.run(finally, &during).await? {
            Flow::Next => outcome,
            flow @ (Flow::Break | Flow::Continue | Flow::Return(_)) => Ok(flow),
        }
    }

    fn value(&self, expression: &Expression) -> Value {
        match expression {
            Expression::Last => self.last.clone(),
            Expression::Constant(value) => value.clone(),
        }
    }

    fn emit(&self, value: Value) {
        self.world.emits.borrow_mut().push(value);
    }

    /// `G[name]`, which is a `KeyError` once the generator was dropped.
    fn named(&self, name: &str) -> Result<Shared, Exception> {
        let generator = self.world.generators.borrow().get(name).cloned();
        generator.ok_or_else(|| exception("KeyError", Some(&json!(format!("'{name}'")))))
    }
}

/// Python's `next(g)` in an expression: a generator that returns raises `StopIteration`.
fn yielded(step: Result<Step<Value, Value>, Exception>) -> Result<Value, Exception> {
    match step? {
        Step::Yielded(value) => Ok(value),
        Step::Returned(result) => Err(Exception::stop_iteration(result)),
    }
}

/// A `StopIteration` that arrives at a `yield from` is its end. Where the types allow it, the crate has done this.
fn value_of_stop(result: Result<Value, Exception>) -> Result<Value, Exception> {
    match result {
        Err(stop) if stop.kind() == Kind::StopIteration => {
            Ok(stop.value::<Value>().cloned().unwrap_or_default())
        }
        other => other,
    }
}

/// An iterator with some of `send`, `throw` and `close`, which tells what is called.
struct Object {
    world: World,
    values: VecDeque<Value>,
    methods: Vec<String>,
}

impl Object {
    fn has(&self, method: &str) -> bool {
        self.methods.iter().any(|name| name == method)
    }

    fn called(&mut self, call: String, result: &str) -> Result<Step<Value, Value>, Exception> {
        self.world.emits.borrow_mut().push(Value::String(call));
        Ok(match self.values.pop_front() {
            Some(value) => Step::Yielded(value),
            None => Step::Returned(json!(result)),
        })
    }
}

impl Coroutine for Object {
    type Yield = Value;
    type Send = Value;
    type Return = Value;

    fn resume(&mut self) -> Result<Step<Value, Value>, Exception> {
        self.called("obj.next".into(), "obj-result")
    }

    fn send(&mut self, value: Value) -> Result<Step<Value, Value>, Exception> {
        if !self.has("send") {
            return Bare.send(value);
        }
        self.called(format!("obj.send:{}", text(&value)), "obj-result")
    }

    fn throw(&mut self, exception: Exception) -> Result<Step<Value, Value>, Exception> {
        if !self.has("throw") {
            return Bare.throw(exception);
        }
        self.called(format!("obj.throw:{}", exception.name()), "obj-thrown")
    }

    fn close(&mut self) -> Result<Option<Value>, Exception> {
        if self.has("close") {
            self.world.emits.borrow_mut().push(json!("obj.close"));
        }
        Bare.close()
    }
}

/// An iterator with none of `send`, `throw` and `close`: what the trait gives.
struct Bare;

impl Coroutine for Bare {
    type Yield = Value;
    type Send = Value;
    type Return = Value;

    fn resume(&mut self) -> Result<Step<Value, Value>, Exception> {
        Ok(Step::Returned(Value::Null))
    }
}

/// A new exception of a class; the message of a `StopIteration` is its value.
pub fn exception(name: &str, message: Option<&Value>) -> Exception {
    let text = message.map_or_else(String::new, text);
    match name {
        "StopIteration" => Exception::stop_iteration(message.cloned().unwrap_or_default()),
        "GeneratorExit" => Exception::new(Kind::GeneratorExit, text),
        "KeyboardInterrupt" => Exception::new(Kind::KeyboardInterrupt, text),
        "RuntimeError" => Exception::new(Kind::RuntimeError, text),
        "TypeError" => Exception::new(Kind::TypeError, text),
        "ValueError" => Exception::new(Kind::ValueError, text),
        other => classes::exception(other, text).expect("the parser knows exceptions"),
    }
}

/// `str(e)`, or `str(e.value)` of a `StopIteration`; `None` where that is empty.
pub fn message(exception: &Exception) -> Option<String> {
    if exception.kind() == Kind::StopIteration {
        let value = exception.value::<Value>().filter(|value| !value.is_null());
        return value.map(text);
    }
    Some(exception.message().into_owned()).filter(|message| !message.is_empty())
}

fn shown(exception: &Exception) -> String {
    let name = exception.name();
    match message(exception) {
        Some(message) => format!("!{name}:{message}"),
        None => format!("!{name}"),
    }
}

/// `isinstance(e, kind)`
fn is_a(exception: &Exception, kind: &str) -> bool {
    match kind {
        "BaseException" => true,
        "Exception" => !exception.kind().is_exit(),
        "E1" => matches!(exception.name(), "E1" | "E3"),
        other => exception.name() == other,
    }
}

/// `str(value)`
fn text(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
