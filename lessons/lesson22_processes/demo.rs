use std::io;

#[cfg(unix)]
fn main() -> io::Result<()> {
    use tminus_lessons::lesson22_processes::{cat::parent_and_cat, children, ctrl_c};

    if std::env::args().any(|arg| arg == "--busy") {
        return children::run(ctrl_c::busy);
    }
    println!("== Predict ==");
    parent_and_cat(100, false)?;
    parent_and_cat(200, false)?;
    println!("== At the same time ==");
    parent_and_cat(200, true)?;
    println!("== A real cat ==");
    children::run(children::through_cat)?;
    println!("== Two processes ==");
    children::run(children::two)?;
    println!("== A zombie ==");
    children::run(children::zombie)?;
    println!("== Ctrl-C once ==");
    children::run(ctrl_c::once)?;
    println!("== Ctrl-C twice ==");
    children::run(ctrl_c::twice)?;
    println!("== Ctrl-C twice in one turn ==");
    children::run(ctrl_c::busy_process)
}

#[cfg(not(unix))]
fn main() -> io::Result<()> {
    println!("This lesson is about processes and signals of Unix.");
    Ok(())
}
