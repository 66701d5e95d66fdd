//! A proxy that lets every byte arrive later, and as many bytes at once as anybody sends.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::Result;

/// Listens on `port` of this machine and adds `round_trip` to each round trip to `addr`; says when it
/// does, and ends when it is killed.
pub(crate) fn serve(addr: &str, port: u16, round_trip: Duration) -> Result<usize> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    eprintln!("listening");
    loop {
        let client = listener.accept()?.0;
        let server = TcpStream::connect(addr)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        line(client.try_clone()?, server.try_clone()?, round_trip / 2);
        line(server, client, round_trip / 2);
    }
}

/// One direction: a thread that reads and one that writes when it is time, and as much between them as is
/// under way.
fn line(from: TcpStream, to: TcpStream, delay: Duration) {
    let (sender, receiver) = channel();
    std::thread::spawn(move || take(from, &sender, delay));
    std::thread::spawn(move || give(to, &receiver));
}

fn take(mut from: TcpStream, line: &Sender<(Instant, Vec<u8>)>, delay: Duration) {
    let mut chunk = vec![0; 256 << 10];
    while let Ok(read @ 1..) = from.read(&mut chunk) {
        let bytes = chunk.get(..read).unwrap_or_default().to_vec();
        if line.send((Instant::now() + delay, bytes)).is_err() {
            return;
        }
    }
}

fn give(mut to: TcpStream, line: &Receiver<(Instant, Vec<u8>)>) {
    for (due, bytes) in line {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
