//! What a broker answers, when it is asked for the ends of its logs, is read without panic, and takes no
//! more memory than it has bytes.
#![no_main]

mod meter;

use libfuzzer_sys::fuzz_target;
use zkx::cluster::log_end::protocol::{old_response, response};

/// What reading an answer may take: each partition of it has 10 bytes at least.
const MOST: usize = 16 << 20;

fuzz_target!(|input: &[u8]| {
    let id = input.first_chunk().map_or(0, |id| i32::from_be_bytes(*id));
    meter::within(MOST, || {
        if let Ok(found) = response(input, id) {
            let answers: usize = found.values().map(|answers| answers.len()).sum();
            assert!(answers * 10 <= input.len());
        }
        let _ = old_response(input);
    });
});
