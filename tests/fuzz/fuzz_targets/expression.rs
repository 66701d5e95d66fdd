//! Expressions of batch scripts: whatever they say, they have a value or an error, soon.
#![no_main]

use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use libfuzzer_sys::fuzz_target;
use zkx::script::expr::{Scope, Value, World};
use zkx::script::load;
use zkx::script::model::Action;

fuzz_target!(|text: &str| {
    let quoted = serde_json::to_string(text).expect("a text is JSON");
    let script = format!("zkx: 1\nvars: {{n: 1, s: x, l: [1], m: {{}}}}\nsteps:\n  - print: {quoted}\n");
    let read = |_: &Path| Ok(script.clone().into_bytes());
    let Ok(loaded) = load(Path::new("s.yaml"), &read) else { return };
    let mut scope = Scope::new(Arc::new(World::closed()));
    scope.set("n", 5);
    scope.set("s", "text");
    scope.set("l", vec![1, 2, 3]);
    scope.set("m", Value::from_pairs([("k", Value::from("v"))]));
    for step in loaded.script.steps() {
        let Action::Print(slot) = &step.action else { continue };
        let _ = slot.get(&scope).now_or_never().expect("nobody is asked");
    }
});
