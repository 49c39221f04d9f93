//! The generator family: an interpreter of its programs, on the crate's public API.
//!
//! A program has named generators, and operations on them: next, send, throw, close, drop. Python's `None` is JSON's
//! `null`, which is [`Value::default()`], so that `next` and `send(None)` are one thing here too.

#[path = "generators/interpreter.rs"]
mod interpreter;
#[path = "generators/program.rs"]
mod program;

use std::{cell::RefCell, rc::Rc};

use crate::{corpus::difference, support::errors_while};
use interpreter::{Shared, World, exception, generator, message};
use program::{Op, Program};
use serde_json::{Value, json};
use tminus::{Coroutine, Exception, Generator, GeneratorState, Kind, Step};

/// Runs one scenario and compares what every operation did.
pub fn replay(scenario: &Value) -> Result<(), String> {
    let program = Program::parse(scenario)?;
    let world = World::default();
    for (name, body) in &program.generators {
        let generator = generator(world.clone(), body.clone());
        let generator = Rc::new(RefCell::new(generator));
        world
            .generators
            .borrow_mut()
            .insert(name.clone(), generator);
    }
    for ((op, operation), expected) in program.ops.iter().zip(&program.expect) {
        let (out, state) = perform(&world, op);
        let emits = world.emits.take();
        let got = json!({"emits": emits, "out": out, "state": state});
        let (expected, got) = (comparable(expected), comparable(&got));
        if expected != got {
            return Err(difference(operation, &expected, &got));
        }
    }
    Ok(())
}

fn perform(world: &World, op: &Op) -> (Value, &'static str) {
    if let Op::Drop(name) = op {
        let generator = world.generators.borrow_mut().remove(name);
        let unraisable = unraisable_while(|| drop(generator));
        return (json!({"dropped": unraisable}), "dropped");
    }
    let mut generator: Shared = match op {
        Op::Next(name)
        | Op::Send(name, _)
        | Op::Throw(name, ..)
        | Op::Close(name)
        | Op::Drop(name) => world.generators.borrow()[name].clone(),
    };
    let outcome = match op {
        Op::Next(_) => generator.resume(),
        Op::Send(_, Value::Null) => generator.resume(),
        Op::Send(_, value) => generator.send(value.clone()),
        Op::Throw(_, name, message) => generator.throw(exception(name, message.as_ref())),
        Op::Close(_) | Op::Drop(_) => match generator.close() {
            Ok(result) => {
                let out = json!({"closed": result.unwrap_or_default()});
                return (out, state(&generator));
            }
            Err(exception) => Err(exception),
        },
    };
    let out = match outcome {
        Ok(Step::Yielded(value)) => json!({"yield": value}),
        Ok(Step::Returned(value)) => json!({"stop": value}),
        Err(stop) if stop.kind() == Kind::StopIteration => {
            json!({"stop": stop.value::<Value>()})
        }
        Err(exception) => raised(&exception),
    };
    (out, state(&generator))
}

fn state(generator: &RefCell<Generator<Value, Value, Value>>) -> &'static str {
    match GeneratorState::of(generator) {
        GeneratorState::Created => "created",
        GeneratorState::Running => "running",
        GeneratorState::Suspended => "suspended",
        GeneratorState::Closed => "closed",
    }
}

fn raised(exception: &Exception) -> Value {
    json!({"raise": exception.name(), "msg": message(exception)})
}

/// What two records have in common if they agree: without causes and contexts, which this replayer leaves out, and
/// without the text of an `AttributeError`, which names CPython's types.
fn comparable(step: &Value) -> Value {
    let mut step = step.clone();
    for emitted in step["emits"].as_array_mut().into_iter().flatten() {
        if emitted
            .as_str()
            .is_some_and(|text| text.starts_with("!AttributeError"))
        {
            *emitted = json!("!AttributeError");
        }
    }
    forget_details(&mut step["out"]);
    if let Some(unraisable) = step["out"].get_mut("dropped") {
        forget_details(unraisable);
    }
    step
}

fn forget_details(out: &mut Value) {
    if let Some(out) = out.as_object_mut() {
        out.remove("cause");
        out.remove("context");
        if out
            .get("raise")
            .is_some_and(|name| name == "AttributeError")
        {
            out.remove("msg");
        }
    }
}

/// What the crate reports as unraisable meanwhile: the first of it, as `sys.unraisablehook` would get it.
fn unraisable_while(run: impl FnOnce()) -> Value {
    let Some(mut fields) = errors_while(run).into_iter().next() else {
        return Value::Null;
    };
    let text = fields.remove("text").filter(|text| !text.is_empty());
    json!({"raise": fields.remove("exception"), "msg": text})
}
