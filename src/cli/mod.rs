//! The commands of the one binary. What the operator reads here is English.
//!
//! Commands that need the data directory's owner go through its admin socket, or take the lock
//! when nobody serves. Exit codes: 0 done, 1 something failed or is wrong, 2 wrong usage, 3 a
//! write's outcome is unknown (start again, and look at the disk).

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::{
    config,
    server::{admin::Command as Request, commands},
};

mod city;
pub mod classify;
mod client;
pub mod demo;
mod house;
pub mod pdf;
mod people;
mod plan;
mod push;
mod serve;

/// E-Akte for German municipalities: from the mail room to the archive.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, max_term_width = 100)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  aktenlauf demo
  aktenlauf user create --data /srv/akten --city Lindenau --name a.roth --role administration
  aktenlauf serve --data /srv/akten --listen 127.0.0.1:8420
  AKTENLAUF_KEY=akl_... aktenlauf push --server http://127.0.0.1:8420 --oe 10 scans/
  aktenlauf verify --data /srv/akten

Exit codes: 0 done, 1 something failed or is wrong, 2 wrong usage, 3 the outcome of a write is
unknown: start again, and look at the disk.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a data directory
    Serve(serve::Serve),
    /// Show the product: a sample city with invented documents
    Demo(city::Demo),
    /// Push files and folders to a server
    Push(push::Push),
    /// Check chain, blobs, tables and index; exit code 1 names what is wrong
    Verify(house::Verify),
    /// Throw tables and index away and make them anew from the journal
    Rebuild(house::Rebuild),
    /// Remove unreferenced files older than a day
    Sweep(house::Sweep),
    /// Carry an installation to other engines (files, PostgreSQL, S3), resumable
    Move(house::Move),
    /// Organisationseinheiten
    Oe(people::OeCommand),
    /// Persons
    User(people::UserCommand),
    /// API keys of scan stations and Fachverfahren
    Key(people::KeyCommand),
    /// Suggestions of plan units: their quality card
    Classify(classify::ClassifyCommand),
    /// Filing plans: check, compare, convert, import
    Plan(plan::PlanCommand),
    /// Print the description of the REST API (openapi.json)
    Openapi,
}

/// Which data directory is meant.
#[derive(Args, Clone, Debug)]
struct Place {
    /// Data directory
    #[arg(long, required_unless_present = "config")]
    data: Option<PathBuf>,
    /// Configuration file (TOML) that names the data directory and whatever is not to be default
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Place {
    fn file(&self) -> anyhow::Result<config::File> {
        let mut file = match (&self.config, &self.data) {
            (Some(path), _) => config::File::read(path)?,
            (None, Some(data)) => config::File::new(data, SocketAddr::from(([127, 0, 0, 1], 8420))),
            (None, None) => bail!("--data or --config is needed"),
        };
        if let Some(data) = &self.data {
            file.data.clone_from(data);
        }
        Ok(file)
    }

    /// Has the owner of the directory do something, or does it here when nobody serves.
    fn ask(&self, command: &str, arguments: Value, create: bool) -> anyhow::Result<Value> {
        let request = Request { command: command.into(), arguments };
        commands::run(&self.file()?, &request, create, &|_, _| {}).map_err(anyhow::Error::msg)
    }
}

/// Parses the command line and runs.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Program::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => city::run(&args),
        Command::Push(args) => push::run(&args),
        Command::Verify(args) => house::verify(&args),
        Command::Rebuild(args) => house::rebuild(&args),
        Command::Sweep(args) => house::sweep(&args),
        Command::Move(args) => house::carry(&args),
        Command::Oe(args) => people::oe(&args),
        Command::User(args) => people::user(&args),
        Command::Key(args) => people::key(&args),
        Command::Classify(args) => classify::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Openapi => openapi(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("aktenlauf: {error:#}");
        ExitCode::FAILURE
    })
}

fn openapi() -> anyhow::Result<ExitCode> {
    let text = serde_json::to_string_pretty(&crate::api::openapi()).context("openapi.json")?;
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// A bar on the terminal; nothing where there is none.
fn progress(total: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {per_sec} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}
