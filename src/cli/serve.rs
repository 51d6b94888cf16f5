//! `serve`: one data directory, one process.

use std::{
    io::{IsTerminal as _, Write as _, stdin, stdout},
    net::SocketAddr,
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;

use super::{Place, people, progress};
use crate::server;

/// Arguments of `serve`.
#[derive(Args, Debug)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address to listen on; off loopback a certificate or `trusted_proxies` is needed
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Write nothing
    #[arg(long)]
    read_only: bool,
    /// Log as JSON, one object a line
    #[arg(long)]
    log_json: bool,
}

/// Serves until SIGTERM or SIGINT. The first line on stdout names the address.
///
/// # Errors
/// If it can't start.
pub fn run(args: &Serve) -> anyhow::Result<ExitCode> {
    let mut file = args.place.file()?;
    if let Some(listen) = args.listen {
        file.listen = listen;
    }
    file.read_only |= args.read_only;
    file.check()?;
    if server::is_new(&file)? {
        first_administrator(&args.place, &file.data.display().to_string())?;
    }
    server::log::start(args.log_json);
    let bar = progress(0, "entries applied");
    let running = server::start(&file, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    running.catch_signals()?;
    println!("aktenlauf serves {} at {}", file.data.display(), running.url());
    stdout().flush()?;
    Ok(ExitCode::from(running.wait().code()))
}

/// There is no default password: whoever starts the first time names the first administrator.
fn first_administrator(place: &Place, data: &str) -> anyhow::Result<()> {
    if !stdin().is_terminal() {
        bail!(
            "{data} is new and has no administrator yet; make one first: aktenlauf user create \
             --data {data} --city NAME --name SIGN-ON-NAME --role administration"
        );
    }
    let ask = |question: &str| -> anyhow::Result<String> {
        print!("{question}: ");
        stdout().flush()?;
        let mut line = String::new();
        stdin().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    println!("{data} is new. It needs a first administrator.");
    let (city, name) = (ask("Name of the city")?, ask("Sign-on name of the administrator")?);
    people::found(place, &city)?;
    let password = people::first_user(place, &name)?;
    println!("Start password of {name}, to be changed at the first sign-on: {password}");
    println!("Roles and keys that can read need a second person: aktenlauf user create ...");
    Ok(())
}
