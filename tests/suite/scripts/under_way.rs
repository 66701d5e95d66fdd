//! What people see on a terminal while a step takes its time.

use crate::support::screen::CTRL_C;
use crate::support::zkx::Zkx;

fn run(steps: &str) -> Zkx {
    Zkx::new().server("mem:").file("s.yaml", format!("zkx: 1\nsteps:\n{steps}")).args(["run", "s.yaml"])
}

#[test]
fn what_is_under_way_is_shown_and_taken_back() {
    let screen = run("  - {name: a nap, sleep: 3s}\n  - print: rested\n").on_screen();
    screen.shows("… 1 a nap (1s)");
    screen.shows("… 1 a nap (2s)");
    screen.shows("rested");
    assert!(screen.text().contains("\n· 1 a nap: 3s"), "{}", screen.text());
    assert!(!screen.text().contains('…'), "{}", screen.text());
}

#[test]
fn a_long_name_stays_on_one_line() {
    let steps = format!("  - {{name: {}, sleep: 2s}}\n", "long ".repeat(40));
    let screen = run(&steps).on_screen_of(24, 60);
    screen.shows("… 1 long");
    screen.shows("unchanged");
    assert_eq!(screen.history().matches('…').count(), 0, "{}", screen.history());
}

#[test]
fn an_interrupt_takes_it_back_too() {
    let mut screen = run("  - wait: {path: /x, for: exists}\n").on_screen();
    screen.shows("… 1 wait (1s)");
    screen.keys(CTRL_C);
    screen.shows("interrupted");
    assert!(!screen.text().contains('…'), "{}", screen.text());
    assert_eq!(screen.end(), Some(130));
}

#[test]
fn nothing_of_it_goes_into_a_pipe() {
    let output = run("  - {name: a nap, sleep: 1500ms}\n").run().success();
    assert_eq!(output.out(), "s.yaml on mem:\n· 1 a nap: 1s 500ms\n0 changed, 1 unchanged\n");
}
