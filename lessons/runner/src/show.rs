//! The list of lessons, and what is wrong with an exercise.

use std::path::Path;

use crate::{
    build::Diagnostic,
    checks::{Colour, Report},
    course::{Course, Lesson},
    screen::{Ink, Screen},
};

/// Shows all lessons, and the lesson to continue with.
pub fn list(screen: &mut Screen, course: &Course, reports: &[Report]) {
    let rows: Vec<(&Lesson, &Report)> = course.lessons.iter().zip(reports).collect();
    let green = rows
        .iter()
        .filter(|(_, report)| report.colour() == Colour::Green);
    let (green, all) = (green.count(), rows.len());
    screen.line(Ink::Bold, &format!("{green} of {all} lessons are green."));
    screen.write("");
    let titles = rows.iter().map(|(lesson, _)| lesson.title.chars().count());
    let widest = titles.max().unwrap_or(0);
    let is_narrow = screen.width() < widest + 30;
    for (lesson, report) in &rows {
        let (ink, state) = match report.colour() {
            Colour::Red => (Ink::Red, "red"),
            Colour::Partly => (Ink::Yellow, "partly"),
            Colour::Green => (Ink::Green, "green"),
        };
        let state = screen.inked(ink, &format!("{state:<6}"));
        let (number, title) = (lesson.number, &lesson.title);
        let count = format!("{} of {}", report.passed, report.count);
        let checks = if report.count == 1 { "check" } else { "checks" };
        screen.write(&if is_narrow {
            format!("{number:>3} {state} {title}")
        } else {
            format!("{number:>4}  {title:<widest$}  {state}  {count:>8} {checks}")
        });
    }
    screen.write("");
    match rows
        .iter()
        .find(|(_, report)| report.colour() != Colour::Green)
    {
        Some((next, _)) => {
            let (number, title) = (next.number, &next.title);
            screen.line(Ink::Bold, &format!("Next: lesson {number}, {title}"));
            places(screen, course, next);
            screen.line(Ink::Plain, "  then   cargo lessons watch");
        }
        None => screen.line(
            Ink::Bold,
            "All are green. There is nothing left to be solved.",
        ),
    }
}

/// Shows which lesson this is, and which files to open.
pub fn heading(screen: &mut Screen, course: &Course, lesson: &Lesson) {
    let (number, title) = (lesson.number, &lesson.title);
    screen.line(Ink::Bold, &format!("Lesson {number}, {title}"));
    places(screen, course, lesson);
}

fn places(screen: &mut Screen, course: &Course, lesson: &Lesson) {
    // Paths are never wrapped: a terminal makes links of them.
    screen.write(&format!("  read   {}", course.shown(&lesson.page())));
    screen.write(&format!("  solve  {}", course.shown(&lesson.exercise())));
}

/// Shows what is wrong: the first check that fails, and the names of the others.
pub fn report(screen: &mut Screen, course: &Course, lesson: &Lesson, report: &Report) {
    let (passed, count) = (report.passed, report.count);
    let Some((first, others)) = report.failures.split_first() else {
        let checks = if count == 1 {
            "The check passes."
        } else {
            &format!("All {count} checks pass.")
        };
        screen.line(Ink::Green, checks);
        let solution = course.shown(&lesson.solution());
        let text = format!("Now read {solution}, which starts with what there is to learn.");
        screen.line(Ink::Plain, &text);
        return;
    };
    screen.line(Ink::Bold, &format!("{passed} of {count} checks passed."));
    screen.line(Ink::Red, &format!("✗ {}", first.name));
    if let Some(place) = &first.place {
        let place = match place.rsplit_once(':') {
            Some((file, line)) => {
                format!("{}:{line}", course.shown(&course.root().join(file)))
            }
            None => place.clone(),
        };
        screen.line(Ink::Dim, &format!("  {place}"));
    }
    screen.verbatim(&first.message, "  ");
    if !first.printed.is_empty() {
        screen.line(Ink::Dim, "  Your code printed:");
        screen.verbatim(&first.printed, "  | ");
    }
    for other in others {
        screen.line(Ink::Red, &format!("✗ {}", other.name));
    }
}

/// Shows the compiler's warnings about an exercise. One about an `.await` that is missing is worth a check that fails.
pub fn warnings(screen: &mut Screen, course: &Course, exercise: &Path, all: &[Diagnostic]) {
    for warning in all.iter().filter(|it| it.is_about(course, exercise)) {
        screen.verbatim(&warning.text, "");
        screen.write("");
    }
}

/// Shows what the compiler says. If it is about another exercise than the reader's, says so.
pub fn broken(screen: &mut Screen, course: &Course, lesson: Option<&Lesson>, all: &[Diagnostic]) {
    for diagnostic in all {
        screen.verbatim(&diagnostic.text, "");
        screen.write("");
    }
    let at_fault = course.lessons.iter().find(|lesson| {
        let exercise = lesson.exercise();
        all.iter().any(|it| it.is_about(course, &exercise))
    });
    let (file, number) = match at_fault {
        Some(lesson) => (course.shown(&lesson.exercise()), Some(lesson.number)),
        None => ("The lessons' code".to_owned(), None),
    };
    let is_elsewhere = number != lesson.map(|lesson| lesson.number);
    let consequence = if is_elsewhere {
        ", so that no exercise can be checked"
    } else {
        ""
    };
    screen.line(Ink::Red, &format!("{file} does not compile{consequence}."));
}
