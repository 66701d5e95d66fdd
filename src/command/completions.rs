use clap::{Args, ValueEnum};

use super::Context;
use crate::error::Result;
use crate::view::{CompletionsView, View};

/// A shell that can complete zkx's command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// From 4.4 on
    Bash,
    /// zsh
    Zsh,
    /// From 3.4 on
    Fish,
    /// From 0.19 on
    Elvish,
    /// PowerShell from 5.1 on
    #[value(alias = "pwsh")]
    Powershell,
    /// Nushell
    #[value(alias = "nu")]
    Nushell,
}

impl Shell {
    /// What the shell is to read at its start.
    pub fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../../completions/zkx.bash"),
            Self::Zsh => include_str!("../../completions/_zkx"),
            Self::Fish => include_str!("../../completions/zkx.fish"),
            Self::Elvish => include_str!("../../completions/zkx.elv"),
            Self::Powershell => include_str!("../../completions/zkx.ps1"),
            Self::Nushell => include_str!("../../completions/zkx.nu"),
        }
    }
}

/// Print what makes a shell complete zkx's command line
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) async fn run(self, cx: &Context<'_>) -> Result<()> {
        cx.out.value(View::Completions(CompletionsView { script: self.shell.script() })).await
    }
}
