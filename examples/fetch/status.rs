//! Program 57: the status of ten URLs.

use std::time::Duration;

use tminus::{Exception, spawn, wait};

use super::{
    Show,
    http::{get, serve},
};

pub async fn program(show: Show) -> Result<(), Exception> {
    let server = serve(|_| (Duration::ZERO, "[]".to_owned())).await?;
    let at = server.local_addrs()[0];
    let get_status = |id: u32| {
        spawn(async move {
            let response = get(at, "/events").await?;
            Ok((response.status, id))
        })
    };
    let tasks = (0..10).map(get_status).collect::<Result<Vec<_>, _>>()?;
    let (done, _) = wait(tasks).await?;
    let mut found = Vec::new();
    for task in done {
        found.push(task.await?);
    }
    found.sort_unstable(); // `wait` promises no order in Python
    for (status, id) in found {
        show.line(&format!("{status} {id}"));
    }
    server.close();
    Ok(())
}
