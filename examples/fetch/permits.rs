//! Program 60: twelve pages, and never more than three at the same time.

use std::{cell::Cell, net::SocketAddr, rc::Rc};

use tminus::{Exception, gather, sync::Semaphore};

use super::{
    Show,
    http::{get, serve},
};

/// The number of pages that are being fetched, and its maximum so far.
#[derive(Default)]
struct Count {
    active: Cell<u32>,
    peak: Cell<u32>,
}

async fn fetch(server: SocketAddr, count: &Count, a: u32) -> Result<String, Exception> {
    count.active.set(count.active.get() + 1);
    count.peak.set(count.peak.get().max(count.active.get()));
    let response = get(server, &format!("/{a}")).await;
    count.active.set(count.active.get() - 1);
    Ok(response?.text)
}

pub async fn program(show: Show) -> Result<(), Exception> {
    let its_show = show.clone();
    let server = serve(move |path| {
        let a = &path[1..];
        let time = 20 + 2 * a.parse().unwrap_or(0);
        (its_show.units(time), a.to_owned())
    });
    let server = server.await?;
    let at = server.local_addrs()[0];

    let (permits, count) = (Semaphore::new(3), Rc::new(Count::default()));
    let print_result = |a| {
        let (show, permits, count) = (show.clone(), permits.clone(), count.clone());
        async move {
            let _permit = permits.acquire().await?;
            let r = fetch(at, &count, a).await?;
            show.line(&format!("fetch({a}) = {r}"));
            Ok(())
        }
    };
    gather((0..12).map(print_result).collect::<Vec<_>>()).await?;
    show.line(&format!("peak {}", count.peak.get()));
    server.close();
    Ok(())
}
