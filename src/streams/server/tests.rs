use std::time::Duration;

use super::*;
use crate::{
    simulation::Simulation,
    sleep,
    sockets::{Readiness, Source},
    streams::{open_connection, start_server},
};

/// A listener that never accepts, and how it fails instead.
struct Fails {
    source: Rc<Source>,
    kind: io::ErrorKind,
}

impl Listener for Fails {
    fn source(&self) -> &Rc<Source> {
        &self.source
    }

    fn try_accept(&self) -> io::Result<(Rc<dyn Stream>, Address)> {
        Err(self.kind.into())
    }

    fn local_addr(&self) -> io::Result<Address> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn simulated(program: impl Future<Output = Result<(), Exception>> + 'static) {
    let plain = Simulation::replay("".parse().unwrap());
    plain.run(program).0.unwrap();
}

/// A server, and a listener of its that fails. The listener's readiness says whether it is watched.
async fn failing(
    kind: io::ErrorKind,
) -> Result<(Server, Rc<dyn Listener>, Rc<Readiness>), Exception> {
    let server = start_server(|_, _| async { Ok(()) }, "127.0.0.1:80").await?;
    let readiness = Rc::<Readiness>::default();
    let source = Source::new(Party::Words("a listener".into()), readiness.clone());
    let listener: Rc<dyn Listener> = Rc::new(Fails { source, kind });
    server.0.watches(&listener);
    assert!(readiness.has_ready());
    Ok((server, listener, readiness))
}

#[test]
fn a_client_that_gives_up_before_it_is_accepted_is_no_error() {
    for kind in [io::ErrorKind::ConnectionAborted, io::ErrorKind::Interrupted] {
        simulated(async move {
            let (server, listener, readiness) = failing(kind).await?;
            server.0.accepts(&listener)?;
            assert!(readiness.has_ready());
            Ok(())
        });
    }
}

#[test]
fn after_another_error_a_server_accepts_again_a_second_later() {
    simulated(async {
        let (server, listener, readiness) = failing(io::ErrorKind::OutOfMemory).await?;
        let error = server.0.accepts(&listener).unwrap_err();
        let error = error.downcast_ref::<net::Error>().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        let a_moment = Duration::from_millis(1);
        sleep(RETRY - a_moment).await?;
        assert!(!readiness.has_ready());
        sleep(2 * a_moment).await?;
        assert!(readiness.has_ready());
        Ok(())
    });
}

#[test]
fn a_server_forgets_clients_that_are_gone() {
    simulated(async {
        let server = start_server(|_, _| async { Ok(()) }, "127.0.0.1:80").await?;
        for _ in 0..100 {
            let (reader, writer) = open_connection("127.0.0.1:80").await?;
            reader.read_to_end().await?;
            writer.close();
            writer.wait_closed().await?;
        }
        assert!(server.0.clients.borrow().len() < 10);
        Ok(())
    });
}
