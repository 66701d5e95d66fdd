//! Standard output, its readers, and signals.

use std::time::Duration;

use super::{SOON, run, sample};
use crate::support::lab::Lab;
use crate::support::proxy::Proxy;
use crate::support::servers::Version;
use crate::support::truth::op;
use crate::support::wait_for;
use crate::support::zkx::{Output, Zkx};

/// zkx as `$ZKX` in a shell's line.
fn sh(lab: &Lab, script: &str) -> Output {
    Zkx::program("bash")
        .args(["-c", &format!("set -o pipefail; {script}")])
        .env("ZKX", env!("CARGO_BIN_EXE_zkx"))
        .env("ZKX_SERVER", lab.at(&lab.addr()))
        .run()
}

fn broad(lab: &Lab) {
    let mut truth = lab.truth();
    truth.create("/many", b"").unwrap();
    let nodes = (0..10_000).map(|n| format!("/many/{n:05}"));
    truth
        .create_many(nodes.flat_map(|path| [(path.clone(), vec![b'x'; 20]), (path + "/below", vec![])]))
        .unwrap();
}

#[test]
fn a_reader_that_stops_is_a_quiet_end() {
    for version in [Version::MEMORY, Version::V3_4, Version::V3_9] {
        let Some(lab) = Lab::on(version) else { return };
        broad(&lab);
        for (line, first) in [
            ("ls -R /", "/\n"),
            ("ls /many", "00000\n"),
            ("ls -l /many", "persistent"),
            ("tree /", "/\n"),
            ("-o json tree /", "{\"name\""),
            ("-o ndjson ls -R /", "{\"path\":\"/\"}\n"),
            ("-o yaml tree /", "name: /\n"),
        ] {
            let output = sh(&lab, &format!("$ZKX {line} | head -1")).success();
            assert!(output.out().starts_with(first), "{output}");
            assert_eq!(output.stderr, "", "{output}");
        }
        let counted = sh(&lab, "$ZKX ls -R / | wc -l").success();
        assert_eq!(counted.out().trim(), "20002");
    }
}

on_every_server! {
    fn notes_and_errors_stay_out_of_the_answer(lab: &Lab) {
        sample(&mut lab.truth());
        for line in ["tree /app", "ls -R /app", "create -e /e x", "watch --timeout 50ms /app"] {
            let with = run(lab, line).success();
            let without = run(lab, &format!("-q {line}"));
            assert!(!with.out().contains("note:"), "{with}");
            assert_eq!(without.stderr, "", "{without}");
        }
        let failed = run(lab, "get /none").code(1);
        assert_eq!(failed.out(), "");
        let quiet = run(lab, "-q get /none").code(1);
        assert_eq!(quiet.stderr, failed.stderr, "errors are never mere notes");
    }

    fn a_full_disk_is_an_error(lab: &Lab) {
        sample(&mut lab.truth());
        for line in ["get /app", "ls /app", "tree /app", "-o json ls -R /", "stat /app"] {
            let output = sh(lab, &format!("$ZKX {line} > /dev/full")).code(74);
            assert!(output.stderr.contains("error: cannot write the answer: No space left on device"), "{output}");
        }
        let written = sh(lab, "$ZKX set /app new > /dev/full").code(74);
        assert_eq!(lab.truth().text("/app").unwrap(), "new", "{written}");
    }

    fn closed_streams_do_no_harm(lab: &Lab) {
        sample(&mut lab.truth());
        let _ = sh(lab, "$ZKX set /app closed >&-");
        assert_eq!(lab.truth().text("/app").unwrap(), "closed");
        assert_eq!(sh(lab, "$ZKX get /app 2>&-").success().out(), "closed");
        sh(lab, "$ZKX get /none 2>&-").code(1);
        assert_eq!(sh(lab, "$ZKX get /app <&-").success().out(), "closed");
    }
}

#[test]
fn an_interrupt_closes_what_is_open() {
    for version in [Version::MEMORY, Version::V3_4, Version::V3_9] {
        let Some(lab) = Lab::on(version) else { return };
        broad(&lab);
        let proxy = Proxy::to(&lab.addr());
        proxy.delay(Duration::from_millis(20));
        for (signal, code) in [("INT", 130), ("TERM", 143)] {
            for line in ["-o json ls -R /", "-o json tree /", "-o ndjson tree /"] {
                let walking = Zkx::new().server(lab.at(proxy.addr())).args(line.split(' ')).spawn();
                walking.wait_stdout(|shown| shown.contains("/many/0"), SOON);
                walking.signal(signal);
                let output = walking.finish(SOON).code(code);
                let text = output.out();
                if line.contains("ndjson") {
                    assert!(text.ends_with("}\n"), "a whole last line");
                } else {
                    let value: Result<serde_json::Value, _> = serde_json::from_str(&text);
                    assert!(value.is_ok(), "{line}: {:?}", value.err());
                }
                assert_eq!(output.stderr, "");
            }
        }
    }
}

on_one_server! {
    fn an_interrupted_write_says_that_it_may_be_done(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let proxy = Proxy::to(&lab.addr());
        let mut writing =
            Zkx::new().server(lab.at(proxy.addr())).args(["set", "/a", "-"]).open_stdin().spawn();
        wait_for("a connection", SOON, || (proxy.connections() == 1).then_some(()));
        proxy.delay(Duration::from_secs(1));
        writing.write("data");
        writing.close_stdin();
        wait_for("the write to be sent", SOON, || (proxy.requests(op::SET_DATA) == 1).then_some(()));
        let output = writing.stop().code(130);
        assert_eq!(output.stderr, "error: interrupted: the write that was under way may have been done\n");
    }

    fn an_interrupt_before_the_write_needs_no_words(lab: &Lab) {
        lab.truth().create("/a", b"").unwrap();
        let proxy = Proxy::to(&lab.addr());
        let waiting = Zkx::new().server(lab.at(proxy.addr())).args(["set", "/a", "-"]).open_stdin().spawn();
        wait_for("a connection", SOON, || (proxy.connections() == 1).then_some(()));
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(waiting.stop().code(130).stderr, "");
        assert_eq!(proxy.requests(op::SET_DATA), 0);
    }
}
