//! The `zkx` binary: everything is in [`zkx::app`].

fn main() -> std::process::ExitCode {
    zkx::app::run(std::env::args_os())
}
