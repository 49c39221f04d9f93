//! The texts of tooltips and descriptions.

use crate::timeline::{
    End, TaskKey, Wait,
    columns::{Arrow, Cause, Chart, Does, Lane, Place, Rest, Turn},
    words::count,
};

/// Returns the time of a place, which is that of its column.
fn when(chart: &Chart<'_>, place: Place) -> String {
    let column = chart.columns.get(place.column).or(chart.columns.last());
    column.map_or_else(String::new, |column| chart.scale.when(column.at))
}

/// Describes a jump: why a column has another time than the one before.
pub(super) fn jump(chart: &Chart<'_>, column: usize) -> String {
    let (before, now) = (&chart.columns[column - 1], &chart.columns[column]);
    let (from, to) = (chart.scale.time(before.at), chart.scale.time(now.at));
    match (before.runner, now.runner) {
        (Some(other), Some(this)) if other != this => {
            format!("From the clock of {other}, at {from}, to that of {this}, at {to}")
        }
        _ => format!("The clock jumps from {from} to {to}"),
    }
}

/// Returns ` by main`, or nothing if no task caused it.
fn by(chart: &Chart<'_>, task: Option<TaskKey>) -> String {
    let task = task.and_then(|task| chart.timeline.task(task));
    task.map_or_else(String::new, |task| {
        format!(" by {}", chart.timeline.label(task))
    })
}

fn waits(waits: &[&Wait]) -> String {
    let of = waits.iter().map(|wait| match wait.of.as_str() {
        "" => "something outside the loop",
        of => of,
    });
    of.collect::<Vec<_>>().join(" and ")
}

/// Describes a lane.
pub(super) fn lane(chart: &Chart<'_>, lane: &Lane<'_>) -> String {
    let turns = count(lane.turns.len() as u64, "turn");
    match lane.end {
        _ if lane.shared => format!("{} tasks: {turns}", lane.name),
        Some((place, end)) => format!(
            "{}: {turns}, {} {}",
            lane.name,
            self::end(end),
            when(chart, place)
        ),
        None => match lane.rests.last() {
            Some(rest) if !rest.waits.is_empty() => {
                format!(
                    "{}: {turns}, still waits for {}",
                    lane.name,
                    waits(&rest.waits)
                )
            }
            Some(_) | None => format!("{}: {turns}, not done", lane.name),
        },
    }
}

/// Describes a turn: `burn, turn 2, at 100 ms: woken by main, had waited for a lock; it returned`.
pub(super) fn turn(chart: &Chart<'_>, lane: &Lane<'_>, turn: &Turn<'_>) -> String {
    let number = match turn.number {
        0 => "a turn that began before".to_owned(),
        number => format!("turn {number}"),
    };
    let mut text = format!(
        "{}, {number}, {}",
        lane.name,
        chart.scale.when(chart.columns[turn.column].at)
    );
    text += &match turn.cause {
        Cause::Unknown => String::new(),
        Cause::Spawned(task) => format!(": spawned{}", by(chart, task)),
        Cause::Yielded => ": had yielded".to_owned(),
        Cause::Woken(task) => format!(
            ": woken{}, had waited for {}",
            by(chart, task),
            waits(&turn.after)
        ),
    };
    match lane.end {
        Some((place, end)) if place.column == turn.column => {
            format!("{text}; it {}", self::end(end))
        }
        Some(_) | None => text,
    }
}

pub(super) fn end(end: &End) -> String {
    match end {
        End::Returned => "returned".into(),
        End::Failed { exception, text } if text.is_empty() => format!("failed with {exception}"),
        End::Failed { exception, text } => format!("failed with {exception}: {text}"),
        End::Cancelled => "was cancelled".into(),
        End::Closed => "was closed".into(),
    }
}

pub(super) fn rest(chart: &Chart<'_>, lane: &Lane<'_>, rest: &Rest<'_>) -> String {
    let since = when(chart, rest.from);
    match rest.waits.as_slice() {
        [] => format!("{}, {since}: ready", lane.name),
        some => format!("{}, {since}: waits for {}", lane.name, waits(some)),
    }
}

pub(super) fn arrow(chart: &Chart<'_>, arrow: &Arrow) -> String {
    let (from, to) = (&chart.lanes[arrow.from].name, &chart.lanes[arrow.to].name);
    let when = when(chart, arrow.place);
    match arrow.does {
        Does::Spawn => format!("{from} spawns {to} {when}"),
        Does::Wake => format!("{from} wakes {to} {when}"),
        Does::Cancel => format!("{from} asks {to} to stop, {when}"),
    }
}

pub(super) fn asked(chart: &Chart<'_>, lane: &Lane<'_>, place: Place) -> String {
    format!("{} is asked to stop {}", lane.name, when(chart, place))
}
