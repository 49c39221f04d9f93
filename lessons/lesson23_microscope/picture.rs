//! Draws two runs of the four tankers, one above the other, so that their rounds can be compared.

use std::fmt::Write;

use super::{Choices, Schedule, permits::four_tankers};

/// The tankers: their names, for how many turns they drive, and for how many they fill.
const TANKERS: [(&str, usize, usize); 4] = [("a", 1, 1), ("b", 0, 1), ("c", 0, 3), ("d", 0, 2)];

const LEFT: usize = 32;
const TURN: usize = 31; // the width of a turn
const LANE: usize = 26;
const PANEL: usize = 172;

const STYLE: &str = r#"<style type="text/css">
.orders { font: 10px system-ui, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: none }
.orders .ground { fill: #ffffff } .orders text { fill: #1f2328; text-anchor: middle }
.orders .head { font-weight: bold; font-size: 13px; text-anchor: start }
.orders .name { font-weight: bold; font-size: 13px }
.orders .small { fill: #59636e } .orders .stripe { fill: #f3f5f8 }
.orders .drives { fill: #eaeef2; stroke: #59636e }
.orders .waits { fill: #fff8c5; stroke: #bc4c00 }
.orders .holds { fill: #ddf4ff; stroke: #0969da }
.orders .holding { stroke: #0969da; stroke-width: 3 }
.orders .waiting { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 4 3 }
.orders .chosen { stroke: #cf222e; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) {
  .orders .ground { fill: #0d1117 } .orders text { fill: #e6edf3 }
  .orders .small { fill: #9198a1 } .orders .stripe { fill: #161b22 }
  .orders .drives { fill: #21262d; stroke: #9198a1 }
  .orders .waits { fill: #2b2111; stroke: #f0883e }
  .orders .holds { fill: #10233a; stroke: #58a6ff }
  .orders .holding { stroke: #58a6ff } .orders .waiting { stroke: #f0883e }
  .orders .chosen { stroke: #ff7b72 }
}
</style>
"#;

/// Returns an SVG with the plain run and the run of `schedule`.
pub fn two_orders(schedule: &Schedule) -> String {
    let (width, height) = (LEFT + 14 * TURN + 14, 2 * PANEL + 8);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" class=\"orders\" role=\"img\" aria-labelledby=\"t\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title id=\"t\">Four tankers and two pumps, in the plain order and with {schedule}</title>\n{STYLE}\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    svg += &panel(0, "the plain order", &Schedule::default());
    svg += &panel(PANEL, &format!("with {schedule}"), schedule);
    svg + "</svg>\n"
}

/// One run. Turns are from left to right in their order, and rounds have stripes. A line below a turn marks a choice:
/// in the first round, choices have the numbers of their turns.
fn panel(top: usize, head: &str, schedule: &Schedule) -> String {
    let run = four_tankers(&mut Choices::replaying(schedule));
    let failure = run.failure.as_deref().unwrap_or("all is well");
    let mut svg = String::new();
    let head_at = top + 20;
    let _ = writeln!(
        svg,
        "<text class=\"head\" x=\"8\" y=\"{head_at}\">{head}: {failure}</text>"
    );
    let mut column = 0;
    for (index, turns) in run.rounds.iter().enumerate() {
        let (x, y, width) = (LEFT + column * TURN, top + 30, turns.len() * TURN);
        if index % 2 == 0 {
            let height = 20 + 4 * LANE;
            let _ = writeln!(
                svg,
                "<rect class=\"stripe\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
            );
        }
        let label = if width > TURN { "round " } else { "" };
        let (x, y) = (x + width / 2, y + 13);
        let _ = writeln!(
            svg,
            "<text class=\"small\" x=\"{x}\" y=\"{y}\">{label}{}</text>",
            index + 1
        );
        column += turns.len();
    }
    let order = run.rounds.concat();
    for (lane, tanker) in TANKERS.into_iter().enumerate() {
        let y = top + 50 + lane * LANE;
        svg += &self::lane(y, tanker, &order);
    }
    for number in schedule.0.keys() {
        let (x, y) = (LEFT + number * TURN + 2, top + 51 + 4 * LANE);
        let _ = writeln!(svg, "<path class=\"chosen\" d=\"M{x} {y}h27\"/>");
    }
    svg
}

/// The turns of one tanker. What it does in them follows from their number.
fn lane(y: usize, (name, drives, fills): (&str, usize, usize), order: &[&str]) -> String {
    let columns = order.iter().enumerate().filter(|(_, turn)| **turn == name);
    let columns: Vec<usize> = columns.map(|(column, _)| column).collect();
    let is_filled = columns.len() > drives + fills;
    let first = if is_filled {
        columns.len() - fills - 1
    } else {
        columns.len()
    };
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<text class=\"name\" x=\"16\" y=\"{}\">{name}</text>",
        y + 16
    );
    for (number, column) in columns.iter().enumerate() {
        let (class, word) = match number {
            _ if number < drives => ("drives", "drives"),
            _ if number < first => ("waits", "waits"),
            _ if number == first => ("holds", "takes"),
            _ if number < first + fills => ("holds", "fills"),
            _ => ("holds", "frees"),
        };
        let x = LEFT + column * TURN;
        let line = if class == "waits" {
            "waiting"
        } else {
            "holding"
        };
        let next = columns.get(number + 1).copied();
        let end = match (class, next) {
            ("waits", None) => LEFT + order.len() * TURN,
            ("drives", _) | (_, None) => x,
            (_, Some(next)) => LEFT + next * TURN,
        };
        if end > x + TURN {
            let _ = writeln!(
                svg,
                "<path class=\"{line}\" d=\"M{} {}H{end}\"/>",
                x + TURN,
                y + 12
            );
        }
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"20\" rx=\"3\"/><text x=\"{}\" y=\"{}\">{word}</text>",
            x + 1,
            y + 2,
            TURN - 2,
            x + TURN / 2,
            y + 16
        );
    }
    svg
}
