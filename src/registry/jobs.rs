//! The house's own work: texts that wait, blobs that nobody refers to, answers that are too old.
//! Nobody enqueues it: what is to be done is what the tables say is missing. Every verb is bounded.

use super::{
    Registry,
    ansicht::Pruefstand,
    error::{Art, Error},
    write::{Feder, put},
};
use crate::{
    blob,
    domain::{
        digest::Digest,
        dokument::{Ablage, Blob, BlobStand, TextZustand, Textstand},
        record::{Index, Kind, Parts},
        verwaltung::Anfrage,
        zeit::Zeitpunkt,
    },
    ledger::{Change, Draft, Row, View},
    text,
};

/// The house in its own name.
#[derive(Clone, Debug)]
pub struct Jobs(Registry);

/// A text that waits for a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffenerText {
    /// Whose.
    pub sha256: Digest,
    /// By what the reader is chosen.
    pub medientyp: String,
    /// Bytes of the original.
    pub groesse: u64,
    /// 0 interactive, 1 bulk.
    pub vorrang: u8,
}

/// What a worker read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of TextZustand::Bereit")]
pub struct Lesung {
    pub zeichen: u64,
    pub seiten: Option<u32>,
    pub seiten_ohne_text: Option<u32>,
    pub guete: Option<u8>,
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Files seen.
    pub gesehen: u64,
    /// Unreferenced files taken away.
    pub entfernt: u64,
    /// Bytes they took on disk.
    pub bytes: u64,
    /// Files among the blobs that are none; they stay.
    pub fremd: Vec<String>,
}

const ACTOR: &str = "system";
/// Remembered answers that one commit forgets.
const VERGESSEN_MAX: usize = 100;
/// So many times more waiting texts are looked at than are taken.
const TEXTE_FENSTER: usize = 8;

impl Jobs {
    pub(super) const fn new(registry: Registry) -> Self {
        Self(registry)
    }

    pub(super) const fn registry(&self) -> &Registry {
        &self.0
    }

    /// Texts that wait, interactive before bulk, older before newer, at most `limit`.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn offene_texte(&self, limit: usize) -> Result<Vec<OffenerText>, Error> {
        let view = self.0.0.ledger.view();
        let rows = view.scan(Index::TextOffen, &Parts::new(), None, false, limit)?;
        rows.iter().filter_map(|row| offener_text(&view, row).transpose()).collect()
    }

    /// Some of the texts that wait, interactive before bulk, at most `limit`. Of many the older
    /// ones, beginning at one that `turn` chooses: two nodes then seldom take the same.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn einige_texte(&self, limit: usize, turn: u64) -> Result<Vec<OffenerText>, Error> {
        let view = self.0.0.ledger.view();
        let mut found = Vec::new();
        for vorrang in [0, 1] {
            let left = limit.saturating_sub(found.len());
            let window = left.saturating_mul(TEXTE_FENSTER);
            let prefix = Parts::new().number(vorrang);
            let mut rows = view.scan(Index::TextOffen, &prefix, None, false, window)?;
            let first = turn.checked_rem(rows.len() as u64).unwrap_or(0);
            rows.rotate_left(usize::try_from(first).unwrap_or(0));
            for row in rows.iter().take(left) {
                found.extend(offener_text(&view, row)?);
            }
        }
        Ok(found)
    }

    /// True if the text still waits: nobody was faster, and its blob is there.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn text_wartet(&self, digest: Digest) -> Result<bool, Error> {
        let stand = self.0.0.ledger.view().get::<Textstand>(&digest.to_string())?;
        Ok(stand.is_some_and(|s| matches!(s.value.zustand, TextZustand::Offen { .. })))
    }

    /// The text lies in `derived/`; every node's index learns of it by this entry. Nothing is
    /// written if that was known. False: the blob went meanwhile, and see `text_verwerfen`.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn text_bereit(&self, digest: Digest, lesung: Lesung) -> Result<bool, Error> {
        let Lesung { zeichen, seiten, seiten_ohne_text, guete } = lesung;
        self.text(digest, "text_bereit", move |known, _| match known.zustand {
            TextZustand::Bereit { .. } => None,
            _ => Some(TextZustand::Bereit { zeichen, seiten, seiten_ohne_text, guete }),
        })
    }

    /// There is no text, and why (`unlesbar`, `zu_gross`, `verschluesselt`, `format`). Nothing is
    /// written if another node has read it. False: the blob went meanwhile.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn text_fehlt(&self, digest: Digest, grund: &str) -> Result<bool, Error> {
        let grund = grund.to_owned();
        self.text(digest, "text_fehlt", move |known, _| match known.zustand {
            TextZustand::Offen { .. } => Some(TextZustand::Fehlt { grund }),
            _ => None,
        })
    }

    /// The text has to be read again, because `derived/` was lost. False: the blob went meanwhile.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn text_wieder_offen(&self, digest: Digest) -> Result<bool, Error> {
        self.text(digest, "text_offen", |known, seit| match known.zustand {
            TextZustand::Offen { .. } => None,
            _ => Some(TextZustand::Offen { vorrang: 1, seit }),
        })
    }

    /// Those of the next `limit` texts, in the order of their digests behind `nach`, that readers
    /// of this version should read again; and the last one looked at, none at the end.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn veraltete_texte(
        &self,
        nach: Option<Digest>,
        limit: usize,
    ) -> Result<(Vec<Digest>, Option<Digest>), Error> {
        let view = self.0.0.ledger.view();
        let nach = nach.map(|digest| digest.to_string());
        let page = view.kind::<Textstand>(nach.as_deref(), limit)?;
        let old = page.iter().map(|found| &found.value).filter(|stand| veraltet(stand));
        let last = page.last().map(|found| found.value.sha256);
        Ok((old.map(|stand| stand.sha256).collect(), last))
    }

    /// The text has to be read again, because readers of this version may do better. Nothing is
    /// written if they have read it.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn text_neu_lesen(&self, digest: Digest) -> Result<bool, Error> {
        self.text(digest, "text_offen", |known, seit| {
            veraltet(known).then_some(TextZustand::Offen { vorrang: 1, seit })
        })
    }

    /// Takes a derived text away whose blob went while it was made.
    ///
    /// # Errors
    /// As ledger or blob store say; then it is to be asked again.
    pub fn text_verwerfen(&self, digest: Digest) -> Result<(), Error> {
        // Under the lock nobody of this process makes the record anew between look and removal. If
        // another node does, the text is missing and will be made again.
        let lock = self.0.0.blobs.lock(digest);
        if self.0.0.ledger.view().get::<Textstand>(&digest.to_string())?.is_none() {
            self.0.0.derived.remove(digest)?;
        }
        drop(lock);
        Ok(())
    }

    /// Writes the state of a text, if `zustand` makes a new one of what is known; of a blob that
    /// went meanwhile, nothing, and false.
    fn text(
        &self,
        digest: Digest,
        action: &'static str,
        zustand: impl FnOnce(&Textstand, Zeitpunkt) -> Option<TextZustand> + Send + 'static,
    ) -> Result<bool, Error> {
        let done = self.0.house_write(ACTOR, move |view, feder| {
            let Some(found) = view.get::<Textstand>(&digest.to_string())? else {
                return Ok((vec![], false));
            };
            let Some(zustand) = zustand(&found.value, feder.now) else {
                return Ok((vec![], true));
            };
            let stand = Textstand { zustand, leser: Some(text::VERSION), ..found.value };
            let subject = (Kind::Textstand, digest.to_string());
            Ok((vec![feder.draft(action, subject, None, vec![put(&stand)?])], true))
        })?;
        Ok(done.value)
    }

    /// Condemns a blob that nothing refers to: its bytes go after the grace period, unless a push
    /// brings them anew.
    ///
    /// # Errors
    /// `blob_verwendet`, `nicht_gefunden`, or as the ledger says.
    pub fn verurteilen(&self, digest: Digest, grund: &str) -> Result<u64, Error> {
        let grund = grund.to_owned();
        let done = self.0.house_write(ACTOR, move |view, feder| {
            let found = view.get::<Blob>(&digest.to_string())?.ok_or_else(Error::nicht_gefunden)?;
            unbenutzt(view, digest)?;
            let blob = Blob { stand: BlobStand::Verurteilt { seit: feder.now }, ..found.value };
            let subject = (Kind::Blob, digest.to_string());
            let draft = feder.draft("blob_verurteilt", subject, Some(grund), vec![put(&blob)?]);
            Ok((vec![draft], ()))
        })?;
        Ok(done.last.seq)
    }

    /// Takes away the bytes of what was condemned longer than `grace_ms` ago, at most `limit`
    /// blobs. Returns how many.
    ///
    /// # Errors
    /// As ledger or blob store say; what was done stays done.
    pub fn verurteilte_loeschen(&self, grace_ms: i64, limit: usize) -> Result<usize, Error> {
        let end = self.0.now().plus_ms(grace_ms.saturating_neg());
        let rows = {
            let view = self.0.0.ledger.view();
            view.scan(Index::BlobVerurteilt, &Parts::new(), None, false, limit)?
        };
        let mut gone = 0;
        for row in rows {
            let Some(digest) = Digest::parse(&row.key) else { continue };
            let lock = self.0.0.blobs.lock(digest);
            // Out of reach, the record stays, and with it the knowledge of what is to go.
            self.0.0.blobs.reach(digest)?;
            let done = self
                .0
                .house_write(ACTOR, move |view, feder| loeschung(view, feder, digest, end))?;
            if let Some(ablage) = done.value {
                // The record went first: should we end here, the file refers to nothing, and the
                // sweep finds it, and the text by it: so the text goes before the bytes, or both
                // stay for the sweep. Only the deposit goes that the record named: equal bytes
                // that another node deposits now lie under another name, however late this is
                // carried out.
                self.0.0.derived.remove(digest)?;
                self.0.0.blobs.remove(digest, ablage, &lock)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// Takes away files that are older than a day and that the ledger knows nothing of. Two nodes
    /// may do so at once: what one has taken, the other finds gone.
    ///
    /// # Errors
    /// As ledger or blob store say; what was done stays done.
    pub fn sweep(&self) -> Result<SweepReport, Error> {
        self.sweep_while(&mut || true)
    }

    /// As `sweep`, asking before each file whether to go on, which may take its time.
    ///
    /// # Errors
    /// As `sweep`; and if the ledger takes no commits, because then it may not know everything
    /// that was acknowledged: it is damaged, or a standby answers that is behind.
    pub fn sweep_while(&self, go_on: &mut dyn FnMut() -> bool) -> Result<SweepReport, Error> {
        let blobs = &self.0.0.blobs;
        let mut report = SweepReport::default();
        for found in blobs.list() {
            if !go_on() {
                break;
            }
            let found = match found {
                Ok(found) => found,
                Err(blob::Error::Foreign(name)) => {
                    report.fremd.push(name);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            report.gesehen += 1;
            let named = |blob: &Option<Blob>| {
                blob.as_ref().is_some_and(|blob| blobs.same(blob.ablage, found.ablage))
            };
            let key = found.digest.to_string();
            let record = |view: &View<'_>, key: &str| -> Result<Option<Blob>, Error> {
                Ok(view.get::<Blob>(key)?.map(|blob| blob.value))
            };
            if !blobs.settled(&found) || named(&record(&self.0.0.ledger.view(), &key)?) {
                continue;
            }
            // A push publishes and commits under the lock: asked under it, the answer holds on
            // this machine. On others it does because no push commits a deposit this old. It is
            // asked as a decision, which no standby answers that may be behind.
            let lock = blobs.lock(found.digest);
            let asked = self.0.house_write(ACTOR, move |view, _| Ok((vec![], record(view, &key)?)));
            let blob = asked?.value;
            if named(&blob) {
                continue;
            }
            match blob {
                None => self.0.0.derived.remove(found.digest)?,
                // The bytes are relied on under another name: this copy goes only if that is sound.
                Some(blob) => match blobs.check_deposit(found.digest, blob.ablage) {
                    Ok(()) => {}
                    Err(error @ (blob::Error::NotFound(_) | blob::Error::Damaged { .. })) => {
                        tracing::error!(%error, "a spare copy of a bad blob is kept");
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                },
            }
            blobs.remove(found.digest, found.ablage, &lock)?;
            report.entfernt += 1;
            report.bytes += found.size;
        }
        Ok(report)
    }

    /// Forgets remembered answers that are too old, at most `limit`. Returns how many. A commit
    /// takes few of them, because no push is decided while it is.
    ///
    /// # Errors
    /// As the ledger says; what was forgotten before stays so.
    pub fn anfragen_vergessen(&self, limit: usize) -> Result<usize, Error> {
        let mut done = 0;
        while done < limit {
            let wanted = limit.saturating_sub(done).min(VERGESSEN_MAX);
            let count = self.einige_vergessen(wanted)?;
            done += count;
            if count < wanted {
                break;
            }
        }
        Ok(done)
    }

    fn einige_vergessen(&self, limit: usize) -> Result<usize, Error> {
        let keep_ms = self.0.0.config.anfragen_ms;
        let done = self.0.house_write(ACTOR, move |view, feder| {
            let end = feder.now.plus_ms(keep_ms.saturating_neg());
            let mut changes = Vec::new();
            for row in view.scan(Index::AnfrageAlter, &Parts::new(), None, false, limit)? {
                let old = view.get::<Anfrage>(&row.key)?.is_some_and(|a| a.value.am < end);
                if !old {
                    break;
                }
                changes.push(Change::delete(Kind::Anfrage, row.key));
            }
            let count = changes.len();
            if count == 0 {
                return Ok((vec![], 0));
            }
            let subject = (Kind::Anfrage, "alter".to_owned());
            Ok((vec![feder.draft("anfragen_vergessen", subject, None, changes)], count))
        })?;
        Ok(done.value)
    }

    /// Head and counts.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn pruefstand(&self) -> Result<Pruefstand, Error> {
        self.0.pruefstand()
    }
}

impl Registry {
    pub(super) fn pruefstand(&self) -> Result<Pruefstand, Error> {
        let ledger = &self.0.ledger;
        let (head, view) = (ledger.head(), ledger.view());
        let mut anzahl = std::collections::BTreeMap::new();
        for kind in Kind::ALL {
            anzahl.insert(kind.name(), view.count(*kind)?);
        }
        let (seq, siegel) = (head.seq, head.seal.to_string());
        Ok(Pruefstand { seq, siegel, angewandt: ledger.applied().seq, anzahl })
    }
}

/// The text of a row of `Index::TextOffen`, unless it went since the scan.
fn offener_text(view: &View<'_>, row: &Row) -> Result<Option<OffenerText>, Error> {
    let Some(stand) = view.get::<Textstand>(&row.key)?.map(|t| t.value) else { return Ok(None) };
    let TextZustand::Offen { vorrang, .. } = stand.zustand else { return Ok(None) };
    let groesse = view.get::<Blob>(&row.key)?.map_or(0, |b| b.value.groesse);
    let (sha256, medientyp) = (stand.sha256, stand.medientyp);
    Ok(Some(OffenerText { sha256, medientyp, groesse, vorrang }))
}

/// True if readers of this version should read a text again.
fn veraltet(stand: &Textstand) -> bool {
    stand.veraltet(text::VERSION) && text::supported(&stand.medientyp)
}

/// Refuses while a document refers to the digest.
fn unbenutzt(view: &View<'_>, digest: Digest) -> Result<(), Error> {
    let prefix = Parts::new().bytes(&digest.0);
    if view.scan(Index::DokumentBlob, &prefix, None, false, 1)?.is_empty() {
        return Ok(());
    }
    let text = "Ein Dokument verwendet diesen Inhalt noch.";
    Err(Error::konflikt("blob_verwendet", text))
}

/// The entry that forgets a condemned blob, if it is still condemned, long enough, and unused; and
/// the deposit that is to go.
fn loeschung(
    view: &View<'_>,
    feder: &Feder,
    digest: Digest,
    end: Zeitpunkt,
) -> Result<(Vec<Draft>, Option<Ablage>), Error> {
    let key = digest.to_string();
    let Some(blob) = view.get::<Blob>(&key)?.map(|b| b.value) else { return Ok((vec![], None)) };
    let BlobStand::Verurteilt { seit } = blob.stand else { return Ok((vec![], None)) };
    match unbenutzt(view, digest) {
        Err(error) if error.art == Art::Konflikt => return Ok((vec![], None)),
        other => other?,
    }
    if seit > end {
        return Ok((vec![], None));
    }
    let mut changes = vec![Change::delete(Kind::Blob, key.clone())];
    if view.get::<Textstand>(&key)?.is_some() {
        changes.push(Change::delete(Kind::Textstand, key.clone()));
    }
    let draft = feder.draft("blob_geloescht", (Kind::Blob, key), None, changes);
    Ok((vec![draft], Some(blob.ablage)))
}
