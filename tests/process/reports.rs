//! How waiting for a process is reported.

use std::sync::{Arc, Mutex};

use tminus::{EventLoop, run};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use super::{cat, sh};

/// The events `waits`, as kind and words.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Vec<[String; 2]>>>);

#[derive(Default)]
struct Fields {
    message: String,
    wait: [String; 2],
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            "what" => self.wait[0] = text.trim_matches('"').into(),
            "of" => self.wait[1] = text,
            _ => {}
        }
    }
}

impl<S: Subscriber> Layer<S> for Waits {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if fields.message == "waits" {
            self.0.lock().unwrap().push(fields.wait);
        }
    }
}

#[test]
fn a_task_waits_for_the_exit_of_a_process() {
    let waits = Waits::default();
    let subscriber = tracing_subscriber::registry().with(waits.clone());
    let pid = tracing::subscriber::with_default(subscriber, || {
        run(async {
            let process = sh("exit 0").await?;
            process.wait().await?;
            Ok(process.pid())
        })
    });
    let expected = [
        "exit".to_owned(),
        format!("the exit of process {}", pid.unwrap()),
    ];
    assert!(
        waits.0.lock().unwrap().contains(&expected),
        "{waits:?}",
        waits = waits.0
    );
}

/// Nobody can tell whether a process that lives will end.
#[test]
fn there_is_no_deadlock_while_a_process_lives_and_one_after_it() {
    let event_loop = EventLoop::new();
    let stuck = event_loop.run_until_complete(async {
        let process = cat().await?;
        process.stdin.as_ref().unwrap().close();
        drop(process);
        EventLoop::running()?.create_future::<()>().await
    });
    let stuck = stuck.unwrap_err().to_string();
    assert!(stuck.contains("deadlock"), "{stuck}");
}
