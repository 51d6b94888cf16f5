//! Fills the invented city through its REST API, as a Fachverfahren of the whole house would:
//! Akten and Vorgänge, documents, further Fassungen, what is struck out, what is closed.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::{Login, Oes, Running, SEED, ask};
use crate::{
    cli::{
        client::Client,
        demo::{self, DemoAkte, DemoDocument, Stand},
        progress,
    },
    domain::{access::Schutzklasse, organisation::Grenzen},
};

/// Requests a second: a fast machine makes more than a key may by default.
const RATE: u32 = 10_000;
/// Documents in flight at the same time.
const PUSHERS: usize = 4;

/// An Akte that was opened: its answer, and those of its Vorgänge by subject.
struct Opened {
    akte: Value,
    vorgaenge: BTreeMap<String, Value>,
}

/// Opens, pushes, closes; `registrar` opens again what was closed too early.
pub(super) fn fill(
    running: &Running,
    count: usize,
    registrar: &Login,
    oes: &Oes,
) -> anyhow::Result<()> {
    let everywhere: Vec<&str> = demo::OES.iter().map(|(sign, _)| *sign).collect();
    let key = ask(
        running,
        "key_create",
        json!({
            "name": "demo-fuellung", "rolle": "fachverfahren", "oe": everywhere,
            "verben": ["einliefern", "anlegen", "aendern", "schliessen", "stornieren"],
            "schutzklassen": [Schutzklasse::Steuer, Schutzklasse::Personal],
            "grenzen": Grenzen { anfragen_je_sekunde: RATE, ..Grenzen::default() },
        }),
    )?;
    let secret = key.get("geheimnis").and_then(Value::as_str).context("key")?;
    let client = Client::new(&running.url(), secret, None)?;
    let documents: Vec<_> = demo::documents(count, SEED).collect();
    let akten = demo::akten(&documents);
    let opened = open(&client, &akten, oes)?;
    push_all(&client, &documents, &akten, &opened)?;
    close(&client, &akten, &opened, registrar, &running.url())?;
    wait_for_texts(running, count)
}

fn word<'a>(answer: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    answer.get(name).and_then(Value::as_str).with_context(|| format!("no {name} in {answer}"))
}

fn version(answer: &Value) -> anyhow::Result<u64> {
    answer.get("seq").and_then(Value::as_u64).with_context(|| format!("no seq in {answer}"))
}

fn open(client: &Client, akten: &[DemoAkte], oes: &Oes) -> anyhow::Result<Vec<Opened>> {
    let bar = progress(akten.len(), "files opened");
    let mut opened = Vec::with_capacity(akten.len());
    for (place, akte) in akten.iter().enumerate() {
        let shares: Vec<Value> = akte
            .freigabe
            .iter()
            .map(|share| {
                json!({ "fuer": { "oe": oes.get(share.oe) }, "bearbeiten": share.bearbeiten })
            })
            .collect();
        let body = json!({
            "planeinheit": akte.planeinheit, "oe": akte.oe, "betreff": akte.betreff,
            "freigaben": shares, "medium": if akte.hybrid { "hybrid" } else { "elektronisch" },
            "felder": akte.felder,
        });
        let made = client.post("/akten", Some(&format!("demo-akte-{place}")), &body);
        let made = made.with_context(|| format!("Akte {}", akte.betreff))?;
        let mut vorgaenge = BTreeMap::new();
        for (number, (betreff, _)) in akte.vorgaenge.iter().enumerate() {
            let path = format!("/akten/{}/vorgaenge", word(&made, "id")?);
            let once = format!("demo-vorgang-{place}-{number}");
            let vorgang = client.post(&path, Some(&once), &json!({ "betreff": betreff }));
            vorgaenge.insert(betreff.clone(), vorgang.with_context(|| betreff.clone())?);
        }
        opened.push(Opened { akte: made, vorgaenge });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(opened)
}

fn push_all(
    client: &Client,
    documents: &[DemoDocument],
    akten: &[DemoAkte],
    opened: &[Opened],
) -> anyhow::Result<()> {
    let bar = progress(documents.len(), "documents pushed");
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let pushers: Vec<_> = (0..PUSHERS)
            .map(|_| {
                scope.spawn(|| -> anyhow::Result<()> {
                    while let Some(document) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let akte = akten.iter().position(|akte| akte.nimmt(document));
                        let akte = akte.and_then(|place| opened.get(place));
                        push(client, document, akte).with_context(|| document.dateiname.clone())?;
                        bar.inc(1);
                    }
                    Ok(())
                })
            })
            .collect();
        for pusher in pushers {
            match pusher.join() {
                Ok(done) => done?,
                Err(_) => bail!("a push panicked"),
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(())
}

fn push(client: &Client, document: &DemoDocument, akte: Option<&Opened>) -> anyhow::Result<()> {
    let mut metadata = json!({
        "betreff": document.betreff, "typ": document.typ, "absender": document.absender,
        "datum": document.datum, "posteingangsdatum": document.posteingangsdatum,
        "dateiname": document.dateiname,
    });
    let fields = metadata.as_object_mut().context("metadata")?;
    if let Some(to) = &document.empfaenger {
        fields.insert("empfaenger".into(), json!(to));
    }
    match akte.filter(|_| document.stand != Stand::Wartet) {
        None => fields.insert("oe".into(), json!(document.oe_kuerzel)),
        Some(opened) => {
            let name = document.vorgang.as_deref().unwrap_or_default();
            match opened.vorgaenge.get(name) {
                Some(vorgang) => fields.insert("vorgang_id".into(), json!(word(vorgang, "id")?)),
                None => fields.insert("akte_id".into(), json!(word(&opened.akte, "id")?)),
            }
        }
    };
    match document.stand {
        Stand::Abgelegt | Stand::Wartet => {
            client.push_bytes(&document.bytes(), &metadata)?;
        }
        Stand::Storniert => {
            let made = client.push_bytes(&document.bytes(), &metadata)?;
            let path = format!("/dokumente/{}/storno", word(&made, "id")?);
            let why = json!({ "grund": "Doppelt eingescannt; das Original liegt in der Akte." });
            client.change(&path, version(&made)?, &why)?;
        }
        Stand::Fassungen(count) => {
            let mut made = client.push_bytes(&document.entwurf(1), &metadata)?;
            let about = json!({ "dateiname": document.dateiname });
            for number in 2..=count {
                let last = number == count;
                let bytes = if last { document.bytes() } else { document.entwurf(number) };
                let id = word(&made, "id")?.to_owned();
                made = client.push_fassung(&id, version(&made)?, &bytes, &about)?;
            }
        }
    }
    Ok(())
}

/// Closes what is done; of the closed Akten of the registry's own office one is opened again.
fn close(
    client: &Client,
    akten: &[DemoAkte],
    opened: &[Opened],
    registrar: &Login,
    url: &str,
) -> anyhow::Result<()> {
    let (name, password) = (&registrar.name, &registrar.password);
    let signed = Client::new(url, "", None)?;
    let session =
        signed.post("/anmeldung", None, &json!({ "name": name, "passwort": password }))?;
    let registry = Client::new(url, word(&session, "token")?, None)?;
    for (akte, opened) in akten.iter().zip(opened) {
        for (betreff, _) in akte.vorgaenge.iter().filter(|(_, closed)| *closed) {
            if let Some(vorgang) = opened.vorgaenge.get(betreff) {
                let path = format!("/vorgaenge/{}/schliessen", word(vorgang, "id")?);
                client.change(&path, version(vorgang)?, &json!({}))?;
            }
        }
        if akte.geschlossen {
            let path = format!("/akten/{}", word(&opened.akte, "id")?);
            let why = json!({ "grund": "Vorgänge erledigt, zdA verfügt." });
            let done =
                client.change(&format!("{path}/schliessen"), version(&opened.akte)?, &why)?;
            if akte.wieder_geoeffnet {
                let why = json!({ "grund": "Es kam noch Schriftwechsel zu dieser Sache." });
                registry.change(&format!("{path}/oeffnen"), version(&done)?, &why)?;
            }
        }
    }
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
