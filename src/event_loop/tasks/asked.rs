//! Questions to the table. None changes what a task does.

use super::*;

impl Tasks {
    /// Identifies this turn by the running task and the number of turns that the task has had. `None` in a callback.
    pub(in super::super) fn this_turn(&self) -> Option<(Key, u32)> {
        let turn = || (self.current, self.rows[self.current.index as usize].turns);
        (self.current != Key::LOOP).then(turn)
    }

    pub(in super::super) fn current(&self) -> Option<Key> {
        (self.current != Key::LOOP).then_some(self.current)
    }

    /// The cause of the present event: the running task, or the task that scheduled the running callback.
    #[inline]
    pub(in super::super) fn behind(&self) -> Option<TaskNumber> {
        match self.current == Key::LOOP {
            true => self.cause,
            false => Some(self.rows[self.current.index as usize].number),
        }
    }

    /// Returns the context of the running task. The outer `Option` is `None` if no task is running, and the inner `Option` if
    /// the task has no context.
    pub(in super::super) fn context_of_current(&self) -> Option<Option<Context>> {
        let rare = || self.rows[self.current.index as usize].rare.as_ref();
        (self.current != Key::LOOP).then(|| rare().and_then(|rare| rare.context.clone()))
    }

    pub(in super::super) fn number(&self, key: Key) -> Option<TaskNumber> {
        self.look_up(key).map(|row| row.number)
    }

    pub(in super::super) fn turns(&self, key: Key) -> u32 {
        self.look_up(key).map_or(0, |row| row.turns)
    }

    /// `Task-1` for the first task, unless it has another name.
    pub(in super::super) fn name(&mut self, key: Key) -> Rc<str> {
        let row = self.row(key);
        let number = row.number;
        let name = &mut row.rare().name;
        name.get_or_insert_with(|| format!("Task-{}", number + 1).into())
            .clone()
    }

    pub(in super::super) fn set_name(&mut self, key: Key, name: Rc<str>) {
        self.row(key).rare().name = Some(name);
    }

    /// A key for a task that may be gone.
    pub(in super::super) fn name_if_there(&mut self, key: Key) -> Option<Rc<str>> {
        self.find(key)?;
        Some(self.name(key))
    }

    #[inline]
    pub(in super::super) fn ended(&self, key: Key) -> bool {
        // A row that was freed was that of a task that had ended.
        self.look_up(key)
            .is_none_or(|row| row.flags.has(Flags::ENDED))
    }

    pub(in super::super) fn ended_cancelled(&self, key: Key) -> bool {
        self.look_up(key)
            .is_some_and(|row| row.flags.has(Flags::CANCELLED))
    }

    pub(in super::super) fn is_scheduled(&self, key: Key) -> bool {
        self.look_up(key)
            .is_some_and(|row| row.flags.has(Flags::SCHEDULED))
    }

    /// The tasks that have not ended, in the order of spawning.
    pub(in super::super) fn living(&self) -> Vec<Key> {
        let rows = (0..).zip(&self.rows).skip(1);
        let rows = rows.filter(|(_, row)| !row.flags.has(Flags::ENDED_OR_FREE));
        let mut living: Vec<_> = rows
            .map(|(index, row)| (row.number, row.key(index)))
            .collect();
        living.sort_unstable();
        living.into_iter().map(|(_, key)| key).collect()
    }

    /// The state of a wait. A line of waiters calls this when it looks for a task to wake.
    pub(in super::super) fn state(&self, id: WaitId) -> State {
        self.wait(id).map_or(State::Lost, |(_, state)| state)
    }
}
