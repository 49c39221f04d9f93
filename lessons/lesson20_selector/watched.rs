//! The echo server on the crate's loop and in its simulation, which draws a picture.

use tminus::net::{TcpListener, TcpStream};
use tminus::simulation::Simulation;
use tminus::timeline::Timeline;
use tminus::{Exception, gather, sleep, spawn_named};

use tminus_lessons::lesson11_timers::programs::ms;

async fn echo(mut stream: TcpStream) -> Result<(), Exception> {
    let mut buffer = [0; 16];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
}

/// Runs a server and two clients, and draws their lanes.
pub fn on_the_loop() -> Result<Timeline, Exception> {
    let main = async {
        let listener = TcpListener::bind("127.0.0.1:80").await?;
        let server = spawn_named("server", async move {
            for name in ["echo 1", "echo 2"] {
                let (stream, _) = listener.accept().await?;
                drop(spawn_named(name, echo(stream))?);
            }
            Ok(())
        })?;
        let client = async |pause| {
            let mut stream = TcpStream::connect("127.0.0.1:80").await?;
            for _ in 0..2 {
                stream.write_all(b"go!").await?;
                stream.read(&mut [0; 16]).await?;
                sleep(ms(pause)).await?;
            }
            Ok(())
        };
        let crew = spawn_named("crew", client(30))?;
        let tower = spawn_named("tower", client(40))?;
        gather([server, crew, tower]).await
    };
    let (result, timeline) = Timeline::of(|| Simulation::new(1).run(main));
    result.0?;
    Ok(timeline)
}
