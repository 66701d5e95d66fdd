//! Credentials that are not on the command line.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::SOON;
use crate::support::lab::Lab;
use crate::support::truth::Acl;
use crate::support::zkx::Zkx;

/// `whoami`, with a file of credentials that has these permissions.
fn with_file(text: &str, mode: u32) -> Zkx {
    let zkx = Zkx::new().file("auth", text).server("mem:").args(["--auth-file", "auth", "whoami"]);
    fs::set_permissions(zkx.home().path().join("auth"), Permissions::from_mode(mode)).unwrap();
    zkx
}

#[test]
fn a_file_gives_credentials() {
    let text = "# who I am\n\ndigest:ann:s3cret\ndigest:bob:x\n";
    let output = with_file(text, 0o600).run().success();
    assert!(["digest:ann\n", "digest:bob\n"].iter().all(|user| output.out().contains(user)), "{output}");
    assert_eq!(output.stderr, "");
    with_file(text, 0o400).run().success();
    let by_variable = Zkx::new().file("auth", text).server("mem:").env("ZKX_AUTH_FILE", "auth").arg("whoami");
    fs::set_permissions(by_variable.home().path().join("auth"), Permissions::from_mode(0o600)).unwrap();
    assert!(by_variable.run().success().out().contains("digest:ann"));
    let pipe =
        Zkx::new().server("mem:").args(["--auth-file", "/dev/stdin", "whoami"]).stdin("digest:ann:s3cret\n");
    assert!(pipe.run().success().out().contains("digest:ann"), "a pipe belongs to nobody else");
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let text = "digest:ann:s3cret\n";
    for mode in [0o644, 0o606, 0o622, 0o604, 0o660] {
        let output = with_file(text, mode).run().code(3);
        let error = format!(
            "error: the credentials in auth are not used: others can get at them (mode {mode:04o})\nhint: chmod 600 auth\n"
        );
        assert_eq!(output.stderr, error);
    }
    let group = with_file(text, 0o640);
    let by_root = group.home().path().join("auth").metadata().unwrap().uid() == 0;
    assert_eq!(group.run().code, Some(if by_root { 0 } else { 3 }), "what root mounts for a group is for it");
}

#[test]
fn a_bad_file_is_named_with_its_line() {
    for (text, error) in [
        (
            "digest:ann:x\ns3cret\n",
            "error: auth:2: not of the form SCHEME:SECRET, like digest:USER:PASSWORD\n",
        ),
        (
            "# nothing\n",
            "error: auth: there are no credentials in it: write them as SCHEME:SECRET, one a line\n",
        ),
    ] {
        assert_eq!(with_file(text, 0o600).run().code(3).stderr, error);
    }
    let output = Zkx::new().server("mem:").args(["--auth-file", "nowhere", "ls"]).run().code(3);
    assert!(output.stderr.starts_with("error: cannot read the credentials in nowhere: "), "{output}");
    let unset = "profiles: {a: {server: 'mem:', auth-env: ZK_AUTH}}";
    let here = || Zkx::new().file(".config/zkx/config.yaml", unset).args(["--profile", "a", "whoami"]);
    let output = here().run().code(3);
    assert!(
        output.stderr.starts_with("error: the credentials in ZK_AUTH: that variable is not set\n"),
        "{output}"
    );
    let output = here().env("ZK_AUTH", "s3cret").run().code(3);
    assert!(output.stderr.starts_with("error: the credentials in ZK_AUTH: not of the form"), "{output}");
    assert!(!output.stderr.contains("s3cret"), "{output}");
    assert!(here().env("ZK_AUTH", "digest:ann:s3cret").run().success().out().contains("digest:ann"));
}

#[test]
fn a_configuration_with_secrets_in_it_should_be_private() {
    let config = "profiles: {a: {server: 'mem:', auth: 'digest:ann:s3cret'}}";
    let run = |config: &str, mode: u32| {
        let zkx = Zkx::new().file(".config/zkx/config.yaml", config).args(["--profile", "a", "whoami"]);
        let file = zkx.home().path().join(".config/zkx/config.yaml");
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        (zkx.run().success(), file.display().to_string())
    };
    for mode in [0o644, 0o640, 0o604] {
        let (output, file) = run(config, mode);
        let warning =
            format!("warning: {file} holds credentials, and others can read it: chmod 600 {file}\n");
        assert_eq!(output.stderr, warning);
    }
    assert_eq!(run(config, 0o600).0.stderr, "");
    assert_eq!(run("profiles: {a: {server: 'mem:'}}", 0o644).0.stderr, "");
}

#[test]
fn no_list_of_processes_shows_a_secret() {
    let home = with_file("digest:ann:s3cret\n", 0o600).home();
    let watch = Zkx::new().home_of(&home).server("mem:").args(["--auth-file", "auth", "watch", "/"]);
    let running = watch.spawn();
    running.wait_stderr_containing("watching /", SOON);
    for what in ["cmdline", "environ"] {
        let seen = fs::read(format!("/proc/{}/{what}", running.pid())).unwrap();
        assert!(!seen.is_empty() && !String::from_utf8_lossy(&seen).contains("s3cret"), "{what}");
    }
    running.stop().code(130);
}

/// On a terminal of its own, as `script` of util-linux gives.
fn on_terminal(lab: &Lab, line: &str) -> Zkx {
    let command = format!(
        "trap : INT; {} {line}; echo \"[exit $?]\"; stty -a | grep -o -e '-*echo ' | tr -d ' '",
        env!("CARGO_BIN_EXE_zkx")
    );
    Zkx::program("script")
        .args(["-qec", &command, "/dev/null"])
        .env("ZKX_SERVER", lab.at(&lab.addr()))
        .env("SHELL", "/bin/sh")
        .open_stdin()
}

on_one_server! {
    fn a_password_is_asked_for_and_not_shown(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/a", b"mine").unwrap();
        truth.auth("digest", "ann:s3cret").unwrap();
        truth.set_acl("/a", &[Acl::new(31, "auth", "")]).unwrap();
        for (line, prompt, typed) in [
            ("--ask-auth digest:ann get /a", "Password of digest:ann: ", "s3cret"),
            ("get /a --ask-auth=digest:ann", "Password of digest:ann: ", "s3cret"),
            ("--ask-auth get /a", "Credentials (SCHEME:SECRET): ", "digest:ann:s3cret"),
        ] {
            let mut asked = on_terminal(lab, line).spawn();
            asked.wait_stdout(|shown| shown.ends_with(prompt), SOON);
            asked.write(typed);
            asked.write("\n");
            let output = asked.finish(SOON).success();
            assert_eq!(output.out().replace("\r\n", "\n"), format!("{prompt}\nmine\n[exit 0]\necho\n"), "{output}");
        }
    }

    fn a_terminal_shows_again_what_is_typed_however_a_question_ends(lab: &Lab) {
        for (typed, code, error) in [("\u{3}", 130, false), ("\u{4}", 2, true), ("\n", 2, true)] {
            let mut asked = on_terminal(lab, "--ask-auth digest:ann ls /").spawn();
            asked.wait_stdout(|shown| shown.ends_with("digest:ann: "), SOON);
            asked.write(typed);
            let output = asked.finish(SOON);
            let text = output.out().replace("\r\n", "\n");
            assert!(text.ends_with(&format!("[exit {code}]\necho\n")), "{output}");
            assert_eq!(text.contains("the password of digest:ann: nothing was typed"), error, "{output}");
        }
    }
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let args = ["-w", env!("CARGO_BIN_EXE_zkx"), "--server", "mem:", "--ask-auth", "digest:ann", "ls", "/"];
    let output = Zkx::program("setsid").args(args).run().code(2);
    let error = "error: cannot ask for the password of digest:ann: there is no terminal\n\
                 hint: --auth-file FILE and ZKX_AUTH give credentials without being asked\n";
    assert_eq!(output.stderr, error);
}

#[test]
fn a_password_behind_ask_auth_is_refused_and_not_repeated() {
    for args in [vec!["--ask-auth", "digest:ann:s3cret", "ls"], vec!["ls", "--ask-auth=digest:ann:s3cret"]] {
        let output = Zkx::new().server("mem:").args(args).run().code(2);
        assert!(
            output.stderr.contains("the password is asked for") && !output.stderr.contains("s3cret"),
            "{}",
            output.stderr
        );
    }
}
