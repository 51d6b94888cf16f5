//! `oe`, `user`, `key`: what the operator of the machine may do without a second person, because
//! who can open the data directory could read it anyway. It stands in the journal as `cli:<uid>`.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Place;

/// `oe`
#[derive(Args, Debug)]
pub struct OeCommand {
    #[command(subcommand)]
    verb: OeVerb,
}

#[derive(Debug, Subcommand)]
enum OeVerb {
    /// Make an Organisationseinheit
    Create {
        #[command(flatten)]
        place: Place,
        /// Short sign, e.g. 61.2
        #[arg(long)]
        sign: String,
        /// Full name
        #[arg(long)]
        name: String,
        /// Short sign of the unit above
        #[arg(long)]
        above: Option<String>,
    },
}

/// `user`
#[derive(Args, Debug)]
pub struct UserCommand {
    #[command(subcommand)]
    verb: UserVerb,
}

#[derive(Debug, Subcommand)]
enum UserVerb {
    /// Make a person; prints the start password. In a new directory it founds the city first
    Create {
        #[command(flatten)]
        place: Place,
        /// Name of the city, for a new directory
        #[arg(long, default_value = "Stadt")]
        city: String,
        /// Sign-on name
        #[arg(long)]
        name: String,
        /// Name as colleagues know it
        #[arg(long)]
        full_name: Option<String>,
        /// Role, `ROLE` or `ROLE@OE`: sachbearbeitung, registratur, archiv, revision,
        /// administration
        #[arg(long = "role", value_delimiter = ',', required = true)]
        roles: Vec<String>,
        /// Short sign of the OE the person belongs to
        #[arg(long)]
        oe: Option<String>,
        /// Walls the person is admitted behind: personal, sozial, jugend, steuer
        #[arg(long = "wall", value_delimiter = ',')]
        walls: Vec<String>,
    },
    /// Give a person a new start password
    Password {
        #[command(flatten)]
        place: Place,
        /// Id of the person
        #[arg(long)]
        id: Uuid,
    },
    /// Block a person
    Block {
        #[command(flatten)]
        place: Place,
        /// Id of the person
        #[arg(long)]
        id: Uuid,
    },
}

/// `key`
#[derive(Args, Debug)]
pub struct KeyCommand {
    #[command(subcommand)]
    verb: KeyVerb,
}

#[derive(Debug, Subcommand)]
enum KeyVerb {
    /// Make a key; prints the key alone, this once
    Create(Box<NewKey>),
    /// Block a key for good
    Block {
        #[command(flatten)]
        place: Place,
        /// Id of the key
        #[arg(long)]
        id: Uuid,
    },
}

/// A new key.
#[derive(Args, Debug)]
struct NewKey {
    #[command(flatten)]
    place: Place,
    /// Name of the machine
    #[arg(long)]
    name: String,
    /// Role: scanstelle or fachverfahren
    #[arg(long, default_value = "fachverfahren")]
    role: String,
    /// Short signs of the OE it may write to
    #[arg(long, value_delimiter = ',', required = true)]
    oe: Vec<String>,
    /// What it may do; write-only unless more is named
    #[arg(long = "verb", value_delimiter = ',', default_value = "einliefern")]
    verbs: Vec<String>,
    /// Plan units it may file under; none: all
    #[arg(long = "unit", value_delimiter = ',')]
    units: Vec<String>,
    /// Walls it is admitted behind: personal, sozial, jugend, steuer
    #[arg(long = "wall", value_delimiter = ',')]
    walls: Vec<String>,
    /// Networks it may come from, e.g. 10.1.0.0/16; none: all
    #[arg(long = "net", value_delimiter = ',')]
    nets: Vec<String>,
    /// When it ends (RFC 3339)
    #[arg(long)]
    expires: Option<String>,
    /// Requests a second
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Uploads at the same time
    #[arg(long, default_value_t = 32)]
    uploads: u32,
    /// Bytes uploaded a calendar day
    #[arg(long, default_value_t = 1 << 40)]
    bytes_per_day: u64,
}

/// Founds the house in a new directory; nothing where it is founded.
///
/// # Errors
/// As the owner says.
pub fn found(place: &Place, city: &str) -> anyhow::Result<()> {
    place.ask("found", json!({ "name": city }), true).map(drop)
}

/// The first administrator; returns the start password.
///
/// # Errors
/// As the owner says.
pub fn first_user(place: &Place, name: &str) -> anyhow::Result<String> {
    let person = person(name, None, &["administration".into()], None, &[]);
    start_password(&place.ask("user_create", person, true)?)
}

fn person(
    name: &str,
    full_name: Option<&str>,
    roles: &[String],
    oe: Option<&str>,
    walls: &[String],
) -> Value {
    let role = |role: &String| match role.split_once('@') {
        Some((role, oe)) => json!({ "rolle": role, "oe": oe }),
        None => json!({ "rolle": role }),
    };
    json!({
        "person": { "anmeldename": name, "name": full_name.unwrap_or(name) },
        "rechte": {
            "oe": oe,
            "rollen": roles.iter().map(role).collect::<Vec<_>>(),
            "schutzklassen": walls,
        },
    })
}

fn start_password(answer: &Value) -> anyhow::Result<String> {
    let found = answer.get("startpasswort").and_then(Value::as_str);
    found.map(str::to_owned).context("the owner named no start password")
}

/// `oe`
///
/// # Errors
/// As the owner says.
pub fn oe(args: &OeCommand) -> anyhow::Result<ExitCode> {
    let OeVerb::Create { place, sign, name, above } = &args.verb;
    let oe = json!({ "kuerzel": sign, "name": name, "uebergeordnet": above });
    place.ask("oe_create", oe, false)?;
    Ok(ExitCode::SUCCESS)
}

/// `user`
///
/// # Errors
/// As the owner says.
pub fn user(args: &UserCommand) -> anyhow::Result<ExitCode> {
    let answer = match &args.verb {
        UserVerb::Create { place, city, name, full_name, roles, oe, walls } => {
            found(place, city)?;
            let person = person(name, full_name.as_deref(), roles, oe.as_deref(), walls);
            place.ask("user_create", person, false)?
        }
        UserVerb::Password { place, id } => {
            place.ask("user_password", json!({ "id": id }), false)?
        }
        UserVerb::Block { place, id } => {
            place.ask("user_block", json!({ "id": id }), false)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    println!("{}", start_password(&answer)?);
    Ok(ExitCode::SUCCESS)
}

/// `key`
///
/// # Errors
/// As the owner says.
pub fn key(args: &KeyCommand) -> anyhow::Result<ExitCode> {
    match &args.verb {
        KeyVerb::Create(new) => {
            let limits = json!({
                "anfragen_je_sekunde": new.rate, "gleichzeitige_uploads": new.uploads,
                "bytes_je_tag": new.bytes_per_day,
            });
            let key = json!({
                "name": new.name, "rolle": new.role, "oe": new.oe, "verben": new.verbs,
                "planeinheiten": new.units, "netze": new.nets, "ablauf": new.expires,
                "schutzklassen": new.walls, "grenzen": limits,
            });
            let answer = new.place.ask("key_create", key, false)?;
            let secret = answer.get("geheimnis").and_then(Value::as_str);
            println!("{}", secret.context("the owner named no key")?);
        }
        KeyVerb::Block { place, id } => {
            place.ask("key_block", json!({ "id": id }), false)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
