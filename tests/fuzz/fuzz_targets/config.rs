//! Configuration files, and files of credentials.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use zkx::cli::profile::{World, parse, parse_auth_file};

fuzz_target!(|bytes: &[u8]| {
    let variable = |_: &str| Some("digest:ann:pw".to_owned());
    let world = World { dir: Path::new("/etc"), home: Some(Path::new("/root")), variable: &variable };
    match parse(bytes, &world) {
        Ok(config) => {
            assert!(config.default.is_none_or(|name| config.profiles.iter().any(|(known, _)| *known == name)))
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(problem.place.0 > 0 && problem.place.1 > 0, "{problem}");
            }
        }
    }
    let _ = parse_auth_file(bytes);
});
