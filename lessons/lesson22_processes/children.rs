//! Real processes.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::{fs, io};

use signal_hook::consts::SIGCHLD;

use tminus_lessons::lesson22_processes::{
    Executor, Loop, Real, Signal, both, communicate, start, wait,
};

/// Sends 1024 KiB through `cat`.
pub async fn through_cat(on: Rc<Loop>) -> io::Result<()> {
    let mut cat = start(&on, &mut Command::new("cat"))?;
    let input = vec![b'!'; 1024 * 1024];
    let output = communicate(cat.stdin, cat.stdout, &input).await?;
    let status = wait(&on, &mut cat.child).await?;
    println!("got {} KiB; {status}", output.len() / 1024);
    let mut cat = start(&on, &mut Command::new("cat"))?;
    let output = communicate(cat.stdin, cat.stdout, b"subprocess").await?;
    let status = wait(&on, &mut cat.child).await?;
    println!(
        "{} {}",
        String::from_utf8_lossy(&output),
        status.code().expect("no signal")
    );
    Ok(())
}

/// Waits for two processes, of which the second ends first.
pub async fn two(on: Rc<Loop>) -> io::Result<()> {
    let shell = |script| {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    };
    let mut first = start(&on, &mut shell("read line; exit 1"))?;
    let mut second = start(&on, &mut shell("kill -TERM $$"))?;
    let first_ends = async {
        let status = wait(&on, &mut first.child).await?;
        println!(
            "first: exit code {:?}, signal {:?}",
            status.code(),
            status.signal()
        );
        io::Result::Ok(())
    };
    let second_ends = async {
        let status = wait(&on, &mut second.child).await?;
        println!(
            "second: exit code {:?}, signal {:?}",
            status.code(),
            status.signal()
        );
        first.stdin.write_all(b"now\n").await
    };
    let (first, second) = both(first_ends, second_ends).await;
    first.and(second)
}

/// Looks at a process that has ended, before and after `wait`.
pub async fn zombie(on: Rc<Loop>) -> io::Result<()> {
    let ends = Signal::new(&on, SIGCHLD)?;
    let mut child = Command::new("true").stdin(Stdio::null()).spawn()?;
    ends.arrived().await?;
    println!("ended: {}", state(child.id()));
    let status = wait(&on, &mut child).await?;
    println!("{status}");
    println!("waited for: {}", state(child.id()));
    Ok(())
}

/// Returns the state that Linux shows of a process: a word in brackets, and a letter.
fn state(id: u32) -> String {
    let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else {
        return "no such process".to_owned();
    };
    let (_, after_name) = stat.rsplit_once(") ").unwrap_or_default();
    match after_name.get(..1) {
        Some("Z") => "a zombie".to_owned(),
        state => format!("{state:?}"),
    }
}

/// Runs a task on the system's selector.
pub fn run<F: Future<Output = io::Result<()>> + 'static>(
    task: impl FnOnce(Rc<Loop>) -> F,
) -> io::Result<()> {
    let mut executor = Executor::new(Real::new()?)?;
    let on = executor.handle();
    let task = task(on.clone());
    on.spawn("main", async move {
        if let Err(error) = task.await {
            println!("{error}");
        }
    });
    executor.run();
    Ok(())
}
