//! What can be asked through `admin.sock`, or done by a command that opened the house itself: one
//! table for both, so that they can't differ.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Exit,
    admin::{self, Command, Handler},
    house::{Error, House},
};
use crate::{
    api::check::Check,
    config,
    domain::aktenplan::{self, schreiben},
    ledger::State,
    registry::{OeNeu, PersonNeu, Planbericht, Planfassung, RechteNeu, SchluesselNeu, System},
};

/// Carries out commands for a house.
pub(super) fn handler(house: &Arc<House>, end: mpsc::SyncSender<Exit>) -> Arc<Handler> {
    // Weak: the socket's thread must not keep the directory's lock after the server has stopped.
    let house = Arc::downgrade(house);
    Arc::new(move |command, user, progress| {
        if command.command == "stop" {
            let _ = end.try_send(Exit::Asked);
            return Ok(Value::Null);
        }
        let house = house.upgrade().ok_or("the server is stopping")?;
        carry_out(&house, command, user, progress)
    })
}

/// Asks whoever serves the directory, or opens it and does it here.
///
/// `verify` then writes nothing into journal and blobs, even where they are damaged. Tables that
/// don't fit the journal are made anew when the house is opened, and an index that is behind is
/// carried on, because it could not be compared otherwise; the report's `hinweise` name the former.
///
/// # Errors
/// The reason why not, for the operator.
pub fn run(
    file: &config::File,
    command: &Command,
    create: bool,
    progress: &dyn Fn(u64, u64),
) -> Result<Value, String> {
    match admin::ask(&file.data, command, progress) {
        Err(admin::Error::Nobody(_)) => {}
        other => return other.map_err(|e| e.to_string()),
    }
    let open = |e: Error| e.to_string();
    let house = House::open(file, Arc::new(super::System), create, progress).map_err(open)?;
    let user = rustix::process::getuid().as_raw().to_string();
    let lost = if command.command == "verify" { catch_up(&house) } else { 0 };
    let mut done = carry_out(&house, command, &user, progress);
    house.close();
    let notes = done.as_mut().ok().and_then(|report| report.get_mut("hinweise"));
    if let (1.., Some(Value::Array(notes))) = (lost, notes) {
        notes.push(json!(format!("{lost} texts are not in derived/ and are not found")));
    }
    done
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    person: PersonNeu,
    rechte: RechteNeu,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: Uuid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Founding {
    /// The city's name.
    name: String,
    /// The plan's two files; without them the one that comes with the program.
    plan: Option<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanImport {
    /// A folder with `plan.toml` and `plan.csv`, or a message 0301; absolute.
    source: PathBuf,
    /// `konkordanz.csv`
    concordance: Option<PathBuf>,
    dry_run: bool,
}

/// A file of a plan. One that is too large is not read to its end, and refused later by its size.
///
/// # Errors
/// If it can't be read.
pub fn plan_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(aktenplan::BYTES_MAX).unwrap_or(u64::MAX);
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The plan in force as the texts of its two files.
fn plan_export(system: &System) -> Result<Value, String> {
    let plan = system.aktenplan().map_err(|e| e.to_string())?;
    Ok(json!({ "toml": schreiben::toml(&plan.plan), "csv": schreiben::csv(&plan) }))
}

impl PlanImport {
    fn carry_out(&self, system: &System) -> Result<Planbericht, String> {
        let done = system.planfassung(&self.read()?, self.dry_run);
        done.map_err(|e| {
            let faults: Vec<&str> = e.fehler.iter().map(|fault| &*fault.text).collect();
            if faults.is_empty() { e.to_string() } else { faults.join("\n") }
        })
    }

    fn read(&self) -> Result<Planfassung, String> {
        let text = |path: &Path| -> Result<Option<String>, String> {
            let named = |why: String| format!("{}: {why}", path.display());
            let bytes = plan_file(path).map_err(|e| named(e.to_string()))?;
            let text = aktenplan::decode(&bytes).map_err(|found| named(found.text))?;
            Ok(Some(text.into_owned()))
        };
        let konkordanz = self.concordance.as_deref().map_or(Ok(None), text)?;
        if !self.source.is_dir() {
            let xdomea = text(&self.source)?;
            return Ok(Planfassung { xdomea, konkordanz, ..Planfassung::default() });
        }
        let (toml, csv) =
            (text(&self.source.join("plan.toml"))?, text(&self.source.join("plan.csv"))?);
        Ok(Planfassung { toml, csv, xdomea: None, konkordanz })
    }
}

/// Carries out one command. `user` is the operating system's user, for the journal.
///
/// # Errors
/// The reason why not.
pub fn carry_out(
    house: &House,
    command: &Command,
    user: &str,
    progress: &dyn Fn(u64, u64),
) -> Result<Value, String> {
    let system = house.registry.system(user);
    let said = |e: crate::registry::Error| e.to_string();
    match command.command.as_str() {
        "ping" => Ok(json!({ "head": house.ledger.head().seq, "state": state(house) })),
        "found" => {
            let Founding { name, plan } = read(command)?;
            let plan = match plan {
                Some((toml, csv)) => aktenplan::read(&toml, &csv),
                None => aktenplan::muster(),
            };
            let plan = plan.map_err(|found| format!("filing plan: {found:?}"))?;
            // Each half is done only where it is missing, so that a founding that was cut off is
            // ended by asking again.
            let mandant = match system.mandant().map_err(said)? {
                Some(mandant) => mandant,
                None => system.gruenden(&name).map_err(said)?,
            };
            let view = house.ledger.view();
            if view.kind::<aktenplan::Aktenplan>(None, 1).map_err(|e| e.to_string())?.is_empty() {
                system.aktenplan_laden(plan.plan, plan.einheiten).map_err(said)?;
            }
            Ok(json!(mandant))
        }
        "oe_create" => Ok(json!(system.oe_anlegen(read::<OeNeu>(command)?).map_err(said)?)),
        "user_create" => {
            let NewPerson { person, rechte } = read(command)?;
            let made = system.person_anlegen(person, rechte).map_err(said)?;
            Ok(json!({ "person": made.person, "startpasswort": made.startpasswort }))
        }
        "user_password" => {
            let id = read::<Named>(command)?.id;
            let password = system.startpasswort(id).map_err(said)?;
            house.sessions.close_all(id);
            Ok(json!({ "startpasswort": password }))
        }
        "user_block" => {
            let id = read::<Named>(command)?.id;
            let done = system.person_sperren(id, true).map_err(said)?;
            house.sessions.close_all(id);
            Ok(json!(done))
        }
        "key_create" => {
            let made = system.schluessel_anlegen(read::<SchluesselNeu>(command)?).map_err(said)?;
            Ok(json!(made))
        }
        "key_block" => {
            let done = system.schluessel_sperren(read::<Named>(command)?.id).map_err(said)?;
            Ok(json!(done))
        }
        "plan_import" => Ok(json!(read::<PlanImport>(command)?.carry_out(&system)?)),
        "plan_export" => plan_export(&system),
        "verify" => verify(house, progress),
        "sweep" => {
            let report = house.registry.jobs().sweep().map_err(said)?;
            Ok(json!({
                "seen": report.gesehen,
                "removed": report.entfernt,
                "bytes": report.bytes,
                "foreign": report.fremd,
            }))
        }
        other => Err(format!("unknown command {other:?}")),
    }
}

fn read<T: DeserializeOwned>(command: &Command) -> Result<T, String> {
    T::deserialize(&command.arguments).map_err(|e| format!("{}: {e}", command.command))
}

fn state(house: &House) -> String {
    match house.ledger.state() {
        State::Ready => "ready".into(),
        State::Full(why) => format!("full: {why}"),
        State::Unreachable(why) => format!("not reachable: {why}"),
        State::ReadOnly(why) => format!("read-only: {why}"),
        State::Poisoned(why) => format!("poisoned: {why}"),
    }
}

/// Carries the index on to the journal's end, so that the two can be compared. Where that can't be
/// done the report says that they were not. Returns how many texts were not there.
fn catch_up(house: &House) -> usize {
    let mut lost = 0;
    let mut carry = || {
        while house.follow.indexed() < house.ledger.applied().seq {
            let progress = house.follow.step(Duration::from_millis(10))?;
            lost += progress.missing.len();
            if progress.entries == 0 {
                break;
            }
        }
        // What was read since the last commit counts only from this one on.
        house.follow.close()
    };
    if let Err(error) = carry() {
        tracing::warn!(%error, "the index can't follow");
    }
    lost
}

/// Checks everything, as fast as the disk gives it.
fn verify(house: &House, progress: &dyn Fn(u64, u64)) -> Result<Value, String> {
    let check = Check {
        ledger: Arc::clone(&house.ledger),
        blobs: Arc::clone(&house.blobs),
        index: Arc::clone(&house.index),
        follow: Arc::clone(&house.follow),
        bytes_per_s: None,
    };
    // A line for every thousandth is enough, and does not slow the check down.
    let last = Mutex::new(u64::MAX);
    let report = check.run(&mut |done, total| {
        let part = done.saturating_mul(1000) / total.max(1);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != part {
            *last = part;
            progress(done, total);
        }
    });
    let report = report.map_err(|e| e.to_string())?;
    serde_json::to_value(report).map_err(|e| e.to_string())
}
