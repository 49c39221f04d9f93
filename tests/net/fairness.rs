//! A task that never has to wait does not keep the others from running.

use std::{cell::Cell, rc::Rc};

use tminus::{Exception, net::TcpStream, spawn, yield_now};

use super::{everywhere, pair};

async fn reads_bytes(stream: &mut TcpStream, count: u32) -> Result<(), Exception> {
    for _ in 0..count {
        assert_eq!(stream.read(&mut [0; 1]).await?, 1);
    }
    Ok(())
}

#[test]
fn after_thirty_two_operations_that_did_not_wait_a_task_yields() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        left.write_all(&[0; 200]).await?;
        tminus::sleep(super::ms(500)).await?; // all of it is there
        let rounds = Rc::new(Cell::new(0));
        let counts = rounds.clone();
        let other = spawn(async move {
            loop {
                yield_now().await?;
                counts.set(counts.get() + 1);
            }
            #[expect(unreachable_code, reason = "it says what the task returns")]
            Ok(())
        })?;
        yield_now().await?;
        let before = rounds.get();
        reads_bytes(&mut right, 32).await?;
        assert_eq!(rounds.get(), before); // without a pause
        reads_bytes(&mut right, 128).await?;
        let yields = rounds.get() - before;
        assert!((3..=6).contains(&yields), "{yields}");
        other.cancel();
        Ok(())
    });
}
