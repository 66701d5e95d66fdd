//! Files of credentials: `SCHEME:SECRET`, one a line.

use bytes::Bytes;

use crate::client::Auth;

/// Reads a file of credentials. Empty lines and those that begin with `#` are passed over; a secret
/// ends with its line, and what it is made of does not matter.
///
/// Fails with the line, from 1, and what is wrong with it; 0 where it is the whole file. The words do
/// not repeat what the file holds.
pub fn parse(bytes: &[u8]) -> Result<Vec<Auth>, (usize, &'static str)> {
    let mut credentials = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let parts = colon.filter(|at| *at > 0).and_then(|at| line.split_at_checked(at));
        let scheme =
            parts.and_then(|(scheme, secret)| Some((str::from_utf8(scheme).ok()?, secret.get(1..)?)));
        let Some((scheme, secret)) = scheme else {
            return Err((number + 1, "not of the form SCHEME:SECRET, like digest:USER:PASSWORD"));
        };
        credentials.push(Auth { scheme: scheme.to_owned(), secret: Bytes::copy_from_slice(secret) });
    }
    if credentials.is_empty() {
        return Err((0, "there are no credentials in it: write them as SCHEME:SECRET, one a line"));
    }
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn read(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let credentials = parse(bytes).unwrap_or_else(|(line, wrong)| panic!("{line}: {wrong}"));
        credentials.into_iter().map(|auth| (auth.scheme, auth.secret.to_vec())).collect()
    }

    #[test]
    fn a_secret_is_all_that_follows_the_scheme() {
        let text = b"# for prod\n\n  digest:ann:p:w # no comment \r\nx509:\xff\x00\ndigest:bob:";
        let expected = [
            ("digest".to_owned(), b"ann:p:w # no comment ".to_vec()),
            ("x509".to_owned(), b"\xff\x00".to_vec()),
            ("digest".to_owned(), b"bob:".to_vec()),
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn mistakes_are_named_by_their_line_alone() {
        for (text, line) in [
            (&b"digest:a:b\ns3cret\n"[..], 2),
            (b":s3cret", 1),
            (b"\xff:s3cret", 1),
            (b"# none\n", 0),
            (b"", 0),
        ] {
            let Err((found, wrong)) = parse(text) else { panic!("{text:?} is taken") };
            assert_eq!(found, line);
            assert!(!wrong.contains("s3cret"));
        }
    }
}
