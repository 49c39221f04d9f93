//! The report on the guide's page about testing is what its program leads to.

use std::{cell::Cell, fs, path::Path, rc::Rc};

use tminus::{Exception, gather, simulation::explore, yield_now};

async fn transfer(balance: Rc<Cell<i32>>, amount: i32, is_checked: bool) -> Result<(), Exception> {
    yield_now().await?;
    let before = balance.get();
    if is_checked {
        yield_now().await?;
    }
    balance.set(before + amount);
    Ok(())
}

async fn program() -> Result<(), Exception> {
    let balance = Rc::new(Cell::new(0));
    gather((
        transfer(balance.clone(), 100, false),
        transfer(balance.clone(), 20, true),
    ))
    .await?;
    assert_eq!(balance.get(), 120);
    Ok(())
}

#[test]
fn the_report_on_the_page_is_the_programs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/testing.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once("```text\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    // The place of the panic and the test's name are invented there.
    let comparable = |text: &str| -> Vec<String> {
        let lines = text.lines().take_while(|line| !line.is_empty());
        let lines = lines.filter(|line| !line.starts_with("panicked at "));
        let head = |line: &str| line.split(" -- ").next().unwrap_or(line).to_owned();
        lines.map(head).collect()
    };
    let report = explore(0..1000, program).unwrap_err().to_string();
    assert_eq!(comparable(block), comparable(&report));
}
