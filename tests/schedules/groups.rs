//! Task groups: when `run` returns, all tasks have ended, and no error is lost.

use std::{cell::Cell, rc::Rc};

use tminus::{
    Exception, ExceptionGroup, Kind, TaskGroup, event_loop::current_task, simulation::choose, spawn,
};

use crate::{always, cancels_some, idle};

const MEMBERS: usize = 4;

#[derive(Default)]
struct Counts {
    living: Cell<usize>,
    failed: Cell<usize>,
}

struct Living(Rc<Counts>);

impl Drop for Living {
    fn drop(&mut self) {
        self.0.living.set(self.0.living.get() - 1);
    }
}

async fn member(counts: Rc<Counts>) -> Result<(), Exception> {
    counts.living.set(counts.living.get() + 1);
    let _living = Living(counts.clone());
    idle(3).await?;
    if choose(4)? == 1 {
        counts.failed.set(counts.failed.get() + 1);
        return Err(Exception::new(Kind::ValueError, "no fuel"));
    }
    idle(3).await
}

async fn group(counts: Rc<Counts>) -> Result<(), Exception> {
    let group = TaskGroup::new();
    let run = group.run(async {
        for _ in 0..MEMBERS {
            group.create_task(member(counts.clone()))?;
            idle(2).await?;
        }
        Ok(())
    });
    let result = run.await;
    assert_eq!(counts.living.get(), 0, "a member has outlived the group");
    result
}

fn errors_of(exception: &Exception) -> usize {
    let group = exception.downcast_ref::<ExceptionGroup>();
    group.map_or(0, |group| group.exceptions().len())
}

#[test]
fn task_group() {
    always(|| async {
        let counts = Rc::new(Counts::default());
        let errors = match group(counts.clone()).await {
            Ok(()) => 0,
            Err(exception) => errors_of(&exception),
        };
        assert_eq!(errors, counts.failed.get());
        assert_eq!(current_task()?.cancelling(), 0);
        Ok(())
    });
}

#[test]
fn task_group_that_is_cancelled() {
    always(|| async {
        let counts = Rc::new(Counts::default());
        let task = spawn(group(counts.clone()))?;
        let canceller = spawn(cancels_some(vec![task.clone()], |_| ()))?;
        match task.await {
            Ok(()) => assert_eq!(counts.failed.get(), 0),
            Err(exception) if exception.kind() == Kind::Cancelled => {}
            Err(exception) => assert_eq!(errors_of(&exception), counts.failed.get()),
        }
        canceller.await?;
        assert_eq!(counts.living.get(), 0);
        Ok(())
    });
}
