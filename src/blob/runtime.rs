//! One thread that drives the requests of a bucket, for callers that wait for them.
//!
//! Whoever waits must not be one of this thread's own tasks; it knows no other runtime, so a
//! caller may be any thread.

use std::{
    io,
    sync::mpsc::{Receiver, sync_channel},
    thread::JoinHandle,
};

use tokio::{runtime::Handle, sync::oneshot};

const GONE: &str = "the thread that talks to S3 has ended";

/// The thread; it ends when this is dropped, and gives up what is under way.
#[derive(Debug)]
pub(super) struct Runtime {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            // Either way it is over: told so, or nobody is left to tell.
            let _ = runtime.block_on(stopped);
        };
        let thread = std::thread::Builder::new().name("blob-s3".into()).spawn(run)?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Begins something.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Receiver<T> {
        let (answer, answered) = sync_channel(1);
        self.handle.spawn(async move {
            let value = future.await;
            // Who does not wait any more has given up.
            let _ = answer.send(value);
        });
        answered
    }

    /// Waits for it.
    pub(super) fn join<T>(&self, answered: Receiver<T>) -> io::Result<T> {
        answered.recv().map_err(|_| io::Error::other(GONE))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("{GONE} in a panic");
        }
    }
}
