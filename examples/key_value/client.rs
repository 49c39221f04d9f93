//! The client: it sends each request until it has received the reply.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tminus::{
    Exception, Kind, sleep,
    streams::{StreamReader, StreamWriter, open_connection},
    timeout,
};

use super::server::is_broken;

/// The longest time to wait for a reply. After it, the client connects again.
const PATIENCE: Duration = Duration::from_millis(250);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(10);
/// The most attempts at a request.
const ATTEMPTS: u32 = 20;

pub struct Client {
    name: String,
    host: IpAddr,
    server: SocketAddr,
    /// `None` before the first request, and after a failure.
    connection: Option<(StreamReader, StreamWriter)>,
    /// The number of the last request.
    number: u64,
    attempts: u32,
}

impl Client {
    /// Creates a client. It connects when it has its first request.
    pub fn new(name: &str, host: IpAddr, server: SocketAddr) -> Self {
        Self {
            name: name.to_owned(),
            host,
            server,
            connection: None,
            number: 0,
            attempts: 0,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of attempts to send a request, including those that failed before sending.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    pub async fn set(&mut self, key: &str, value: &str) -> Result<(), Exception> {
        match self.request(&format!("SET {key} {value}")).await?.as_str() {
            "OK" => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    pub async fn get(&mut self, key: &str) -> Result<Option<String>, Exception> {
        let reply = self.request(&format!("GET {key}")).await?;
        match reply.split_once(' ') {
            Some(("VALUE", value)) => Ok(Some(value.to_owned())),
            None if reply == "NONE" => Ok(None),
            Some(_) | None => Err(unexpected(&reply)),
        }
    }

    /// Deletes a key. Returns `true` if it had a value.
    pub async fn del(&mut self, key: &str) -> Result<bool, Exception> {
        match self.request(&format!("DEL {key}")).await?.as_str() {
            "DELETED" => Ok(true),
            "NONE" => Ok(false),
            other => Err(unexpected(other)),
        }
    }

    async fn request(&mut self, command: &str) -> Result<String, Exception> {
        self.number += 1;
        let line = format!("{} {} {command}\n", self.name, self.number);
        let last = self.attempts + ATTEMPTS;
        loop {
            self.attempts += 1;
            match timeout(PATIENCE).run(self.attempt(&line)).await {
                Err(failure) if self.attempts < last && is_worth_another(&failure) => {
                    // A late reply must not be taken for the reply to the next request.
                    self.connection = None;
                    sleep(PAUSE).await?;
                }
                result => return result,
            }
        }
    }

    async fn attempt(&mut self, line: &str) -> Result<String, Exception> {
        let (reader, writer) = match &self.connection {
            Some(connection) => connection,
            None => {
                let opened = open_connection(self.server).local_addr((self.host, 0));
                self.connection.insert(opened.await?)
            }
        };
        writer.write(line)?;
        let reply = reader.readuntil(b"\n").await?;
        Ok(String::from_utf8_lossy(&reply).trim_end().to_owned())
    }
}

fn is_worth_another(failure: &Exception) -> bool {
    failure.kind() == Kind::Timeout || is_broken(failure)
}

fn unexpected(reply: &str) -> Exception {
    Exception::new(Kind::ValueError, format!("the server replied {reply:?}"))
}
