//! `/pruefung`: where the journal is, and the check of everything.
//!
//! Head and seal are for whoever is signed on: he may compare them with his receipts. The check is
//! Revision's; one runs at a time, at a bounded rate, in a thread of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::{HttpResponse, http::Method};
use serde::Serialize;
use serde_json::json;

use super::{
    App,
    check::{Check, Report},
    reply,
    routes::{AUDITORS, Collector, Spec, Who},
    schemas::answers::{Prueflauf, Pruefstand},
};
use crate::{
    domain::{source::Source, zeit::Zeitpunkt},
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
};

/// Texts that wait are counted up to here.
const TEXTS_MAX: usize = 1000;

pub(super) fn collect(routes: &mut Collector) {
    let about = "Kopf des Journals und Stand der Arbeit; für Revision auch Zahlen und Prüflauf";
    routes.add(
        Spec::new(Who::Member, Method::GET, "/pruefung", "pruefung", about)
            .answer::<Pruefstand>(200),
        state,
    );
    let about = "Alles prüfen: Kette, Inhalte, Tabellen, Index; immer nur ein Lauf";
    routes.add(
        Spec::new(AUDITORS, Method::POST, "/pruefung", "pruefen", about)
            .answer::<Prueflauf>(202)
            .codes([Code::Konflikt]),
        begin,
    );
}

/// A run of the check.
#[derive(Clone, Debug, Serialize)]
struct Run {
    laeuft: bool,
    geprueft: u64,
    gesamt: u64,
    begonnen: Zeitpunkt,
    beendet: Option<Zeitpunkt>,
    /// Why it ended without a result.
    abbruch: Option<String>,
    ergebnis: Option<Report>,
}

/// The running or last check.
#[derive(Clone, Debug, Default)]
pub struct Runs(Arc<Mutex<Option<Run>>>);

impl Runs {
    fn lock(&self) -> MutexGuard<'_, Option<Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> Option<Run> {
        self.lock().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.lock().as_mut() {
            change(run);
        }
    }

    /// Begins a check; none: one is running.
    fn begin(&self, check: Arc<Check>, source: Arc<dyn Source>) -> Option<Run> {
        let mut last = self.lock();
        if last.as_ref().is_some_and(|run| run.laeuft) {
            return None;
        }
        let run = Run {
            laeuft: true,
            geprueft: 0,
            gesamt: 0,
            begonnen: source.now(),
            beendet: None,
            abbruch: None,
            ergebnis: None,
        };
        *last = Some(run.clone());
        drop(last);
        let running = Running { runs: self.clone(), source };
        let work = move || {
            let runs = &running.runs;
            match check.run(&mut |done, total| {
                runs.change(|run| (run.geprueft, run.gesamt) = (done, total));
            }) {
                Ok(report) => runs.change(|run| run.ergebnis = Some(report)),
                Err(error) => tracing::error!(%error, "the check ended early"),
            }
        };
        if let Err(error) = std::thread::Builder::new().name("check".into()).spawn(work) {
            tracing::error!(%error, "no thread for the check");
        }
        Some(run)
    }
}

/// Ends the run when it is dropped, be it by a panic: else none could begin until a restart.
struct Running {
    runs: Runs,
    source: Arc<dyn Source>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.runs.change(|run| {
            run.laeuft = false;
            run.beendet = Some(self.source.now());
            if run.ergebnis.is_none() {
                let text = "Etwas war nicht lesbar; siehe das Protokoll des Betriebs.";
                run.abbruch = Some(text.into());
            }
        });
    }
}

async fn state(request: Signed) -> Result<HttpResponse, Problem> {
    let app = request.open.app::<App>()?;
    let registry = request.open.front.registry.clone();
    let indexed = app.follow.indexed();
    let (stand, texts, vorschlaege, auditor) = request
        .acting(move |acting| {
            let stand = acting.member().pruefstand()?;
            let texts = registry.jobs().offene_texte(TEXTS_MAX)?.len();
            let auditor = acting.auditor().is_ok_and(|a| a.noch().is_ok());
            Ok((stand, texts, registry.vorschlagsstand(), auditor))
        })
        .await?;
    let mut body = json!({
        "seq": stand.seq,
        "siegel": stand.siegel,
        "angewandt": stand.angewandt,
        "index_rueckstand": stand.seq.saturating_sub(indexed),
        "texte_offen": texts,
        "vorschlaege": vorschlaege,
    });
    // Counts tell how much is hidden; they are for who may know that it is there.
    if let (true, Some(fields)) = (auditor, body.as_object_mut()) {
        fields.insert("anzahl".into(), json!(stand.anzahl));
        fields.insert("lauf".into(), json!(app.runs.last()));
    }
    reply::object(&body)
}

async fn begin(request: Signed) -> Result<HttpResponse, Problem> {
    let app = request.open.app::<App>()?;
    request.acting(|acting| acting.auditor()?.noch()).await?;
    let source = request.open.front.source.clone();
    match app.runs.begin(Arc::clone(&app.check), source) {
        Some(run) => Ok(HttpResponse::Accepted().json(run)),
        None => Err(Problem::new(Code::Konflikt, "Eine Prüfung läuft bereits.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Still;

    impl Source for Still {
        fn now(&self) -> Zeitpunkt {
            Zeitpunkt(2)
        }
        fn fill(&self, _: &mut [u8]) {}
    }

    /// Fails if a check that panicked counts as running for ever.
    #[test]
    fn a_run_that_panics_has_ended() {
        let runs = Runs::default();
        *runs.lock() = Some(Run {
            laeuft: true,
            geprueft: 0,
            gesamt: 0,
            begonnen: Zeitpunkt(1),
            beendet: None,
            abbruch: None,
            ergebnis: None,
        });
        let running = Running { runs: runs.clone(), source: Arc::new(Still) };
        let work = move || {
            let _running = running;
            std::panic::resume_unwind(Box::new("a fault of ours"));
        };
        assert!(std::thread::spawn(work).join().is_err());
        let run = runs.last().unwrap();
        assert!(!run.laeuft && run.beendet == Some(Zeitpunkt(2)) && run.abbruch.is_some());
    }
}
