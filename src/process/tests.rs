//! The pipes of a process, seen as sockets.

use std::io::ErrorKind;

use super::pipes::WritePipe;
use crate::{
    event_loop::running,
    run,
    sockets::{Remedy, Selector, Side, Stream},
};

#[test]
fn the_standard_input_has_an_end_once_the_process_has_closed_it() {
    run(async {
        let remedy = Remedy {
            what: "pipes",
            instead: "use a real clock",
        };
        let selector = Selector::of(&*running()?, remedy)?;
        let (sender, _receiver) = mio::unix::pipe::new()?;
        let pipe = WritePipe::new(&selector, sender, "the input".to_owned())?;
        let open = pipe.try_read(&mut [0; 8]).unwrap_err();
        assert_eq!(open.kind(), ErrorKind::WouldBlock);
        pipe.source().becomes_closed(Side::Read); // as the system tells
        assert_eq!(pipe.try_read(&mut [0; 8])?, 0);
        Ok(())
    })
    .unwrap();
}
