//! Four-letter words, asked on a connection of their own: the protocol itself does not tell a server's
//! version.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::ConnectString;

/// Bytes of an answer that are read: `srvr` has some hundred.
const LONGEST: u64 = 64 << 10;

/// The numbers of a server's version, most significant first, as it answers `srvr`. `server` is what a
/// session calls the one it is on. The error is a sentence without the server's name.
pub async fn version(server: &str, within: Duration) -> Result<Vec<u32>, String> {
    let told = timeout(within, ask(server, b"srvr")).await;
    let text = told.map_err(|_| "it did not answer `srvr`".to_owned())?;
    let text = text.map_err(|error| format!("it cannot be asked by `srvr`: {error}"))?;
    parse(&text).ok_or_else(|| match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => format!("it answered `srvr` with `{line}`"),
        None => "it answered `srvr` with nothing".to_owned(),
    })
}

async fn ask(server: &str, word: &[u8; 4]) -> std::io::Result<String> {
    // A name is followed by the address that it had: `zk1:2181 (10.0.0.1)`.
    let (named, address) = server.split_once(" (").unwrap_or((server, ""));
    let parsed = ConnectString::parse(named).ok().and_then(|parsed| parsed.hosts.into_iter().next());
    let host = parsed.ok_or(std::io::ErrorKind::NotConnected)?;
    let name = Some(address.trim_end_matches(')')).filter(|ip| !ip.is_empty()).unwrap_or(&host.name);
    let mut stream = TcpStream::connect((name, host.port)).await?;
    stream.write_all(word).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// `Zookeeper version: 3.8.4-9316c2a7…, built on …`
fn parse(answer: &str) -> Option<Vec<u32>> {
    let version = answer.lines().find_map(|line| line.strip_prefix("Zookeeper version: "))?;
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let numbers = version.get(..end)?.split('.').map(str::parse).collect::<Result<Vec<_>, _>>().ok()?;
    (numbers.len() >= 2).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_servers_answer() {
        let first = |line: &str| parse(&format!("{line}\nLatency min/avg/max: 0/0.0/0\n"));
        assert_eq!(
            first("Zookeeper version: 3.4.14-4c25d480e66aadd371de8bd2fd8da255ac140bcf, built on 03/06/2019"),
            Some(vec![3, 4, 14])
        );
        assert_eq!(first("Zookeeper version: 3.8.0-, built on 2022-11-01"), Some(vec![3, 8, 0]));
        assert_eq!(
            first("ClickHouse Keeper version: v23.3.1.2823-testing-46e85357ce2da2a99f56ee83a079e892d7ec3726"),
            None
        );
        assert_eq!(first("srvr is not executed because it is not in the whitelist."), None);
        assert_eq!(first("Zookeeper version: unknown"), None);
        assert_eq!(parse(""), None);
    }
}
