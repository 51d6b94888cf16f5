//! The writer: one thread that decides, seals, appends, applies and answers.
//!
//! It takes every commit that waits as one group: one frame, one sync, one batch. While it
//! decides, nobody else is served, so a decision must be short and must never wait for anything.
//! After an error whose outcome is unknown it writes nothing any more.

mod queue;

use std::sync::{Arc, atomic::Ordering};

use uuid::Uuid;

use super::{
    BODY_FORM, Body, Config, Draft, Error, Position, Shared, State, View,
    apply::{self, Stores},
    commit::{Answer, Job, Verdict},
    erase, joint,
    journal::{self, Sealed},
    overlay::Overlay,
    recover,
    rows::{self, Meta},
    table,
};
use crate::domain::{source::Source, verwaltung::Loeschung, zeit::Zeitpunkt};

/// Bytes of one body at most; larger records have no place in a journal.
const BODY_BYTES_MAX: usize = 16 << 20;

/// Bytes of the bodies of one commit at most.
const COMMIT_BYTES_MAX: usize = 64 << 20;

/// A clock that goes back further than this is worth a line in the log.
const CLOCK_STEP_MS: i64 = 2_000;

/// What the writer is told.
pub(super) enum Message {
    Commit(Box<dyn Job>),
    /// Stop and leave the clean marker.
    Close,
    /// Stop, as if the process ended here.
    Drop,
}

/// Commits that become one frame.
#[derive(Default)]
struct Group {
    sealed: Vec<Sealed>,
    bytes: usize,
    waiting: Vec<(Box<dyn Job>, Answer)>,
    orders: Vec<Loeschung>,
}

/// The thread's state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    source: Arc<dyn Source>,
    config: Config,
    overlay: Overlay,
    /// The last entry sealed, and its time.
    position: Position,
    time: Zeitpunkt,
    marked: bool,
    step_logged: bool,
    /// What is known of the tables may not be what they hold.
    lost: bool,
}

impl Writer {
    pub fn new(
        shared: Arc<Shared>,
        source: Arc<dyn Source>,
        config: Config,
        meta: Meta,
        marked: bool,
    ) -> Self {
        let Meta { applied: position, time, sums } = meta;
        let overlay = Overlay::new(sums);
        let (step_logged, lost) = (false, false);
        Self { shared, source, config, overlay, position, time, marked, step_logged, lost }
    }

    fn stores(&self) -> Stores<'_> {
        self.shared.stores()
    }

    /// Where others write too: takes the head, and looks at what they have written.
    fn begin(&mut self) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        let Some(joint) = shared.journal.joint() else { return Ok(()) };
        let found = joint.begin().map_err(|e| e.to_string()).and_then(|head| {
            if head == self.position && !self.lost {
                return Ok(None);
            }
            let meta = shared.same_history(true).and_then(|()| joint::meta(shared.stores(), head));
            meta.map(Some).map_err(|e| e.to_string())
        });
        match found {
            Ok(None) => {}
            Ok(Some(Meta { applied, time, sums })) => {
                (self.position, self.time, self.lost) = (applied, time, false);
                self.overlay = Overlay::new(sums);
            }
            Err(why) => {
                joint.give_up();
                return Err(why);
            }
        }
        Ok(())
    }

    /// Decides one commit and adds it to the group, or answers it.
    fn take(&mut self, mut job: Box<dyn Job>, group: &mut Group) {
        if let State::Poisoned(why) | State::ReadOnly(why) = self.shared.state() {
            job.answer(Answer::ReadOnly(why));
            return;
        }
        let answer = match self.duplicate(job.id(), group) {
            Ok(Some((first, last))) => Answer::Duplicate { first, last },
            Ok(None) => self.decide(&mut *job, group),
            Err(error) => Answer::Failed(error),
        };
        // What was decided on changes that are not durable yet is not said before they are.
        if group.sealed.is_empty() {
            job.answer(answer);
        } else {
            group.waiting.push((job, answer));
        }
    }

    fn decide(&mut self, job: &mut dyn Job, group: &mut Group) -> Answer {
        let verdict = job.decide(&View::new(&self.shared, Some(&self.overlay)));
        match verdict {
            Verdict::Refused => Answer::Refused,
            Verdict::Panicked(text) => Answer::Failed(Error::Panicked(text)),
            Verdict::Write(drafts) if drafts.is_empty() => {
                Answer::Done { first: self.position, last: self.position, replayed: true }
            }
            Verdict::Write(drafts) if drafts.iter().any(erase::ends) => {
                Answer::Failed(Error::Draft("only the writer ends an erasure".into()))
            }
            Verdict::Write(drafts) => match self.full(group) {
                Some(answer) => answer,
                None => match self.add(job.id(), drafts, group) {
                    Ok((first, last)) => Answer::Done { first, last, replayed: false },
                    Err(error) => Answer::Failed(error),
                },
            },
        }
    }

    /// Why there is no room, if so; asked once a group, and only by what wants to write: a
    /// decision that writes nothing needs none.
    fn full(&self, group: &Group) -> Option<Answer> {
        let free = self.config.free.as_ref().filter(|_| group.sealed.is_empty())?;
        let full = match free.bytes() {
            Ok(free) if free < self.config.reserve_bytes => {
                format!("{free} bytes left, {} are kept in reserve", self.config.reserve_bytes)
            }
            Ok(_) => return None,
            Err(error) => format!("the free space can't be read: {error}"),
        };
        self.shared.set(State::Full(full));
        Some(Answer::Full)
    }

    /// The entries that were written under this id.
    fn duplicate(&self, id: Uuid, group: &Group) -> Result<Option<(Position, Position)>, Error> {
        let row = rows::commit(id);
        let Some(value) = self.stores().tables(&self.overlay).get(&row)? else { return Ok(None) };
        let (first, last) = rows::open_commit(&row, &value)?;
        let position = |seq| {
            let here = group.sealed.iter().find(|sealed| sealed.position.seq == seq);
            match here {
                Some(sealed) => Ok(sealed.position),
                None => self.shared.position(seq),
            }
        };
        Ok(Some((position(first)?, position(last)?)))
    }

    /// Applies and seals drafts; if one is not fit, nothing of them remains.
    fn add(
        &mut self,
        id: Uuid,
        drafts: Vec<Draft>,
        group: &mut Group,
    ) -> Result<(Position, Position), Error> {
        let (mark, position, time) = (self.overlay.mark(), self.position, self.time);
        let (entries, bytes, orders) = (group.sealed.len(), group.bytes, group.orders.len());
        let added = self.try_add(id, drafts, group);
        if added.is_err() {
            self.overlay.revert(mark);
            (self.position, self.time) = (position, time);
            group.sealed.truncate(entries);
            group.orders.truncate(orders);
            group.bytes = bytes;
        }
        added
    }

    fn try_add(
        &mut self,
        id: Uuid,
        drafts: Vec<Draft>,
        group: &mut Group,
    ) -> Result<(Position, Position), Error> {
        let before = group.bytes;
        let shared = Arc::clone(&self.shared);
        let stores = shared.stores();
        let mut first = None;
        for draft in drafts {
            let body = self.body(id, draft);
            let seq = self.position.seq + 1;
            apply::entry(stores, &mut self.overlay, seq, &body, 0)?;
            let orders = erase::orders(&body).map_err(Error::Draft)?;
            if !body.erases.is_empty() || !orders.is_empty() {
                erase::check(stores, &self.overlay, &body, &orders)?;
                group.orders.extend(orders);
            }
            let json = serde_json::to_vec(&body).map_err(|e| Error::Draft(e.to_string()))?;
            group.bytes += json.len();
            if json.len() > BODY_BYTES_MAX || group.bytes - before > COMMIT_BYTES_MAX {
                return Err(Error::Draft("it is too large for the journal".into()));
            }
            let mut salt = [0; 32];
            self.source.fill(&mut salt);
            let sealed = Sealed::new(self.position, BODY_FORM, salt, json);
            self.position = sealed.position;
            first.get_or_insert(self.position);
            group.sealed.push(sealed);
        }
        let (first, last) = (first.unwrap_or(self.position), self.position);
        apply::commit(stores, &mut self.overlay, id, first.seq, last.seq)?;
        Ok((first, last))
    }

    /// An entry's time is never before the last one's, whatever the clock does.
    fn body(&mut self, commit: Uuid, draft: Draft) -> Body {
        let back = self.time.0.saturating_sub(draft.time.0);
        if back > CLOCK_STEP_MS && !self.step_logged {
            tracing::warn!(millis = back, "the clock is behind the last entry; its time is kept");
        }
        self.step_logged = back > CLOCK_STEP_MS;
        self.time = self.time.max(draft.time);
        Body {
            time: self.time,
            actor: draft.actor,
            on_behalf_of: draft.on_behalf_of,
            credential_id: draft.credential_id,
            request_id: draft.request_id,
            software: self.config.software.clone(),
            commit,
            action: draft.action,
            subject: draft.subject,
            reason: draft.reason,
            records: draft.records,
            erases: draft.erases,
        }
    }

    /// Makes a group durable, applies it, answers it, and carries out what it orders.
    fn write(&mut self, group: Group) {
        if group.sealed.is_empty() {
            if let Some(joint) = self.shared.journal.joint() {
                joint.give_up();
            }
            return;
        }
        match self.shared.journal.append(&group.sealed) {
            Ok(()) => {}
            // Nothing was written: the group is taken back, who waits may try again or not.
            Err(journal::Error::Full(why)) => {
                self.take_back(State::Full(why), group, || Answer::Full);
                return;
            }
            Err(journal::Error::ReadOnly(why)) => {
                let answer = || Answer::ReadOnly(why.clone());
                self.take_back(State::ReadOnly(why.clone()), group, answer);
                return;
            }
            Err(journal::Error::Unreachable(why)) => return self.later(&why, group),
            Err(error) => return self.poison(group, &error.into()),
        }
        match self.apply() {
            Ok(()) => {}
            Err(Error::Table(table::Error::Unreachable(why))) => return self.later(&why, group),
            Err(Error::Table(table::Error::Unknown(why))) => match self.settle(&why) {
                Some(true) => {}
                Some(false) => return self.later(&why, group),
                None => {
                    let answer = || Answer::Unknown(why.clone());
                    return self.take_back(State::Unreachable(why.clone()), group, answer);
                }
            },
            Err(error) => return self.poison(group, &error),
        }
        if matches!(self.shared.state(), State::Full(_) | State::Unreachable(_)) {
            self.shared.set(State::Ready);
        }
        group.waiting.into_iter().for_each(|(job, answer)| job.answer(answer));
        for order in group.orders {
            self.erase(&order);
        }
    }

    /// Nothing was written, and the engine was not reached.
    fn later(&mut self, why: &str, group: Group) {
        let answer = || Answer::Unreachable(why.to_owned());
        self.take_back(State::Unreachable(why.to_owned()), group, answer);
    }

    fn take_back(&mut self, state: State, group: Group, answer: impl Fn() -> Answer) {
        let before = self.shared.applied();
        self.shared.applying.store(false, Ordering::SeqCst);
        self.overlay.revert(0);
        (self.position, self.time) = (before.applied, before.time);
        // Where others write too, what was meant to be written may have left the overlay already.
        self.lost = true;
        self.shared.set(state);
        group.waiting.into_iter().for_each(|(job, _)| job.answer(answer()));
    }

    fn apply(&mut self) -> Result<(), Error> {
        recover::loosen(self.shared.stores(), self.marked)?;
        self.marked = false;
        let meta =
            Meta { applied: self.position, time: self.time, sums: self.overlay.sums.clone() };
        self.shared.apply(&self.overlay.batch(&meta), meta)
    }

    /// What became of a commit without an answer: written, not written, or nobody knows.
    fn settle(&self, why: &str) -> Option<bool> {
        tracing::warn!(why, "a commit was not answered; its outcome is looked for");
        let joint = self.shared.journal.joint()?;
        let found = joint.settle(self.position);
        match &found {
            Ok(true) => {
                let stores = self.shared.stores();
                let meta = joint::meta(stores, self.position).ok()?;
                self.shared.advance(meta);
                self.shared.applying.store(false, Ordering::SeqCst);
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the outcome of a commit stays unknown"),
        }
        found.ok()
    }

    fn poison(&self, group: Group, error: &Error) {
        let why = error.to_string();
        self.shared.poison(&why);
        for (job, _) in group.waiting {
            job.answer(Answer::Unknown(why.clone()));
        }
    }

    /// Takes the bodies away, then says so. What fails is done at the next start.
    fn erase(&mut self, order: &Loeschung) {
        if !self.shared.state().goes_on() {
            return;
        }
        match self.shared.journal.erase(&order.seqs) {
            Ok(()) => {}
            // No room to write a segment anew: the order stays open for the next start.
            Err(journal::Error::Full(why) | journal::Error::Unreachable(why)) => {
                tracing::warn!(why, id = %order.id, "an erasure stays open");
                return;
            }
            Err(error) => return self.poison(Group::default(), &error.into()),
        }
        let draft = erase::done(order, self.source.now());
        let mut group = Group::default();
        if let Err(why) = self.begin() {
            tracing::warn!(why, id = %order.id, "an erasure stays open");
            return;
        }
        // Two nodes may end the same erasure; the second finds nothing to end.
        let view = View::new(&self.shared, Some(&self.overlay));
        if !matches!(view.get::<Loeschung>(&order.id.to_string()), Ok(Some(_))) {
            return self.write(group);
        }
        match self.add(self.source.id(), vec![draft], &mut group) {
            Ok(_) => self.write(group),
            Err(error) => {
                tracing::error!(%error, id = %order.id, "an erasure stays open");
                // Gives the head back, where others wait for it.
                self.write(Group::default());
            }
        }
    }

    /// Carries out the orders that an earlier run left open.
    ///
    /// # Errors
    /// As the tables say.
    pub fn finish_erasures(&mut self) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let view = View::new(&self.shared, Some(&self.overlay));
            let open = view.kind::<Loeschung>(after.as_deref(), 64)?;
            let Some(last) = open.last() else { return Ok(()) };
            after = Some(last.value.id.to_string());
            for order in open {
                self.erase(&order.value);
            }
        }
    }

    fn quiet(&self) {
        if self.shared.state().goes_on() {
            match self.shared.journal.quiet() {
                // The next commit tries again; until then a tear and rot look alike.
                Ok(()) | Err(journal::Error::Full(_)) => {}
                Err(error) => self.shared.poison(&error.to_string()),
            }
        }
    }

    fn close(&mut self) {
        self.quiet();
        let healthy = self.shared.state().goes_on() && self.shared.journal.joint().is_none();
        if healthy && !self.marked && !self.shared.is_suspect() {
            match recover::mark(self.shared.stores()) {
                Ok(()) => self.marked = true,
                Err(error) => tracing::error!(%error, "no clean marker; all rows will be read"),
            }
        }
        self.shared.end("it is closed");
    }
}
