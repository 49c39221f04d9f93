//! Lists the lessons with the state of their exercises, and checks an exercise whenever it is saved.
//!
//! The state is what the checks say now. Nothing is written down, so nothing can be wrong about it.

#![forbid(unsafe_code)]

mod build;
mod checks;
mod child;
mod course;
mod hints;
mod screen;
mod show;
mod watch;

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use build::Built;
use checks::{Colour, Report};
use child::{Failure, Stop};
use course::{Course, Lesson};
use screen::Screen;

const HELP: &str = "\
cargo lessons            lists the lessons, and names the next one
cargo lessons 8          checks the exercises of lesson 8 once
cargo lessons watch      checks the next exercises whenever they are saved
cargo lessons watch 8    does so for lesson 8
cargo lessons reset 8    undoes what you wrote into the exercises of lesson 8

cargo lessons is short for cargo run --bin lessons.

  --patience SECONDS     how long the checks of a lesson may take; 10
  --course FOLDER        another workspace with lessons";

struct Options {
    command: Command,
    root: PathBuf,
    patience: Duration,
}

enum Command {
    List,
    Check(u32),
    Watch(Option<u32>),
    Reset(u32),
    Help,
}

fn main() -> ExitCode {
    let done = options(env::args().skip(1)).and_then(|options| run(&options));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "lessons: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut patience = Duration::from_secs(10);
    let mut rest = Vec::new();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--course" => root = PathBuf::from(value()?),
            "--patience" => {
                let seconds = value()?;
                patience = seconds
                    .parse()
                    .ok()
                    .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                    .ok_or_else(|| format!("{seconds} is no number of seconds"))?;
            }
            "--help" | "-h" => rest.push("help".to_owned()),
            _ => rest.push(word),
        }
    }
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let command = match words[..] {
        [] | ["list"] => Command::List,
        ["help"] => Command::Help,
        ["watch"] => Command::Watch(None),
        ["watch", lesson] => Command::Watch(Some(number(lesson)?)),
        ["reset", lesson] => Command::Reset(number(lesson)?),
        ["reset"] => return Err("reset needs the number of a lesson".to_owned()),
        [lesson] => Command::Check(number(lesson)?),
        [first, ..] => {
            return Err(format!(
                "there is no command {first} with so many words; see --help"
            ));
        }
    };
    Ok(Options {
        command,
        root,
        patience,
    })
}

/// Reads `8`, `08` or `lesson08`.
fn number(word: &str) -> Result<u32, String> {
    word.trim_start_matches("lesson")
        .parse()
        .map_err(|_| format!("{word} is neither a command nor the number of a lesson; see --help"))
}

fn run(options: &Options) -> Result<(), String> {
    if matches!(options.command, Command::Help) {
        println!("{HELP}");
        return Ok(());
    }
    let root = options.root.canonicalize();
    let root = root.map_err(|error| format!("{}: {error}", options.root.display()))?;
    let course = Course::open(&root)?;
    let mut screen = Screen::new();
    match options.command {
        Command::Help => Ok(()),
        Command::List => {
            let reports = all(&mut screen, &course, options)?;
            show::list(&mut screen, &course, &reports);
            Ok(())
        }
        Command::Check(number) => {
            let lesson = course.lesson(number)?;
            show::heading(&mut screen, &course, lesson);
            screen.write("");
            let program = program(&mut screen, &course, Some(lesson))?;
            let report = checked(&course, lesson, &program, options)?;
            show::report(&mut screen, &course, lesson, &report);
            Ok(())
        }
        Command::Watch(None) => {
            watch::needs_a_terminal()?;
            let reports = all(&mut screen, &course, options)?;
            let lessons = course.lessons.iter().zip(&reports);
            let mut open = lessons.filter(|(_, report)| report.colour() != Colour::Green);
            match open.next() {
                Some((lesson, _)) => watch::watch(screen, &course, lesson, options.patience),
                None => {
                    show::list(&mut screen, &course, &reports);
                    Ok(())
                }
            }
        }
        Command::Watch(Some(number)) => {
            let lesson = course.lesson(number)?;
            watch::needs_a_terminal()?;
            watch::watch(screen, &course, lesson, options.patience)
        }
        Command::Reset(number) => reset(&mut screen, &course, course.lesson(number)?),
    }
}

/// Checks all lessons.
fn all(screen: &mut Screen, course: &Course, options: &Options) -> Result<Vec<Report>, String> {
    let program = program(screen, course, None)?;
    let lessons = course.lessons.iter();
    lessons
        .map(|lesson| {
            screen.progress(&format!("checking lesson {}", lesson.number));
            let report = checked(course, lesson, &program, options);
            screen.clear_progress();
            report
        })
        .collect()
}

fn checked(
    course: &Course,
    lesson: &Lesson,
    program: &Path,
    options: &Options,
) -> Result<Report, String> {
    checks::run(course, lesson, program, options.patience, &Stop::default()).map_err(told)
}

/// Builds the checks, and shows how far that is.
fn program(
    screen: &mut Screen,
    course: &Course,
    lesson: Option<&Lesson>,
) -> Result<PathBuf, String> {
    let mut progress = Screen::new();
    let built = build::build(course, screen.colours, &Stop::default(), move |name| {
        progress.progress(&format!("building {name}"));
    });
    screen.clear_progress();
    match built.map_err(told)? {
        Built::Program(program, warnings) => {
            if let Some(lesson) = lesson {
                show::warnings(screen, course, &lesson.exercise(), &warnings);
            }
            Ok(program)
        }
        Built::Broken(errors) => {
            show::broken(screen, course, lesson, &errors);
            Err("nothing was checked".to_owned())
        }
    }
}

fn told(failure: Failure) -> String {
    match failure {
        Failure::Stopped => "stopped".to_owned(),
        Failure::Other(problem) => problem,
    }
}

/// Makes an exercise what it was, if the reader says so.
fn reset(screen: &mut Screen, course: &Course, lesson: &Lesson) -> Result<(), String> {
    let (original, exercise) = (course.original(lesson), lesson.exercise());
    let name = course.shown(&exercise);
    let text = fs::read(&original).map_err(|error| format!("{}: {error}", original.display()))?;
    if fs::read(&exercise).is_ok_and(|current| current == text) {
        screen.write(&format!("{name} is as it was."));
        return Ok(());
    }
    print!("What you wrote into {name} will be lost. Reset it? [y/N] ");
    io::stdout().flush().map_err(|error| error.to_string())?;
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| error.to_string())?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        screen.write("Nothing was changed.");
        return Ok(());
    }
    fs::write(&exercise, text).map_err(|error| format!("{name}: {error}"))?;
    screen.write(&format!("{name} is as it was."));
    Ok(())
}
