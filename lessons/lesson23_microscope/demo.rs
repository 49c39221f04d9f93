use std::num::ParseIntError;

use tminus_lessons::lesson23_microscope::{
    Choices, Run, Schedule, explore, permits::four_tankers, pumps::two_pumps, repeats,
    sets::from_a_set, shrink,
};

fn main() -> Result<(), ParseIntError> {
    println!("== two pumps, in all four orders");
    for text in ["", "1:1", "0:1", "0:1,1:1"] {
        println!("[{text}] {}", replay(text, two_pumps)?);
    }
    println!("== ten seeds");
    for seed in 0..10 {
        let mut choices = Choices::seeded(seed);
        let run = four_tankers(&mut choices);
        println!("seed {seed} [{}] {run}", choices.schedule());
    }
    println!("== explored, replayed and shrunk");
    let Some((seed, schedule)) = explore(0..1000, four_tankers) else {
        return Ok(());
    };
    println!("seed {seed} [{schedule}] fails");
    let small = shrink(schedule, |choices| {
        let run = four_tankers(choices);
        println!("  [{}] {run}", choices.schedule());
        run
    });
    println!("shrunk to [{small}]");
    println!("replayed: {}", replay(&small.to_string(), four_tankers)?);
    println!("== the same run twice?");
    println!("four tankers: {}", repeats(&small, four_tankers));
    println!("from a set: {}", repeats(&small, from_a_set));
    Ok(())
}

fn replay(text: &str, program: fn(&mut Choices) -> Run) -> Result<Run, ParseIntError> {
    let schedule: Schedule = text.parse()?;
    Ok(program(&mut Choices::replaying(&schedule)))
}
