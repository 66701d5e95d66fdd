//! What scripts require of servers, looked at before anything is done.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use crate::support::lab::Lab;
use crate::support::servers::{Version, private_server_with};
use crate::support::zkx::{Output, Zkx};

/// A script that writes, whatever happens, and requires this.
fn script(guard: &str) -> String {
    format!(
        "zkx: 1\nguard: {{{guard}}}\nsteps:\n  - create: {{path: /made}}\nfinally:\n  - create: {{path: /last}}\n"
    )
}

fn run(zkx: Zkx, guard: &str, args: &[&str]) -> Output {
    zkx.file("s.yaml", script(guard)).args(["run", "--journal", "off", "s.yaml"]).args(args).run()
}

/// What every server of this minor release can do.
fn can(capability: &str, minor: u32) -> bool {
    match capability {
        "container" | "ttl" | "reconfig" => minor >= 5,
        "persistent_watch" => minor >= 6,
        // The one of 3.8 is newer than 3.8.2.
        _ => minor >= 8,
    }
}

on_every_server! {
    fn scripts_refuse_servers_of_other_versions(lab: &Lab) {
        let minor = lab.version().minor();
        for (condition, fits) in [
            (">=3.4".to_owned(), true),
            (format!("3.{minor}"), true),
            (format!(">=3.{minor}, <3.{}", minor + 1), true),
            (format!("<=3.{minor}"), true),
            (format!(">3.{minor}"), false),
            (format!(">=3.{}", minor + 1), false),
            (format!(">=3.4,<3.{minor}"), false),
        ] {
            let guard = format!("server: \"{condition}\"");
            for args in [["--check"].as_slice(), &[]] {
                let output = run(lab.zkx(), &guard, args);
                let made = lab.truth().exists("/made").unwrap().is_some();
                assert_eq!(made, fits && args.is_empty(), "{condition}\n{output}");
                if fits {
                    let _ = output.success();
                    continue;
                }
                let output = output.code(1);
                assert_eq!(output.out(), "");
                let said = format!("and `guard.server` wants {condition}\n");
                assert!(output.stderr.starts_with("error: s.yaml:2:17: "), "{output}");
                assert!(output.stderr.contains(" is ZooKeeper 3.") && output.stderr.ends_with(&said), "{output}");
                assert!(lab.truth().exists("/last").unwrap().is_none(), "{output}");
            }
            if fits {
                lab.truth().delete("/made").unwrap();
                lab.truth().delete("/last").unwrap();
            }
        }
    }

    fn scripts_refuse_servers_that_lack_something(lab: &Lab) {
        for capability in ["container", "ttl", "create2_multi", "persistent_watch", "reconfig"] {
            let guard = format!("require: [{capability}]");
            let output = run(lab.zkx(), &guard, &["--check"]);
            if can(capability, lab.version().minor()) {
                let _ = output.success();
            } else {
                let output = output.code(1);
                assert!(output.stderr.contains(&format!("lacks {capability}, which `guard.require` wants\nhint: {capability} needs ")), "{output}");
            }
        }
        assert!(lab.truth().children("/").unwrap().0.is_empty());
    }
}

#[test]
fn an_ensemble_in_memory_is_a_3_9() {
    let _ =
        run(Zkx::new().server("mem:"), "server: \"3.9.0\", require: [container, ttl, create2_multi]", &[])
            .success();
    let output = run(Zkx::new().server("mem:"), "server: \">=3.10\"", &[]);
    insta::assert_snapshot!(output.snapshot(), @r"
    --- stderr ---
    error: s.yaml:2:17: the ensemble in memory is ZooKeeper 3.9.0, and `guard.server` wants >=3.10
    [exit 1]
    ");
    let output = run(Zkx::new().server("mem:"), "require: [persistent_watch, reconfig]", &[]);
    insta::assert_snapshot!(output.snapshot(), @r"
    --- stderr ---
    error: s.yaml:2:37: the ensemble in memory (ZooKeeper 3.9.0) lacks reconfig, which `guard.require` wants
    hint: reconfig needs a real ensemble from 3.5 on
    [exit 1]
    ");
}

/// Each ensemble that steps work on is looked at, those of included scripts too, and no other.
#[test]
fn ensembles_are_looked_at_where_steps_work_on_them() {
    let Some(old) = Lab::on(Version::V3_4) else { return };
    let clusters =
        format!("clusters: {{old: {{hosts: \"{}\"}}, other: {{hosts: \"mem:\"}}}}", old.at(&old.addr()));
    let run = |guard: &str, steps: &str, part: &str| {
        let zkx =
            Zkx::new().server("mem:").file("part.yaml", format!("zkx: 1\n{part}\nsteps:\n  - get: /\n"));
        let text = format!("zkx: 1\n{clusters}\n{guard}\nsteps:\n{steps}");
        zkx.file("s.yaml", text).args(["run", "--journal", "off", "s.yaml"]).run()
    };
    let guard = "guard: {server: \">=3.5\"}";
    let _ = run(guard, "  - get: /\n  - {get: /, on: other}\n", "").success();
    let _ = run(guard, "  - {print: x, on: old}\n", "").success();
    let refused = |output: Output, place: &str| {
        let output = output.code(1);
        assert!(output.stderr.starts_with(&format!("error: {place}: ")), "{output}");
        assert!(output.stderr.contains(" is ZooKeeper 3.4.14, and `guard.server` wants >=3.5"), "{output}");
    };
    refused(run(guard, "  - {get: /, on: old}\n", ""), "s.yaml:3:17");
    refused(run(guard, "  - do:\n      - get: /\n    on: old\n", ""), "s.yaml:3:17");
    refused(run(guard, "  - {include: part.yaml, on: old}\n", ""), "s.yaml:3:17");
    refused(run("", "  - {include: part.yaml, on: old}\n", guard), "part.yaml:2:17");
    let _ = run("", "  - include: part.yaml\n", guard).success();
    let output = run("", "  - include: part.yaml\n", "vars: {v: x}\nguard: {server: \">=${ v }\"}").code(3);
    assert!(
        output.stderr.contains("is looked at before anything runs\nhint: write it without `${ }`\n"),
        "{output}"
    );
}

/// A way to a server on which `srvr` is answered with this in its place.
fn gagged(server: String, answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let pass = |mut from: TcpStream, mut to: TcpStream| {
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    };
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut word = [0; 4];
            if client.read_exact(&mut word).is_err() {
                continue;
            }
            if word == *b"srvr" {
                let _ = client.write_all(answer.as_bytes());
                continue;
            }
            let mut real = TcpStream::connect(&server).unwrap();
            real.write_all(&word).unwrap();
            pass(real.try_clone().unwrap(), client.try_clone().unwrap());
            pass(client, real);
        }
    });
    address
}

/// A server that tells no version is asked for what can be asked for, and is refused otherwise.
#[test]
fn servers_that_tell_nothing_are_refused_where_that_matters() {
    let Some(server) = private_server_with(Version::V3_8, "", "-Dzookeeper.extendedTypesEnabled=false\n")
    else {
        return;
    };
    let at = gagged(server.addr(), "srvr is not executed because it is not in the whitelist.\n");
    let said = |guard: &str, args: &[&str]| run(Zkx::new().server(&at), guard, args).snapshot();
    let _ = run(Zkx::new().server(&at), "require: [container]", &["--check"]).success();
    insta::assert_snapshot!(said("server: \">=3.5\"", &[]), @r"
    --- stderr ---
    error: s.yaml:2:17: `guard.server: >=3.5` cannot be looked at, because 127.0.0.1:##### does not tell its version: it answered `srvr` with `srvr is not executed because it is not in the whitelist.`
    hint: let the server answer `srvr` (4lw.commands.whitelist=srvr), or take it out of `guard`
    [exit 1]
    ");
    insta::assert_snapshot!(said("require: [container, persistent_watch]", &[]), @r"
    --- stderr ---
    error: s.yaml:2:30: `guard.require: [persistent_watch]` cannot be looked at, because 127.0.0.1:##### does not tell its version: it answered `srvr` with `srvr is not executed because it is not in the whitelist.`
    hint: let the server answer `srvr` (4lw.commands.whitelist=srvr), or take it out of `guard`
    [exit 1]
    ");
    insta::assert_snapshot!(said("require: [ttl]", &["--check"]), @r"
    --- stderr ---
    error: s.yaml:2:19: 127.0.0.1:##### lacks ttl, which `guard.require` wants
    hint: ttl needs a server from 3.5.3 on, with zookeeper.extendedTypesEnabled=true
    [exit 1]
    ");
    let output = Zkx::new().server(&at).file("s.yaml", script("require: [ttl]"));
    let output = output.args(["--read-only", "run", "--check", "s.yaml"]).run();
    insta::assert_snapshot!(output.snapshot(), @r"
    --- stderr ---
    error: s.yaml:2:19: what a server makes cannot be found out where nothing may be written
    hint: leave out `read_only` and --read-only, or take it out of `guard.require`
    [exit 2]
    ");
    let keeper = gagged(server.addr(), "ClickHouse Keeper version: v23.3.1\nLatency min/avg/max: 0/0/0\n");
    let output = run(Zkx::new().server(&keeper), "server: \">=3.5\"", &[]).code(1);
    assert!(
        output.stderr.contains(": it answered `srvr` with `ClickHouse Keeper version: v23.3.1`\n"),
        "{output}"
    );
    let silent = gagged(server.addr(), "");
    let output = run(Zkx::new().server(&silent), "require: [create2_multi]", &[]).code(1);
    assert!(output.stderr.contains(": it answered `srvr` with nothing\n"), "{output}");
}

/// Whether a script with these steps certainly makes more than two changes, or deletes at all.
#[test]
fn what_a_script_certainly_writes_is_counted() {
    let three = "for_each: [a, b, c]\n    create: {path: \"/${ item }\"}";
    let yes = [
        three.to_owned(),
        "for_each: {range: [1, 3]}\n    do: [{create: {path: \"/${ item }\"}}, {get: /}]".into(),
        "for_each: {a: 1, b: 2, c: 3}\n    create: {path: \"/${ item.key }\"}".into(),
        "delete: /a".into(),
        "run: [delete /a]".into(),
        "txn: {if: [{exists: /a}], do: [{delete: /a}]}".into(),
        format!("do: [{{stop: x, when: 1 == 2}}]\n    always:\n      - {}", three.replace("\n ", "\n     ")),
        "lock: {path: /l, steps: [{delete: /a}]}".into(),
        "parallel: {steps: [{delete: /a}, {get: /}]}".into(),
        "include: part.yml".into(),
        "delete: /a\n  - stop: done".into(),
        "confirm: Really?\n  - delete: /a".into(),
    ];
    let no = [
        format!("{three}\n    when: 1 == 1"),
        format!("{three}\n    ignore_errors: true"),
        format!("{three}\n    failed_when: 1 == 2"),
        "for_each: {range: [1, 2]}\n    create: {path: \"/${ item }\"}".into(),
        "for_each: {range: [3, 1]}\n    delete: /a".into(),
        "for_each: {children: /}\n    delete: \"/${ item }\"".into(),
        "delete: {path: /a, missing: ok}".into(),
        "delete: {match: \"/a/*\"}".into(),
        "ensure: {path: /a, state: absent}".into(),
        "run: [\"delete /a/*\", \"delete /${ 1 }\"]".into(),
        "txn: {if: [{exists: /a}], do: [{delete: /a}], else: [{get: /}]}".into(),
        "do: [{delete: /a}]\n    rescue: [{get: /}]".into(),
        "stop: done\n  - delete: /a".into(),
        "stop: done\n    when: 1 == 2\n  - delete: /a".into(),
        "include: {file: part.yml, tags: [t]}".into(),
        "{include: part.yml, when: 1 == 2}\n  - delete: /a".into(),
    ];
    let said = |steps: &str, args: &[&str]| {
        let text = format!("zkx: 1\nguard: {{max_changes: 2, max_deletes: 0}}\nsteps:\n  - {steps}\n");
        let part = "zkx: 1\nsteps:\n  - stop: x\n    when: 1 == 2\nfinally:\n  - delete: /b\n";
        let zkx = Zkx::new().server("mem:").file("s.yaml", text).file("part.yml", part);
        zkx.args(["run", "s.yaml"]).args(args).run()
    };
    for steps in &yes {
        let output = said(steps, &["--validate"]).code(3);
        assert!(output.out().contains("error[E0206]: the steps make at least "), "{steps}\n{output}");
        let output = said(steps, &[]).code(3);
        assert!(output.out().is_empty() && output.stderr.contains("error[E0206]"), "{steps}\n{output}");
        // Nobody knows what is left out.
        let _ = said(steps, &["--validate", "--skip-tags", "t"]).success();
    }
    for steps in &no {
        let output = said(steps, &["--validate"]);
        assert_eq!(output.code, Some(0), "{steps}\n{output}");
    }
    let later =
        "zkx: 1\nvars: {max: 0}\nguard: {max_changes: \"${ max }\"}\nsteps:\n  - create: {path: /a}\n";
    let zkx = Zkx::new().server("mem:").file("s.yaml", later);
    insta::assert_snapshot!(zkx.args(["run", "s.yaml"]).run().snapshot(), @r"
    --- stderr ---
    error: s.yaml:3:22: the steps make at least 1 change, and the guard allows 0
    [exit 3]
    ");
}
