//! A parent that writes all first, and a `cat`, on the crate's loop, which draws a picture.

use tminus::net::UnixStream;
use tminus::simulation::Simulation;
use tminus::timeline::Timeline;
use tminus::{Exception, gather, spawn_named};

/// Runs both until they wait for each other, and draws their lanes.
pub fn on_the_loop() -> Timeline {
    let main = async {
        let (mut to_cat, mut stdin) = UnixStream::pair()?;
        let (mut stdout, mut from_cat) = UnixStream::pair()?;
        let parent = spawn_named("parent", async move {
            to_cat.write_all(&[b'!'; 200 * 1024]).await?;
            drop(to_cat);
            let mut buffer = [0; 4096];
            while from_cat.read(&mut buffer).await? > 0 {}
            Ok(())
        })?;
        let cat = spawn_named("cat", async move {
            let mut buffer = [0; 32 * 1024];
            loop {
                match stdin.read(&mut buffer).await? {
                    0 => return Ok::<(), Exception>(()),
                    n => stdout.write_all(&buffer[..n]).await?,
                }
            }
        })?;
        gather([parent, cat]).await
    };
    let (_deadlock, timeline) = Timeline::of(|| Simulation::new(1).run(main).0);
    timeline
}
