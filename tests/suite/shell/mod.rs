//! The shell, as somebody sees it who types at a terminal, and as a script that feeds it lines.

mod leaving;
mod life;
mod lines;
mod many;
mod running;
mod tour;
mod typing;
mod watches;

use std::time::Duration;

use crate::support::lab::Lab;
use crate::support::screen::Screen;
use crate::support::zkx::Zkx;

/// For what should take a moment, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// The shell in the lab's chroot, with its first prompt.
fn shell(lab: &Lab) -> Screen {
    shell_of(lab.zkx())
}

fn shell_of(zkx: Zkx) -> Screen {
    let screen = zkx.on_screen();
    screen.prompt();
    screen
}
