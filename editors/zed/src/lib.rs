use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree};

struct Iamdsl;

impl zed::Extension for Iamdsl {
    fn new() -> Self {
        Iamdsl
    }

    /// `iamdsl lsp`, from the `PATH` that the worktree's shell has.
    fn language_server_command(&mut self, _server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let command = worktree
            .which("iamdsl")
            .ok_or("`iamdsl` is not on the PATH: pip install 'iamdsl[lsp]'")?;
        Ok(Command {
            command,
            args: vec!["lsp".into()],
            env: worktree.shell_env(),
        })
    }
}

zed::register_extension!(Iamdsl);
