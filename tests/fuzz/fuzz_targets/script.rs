//! Batch scripts: whatever the file, it is read, or told to be wrong at a place that there is.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use zkx::script::load;

fuzz_target!(|bytes: &[u8]| {
    let read = |path: &Path| match path.to_str() {
        Some("s.yaml") => Ok(bytes.to_vec()),
        Some("other.yaml") => Ok(b"zkx: 1\nvars: {x: 1}\nsteps: [{print: \"${ x }\"}]\n".to_vec()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    if let Err(broken) = load(Path::new("s.yaml"), &read) {
        assert!(!broken.problems.is_empty());
        for problem in &broken.problems {
            assert!(problem.span.start.line > 0 && problem.span.start.column > 0, "{problem:?}");
        }
        assert!(!broken.to_string().is_empty());
    }
});
