//! Countdowns and countups that take turns on the scheduler.

use std::{
    cell::RefCell,
    env,
    io::{self, ErrorKind, IsTerminal, Write},
    process::ExitCode,
    rc::Rc,
};

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind as Usage, value_parser};
use indexmap::IndexMap;
use tminus::{Exception, Generator, TaskId, TaskScheduler, Turn};
use tracing_subscriber::{filter::Targets, prelude::*};

const ABOUT: &str = "\
Countdowns and countups that take turns.

Each is a generator that gives way after each number. A round-robin scheduler runs them: one step of each, and round \
again. Without tasks of your own it runs --countdown 10 --countdown 5 --countup 15.";

const AFTER_HELP: &str = "\
Examples:
  countdown-demo --countdown 3 --countup 3    two tasks, in this order
  countdown-demo --summary                    and a table of the tasks at the end
  countdown-demo --log 2>steps.log            every step that the scheduler takes
  RUST_LOG=tminus=debug countdown-demo --log  only how tasks begin and end

Exit status: 0 when all is well, 1 when the output cannot be written, 2 when the options make no sense.";

/// More lines than anybody wants to see.
const MOST: i64 = 1_000_000;

fn command() -> Command {
    let task = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .help(help)
            .action(ArgAction::Append)
            .allow_negative_numbers(true)
            .value_parser(value_parser!(u32).range(0..=MOST))
    };
    let flag = |name: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).help(help);
        arg.action(ArgAction::SetTrue)
    };
    Command::new("countdown-demo")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Countdowns and countups that take turns")
        .long_about(ABOUT)
        .after_long_help(AFTER_HELP)
        .arg(task(
            "countdown",
            "Count down from N (repeatable; tasks keep their order)",
        ))
        .arg(task("countup", "Count up to N, from 0 (repeatable)"))
        .arg(flag(
            "verbatim",
            "Say `Blast off!` inside the loop, where the notes have it",
        ))
        .arg(flag(
            "summary",
            "End with a table: each task's steps and result",
        ))
        .arg(flag(
            "log",
            "Trace every step on stderr; RUST_LOG narrows it, as in tminus=debug",
        ))
}

/// What to run.
#[derive(Clone, Copy)]
enum Count {
    Down(u32),
    Up(u32),
}

impl Count {
    /// The tasks of the command line, in their order there.
    fn all(matches: &ArgMatches) -> Vec<Count> {
        let of = |name: &str, count: fn(u32) -> Count| {
            let places = matches.indices_of(name).into_iter().flatten();
            let numbers = matches.get_many::<u32>(name).into_iter().flatten();
            let counts = numbers.map(move |&n| count(n));
            places.zip(counts).collect::<Vec<_>>()
        };
        let mut counts = of("countdown", Count::Down);
        counts.extend(of("countup", Count::Up));
        counts.sort_by_key(|&(place, _)| place);
        if counts.is_empty() {
            return vec![Count::Down(10), Count::Down(5), Count::Up(15)];
        }
        counts.into_iter().map(|(_, count)| count).collect()
    }

    fn name(self) -> String {
        match self {
            Count::Down(n) => format!("countdown({n})"),
            Count::Up(n) => format!("countup({n})"),
        }
    }

    /// The task. Its result is how many numbers it said.
    fn task(self, out: Output, blast_off: BlastOff) -> Generator<(), (), u32> {
        match self {
            Count::Down(n) => countdown(n, out, blast_off),
            Count::Up(n) => countup(n, out),
        }
    }
}

/// Where `Blast off!` stands.
#[derive(Clone, Copy, PartialEq)]
enum BlastOff {
    AfterTheLoop,
    InsideTheLoop,
}

fn countdown(n: u32, out: Output, blast_off: BlastOff) -> Generator<(), (), u32> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            out.line(&format!("T-minus {i}"))?;
            co.yield_(()).await?;
            if blast_off == BlastOff::InsideTheLoop {
                out.line("Blast off!")?;
            }
        }
        if blast_off == BlastOff::AfterTheLoop {
            out.line("Blast off!")?;
        }
        Ok(n)
    })
}

fn countup(n: u32, out: Output) -> Generator<(), (), u32> {
    Generator::new(async move |co| {
        for i in 0..n {
            out.line(&format!("Counting up {i}"))?;
            co.yield_(()).await?;
        }
        Ok(n)
    })
}

/// Standard output, in a task's own colour.
#[derive(Clone)]
struct Output {
    out: Rc<RefCell<io::Stdout>>,
    /// What follows `ESC [` in front of each line.
    colour: Option<u8>,
}

impl Output {
    fn new() -> Self {
        Self {
            out: Rc::new(RefCell::new(io::stdout())),
            colour: None,
        }
    }

    /// The same output in the colour of the `index`th task, where colours are wanted.
    fn of_task(&self, index: usize) -> Self {
        const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 31];
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let wanted = io::stdout().is_terminal() && !no_color;
        Self {
            out: self.out.clone(),
            colour: wanted.then(|| COLOURS[index % COLOURS.len()]),
        }
    }

    fn line(&self, text: &str) -> io::Result<()> {
        let mut out = self.out.borrow_mut();
        match self.colour {
            Some(colour) => writeln!(out, "\x1b[{colour}m{text}\x1b[0m"),
            None => writeln!(out, "{text}"),
        }
    }
}

fn run(matches: &ArgMatches) -> Result<(), Exception> {
    let blast_off = match matches.get_flag("verbatim") {
        true => BlastOff::InsideTheLoop,
        false => BlastOff::AfterTheLoop,
    };
    let out = Output::new();
    let mut scheduler = TaskScheduler::new();
    let mut steps: IndexMap<TaskId, (String, u32)> = IndexMap::new();
    for (index, count) in Count::all(matches).into_iter().enumerate() {
        let task = count.task(out.of_task(index), blast_off);
        let id = scheduler.spawn_named(&count.name(), task);
        steps.insert(id, (count.name(), 0));
    }
    while let Some(turn) = scheduler.step() {
        let (Turn::Yielded(id) | Turn::Returned(id) | Turn::Failed(id)) = turn;
        steps[&id].1 += 1;
        if let Some(exception) = scheduler.take_error(id) {
            return Err(exception);
        }
    }
    if matches.get_flag("summary") {
        out.line("")?;
        out.line("task  name                   steps   said")?;
        for (id, (name, steps)) in &steps {
            let said = scheduler.results()[id];
            out.line(&format!("{id:<5} {name:<20} {steps:>7} {said:>6}"))?;
        }
    }
    Ok(())
}

/// Sends the crate's trace to stderr.
fn log_to_stderr() -> Result<(), String> {
    let wanted = env::var("RUST_LOG").unwrap_or_else(|_| "tminus=trace".into());
    let targets: Targets = wanted
        .parse()
        .map_err(|error| format!("RUST_LOG={wanted:?} makes no sense: {error}"))?;
    let layer = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(layer.with_filter(targets))
        .init();
    Ok(())
}

fn main() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(answer) if matches!(answer.kind(), Usage::DisplayHelp | Usage::DisplayVersion) => {
            return match answer.print() {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => end(&error.into()),
            };
        }
        Err(error) => return misused(&first_line(&error)),
    };
    if matches.get_flag("log")
        && let Err(error) = log_to_stderr()
    {
        return misused(&error);
    }
    match run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exception) => end(&exception),
    }
}

fn misused(what: &str) -> ExitCode {
    eprintln!("countdown-demo: {what} (--help says what there is)");
    ExitCode::from(2)
}

/// clap says it in several lines; the first has it all.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").into()
}

fn end(exception: &Exception) -> ExitCode {
    let io = exception.downcast_ref::<io::Error>();
    if io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS; // whoever reads the output (`| head`) has seen enough
    }
    eprintln!("countdown-demo: {exception}");
    ExitCode::FAILURE
}
