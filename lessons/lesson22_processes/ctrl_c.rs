//! Ctrl-C: once, twice, and while nobody answers.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::{env, future, io, rc::Rc};

use signal_hook::{consts::SIGINT, low_level::raise};

use tminus_lessons::lesson22_processes::{Interrupts, Loop, communicate, start, until, wait};

/// Runs `main` until Ctrl-C, and then the clean-up, until the next Ctrl-C.
pub async fn run_until_ctrl_c(
    on: Rc<Loop>,
    main: impl Future<Output = ()>,
    clean_up: impl Future<Output = ()>,
) -> io::Result<()> {
    let interrupts = Interrupts::new(&on)?;
    if until(interrupts.next(), main).await.is_some() {
        return Ok(()); // main is done
    }
    println!("first Ctrl-C: main is cancelled");
    if until(interrupts.next(), clean_up).await.is_none() {
        println!("second Ctrl-C: the clean-up is cancelled, too");
    }
    Ok(())
}

/// A finger on Ctrl-C: the terminal sends SIGINT, too.
fn press() {
    raise(SIGINT).expect("a process can signal itself");
}

/// Ctrl-C once.
pub async fn once(on: Rc<Loop>) -> io::Result<()> {
    let main = async {
        press();
        future::pending().await
    };
    let clean_up = async {
        println!("closing the valves");
        println!("all is clean");
    };
    run_until_ctrl_c(on, main, clean_up).await
}

/// Ctrl-C twice. The clean-up would take forever.
pub async fn twice(on: Rc<Loop>) -> io::Result<()> {
    let main = async {
        press();
        future::pending().await
    };
    let clean_up = async {
        println!("closing the valves");
        press();
        future::pending().await
    };
    run_until_ctrl_c(on, main, clean_up).await
}

/// Ctrl-C twice in one turn of a task that lets nobody else run. The process does not survive this.
pub async fn busy(on: Rc<Loop>) -> io::Result<()> {
    let main = async {
        println!("counting all stars");
        press();
        println!("still counting");
        press();
        println!("this is not reached");
    };
    run_until_ctrl_c(on, main, future::ready(())).await
}

/// Runs this program as another process, which is busy.
pub async fn busy_process(on: Rc<Loop>) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    let mut process = start(&on, command.arg("--busy"))?;
    let output = communicate(process.stdin, process.stdout, b"").await?;
    print!("{}", String::from_utf8_lossy(&output));
    let status = wait(&on, &mut process.child).await?;
    assert_eq!(status.signal(), Some(SIGINT));
    println!("{status}");
    Ok(())
}
