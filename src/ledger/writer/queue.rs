//! How the writer takes what waits: one group after the other, until it is told to stop.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use super::{
    super::{State, commit::Answer, rows},
    Group, Message, Writer,
};

impl Writer {
    /// Serves until it is told to stop or every sender is gone.
    pub fn run(mut self, queue: &Receiver<Message>) {
        let quiet = Duration::from_millis(self.config.quiet_ms);
        let mut ready = VecDeque::new();
        // True while the last frame in the journal is one with entries.
        let mut loud = false;
        loop {
            if ready.is_empty() {
                let message = if loud {
                    queue.recv_timeout(quiet)
                } else {
                    queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
                };
                match message {
                    Ok(message) => ready.push_back(message),
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        self.quiet();
                        loud = false;
                        continue;
                    }
                }
            }
            if matches!(ready.front(), Some(Message::Commit(_)))
                && let Err(why) = self.begin()
            {
                self.refuse(&mut ready, &why, queue);
                // What comes next needs the head too; only a message to stop may be left.
                if ready.is_empty() {
                    continue;
                }
            }
            let mut group = Group::default();
            let stop = self.gather(&mut ready, &mut group, queue);
            self.write(group);
            match stop {
                Some(Message::Close) => return self.close(),
                Some(_) => return,
                None => loud = true,
            }
        }
    }

    /// Decides what waits, until nothing does or the group is full; a message to stop is handed on.
    fn gather(
        &mut self,
        ready: &mut VecDeque<Message>,
        group: &mut Group,
        queue: &Receiver<Message>,
    ) -> Option<Message> {
        let mut foreseen = 0;
        while group.waiting.len() < self.config.group_max.max(1)
            && group.bytes < self.config.group_bytes_max.max(1)
        {
            if foreseen == 0 {
                let room = self.config.group_max.max(1).saturating_sub(ready.len());
                ready.extend(queue.try_iter().take(room));
                self.foresee(ready);
                foreseen = ready.len();
            }
            match ready.pop_front()? {
                Message::Commit(job) => self.take(job, group),
                stop => return Some(stop),
            }
            foreseen -= 1;
        }
        None
    }

    /// Where others write too, each read is a way to the server while everybody else waits: what
    /// these commits will ask for is fetched at once, and kept by the engine for the group.
    fn foresee(&self, ready: &VecDeque<Message>) {
        if self.shared.journal.joint().is_none() {
            return;
        }
        let mut keys = Vec::new();
        for message in ready {
            // What stands behind a message to stop is never decided.
            let Message::Commit(job) = message else { break };
            keys.push(rows::commit(job.id()));
            keys.extend(job.records().iter().map(|(kind, key)| rows::record(*kind, key)));
        }
        if keys.len() > 1
            && let Err(error) = self.shared.table.get_many(&keys)
        {
            // The decisions will meet it themselves.
            tracing::warn!(%error, "rows could not be fetched at once");
        }
    }

    /// Answers all who wait that the engine is not reachable; what is no commit stays.
    fn refuse(&self, ready: &mut VecDeque<Message>, why: &str, queue: &Receiver<Message>) {
        if self.shared.state().goes_on() {
            tracing::warn!(why, "commits are refused");
            self.shared.set(State::Unreachable(why.to_owned()));
        }
        ready.extend(queue.try_iter().take(self.config.group_max));
        while let Some(message) = ready.pop_front() {
            match message {
                Message::Commit(job) => job.answer(Answer::Unreachable(why.to_owned())),
                stop => return ready.push_front(stop),
            }
        }
    }
}
