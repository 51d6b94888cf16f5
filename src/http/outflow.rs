//! A body on its way to a client that may stop reading.
//!
//! Such a body is not asked for its next piece, and can't end itself. So it is looked after: what
//! was not asked for in time is dropped, with the place that it held, and breaks if it is asked
//! for after all. While it is we who are slow, the client is not to blame. A connection whose
//! client takes nothing at all is ended by the kernel (`server::web`); this is for one that reads
//! on, only not this body, as HTTP/2 allows.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{rt, web::Bytes};
use futures_util::Stream;
use tokio::{task::JoinHandle, time::Instant};

use super::problem::{Code, Problem};

/// What is on its way in buffers, up to megabytes, hides a slow reader from us: a body is given
/// up after this many times the silence that is allowed.
const BUFFERED: u32 = 10;

/// The pieces of a body.
pub type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Problem>>>>;

struct State {
    /// None: dropped.
    pieces: Option<Pieces>,
    /// When a piece was asked for last; on the monotonic clock, because it bounds a wait and
    /// decides nothing else.
    asked: Instant,
    /// True: one is asked for, and not there yet.
    ours: bool,
}

/// Pieces that are given up when nobody asks for them.
pub struct Outflow {
    state: Rc<RefCell<State>>,
    watch: JoinHandle<()>,
}

impl std::fmt::Debug for Outflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outflow")
    }
}

impl Outflow {
    /// Gives `pieces` up when none was asked for in ten times `idle`. To be called on a serving
    /// thread.
    #[must_use]
    pub fn new(pieces: Pieces, idle: Duration) -> Self {
        let idle = idle.saturating_mul(BUFFERED);
        let state = State { pieces: Some(pieces), asked: Instant::now(), ours: false };
        let state = Rc::new(RefCell::new(state));
        let watched = Rc::clone(&state);
        let watch = rt::spawn(async move {
            loop {
                let (asked, ours) = {
                    let state = watched.borrow();
                    (state.asked, state.ours)
                };
                if !ours && asked.elapsed() >= idle {
                    break;
                }
                let next = if ours { Instant::now() + idle } else { asked + idle };
                tokio::time::sleep_until(next).await;
            }
            tracing::debug!("a client reads nothing: its download is given up");
            let given_up = watched.borrow_mut().pieces.take();
            drop(given_up);
        });
        Self { state, watch }
    }
}

impl Drop for Outflow {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Stream for Outflow {
    type Item = Result<Bytes, Problem>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.state.borrow_mut();
        let Some(pieces) = state.pieces.as_mut() else {
            return Poll::Ready(Some(Err(Code::ZuLangsam.into())));
        };
        let piece = pieces.as_mut().poll_next(context);
        state.ours = piece.is_pending();
        state.asked = Instant::now();
        piece
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};

    use super::*;

    const IDLE: Duration = Duration::from_millis(60);

    /// Pieces that come `late`, and a place that they hold.
    fn body(late: Duration) -> (Outflow, Rc<()>) {
        let place = Rc::new(());
        let pieces = stream::unfold(Rc::clone(&place), move |place| async move {
            rt::time::sleep(late).await;
            Some((Ok(Bytes::from_static(b"x")), place))
        });
        (Outflow::new(Box::pin(pieces), IDLE / BUFFERED), place)
    }

    #[test]
    fn what_nobody_reads_is_given_up_and_breaks() {
        rt::System::new().block_on(async {
            let (mut body, place) = body(Duration::ZERO);
            for _ in 0..6 {
                assert!(body.next().await.unwrap().is_ok());
                rt::time::sleep(IDLE / 3).await;
            }
            assert_eq!(Rc::strong_count(&place), 2, "a slow reader is a reader");
            rt::time::sleep(IDLE * 3).await;
            assert_eq!(Rc::strong_count(&place), 1, "its place is free");
            assert_eq!(body.next().await.unwrap().unwrap_err().code(), Code::ZuLangsam);
        });
    }

    #[test]
    fn a_slow_disk_is_not_the_readers_fault() {
        rt::System::new().block_on(async {
            let (mut body, _place) = body(IDLE * 4);
            assert!(body.next().await.unwrap().is_ok());
            assert!(body.next().await.unwrap().is_ok());
        });
    }
}
