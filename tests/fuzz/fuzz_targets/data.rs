//! A value of any bytes is recognised and shown without panic and without unfolding a bomb.
#![no_main]

mod meter;

use libfuzzer_sys::fuzz_target;
use zkx::znode::data::{Form, hex_table, preview};

/// Four times what a compressed value may unfold to: the value, its vector's growth, and the window.
const MOST: usize = 64 << 20;

fuzz_target!(|input: &[u8]| {
    meter::within(MOST, || {
        let _ = Form::of(Some(input)).label();
        let _ = preview(Some(input), 40);
        let _ = hex_table(input);
    });
});
