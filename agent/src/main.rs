//! The program.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use tracing_subscriber::EnvFilter;
use wirelight::{
    cli::{Cli, Command, ReplayArgs, markdown},
    pipeline,
};

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let Cli { command, log } = Cli::parse();
    let filter = EnvFilter::try_new(&log)
        .map_err(|error| anyhow::anyhow!("--log {log:?} is not understood: {error}; try --log info"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        match command {
            Command::Run(run) => pipeline::run(run.options()).await?,
            Command::Record(record) => pipeline::run(record.options()).await?,
            Command::Replay(ReplayArgs { file, output }) => {
                let reading = output.replay_reading();
                pipeline::replay(&file, output.style(), &reading, output.counters_json.as_deref()).await?;
            }
            Command::HelpMarkdown => io::stdout().write_all(markdown().as_bytes())?,
        }
        Ok(())
    });
    // Whoever told it to stop twice does not want to wait for the kernel.
    runtime.shutdown_background();
    done
}

/// One sentence, whatever RUST_BACKTRACE says: it is for the person at the terminal.
#[expect(clippy::print_stderr, reason = "the program's last word")]
fn complain(error: &anyhow::Error) {
    eprintln!("wirelight: {error}");
}
