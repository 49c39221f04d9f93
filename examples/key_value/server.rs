//! The server: a table of values, and the last reply to each client.
//!
//! A request is a line, and so is its reply:
//!
//! | request | reply |
//! |---|---|
//! | `SET key value` | `OK` |
//! | `GET key` | `VALUE value`, or `NONE` if there is none |
//! | `DEL key` | `DELETED`, or `NONE` if there is none |
//!
//! The client's name and the number of the request come first: `ada 3 DEL engine`. A client that receives no reply cannot know
//! whether its request arrived, so it sends the same line again. The server must not execute a request twice. It keeps the last
//! reply to each client, and repeats that reply.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use tminus::{
    Exception,
    net::{self, Endpoint},
    streams::{IncompleteReadError, Server, StreamReader, StreamWriter, start_server},
};

/// The time at which the server forgets a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// As soon as the reply has been sent. This is the bug, because a reply that was sent may not arrive.
    Lossy,
    /// When the client sends its next request, because it only does so after receiving the reply.
    Fixed,
}

#[derive(Default)]
struct Store {
    values: BTreeMap<String, String>,
    /// The number of each client's last request and the reply to it, by the client's name.
    replies: BTreeMap<String, (u64, String)>,
}

struct Request<'a> {
    client: &'a str,
    number: u64,
    command: Command<'a>,
}

enum Command<'a> {
    Set(&'a str, &'a str),
    Get(&'a str),
    Del(&'a str),
}

impl<'a> Request<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let words: Vec<&str> = line.trim_end().splitn(5, ' ').collect();
        let (client, number, command) = match words[..] {
            [client, number, "SET", key, value] => (client, number, Command::Set(key, value)),
            [client, number, "GET", key] => (client, number, Command::Get(key)),
            [client, number, "DEL", key] => (client, number, Command::Del(key)),
            _ => return None,
        };
        Some(Self {
            client,
            number: number.parse().ok()?,
            command,
        })
    }
}

impl Store {
    /// Executes a request, unless that was done before, and returns the reply. Returns `None` if the request is late: its client
    /// has already received the reply and continued.
    fn reply(&mut self, request: &Request) -> Option<String> {
        match self.replies.get(request.client) {
            Some((last, reply)) if request.number == *last => return Some(reply.clone()),
            Some((last, _)) if request.number < *last => return None,
            Some(_) | None => {}
        }
        let reply = self.carry_out(&request.command);
        let kept = (request.number, reply.clone());
        self.replies.insert(request.client.to_owned(), kept);
        Some(reply)
    }

    fn carry_out(&mut self, command: &Command) -> String {
        match *command {
            Command::Set(key, value) => {
                self.values.insert(key.to_owned(), value.to_owned());
                "OK".to_owned()
            }
            Command::Get(key) => match self.values.get(key) {
                Some(value) => format!("VALUE {value}"),
                None => "NONE".to_owned(),
            },
            Command::Del(key) => match self.values.remove(key) {
                Some(_) => "DELETED".to_owned(),
                None => "NONE".to_owned(),
            },
        }
    }
}

/// Starts a server with an empty table.
pub async fn serve(version: Version, at: impl Into<Endpoint>) -> Result<Server, Exception> {
    let store = Rc::new(RefCell::new(Store::default()));
    let connected = move |reader, writer| {
        let replies = replies(version, store.clone(), reader, writer);
        async move {
            match replies.await {
                Err(exception) if is_broken(&exception) => Ok(()), // the client connects again
                result => result,
            }
        }
    };
    start_server(connected, at).await
}

/// Replies to the requests of one connection until the connection ends.
async fn replies(
    version: Version,
    store: Rc<RefCell<Store>>,
    reader: StreamReader,
    writer: StreamWriter,
) -> Result<(), Exception> {
    loop {
        let line = reader.readuntil(b"\n").await?;
        let line = String::from_utf8_lossy(&line);
        let Some(request) = Request::parse(&line) else {
            writer.write("ERROR\n")?;
            continue;
        };
        let Some(reply) = store.borrow_mut().reply(&request) else {
            return Ok(());
        };
        writer.write(reply + "\n")?;
        writer.drain().await?;
        if version == Version::Lossy {
            store.borrow_mut().replies.remove(request.client);
        }
    }
}

/// Returns `true` if the connection failed, so that a new connection may work.
pub fn is_broken(exception: &Exception) -> bool {
    exception.is::<net::Error>() || exception.is::<IncompleteReadError>()
}
