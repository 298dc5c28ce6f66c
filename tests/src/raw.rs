//! Requests written by hand over TCP, which no HTTP client would send.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::server::Server;

/// The status and the body of a response.
pub type Answer = (u16, Vec<u8>);

/// A request that the server has begun to handle while it waits for the body.
pub struct Unfinished(TcpStream);

impl Unfinished {
    /// Sends the head of a POST, and waits until the server asks for the body of `length` bytes.
    ///
    /// # Panics
    /// If the server responds with anything else.
    pub fn post(server: &Server, path: &str, content_type: &str, length: usize) -> Self {
        const ASKED: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut stream = connect(server);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("the server reads");
        let mut asked = [0; ASKED.len()];
        stream.read_exact(&mut asked).expect("the server answers");
        assert_eq!(asked, ASKED, "{}", String::from_utf8_lossy(&asked));
        Self(stream)
    }

    /// Sends a part of the body.
    ///
    /// # Panics
    /// If the connection is closed.
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the server reads");
    }

    /// Waits for the response to the whole request.
    ///
    /// # Panics
    /// If there is none.
    pub fn answer(self) -> Answer {
        answer(self.0)
    }
}

/// Sends `GET path` exactly as written. HTTP clients resolve `..` before they send.
///
/// # Panics
/// If there is no response.
pub fn get(server: &Server, path: &str) -> Answer {
    let mut stream = connect(server);
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the server reads");
    answer(stream)
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.base().trim_start_matches("http://")).expect("the server listens")
}

fn answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the server answers");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let body = bytes.split_off(end.expect("an end of the headers") + 4);
    let head = String::from_utf8_lossy(&bytes);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status: {head}")), body)
}
