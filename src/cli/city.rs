//! `demo`: founds an invented city, pushes its documents through the real API, and serves it.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{Write as _, stdout},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

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

/// Documents in flight at the same time.
const PUSHERS: usize = 4;

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
    #[arg(long, default_value_t = 60)]
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

/// One of each role; two for the administration, because much of it needs a second person.
/// Only the Kämmerei is admitted behind the wall of tax secrecy.
const PEOPLE: [(&str, &str, &str, Option<&str>); 9] = [
    ("b.kessler", "Britta Keßler", "sachbearbeitung", Some("63")),
    ("t.moeller", "Tarek Möller", "sachbearbeitung", Some("20")),
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
    let logins = found(&running, &data)?;
    fill(&running, args.documents)?;
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
fn found(running: &Running, data: &Path) -> anyhow::Result<Vec<Login>> {
    ask(running, "found", json!({ "name": demo::STADT }))?;
    for (sign, name) in demo::OES {
        ask(running, "oe_create", json!({ "kuerzel": sign, "name": name }))?;
    }
    let url = running.url();
    let walls =
        |oe: Option<&str>| if oe == Some("20") { vec![Schutzklasse::Steuer] } else { vec![] };
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
    Ok(logins)
}

/// Opens Akten and pushes the documents, as a Fachverfahren of the whole house would; every
/// fourth document waits in the Posteingang.
fn fill(running: &Running, count: usize) -> anyhow::Result<()> {
    let everywhere: Vec<&str> = demo::OES.iter().map(|(sign, _)| *sign).collect();
    let key = ask(
        running,
        "key_create",
        json!({
            "name": "demo-fuellung", "rolle": "fachverfahren", "verben": ["einliefern", "anlegen"],
            "oe": everywhere, "schutzklassen": [Schutzklasse::Steuer],
        }),
    )?;
    let secret = key.get("geheimnis").and_then(Value::as_str).context("key")?;
    let client = Client::new(&running.url(), secret, None)?;
    let documents: Vec<_> = demo::documents(count, SEED).collect();
    let mut files: BTreeMap<(&str, &str), Value> = BTreeMap::new();
    for document in &documents {
        let place = (document.planeinheit, document.oe_kuerzel);
        if let std::collections::btree_map::Entry::Vacant(free) = files.entry(place) {
            let akte = json!({
                "planeinheit": document.planeinheit, "oe": document.oe_kuerzel,
                "betreff": document.betreff,
            });
            let once = format!("demo-{}-{}", document.planeinheit, document.oe_kuerzel);
            let made = client.post("/akten", Some(&once), &akte);
            let made = made.with_context(|| format!("Akte under {}", document.planeinheit))?;
            free.insert(made.get("id").cloned().context("the Akte has no id")?);
        }
    }
    let bar = progress(documents.len(), "documents pushed");
    let per_thread = documents.len().div_ceil(PUSHERS).max(1);
    thread::scope(|scope| {
        let pushes: Vec<_> = documents
            .chunks(per_thread)
            .enumerate()
            .map(|(part, chunk)| {
                let (client, files, bar) = (&client, &files, &bar);
                scope.spawn(move || -> anyhow::Result<()> {
                    for (place, document) in chunk.iter().enumerate() {
                        let waits = (part * per_thread + place) % 4 == 3;
                        push(client, document, files, waits)?;
                        bar.inc(1);
                    }
                    Ok(())
                })
            })
            .collect();
        for push in pushes {
            match push.join() {
                Ok(done) => done?,
                Err(_) => bail!("a push panicked"),
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    wait_for_texts(running, count)
}

fn push(
    client: &Client,
    document: &demo::DemoDocument,
    files: &BTreeMap<(&str, &str), Value>,
    waits: bool,
) -> anyhow::Result<()> {
    let mut metadata = json!({
        "betreff": document.betreff, "typ": document.typ, "absender": document.absender,
        "datum": document.datum, "posteingangsdatum": document.posteingangsdatum,
        "dateiname": document.dateiname,
    });
    let fields = metadata.as_object_mut().context("metadata")?;
    if let Some(to) = &document.empfaenger {
        fields.insert("empfaenger".into(), json!(to));
    }
    let akte = files.get(&(document.planeinheit, document.oe_kuerzel));
    match akte.filter(|_| !waits) {
        Some(id) => fields.insert("akte_id".into(), id.clone()),
        None => fields.insert("oe".into(), json!(document.oe_kuerzel)),
    };
    client.push_bytes(&document.pdf(), &metadata).with_context(|| document.dateiname.clone())?;
    Ok(())
}

/// A demo that is searched at once should find everything: waits a minute at most.
fn wait_for_texts(running: &Running, count: usize) -> anyhow::Result<()> {
    let bar = progress(count, "texts read");
    let house = running.house();
    for _ in 0..600 {
        let open = house.registry.jobs().offene_texte(count.max(1))?.len();
        bar.set_position(u64::try_from(count.saturating_sub(open))?);
        if open == 0 && house.follow.indexed() >= house.ledger.head().seq {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    bar.finish_and_clear();
    Ok(())
}
