//! Data given on the command line: as it stands, from a file, from standard input, encoded.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::Path;

use base64::Engine as _;
use bytes::Bytes;

use crate::error::{Error, Kind, Result};

/// How the data argument is written.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Encoding {
    /// The data is written in hexadecimal
    #[arg(long, conflicts_with_all = ["base64", "null"])]
    hex: bool,

    /// The data is written in base64
    #[arg(short = 'b', long, conflicts_with = "null")]
    base64: bool,

    /// Null instead of data (not the same as empty data)
    #[arg(long)]
    null: bool,
}

impl Encoding {
    /// The bytes that `argument` stands for: itself, the content of a file (`@FILE`), or standard
    /// input (`-`). `@@` begins an argument that really begins with `@`.
    pub(super) async fn data(&self, argument: Option<OsString>) -> Result<Option<Bytes>> {
        let Some(argument) = argument else {
            return Ok(None);
        };
        if self.null {
            return Err(Error::usage("--null leaves no room for data"));
        }
        let raw = read(argument).await?;
        self.decode(raw).map(Some)
    }

    /// As [`data`](Self::data), where nothing has to be read and nothing is wrong.
    pub(super) fn at_hand(&self, argument: Option<&OsStr>) -> Option<Option<Bytes>> {
        let Some(argument) = argument else { return Some(None) };
        let bytes = argument.as_encoded_bytes();
        if self.null || bytes == b"-" || bytes.starts_with(b"@") {
            return None;
        }
        self.decode(Bytes::copy_from_slice(bytes)).ok().map(Some)
    }

    /// Whether null was asked for.
    pub(super) fn is_null(&self) -> bool {
        self.null
    }

    fn decode(&self, raw: Bytes) -> Result<Bytes> {
        if !self.hex && !self.base64 {
            return Ok(raw);
        }
        let text: Vec<u8> = raw.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        if self.hex {
            return unhex(&text);
        }
        base64::engine::general_purpose::STANDARD
            .decode(&text)
            .map(Bytes::from)
            .map_err(|error| Error::usage("the data is not base64").because(error))
    }
}

/// The text of a file, or with `-` of standard input.
pub(super) async fn file_or_stdin(file: &std::path::Path) -> Result<String> {
    let bytes = match file.to_str() {
        Some("-") => read("-".into()).await?,
        _ => {
            let mut argument = OsString::from("@");
            argument.push(file);
            read(argument).await?
        }
    };
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Error::new(Kind::Io, format!("{} is not UTF-8", file.display())))
}

fn unhex(text: &[u8]) -> Result<Bytes> {
    let text = text.strip_prefix(b"0x").unwrap_or(text);
    let digit = |at: usize, byte: u8| {
        char::from(byte).to_digit(16).map(|d| d as u8).ok_or_else(|| {
            Error::usage(format!(
                "the data is not hexadecimal: `{}` at character {}",
                char::from(byte).escape_default(),
                at + 1
            ))
        })
    };
    let digits: Vec<u8> =
        text.iter().enumerate().map(|(at, byte)| digit(at, *byte)).collect::<Result<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return Err(Error::usage("the data is not hexadecimal: an odd number of digits"));
    }
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// Bytes of a file that are read at most, where nobody needs more to say that it is too long.
const LONGEST_FILE: u64 = 128 << 20;

/// The content of a file that something else names: what has no end, or waits for somebody to write, is none.
pub fn regular_file(path: &Path) -> io::Result<Vec<u8>> {
    let kind = std::fs::metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(io::Error::other("it is a device or a pipe"));
    }
    std::fs::read(path)
}

/// The content of a file or, for `-`, of standard input, as far as 128 MiB, and what follows: a pipe cannot be read
/// twice.
pub fn opened(path: &Path) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut rest: Box<dyn Read + Send> = match path == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(std::fs::File::open(path)?),
    };
    let mut content = Vec::new();
    rest.by_ref().take(LONGEST_FILE).read_to_end(&mut content)?;
    Ok((content, rest))
}

/// Whether a data argument stands for standard input.
pub(super) fn is_standard_input(argument: Option<&OsStr>) -> bool {
    argument.is_some_and(|argument| argument == "-")
}

async fn read(argument: OsString) -> Result<Bytes> {
    let bytes = argument.as_encoded_bytes();
    match bytes {
        b"-" => {
            blocking("standard input", || {
                let mut data = Vec::new();
                std::io::stdin().lock().read_to_end(&mut data).map(|_| data)
            })
            .await
        }
        [b'@', b'@', rest @ ..] => Ok([b"@", rest].concat().into()),
        [b'@', ..] => {
            let name = file_name(&argument);
            let shown = name.to_string_lossy().into_owned();
            blocking(&shown, move || std::fs::read(name)).await
        }
        _ => Ok(Bytes::copy_from_slice(bytes)),
    }
}

/// The argument without its `@`.
fn file_name(argument: &OsStr) -> OsString {
    let mut rest = std::path::PathBuf::new();
    if let Some(text) = argument.to_str() {
        rest.push(text.trim_start_matches('@'));
    } else {
        use std::os::unix::ffi::OsStrExt;
        rest.push(OsStr::from_bytes(argument.as_bytes().get(1..).unwrap_or_default()));
    }
    rest.into_os_string()
}

/// Runs what may block where it does not stop the session's pings.
async fn blocking(
    what: &str,
    work: impl FnOnce() -> std::io::Result<Vec<u8>> + Send + 'static,
) -> Result<Bytes> {
    let result = tokio::task::spawn_blocking(work).await;
    match result {
        Ok(Ok(data)) => Ok(data.into()),
        Ok(Err(error)) => Err(Error::new(Kind::Usage, format!("cannot read {what}")).because(error)),
        Err(error) => Err(Error::bug(format!("reading {what} failed")).because(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, unhex};
    use bytes::Bytes;

    #[test]
    fn hexadecimal_is_checked() {
        assert_eq!(unhex(b"00ff7a").unwrap(), Bytes::from_static(b"\x00\xffz"));
        assert_eq!(unhex(b"0xAB").unwrap(), Bytes::from_static(b"\xab"));
        assert!(unhex(b"abc").is_err());
        assert!(unhex(b"zz").unwrap_err().to_string().contains("character 1"));
    }

    #[tokio::test]
    async fn an_at_sign_can_be_written_twice() {
        let data = Encoding::default().data(Some("@@x".into())).await.unwrap();
        assert_eq!(data.as_deref(), Some(&b"@x"[..]));
        assert_eq!(Encoding::default().data(None).await.unwrap(), None);
    }
}
