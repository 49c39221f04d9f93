//! Generators against a model without any suspension: it runs the body again for each input, with all inputs so far, up to the
//! yield for which there is no input.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use proptest::prelude::*;
use tminus::{Co, Exception, Generator, GeneratorState, Kind, Step};

type Body = Rc<Vec<Statement>>;

#[derive(Clone, Debug)]
enum Statement {
    Emit(u8),
    /// `last = yield n`
    Yield(u8),
    /// `yield last`
    YieldLast,
    Raise(Raised),
    Return(u8),
    /// The handler catches this kind.
    Try(Body, Option<(Raised, Body)>, Body),
    Twice(Body),
    /// `last = yield from` a new generator.
    From(Body),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Raised {
    Value,
    Type,
    Runtime,
    Stop,
    Exit,
}

impl Raised {
    fn kind(self) -> Kind {
        match self {
            Raised::Value => Kind::ValueError,
            Raised::Type => Kind::TypeError,
            Raised::Runtime => Kind::RuntimeError,
            Raised::Stop => Kind::StopIteration,
            Raised::Exit => Kind::GeneratorExit,
        }
    }

    fn of(exception: &Exception) -> Self {
        let all = [
            Raised::Value,
            Raised::Type,
            Raised::Runtime,
            Raised::Stop,
            Raised::Exit,
        ];
        let this = all
            .into_iter()
            .find(|raised| raised.kind() == exception.kind());
        this.unwrap_or_else(|| panic!("{exception:?}"))
    }
}

#[derive(Clone, Copy, Debug)]
enum Input {
    Send(u8),
    Throw(Raised),
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Yielded(u8),
    Returned(u8),
    Raised(Raised),
    /// By `close`.
    Closed(Option<u8>),
}

// The strategies

/// A body of this depth. One that is delegated to neither yields nor raises while it is closed: what CPython does then is in
/// the corpus.
fn body(depth: u32, is_delegate: bool) -> BoxedStrategy<Body> {
    let statement = statement(depth, is_delegate, true);
    prop::collection::vec(statement, 0..5)
        .prop_map(Rc::new)
        .boxed()
}

fn statement(depth: u32, is_delegate: bool, can_yield: bool) -> BoxedStrategy<Statement> {
    let raised = || prop::sample::select(vec![Raised::Value, Raised::Type, Raised::Stop]);
    let plain = prop_oneof![
        3 => any::<u8>().prop_map(Statement::Emit),
        1 => any::<u8>().prop_map(Statement::Return),
    ];
    let simple = match can_yield {
        false => plain.boxed(),
        true => prop_oneof![
            1 => raised().prop_map(Statement::Raise),
            2 => plain,
            2 => any::<u8>().prop_map(Statement::Yield),
            2 => Just(Statement::YieldLast),
        ]
        .boxed(),
    };
    if depth == 0 || !can_yield {
        return simple;
    }
    let inner = move || body(depth - 1, is_delegate);
    let last = match is_delegate {
        true => prop::collection::vec(statement(0, true, false), 0..3)
            .prop_map(Rc::new)
            .boxed(),
        false => inner(),
    };
    let handler = prop::option::of((raised(), inner()));
    prop_oneof![
        6 => simple,
        3 => (inner(), handler, last).prop_map(|(body, handler, last)| Statement::Try(body, handler, last)),
        1 => inner().prop_map(Statement::Twice),
        2 => body(depth - 1, true).prop_map(Statement::From),
    ]
    .boxed()
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let raised = prop::sample::select(vec![Raised::Value, Raised::Type, Raised::Runtime]);
    let input = prop_oneof![
        8 => any::<u8>().prop_map(Input::Send),
        2 => raised.prop_map(Input::Throw),
        1 => Just(Input::Close),
    ];
    prop::collection::vec(input, 1..12)
}

// The crate's side

struct Frame {
    co: Co<u8, u8>,
    last: u8,
    emitted: Rc<RefCell<Vec<u8>>>,
}

fn generator(body: Body, emitted: Rc<RefCell<Vec<u8>>>) -> Generator<u8, u8, u8> {
    Generator::new(async move |co| {
        let last = 0;
        let mut frame = Frame { co, last, emitted };
        Ok(frame.run(&body).await?.unwrap_or_default())
    })
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Option<u8>, Exception>> + 'a>>;

impl Frame {
    /// `Some` if a `return` ends the body.
    fn run<'a>(&'a mut self, body: &'a Body) -> Running<'a> {
        Box::pin(async move {
            for statement in body.iter() {
                let returned = self.perform(statement).await?;
                if returned.is_some() {
                    return Ok(returned);
                }
            }
            Ok(None)
        })
    }

    async fn perform(&mut self, statement: &Statement) -> Result<Option<u8>, Exception> {
        match statement {
            Statement::Emit(n) => self.emitted.borrow_mut().push(*n),
            Statement::Yield(n) => self.last = self.co.yield_(*n).await?,
            Statement::YieldLast => self.last = self.co.yield_(self.last).await?,
            Statement::Raise(raised) => return Err(raised.kind().into()),
            Statement::Return(n) => return Ok(Some(*n)),
            Statement::Try(body, handler, last) => {
                let mut ended = self.run(body).await;
                if let (Err(exception), Some((raised, handler))) = (&ended, handler)
                    && exception.kind() == raised.kind()
                {
                    ended = self.run(handler).await;
                }
                let returned = self.run(last).await?;
                return if returned.is_some() {
                    Ok(returned)
                } else {
                    ended
                };
            }
            Statement::Twice(body) => {
                for _ in 0..2 {
                    let returned = self.run(body).await?;
                    if returned.is_some() {
                        return Ok(returned);
                    }
                }
            }
            Statement::From(body) => {
                let sub = generator(body.clone(), self.emitted.clone());
                self.last = self.co.yield_from(sub).await?;
            }
        }
        Ok(None)
    }
}

fn outcome(generator: &mut Generator<u8, u8, u8>, input: Input) -> Outcome {
    let step = match input {
        // Nothing can be sent to a body that has not begun.
        Input::Send(_) if generator.state() == GeneratorState::Created => generator.start(),
        Input::Send(n) => generator.send(n),
        Input::Throw(raised) => generator.throw(raised.kind()),
        Input::Close => {
            return match generator.close() {
                Ok(returned) => Outcome::Closed(returned),
                Err(exception) => Outcome::Raised(Raised::of(&exception)),
            };
        }
    };
    match step {
        Ok(Step::Yielded(n)) => Outcome::Yielded(n),
        Ok(Step::Returned(n)) => Outcome::Returned(n),
        Err(exception) => Outcome::Raised(Raised::of(&exception)),
    }
}

// The model

/// How a body ends, or where it stops because there is no more input.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Normally,
    Returns(u8),
    Raises(Raised),
    Waits(u8),
}

struct Model<'a> {
    inputs: std::slice::Iter<'a, Input>,
    emitted: Vec<u8>,
    /// Whether the innermost generator is being closed.
    is_closed: bool,
}

impl Model<'_> {
    fn body(&mut self, body: &Body, last: &mut u8) -> End {
        for statement in body.iter() {
            match self.statement(statement, last) {
                End::Normally => {}
                end => return end,
            }
        }
        End::Normally
    }

    fn statement(&mut self, statement: &Statement, last: &mut u8) -> End {
        match statement {
            Statement::Emit(n) => self.emitted.push(*n),
            Statement::Yield(n) => return self.yields(*n, last),
            Statement::YieldLast => return self.yields(*last, last),
            Statement::Raise(raised) => return End::Raises(*raised),
            Statement::Return(n) => return End::Returns(*n),
            Statement::Try(body, handler, finally) => {
                let mut end = self.body(body, last);
                if let (End::Raises(raised), Some((caught, handler))) = (end, handler)
                    && raised == *caught
                {
                    end = self.body(handler, last);
                }
                if let End::Waits(_) = end {
                    return end;
                }
                return match self.body(finally, last) {
                    End::Normally => end,
                    other => other,
                };
            }
            Statement::Twice(body) => match self.body(body, last) {
                End::Normally => return self.body(body, last),
                end => return end,
            },
            Statement::From(body) => return self.delegates(body, last),
        }
        End::Normally
    }

    fn delegates(&mut self, body: &Body, last: &mut u8) -> End {
        let was_closed = std::mem::take(&mut self.is_closed);
        let end = self.generator(body);
        match end {
            // Whatever it returns: the generator that delegates to it is closed next.
            End::Returns(_) if self.is_closed => End::Raises(Raised::Exit),
            _ if self.is_closed => end,
            End::Returns(n) => {
                self.is_closed = was_closed;
                *last = n;
                End::Normally
            }
            _ => {
                self.is_closed = was_closed;
                end
            }
        }
    }

    /// A whole generator, which never ends [normally](End::Normally).
    fn generator(&mut self, body: &Body) -> End {
        match self.body(body, &mut 0) {
            End::Normally => End::Returns(0),
            End::Raises(Raised::Stop) => End::Raises(Raised::Runtime), // PEP 479
            end => end,
        }
    }

    fn yields(&mut self, n: u8, last: &mut u8) -> End {
        match self.inputs.next() {
            None => End::Waits(n),
            Some(Input::Send(sent)) => {
                *last = *sent;
                End::Normally
            }
            Some(Input::Throw(raised)) => End::Raises(*raised),
            Some(Input::Close) => {
                self.is_closed = true;
                End::Raises(Raised::Exit)
            }
        }
    }
}

/// What each input comes to, and everything that is emitted on the way.
fn model(body: &Body, inputs: &[Input]) -> (Vec<Outcome>, Vec<Vec<u8>>) {
    let (mut outcomes, mut emits) = (Vec::new(), Vec::new());
    let mut taken = Vec::new(); // by the body
    let (mut is_started, mut is_closed) = (false, false);
    let mut emitted = Vec::new();
    for &input in inputs {
        let outcome = match input {
            Input::Send(_) if is_closed => Outcome::Raised(Raised::Stop),
            Input::Throw(raised) if is_closed || !is_started => {
                is_closed = true;
                Outcome::Raised(raised)
            }
            Input::Close if is_closed || !is_started => {
                is_closed = true;
                Outcome::Closed(None)
            }
            _ => {
                // The first input starts the body, and no yield takes it.
                if is_started {
                    taken.push(input);
                }
                is_started = true;
                let mut model = Model {
                    inputs: taken.iter(),
                    emitted: Vec::new(),
                    is_closed: false,
                };
                let end = model.generator(body);
                emitted = model.emitted;
                is_closed = !matches!(end, End::Waits(_));
                let closes = matches!(input, Input::Close);
                match end {
                    End::Waits(_) if closes => Outcome::Raised(Raised::Runtime), // it ignored the exit
                    End::Returns(n) if closes => Outcome::Closed(Some(n)),
                    End::Raises(Raised::Exit) if closes => Outcome::Closed(None),
                    End::Waits(n) => Outcome::Yielded(n),
                    End::Returns(n) => Outcome::Returned(n),
                    End::Raises(raised) => Outcome::Raised(raised),
                    End::Normally => unreachable!("a generator returns"),
                }
            }
        };
        outcomes.push(outcome);
        emits.push(emitted.clone());
    }
    (outcomes, emits)
}

proptest! {
    #![proptest_config(crate::config(1000))]

    #[test]
    fn generators_do_what_a_body_without_suspension_does(body in body(3, false), inputs in inputs()) {
        let emitted = Rc::new(RefCell::new(Vec::new()));
        let mut generator = generator(body.clone(), emitted.clone());
        let (outcomes, emits) = model(&body, &inputs);
        for (number, input) in inputs.iter().enumerate() {
            let got = outcome(&mut generator, *input);
            prop_assert_eq!(got, outcomes[number], "input {}", number);
            prop_assert_eq!(&*emitted.borrow(), &emits[number], "input {}", number);
        }
        drop(generator.close());
    }
}
