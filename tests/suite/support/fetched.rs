//! What was fetched from elsewhere, real servers, clients of other makers and shells: where it must be, its absence
//! is a failure, and elsewhere the test is skipped.

use std::io::{self, Write};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The path of a script in `scripts/dev`.
pub(crate) fn script(name: &str) -> String {
    format!("{}/scripts/dev/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What `scripts/dev/servers classpath VERSION` or `scripts/dev/clients program CLIENT` says. `None`
/// where it is not there.
pub(crate) fn fetched(from: &str, words: [&str; 2]) -> Option<String> {
    let output = Command::new(script(from)).args(words).output().expect("a script");
    let found = output.status.success();
    #[expect(clippy::disallowed_methods, reason = "tests have no other configuration")]
    let required = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    assert!(found || !required, "CI is set, but {}", String::from_utf8_lossy(&output.stderr));
    found.then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Says that the test is skipped, for want of `what` a script of that name fetches.
pub(crate) fn skip<T>(what: &str) -> Option<T> {
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    let count = SKIPPED.fetch_add(1, Ordering::SeqCst) + 1;
    // The macros' output of a test that passes is not shown.
    let _ = writeln!(
        io::stderr(),
        "SKIPPED: {what} are missing (run scripts/dev/{what} provision): {}, number {count}",
        thread::current().name().unwrap_or("a test"),
    );
    None
}
