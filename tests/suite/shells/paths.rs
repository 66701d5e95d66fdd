//! Commands, options and live paths.

use super::{Line, Shell, in_every_shell};
use crate::support::fake::{DeadPort, Fake};
use crate::support::lab::Lab;
use crate::support::servers::Version;

/// A lab and a shell whose server it is; `None` where one of them is missing.
fn start(shell: Shell, name: &str) -> Option<(Lab, Line)> {
    let lab = Lab::named(&format!("shells.{name}.{shell:?}"), Version::V3_9)?;
    let mut truth = lab.truth();
    truth.create_parents("/brokers/ids").unwrap();
    truth.create("/brokers/ids/7", b"seven").unwrap();
    truth.create("/brokers/seqid", b"").unwrap();
    let line = shell.start(&lab.at(&lab.addr()))?;
    Some((lab, line))
}

in_every_shell! {
    fn paths_of_a_live_ensemble(shell: Shell) {
        let Some((_lab, mut line)) = start(shell, "paths") else { return };
        line.completes("zkx get /bro", "zkx get /brokers/");
        line.completes("i", "zkx get /brokers/ids/");
        line.tab_until("", "a leaf and a space", |line| line.text().trim_end() == "zkx get /brokers/ids/7");
        line.answers("seven");
    }

    fn commands_options_and_values(shell: Shell) {
        let Some(mut line) = shell.start("sandbox:") else { return };
        line.completes("zkx getA", "zkx getAcl ");
        line.completes("--show", "zkx getAcl --show-secrets ");
        line.completes("/app/conf", "zkx getAcl --show-secrets /app/config/");
        line.clear();
        line.completes("zkx -o nd", "zkx -o ndjson ");
        line.clear();
        line.tab_until("zkx get --he", "both options", |line| {
            // The chosen one may be in capitals.
            let text = line.screen.text().to_lowercase();
            text.contains("--help") && text.contains("--hex") && text.contains("table of hexadecimal numbers")
        });
        line.clear();
    }

    fn a_server_on_the_line(shell: Shell) {
        let Some((lab, mut line)) = start(shell, "server") else { return };
        let typed = format!("zkx -s {} get ", lab.at(&lab.addr()));
        let mut other = shell.start("127.0.0.1:1").unwrap();
        other.completes(&format!("{typed}/brokers/i"), &format!("{typed}/brokers/ids/"));
        line.completes("zkx sandbox get /cons", "zkx sandbox get /consumers/");
    }

    fn a_dead_server_is_silence(shell: Shell) {
        let (fake, dead) = (Fake::silent(), DeadPort::new());
        let before = fake.connections();
        let Some(mut line) = shell.start(fake.addr()) else { return };
        line.types("zkx get /bro");
        let screen = line.screen.text();
        line.screen.keys("\t");
        line.screen.wait("zkx to ask", |_| fake.connections() > before);
        // Whatever the shell does, it does before it takes what is typed next.
        line.screen.keys("x");
        line.screen.wait("what is typed next", |screen| screen.line().trim_end().ends_with('x'));
        let after = line.screen.text();
        if shell == Shell::Nushell {
            assert!(after.replace("NO RECORDS FOUND", "").trim_end().ends_with("zkx get /brox"), "{after}");
        } else if shell != Shell::Elvish {
            assert_eq!(after, screen.trim_end().to_owned() + "x");
        }
        assert!(!after.to_lowercase().contains("cannot"), "{after}");
        line.clear();
        line.types(&format!("zkx -s {} get /bro", dead.addr()));
        line.screen.keys("\t\u{3}");
        line.prompt();
        line.types("echo still-$'here'");
        line.clear();
    }
}

#[test]
fn a_hundred_thousand_children() {
    let Some(lab) = Lab::on(Version::V3_9) else { return };
    let mut truth = lab.truth();
    truth.create("/many", b"").unwrap();
    truth.create_many((0..100_000).map(|n| (format!("/many/n{n:06}"), Vec::new()))).unwrap();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let Some(mut line) = shell.start(&lab.at(&lab.addr())) else { return };
        line.tab_until("zkx exists /many/n01234", "a list", |line| line.screen.text().contains("n012349"));
        line.clear();
        line.tab_until("zkx exists /many/n012345", "the one", |line| line.text().ends_with("n012345 "));
        line.answers("true");
        // What all of them have in common is inserted, and no more.
        line.completes("zkx exists /many/", "zkx exists /many/n0");
        line.tab_until("", "a list", |line| line.screen.text().contains("n040"));
        assert!(line.screen.text().contains("1,000 znodes"), "{}", line.screen.text());
        line.clear();
    }
}
