//! `demo`: founds an invented city, pushes its documents through the real API, and serves it.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{Write as _, stdout},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

mod fill;

use super::{client::Client, demo, progress};
use crate::{
    config,
    domain::{
        access::{Schutzklasse, Verb},
        source::Source as _,
    },
    identity::secret,
    server::{self, Running, System, admin::Command, commands},
};

/// The same documents for everybody who tries it.
const SEED: u64 = 2026;

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Data directory; default: a new one below the system's folder for temporary files
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Documents to invent
    #[arg(long, default_value_t = 300)]
    documents: usize,
    /// Allow an address that others can reach, without TLS
    #[arg(long)]
    yes: bool,
}

/// One line of `logins.json`.
#[derive(Clone, Debug, Serialize)]
struct Login {
    name: String,
    password: String,
    role: &'static str,
    oe: Option<&'static str>,
    key: String,
}

/// Ids of the OEs by their short signs.
type Oes = BTreeMap<&'static str, Value>;

/// One of each role; two for the administration, because much of it needs a second person.
/// Only the Kämmerei is admitted behind the wall of tax secrecy, only the Personalamt behind that
/// of personnel files.
const PEOPLE: [(&str, &str, &str, Option<&str>); 10] = [
    ("b.kessler", "Britta Keßler", "sachbearbeitung", Some("63")),
    ("t.moeller", "Tarek Möller", "sachbearbeitung", Some("20")),
    ("h.voss", "Hanna Voß", "sachbearbeitung", Some("11")),
    ("r.anders", "Ruth Anders", "registratur", Some("10")),
    ("scan.post", "Scanstelle Posteingang", "scanstelle", Some("10")),
    ("fach.bau", "Fachverfahren Bauaufsicht", "fachverfahren", Some("63")),
    ("i.winkler", "Ines Winkler", "archiv", None),
    ("p.oezdemir", "Pelin Özdemir", "revision", None),
    ("a.roth", "Anton Roth", "administration", None),
    ("c.lindner", "Clara Lindner", "administration", None),
];

/// Founds, fills and serves. The first line on stdout names the address.
///
/// # Errors
/// If it can't start, or a document is refused.
pub fn run(args: &Demo) -> anyhow::Result<ExitCode> {
    let data = match &args.data {
        Some(data) => data.clone(),
        None => std::env::temp_dir().join(format!("aktenlauf-demo-{}", System.id().simple())),
    };
    let mut file = config::File::new(&data, args.listen);
    if !args.listen.ip().is_loopback() {
        if !args.yes {
            bail!("{}: others could reach the demo; say --yes if they may", args.listen);
        }
        // Passwords then go in clear: for a demo with invented documents, and only when told so.
        file.trusted_proxies = vec![ipnet::IpNet::from(args.listen.ip())];
    }
    if data.join("FORMAT").exists() {
        bail!("{} exists; serve it with: aktenlauf serve --data {0}", data.display());
    }
    let running = server::start(&file, &|_, _| {})?;
    let (logins, oes) = found(&running, &data)?;
    let registrar = logins.iter().find(|login| login.role == "registratur");
    fill::fill(&running, args.documents, registrar.context("a registrar")?, &oes)?;
    running.catch_signals()?;
    println!("Aktenlauf shows {} at {}", demo::STADT, running.url());
    println!("Open that address in a browser, and sign on with one of these:");
    println!("\n{:<12} {:<22} {:<16} OE", "name", "password", "role");
    for login in &logins {
        let oe = login.oe.unwrap_or("-");
        println!("{:<12} {:<22} {:<16} {oe}", login.name, login.password, login.role);
    }
    println!("\nThese logins, and a key for each role: {}", data.join("logins.json").display());
    println!("The data stay in {} until you remove it. Ctrl-C stops the server.", data.display());
    stdout().flush()?;
    Ok(ExitCode::from(running.wait().code()))
}

fn ask(running: &Running, command: &str, arguments: Value) -> anyhow::Result<Value> {
    let request = Command { command: command.into(), arguments };
    commands::carry_out(running.house(), &request, "demo", &|_, _| {}).map_err(anyhow::Error::msg)
}

/// Units, persons, keys; the logins go to `logins.json`, which only its owner may read.
fn found(running: &Running, data: &Path) -> anyhow::Result<(Vec<Login>, Oes)> {
    ask(running, "found", json!({ "name": demo::STADT }))?;
    let mut oes = Oes::new();
    for (sign, name) in demo::OES {
        let made = ask(running, "oe_create", json!({ "kuerzel": sign, "name": name }))?;
        oes.insert(sign, made.get("id").cloned().context("the OE has no id")?);
    }
    let url = running.url();
    let walls = |oe: Option<&str>| match oe {
        Some("11") => vec![Schutzklasse::Personal],
        Some("20") => vec![Schutzklasse::Steuer],
        _ => vec![],
    };
    let bar = progress(PEOPLE.len(), "persons and keys");
    let mut logins = Vec::new();
    for (name, full, role, oe) in PEOPLE {
        let password = secret::new(&System, "").shown.chars().take(20).collect::<String>();
        let made = ask(
            running,
            "user_create",
            json!({
                "person": { "anmeldename": name, "name": full },
                "rechte": { "oe": oe, "rollen": [{ "rolle": role, "oe": oe }],
                            "schutzklassen": walls(oe) },
            }),
        )?;
        let start = made.get("startpasswort").and_then(Value::as_str).context("start password")?;
        let anybody = Client::new(&url, "", None)?;
        let session =
            anybody.post("/anmeldung", None, &json!({ "name": name, "passwort": start }))?;
        let token = session.get("token").and_then(Value::as_str).context("token")?;
        let change = json!({ "alt": start, "neu": password });
        Client::new(&url, token, None)?.post("/anmeldung/passwort", None, &change)?;
        let everywhere: Vec<&str> = demo::OES.iter().map(|(sign, _)| *sign).collect();
        let key = ask(
            running,
            "key_create",
            json!({
                "name": format!("{role}-{name}"), "rolle": role, "verben": Verb::ALL,
                "oe": oe.map_or(everywhere, |oe| vec![oe]), "schutzklassen": walls(oe),
            }),
        )?;
        let key = key.get("geheimnis").and_then(Value::as_str).context("key")?.to_owned();
        logins.push(Login { name: name.into(), password, role, oe, key });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let path = data.join("logins.json");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&serde_json::to_vec_pretty(&logins)?)?;
    Ok((logins, oes))
}
