//! Other errors as exceptions.

use std::{borrow::Cow, error::Error, fmt, io, rc::Rc};

use tminus::{Exception, ExceptionGroup, Kind, ResultExt, run, spawn};

/// An error that is not `Send`.
#[derive(Debug)]
struct Local(Rc<str>);

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Local {}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the task failed")]
    Task(#[from] tminus::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn disk() -> io::Error {
    io::Error::other("disk on fire")
}

#[test]
fn a_question_mark_converts_errors_texts_boxes_and_anyhow() {
    async fn of_anyhow() -> anyhow::Result<u8> {
        Err(disk()).context_of_anyhow()
    }
    async fn boxed() -> Result<u8, Box<dyn Error + Send + Sync>> {
        Err(disk().into())
    }
    async fn app(number: u8) -> Result<(), Exception> {
        match number {
            0 => Err("text")?,
            1 => Err(String::from("text"))?,
            2 => Err(Cow::Borrowed("text"))?,
            3 => of_anyhow().await?,
            4 => boxed().await?,
            5 => Err(disk())?,
            _ => Err(Failure::Io(disk()))?,
        };
        Ok(())
    }
    let raised = |number| run(app(number)).unwrap_err();
    let shown = |number| {
        let error = raised(number);
        (error.kind(), error.name(), format!("{error:#}"))
    };
    for text in 0..3 {
        assert_eq!(shown(text), (Kind::Error, "Error", "text".into()));
    }
    assert_eq!(
        shown(3),
        (Kind::Error, "Error", "cannot load: disk on fire".into())
    );
    assert_eq!(shown(4), (Kind::Error, "Error", "disk on fire".into()));
    assert_eq!(shown(5).2, "disk on fire");
    assert_eq!(shown(6).1, "Failure");
    assert!(raised(4).is::<io::Error>());
    assert!(raised(6).is::<Failure>());
}

trait ContextOfAnyhow {
    fn context_of_anyhow(self) -> anyhow::Result<u8>;
}

impl ContextOfAnyhow for Result<u8, io::Error> {
    fn context_of_anyhow(self) -> anyhow::Result<u8> {
        anyhow::Context::context(self, "cannot load")
    }
}

#[test]
fn what_is_not_send_needs_one_word() {
    fn local() -> Result<(), Local> {
        Err(Local("here".into()))
    }
    fn boxed() -> Result<(), Box<dyn Error>> {
        Ok(local()?)
    }
    async fn app() -> Result<(), Exception> {
        local().map_err(Exception::from_boxed)
    }
    async fn of_a_box() -> Result<(), Exception> {
        boxed().map_err(Exception::from_boxed)?;
        Ok(())
    }
    let error = run(app()).unwrap_err();
    assert_eq!((error.name(), &*error.message()), ("Local", "here"));
    assert!(error.is::<Local>());
    assert_eq!(&*error.downcast::<Local>().unwrap().0, "here");
    let error = run(of_a_box()).unwrap_err();
    assert_eq!((error.name(), &*error.message()), ("Error", "here"));
    assert!(error.is::<Local>());
    assert_eq!(Exception::from_boxed("text"), Exception::msg("text"));
}

#[test]
fn a_group_is_found_and_taken_out() {
    let group = ExceptionGroup::new("one", [Kind::Timeout.into()]).unwrap();
    let error = Exception::from(group);
    assert_eq!(
        (error.kind(), error.name()),
        (Kind::Error, "ExceptionGroup")
    );
    assert!(error.is::<ExceptionGroup>() && !error.is::<io::Error>());
    let clone = error.clone();
    let error = error.downcast::<ExceptionGroup>().unwrap_err();
    drop(clone);
    assert_eq!(error.downcast::<ExceptionGroup>().unwrap().message(), "one");
}

#[test]
fn context_adds_a_runtime_error_in_front() {
    let error = Err::<u8, _>(disk()).context("cannot load").unwrap_err();
    assert!(error == Kind::RuntimeError);
    assert!(error.cause().unwrap().is::<io::Error>());
    let late = Err::<u8, _>(Exception::from(Kind::Timeout)).with_context(|| format!("page {}", 3));
    assert_eq!(
        format!("{:#}", late.unwrap_err()),
        "RuntimeError: page 3: Timeout"
    );
    assert_eq!(Ok::<_, io::Error>(3).context("unused"), Ok(3));
    assert_eq!(Some(3).with_context(|| -> String { unreachable!() }), Ok(3));
    let none = None::<u8>.context("no engine").unwrap_err();
    assert_eq!(format!("{none:#}"), "RuntimeError: no engine");
}

#[test]
fn anyhow_and_boxes_around_main_accept_what_a_run_raises() {
    async fn app() -> Result<(), Exception> {
        Err(disk()).context("cannot load")
    }
    fn main_of_anyhow() -> anyhow::Result<()> {
        run(app()).into_error()?;
        Ok(())
    }
    fn main_of_box() -> Result<(), Box<dyn Error>> {
        run(app())?;
        Ok(())
    }
    fn main_of_send_box() -> Result<(), Box<dyn Error + Send + Sync>> {
        run(app()).into_error()?;
        Ok(())
    }
    fn main_of_thiserror() -> Result<(), Failure> {
        run(app()).into_error()?;
        Ok(())
    }
    let error = main_of_anyhow().unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "RuntimeError: cannot load: disk on fire"
    );
    assert_eq!(
        error.downcast_ref::<tminus::Error>().unwrap().kind(),
        Kind::RuntimeError
    );
    assert!(error.chain().any(|one| one.is::<io::Error>()));
    assert!(error.root_cause().is::<io::Error>());
    assert_eq!(
        main_of_box().unwrap_err().to_string(),
        "RuntimeError: cannot load"
    );
    assert_eq!(
        main_of_send_box().unwrap_err().to_string(),
        "RuntimeError: cannot load"
    );
    let Failure::Task(error) = main_of_thiserror().unwrap_err() else {
        panic!("it is the task's");
    };
    assert_eq!(error.name(), "RuntimeError");
}

/// As far as `tminus::Error` can keep it, so for one in a box, too. What `anyhow` holds is known to `anyhow` only.
#[test]
fn an_error_of_the_crates_becomes_its_exception_again() {
    let late = || tminus::Error::from(Exception::new(Kind::Timeout, "3 s"));
    let again: fn(tminus::Error) -> [Exception; 4] = |late| {
        [
            late.clone().into(),
            Box::<dyn Error + Send + Sync>::from(late.clone()).into(),
            Exception::from_boxed(Box::<dyn Error>::from(late.clone())),
            anyhow::Error::from(late)
                .downcast::<tminus::Error>()
                .unwrap()
                .into(),
        ]
    };
    for exception in again(late()) {
        assert_eq!(exception, Exception::new(Kind::Timeout, "3 s"));
    }
}

#[test]
fn a_task_may_fail_with_any_of_them() {
    let ended = run(async {
        let task = spawn(async { Ok::<(), Exception>(Err("text")?) })?;
        task.await
    });
    assert_eq!(ended, Err(Exception::msg("text")));
}
