//! Lines that must not be written down.

/// Words whose lines hold passwords, or may.
const WORDS: &[&str] = &["addauth", "--auth", "--ask-auth", "passw", "secret", "token"];
/// Identities in ACLs that are made of, or derived from, passwords.
const SCHEMES: &[&str] = &["digest:", "super:"];

/// Whether a line may hold a secret.
pub(super) fn holds(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    WORDS.iter().chain(SCHEMES).any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn lines_with_passwords_are_told() {
        for line in
            ["addauth digest u:p", "create /a x digest:u:h:cdrwa", "set /db/PASSWORD x", "ADDAUTH digest a"]
        {
            assert!(holds(line), "{line}");
        }
        for line in ["ls /", "get /config/db/host", "setAcl /a world:anyone:r"] {
            assert!(!holds(line), "{line}");
        }
    }
}
