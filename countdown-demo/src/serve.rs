//! `--serve`: the page of the run so far, over HTTP, from the loop that the tasks run on.
//!
//! It understands just enough of HTTP/1.1 to show one page: a `GET` or a `HEAD` of `/`, one on each connection. Whatever else
//! arrives gets a status that says what is wrong. A request has a limited length and a limited time, and there is a limited
//! number of connections, so whatever the clients do, the memory is bounded.

use std::{cell::Cell, net::SocketAddr, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind,
    streams::{
        IncompleteReadError, LimitOverrunError, Server, StreamReader, StreamWriter, start_server,
    },
    timeline::Recorder,
    timeout,
};

/// How long the line and the headers of a request may be.
const LONGEST: usize = 8 * 1024;

/// How long a client has to send its request, and then to take the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many clients are answered at a time. Others are told to come back.
const CLIENTS: usize = 32;

/// The interval at which the page is reloaded, in seconds.
const REFRESH: u32 = 1;

/// Starts the server, and prints its address on stderr.
///
/// # Errors
///
/// - A `net::Error` if the address is in use, or is not one of this machine.
pub fn start(
    event_loop: &EventLoop,
    at: SocketAddr,
    recorder: Recorder,
) -> Result<Server, Exception> {
    let page = Rc::new(move || recorder.timeline().html());
    let server = event_loop.run_until_complete(serve(at, page))?;
    for at in server.local_addrs() {
        eprintln!("countdown-demo: the run is shown at http://{at}/");
        if !at.ip().is_loopback() {
            eprintln!(
                "countdown-demo: {at} can be reached by other machines: they see the names of the tasks, too"
            );
        }
    }
    Ok(server)
}

type Page = Rc<dyn Fn() -> String>;

async fn serve(at: SocketAddr, page: Page) -> Result<Server, Exception> {
    let clients = Rc::new(Cell::new(0));
    let answers = move |reader, writer| {
        let (clients, page) = (clients.clone(), page.clone());
        async move {
            let client = Client::new(&clients);
            // A client that breaks the connection has had its answer.
            let _ = answer(client.is_one_too_many(), reader, writer, &page).await;
            Ok(())
        }
    };
    start_server(answers, at).limit(LONGEST).await
}

/// One of those that are answered now.
struct Client(Rc<Cell<usize>>);

impl Client {
    fn new(all: &Rc<Cell<usize>>) -> Self {
        all.set(all.get() + 1);
        Self(all.clone())
    }

    fn is_one_too_many(&self) -> bool {
        self.0.get() > CLIENTS
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

async fn answer(
    is_one_too_many: bool,
    reader: StreamReader,
    writer: StreamWriter,
    page: &Page,
) -> Result<(), Exception> {
    let answer = match is_one_too_many {
        true => Answer::refuses(Status::Busy),
        false => match timeout(PATIENCE).run(request(&reader)).await {
            Ok(Some(Request::Get)) => Answer::shows(page()),
            Ok(Some(Request::Head)) => Answer::shows(page()).without_body(),
            Ok(None) => return Ok(()), // it has left without a word
            Err(exception) => match Status::of(&exception) {
                Some(status) => Answer::refuses(status),
                None => return Err(exception),
            },
        },
    };
    writer.write(answer.text())?;
    writer.write_eof();
    let takes = async {
        writer.drain().await?;
        // Closing with unread bytes would reset the connection, and the client might lose the answer.
        while !reader.read(LONGEST).await?.is_empty() {}
        Ok(())
    };
    let taken = timeout(PATIENCE).run(takes).await;
    match taken {
        Ok(()) => writer.close(),
        Err(_) => writer.abort(),
    }
    Ok(())
}

enum Request {
    Get,
    Head,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    BadRequest,
    NotFound,
    MethodNotAllowed,
    TooSlow,
    TooLong,
    Version,
    Busy,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::TooSlow => "408 Request Timeout",
            Self::TooLong => "431 Request Header Fields Too Large",
            Self::Version => "505 HTTP Version Not Supported",
            Self::Busy => "503 Service Unavailable",
        }
    }

    /// `None` if there is nobody to tell.
    fn of(exception: &Exception) -> Option<Self> {
        if let Some(Refused(status)) = exception.downcast_ref() {
            return Some(*status);
        }
        if exception.is::<LimitOverrunError>() {
            return Some(Self::TooLong);
        }
        (exception.kind() == Kind::Timeout).then_some(Self::TooSlow)
    }
}

#[derive(Debug)]
struct Refused(Status);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.line())
    }
}

impl std::error::Error for Refused {}

/// Reads a request. Returns `None` if the client has closed the connection without one.
async fn request(reader: &StreamReader) -> Result<Option<Request>, Exception> {
    let head = match reader.readuntil(b"\r\n\r\n").await {
        Ok(head) => head,
        Err(exception) => {
            return match exception.downcast_ref::<IncompleteReadError>() {
                Some(incomplete) if incomplete.partial.is_empty() => Ok(None),
                Some(_) => Err(Refused(Status::BadRequest).into()),
                None => Err(exception),
            };
        }
    };
    parse(&head)
        .map(Some)
        .map_err(|status| Refused(status).into())
}

fn parse(head: &[u8]) -> Result<Request, Status> {
    let head = std::str::from_utf8(head).map_err(|_| Status::BadRequest)?;
    let mut lines = head.split("\r\n");
    let line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, version] = line[..] else {
        return Err(Status::BadRequest);
    };
    let is_token =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_header = |line: &str| line.split_once(':').is_some_and(|(name, _)| is_token(name));
    let mut headers = lines.take_while(|line| !line.is_empty());
    if !is_token(method) || !is_token(target) || !headers.all(is_header) {
        return Err(Status::BadRequest);
    }
    match version {
        "HTTP/1.1" | "HTTP/1.0" => {}
        _ if version.starts_with("HTTP/") => return Err(Status::Version),
        _ => return Err(Status::BadRequest),
    }
    let request = match method {
        "GET" => Request::Get,
        "HEAD" => Request::Head,
        _ => return Err(Status::MethodNotAllowed),
    };
    match target.split('?').next() {
        Some("/") => Ok(request),
        _ => Err(Status::NotFound),
    }
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn shows(page: String) -> Self {
        let refresh = format!("Refresh: {REFRESH}\r\n");
        Self::new("200 OK", "text/html", &refresh, page)
    }

    fn refuses(status: Status) -> Self {
        let more = match status {
            Status::MethodNotAllowed => "Allow: GET, HEAD\r\n",
            Status::Busy => "Retry-After: 1\r\n",
            _ => "",
        };
        Self::new(
            status.line(),
            "text/plain",
            more,
            format!("{}\n", status.line()),
        )
    }

    fn new(status: &str, kind: &str, more: &str, body: String) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\n{more}Connection: close\r\n\r\n",
            body.len()
        );
        Self { head, body }
    }

    fn without_body(self) -> Self {
        let body = String::new();
        Self { body, ..self }
    }

    fn text(self) -> String {
        self.head + &self.body
    }
}

#[cfg(test)]
mod tests {
    use tminus::{gather, simulation::Simulation, sleep, streams::open_connection};

    use super::*;

    const AT: ([u8; 4], u16) = ([127, 0, 0, 1], 80);

    /// What a client receives that sends these pieces, a pause after each.
    async fn receives(pieces: Vec<Vec<u8>>, pause: Duration) -> Result<String, Exception> {
        let (reader, writer) = open_connection(AT).await?;
        for piece in pieces {
            writer.write(piece)?;
            sleep(pause).await?;
        }
        let answer = reader.read_to_end().await?;
        writer.close();
        Ok(String::from_utf8(answer).unwrap())
    }

    fn simulated<T: Clone + 'static>(
        client: impl Future<Output = Result<T, Exception>> + 'static,
    ) -> T {
        let program = async {
            let page: Page = Rc::new(|| "<html>the run</html>".into());
            let server = serve(AT.into(), page).await?;
            let result = client.await;
            server.close();
            server.wait_closed().await?;
            result
        };
        Simulation::new(1).run(program).0.unwrap()
    }

    fn answer_to(request: &[u8]) -> String {
        simulated(receives(vec![request.to_vec()], Duration::ZERO))
    }

    fn status_of(answer: &str) -> &str {
        let line = answer.lines().next().unwrap_or_default();
        line.strip_prefix("HTTP/1.1 ").unwrap_or_default()
    }

    #[test]
    fn the_page_is_shown_and_loads_itself_anew() {
        let answer = answer_to(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(status_of(&answer), "200 OK");
        assert!(answer.contains("\r\nRefresh: 1\r\n"), "{answer}");
        assert!(answer.contains("\r\nContent-Length: 20\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n<html>the run</html>"), "{answer}");
        let head = answer_to(b"HEAD /?again HTTP/1.0\r\n\r\n");
        assert_eq!(status_of(&head), "200 OK");
        assert!(
            head.contains("\r\nContent-Length: 20\r\n") && head.ends_with("\r\n\r\n"),
            "{head}"
        );
    }

    #[test]
    fn a_request_that_makes_no_sense_gets_a_status_that_says_what_is_wrong() {
        let answers: [(&[u8], Status); 11] = [
            (b"GET /other HTTP/1.1\r\n\r\n", Status::NotFound),
            (
                b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
                Status::MethodNotAllowed,
            ),
            (b"GET / HTTP/2.0\r\n\r\n", Status::Version),
            (b"GET / SPDY\r\n\r\n", Status::BadRequest),
            (b"GET /\r\n\r\n", Status::BadRequest),
            (b"GET  / HTTP/1.1\r\n\r\n", Status::BadRequest),
            (b"\r\n\r\n", Status::BadRequest),
            (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", Status::BadRequest), // TLS
            (b"GET / HTTP/1.1\r\nno header\r\n\r\n", Status::BadRequest),
            (b"GET / HTTP/1.1\r\n: nothing\r\n\r\n", Status::BadRequest),
            (b"\xff\xfe\r\n\r\n", Status::BadRequest),
        ];
        for (request, status) in answers {
            let text = String::from_utf8_lossy(request);
            assert_eq!(status_of(&answer_to(request)), status.line(), "{text:?}");
        }
    }

    #[test]
    fn a_request_without_end_costs_no_more_than_its_limit() {
        let endless = vec![vec![b'a'; 1000]; 100];
        let answer = simulated(receives(endless, Duration::from_millis(1)));
        assert_eq!(status_of(&answer), Status::TooLong.line());
    }

    #[test]
    fn a_client_that_takes_its_time_is_told_so() {
        let pieces = b"GET / HTTP/1.1".map(|byte| vec![byte]).to_vec();
        let answer = simulated(receives(pieces, Duration::from_secs(1)));
        assert_eq!(status_of(&answer), Status::TooSlow.line());
    }

    #[test]
    fn a_client_that_breaks_off_is_told_so_and_one_that_says_nothing_is_not() {
        let breaks_off = |text: &'static str| async move {
            let (reader, writer) = open_connection(AT).await?;
            writer.write(text)?;
            writer.write_eof();
            reader.read_to_end().await
        };
        let answer = String::from_utf8(simulated(breaks_off("GET / HT"))).unwrap();
        assert_eq!(status_of(&answer), Status::BadRequest.line());
        assert!(simulated(breaks_off("")).is_empty());
    }

    #[test]
    fn there_is_a_limit_to_the_number_of_clients() {
        let answers = simulated(async {
            let idle: Vec<_> = (0..CLIENTS)
                .map(|_| open_connection(AT).into_future())
                .collect();
            let idle = gather(idle).await?;
            sleep(Duration::from_secs(1)).await?;
            let request = || receives(vec![b"GET / HTTP/1.1\r\n\r\n".to_vec()], Duration::ZERO);
            let refused = request().await?;
            drop(idle);
            sleep(Duration::from_secs(1)).await?;
            Ok([refused, request().await?])
        });
        assert_eq!(
            answers.each_ref().map(|answer| status_of(answer)),
            [Status::Busy.line(), "200 OK"]
        );
    }
}
