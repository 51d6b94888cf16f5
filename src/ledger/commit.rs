//! A commit on its way: from the caller to the writer and back.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, SyncSender, TrySendError},
};

use uuid::Uuid;

use super::{Draft, Error, Ledger, Position, State, View, writer::Message};
use crate::domain::record::Kind;

/// A commit that is durable and applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the decision returned.
    pub value: T,
    /// Its first entry; where nothing was written, the head.
    pub first: Position,
    /// Its last entry; where nothing was written, the head.
    pub last: Position,
    /// True: the decision wanted nothing written, because it had been done before.
    pub replayed: bool,
}

/// Why there is no commit.
#[derive(Debug, thiserror::Error)]
pub enum CommitError<E> {
    /// The decision refused; nothing was written.
    #[error("refused")]
    Refused(E),
    /// The id was used before, for these entries; nothing was written, nothing decided.
    #[error("this commit was written before, as entries {} to {}", .first.seq, .last.seq)]
    Duplicate {
        /// The first entry under this id.
        first: Position,
        /// The last one.
        last: Position,
    },
    /// The queue or the disk is full; nothing was written, later may do.
    #[error("no room at present")]
    Full,
    /// The engine is not reachable; nothing was written, later may do.
    #[error("the engine is not reachable: {0}")]
    Unreachable(String),
    /// Nothing is written any more; nothing was.
    #[error("nothing can be written: {0}")]
    ReadOnly(String),
    /// Nobody knows whether it was written. After the next start `Ledger::outcome` knows.
    #[error("whether this was written is unknown: {0}")]
    Unknown(String),
    /// A fault of the drafts or of the tables; nothing was written.
    #[error(transparent)]
    Ledger(#[from] Error),
}

/// What a decision said.
pub(super) enum Verdict {
    /// Write these (perhaps none).
    Write(Vec<Draft>),
    /// The caller's rules refuse.
    Refused,
    /// It panicked.
    Panicked(String),
}

/// What the caller is told.
pub(super) enum Answer {
    Done { first: Position, last: Position, replayed: bool },
    Refused,
    Duplicate { first: Position, last: Position },
    Full,
    ReadOnly(String),
    Unreachable(String),
    Unknown(String),
    Failed(Error),
}

/// A commit without the types of its caller.
pub(super) trait Job: Send {
    fn id(&self) -> Uuid;
    fn records(&self) -> &[(Kind, String)];
    fn decide(&mut self, view: &View<'_>) -> Verdict;
    fn answer(self: Box<Self>, answer: Answer);
}

/// A commit with them.
pub(super) struct Call<T, E, F> {
    pub id: Uuid,
    /// What the decision will ask for.
    pub records: Vec<(Kind, String)>,
    pub decide: Option<F>,
    pub result: Option<Result<T, E>>,
    pub reply: SyncSender<Result<Committed<T>, CommitError<E>>>,
}

impl<T, E, F> Job for Call<T, E, F>
where
    T: Send,
    E: Send,
    F: FnOnce(&View<'_>) -> Result<(Vec<Draft>, T), E> + Send,
{
    fn id(&self) -> Uuid {
        self.id
    }

    fn records(&self) -> &[(Kind, String)] {
        &self.records
    }

    fn decide(&mut self, view: &View<'_>) -> Verdict {
        let Some(decide) = self.decide.take() else {
            return Verdict::Panicked("decided twice".into());
        };
        // What the closure owned is dropped with it, and the view can't be changed through.
        match catch_unwind(AssertUnwindSafe(|| decide(view))) {
            Ok(Ok((drafts, value))) => {
                self.result = Some(Ok(value));
                Verdict::Write(drafts)
            }
            Ok(Err(refusal)) => {
                self.result = Some(Err(refusal));
                Verdict::Refused
            }
            Err(panic) => Verdict::Panicked(panic_text(&*panic)),
        }
    }

    fn answer(self: Box<Self>, answer: Answer) {
        let answer = match (answer, self.result) {
            (Answer::Done { first, last, replayed }, Some(Ok(value))) => {
                Ok(Committed { value, first, last, replayed })
            }
            (Answer::Refused, Some(Err(refusal))) => Err(CommitError::Refused(refusal)),
            (Answer::Duplicate { first, last }, _) => Err(CommitError::Duplicate { first, last }),
            (Answer::Full, _) => Err(CommitError::Full),
            (Answer::ReadOnly(why), _) => Err(CommitError::ReadOnly(why)),
            (Answer::Unreachable(why), _) => Err(CommitError::Unreachable(why)),
            (Answer::Unknown(why), _) => Err(CommitError::Unknown(why)),
            (Answer::Failed(error), _) => Err(CommitError::Ledger(error)),
            (Answer::Done { .. } | Answer::Refused, _) => {
                Err(CommitError::Unknown("the answer does not fit the decision".into()))
            }
        };
        // A caller that has gone away misses its answer only.
        let _ = self.reply.send(answer);
    }
}

impl Ledger {
    /// Has `decide` run on the writer's thread, on the tables with what the group has changed
    /// before it, and returns once its drafts are durable and applied.
    ///
    /// Decisions run one after the other, so none conflicts with another; what one takes is time
    /// of the one writer (aim at less than 0.1 ms), and one that calls `commit` waits for ever. An
    /// empty list of drafts writes nothing.
    ///
    /// # Errors
    /// See `CommitError`. Only after `Unknown` something may have been written.
    pub fn commit<T: Send + 'static, E: Send + 'static>(
        &self,
        id: Uuid,
        decide: impl FnOnce(&View<'_>) -> Result<(Vec<Draft>, T), E> + Send + 'static,
    ) -> Result<Committed<T>, CommitError<E>> {
        self.commit_expecting(id, Vec::new(), decide)
    }

    /// As `commit`; `records` names what the decision will read or write, so that an engine that
    /// is far away is asked once for a whole group. It may be incomplete.
    ///
    /// # Errors
    /// As `commit`.
    pub fn commit_expecting<T: Send + 'static, E: Send + 'static>(
        &self,
        id: Uuid,
        records: Vec<(Kind, String)>,
        decide: impl FnOnce(&View<'_>) -> Result<(Vec<Draft>, T), E> + Send + 'static,
    ) -> Result<Committed<T>, CommitError<E>> {
        match self.shared.state() {
            State::ReadOnly(why) | State::Poisoned(why) => return Err(CommitError::ReadOnly(why)),
            State::Ready | State::Full(_) | State::Unreachable(_) => {}
        }
        let (reply, answer) = mpsc::sync_channel(1);
        let call = Call { id, records, decide: Some(decide), result: None, reply };
        match self.queue.try_send(Message::Commit(Box::new(call))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(CommitError::Full),
            Err(TrySendError::Disconnected(_)) => {
                return Err(CommitError::ReadOnly("the writer has ended".into()));
            }
        }
        let lost = |_| CommitError::Unknown("the writer ended before it answered".into());
        answer.recv().map_err(lost)?
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".into())
}
