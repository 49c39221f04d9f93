//! The tasks on the round-robin scheduler: as fast as they go.

use indexmap::IndexMap;
use tminus::{Exception, TaskId, TaskScheduler, Turn};

use crate::{Named, Row};

/// Runs the tasks to their end. The first failure ends it.
pub fn run(tasks: Vec<Named>) -> Result<Vec<Row>, Exception> {
    let mut scheduler = TaskScheduler::new();
    let mut rows: IndexMap<TaskId, Row> = IndexMap::new();
    for Named { name, body } in tasks {
        let id = scheduler.spawn_named(&name, body);
        let (turns, said) = (0, 0);
        rows.insert(id, Row { name, turns, said });
    }
    while let Some(turn) = scheduler.step() {
        let (Turn::Yielded(id) | Turn::Returned(id) | Turn::Failed(id)) = turn;
        rows[&id].turns += 1;
        if let Some(exception) = scheduler.take_error(id) {
            return Err(exception);
        }
    }
    for (id, row) in &mut rows {
        row.said = scheduler.results()[id];
    }
    Ok(rows.into_values().collect())
}
