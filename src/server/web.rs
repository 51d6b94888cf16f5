//! The HTTP server: a thread with actix in it, bounded in connections, threads and patience.

use std::{io, net::TcpListener, sync::mpsc, thread::JoinHandle, time::Duration};

use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web};

use crate::{
    api,
    config::{self, BLOCKING_THREADS},
    http::{Front, front::trace},
    web as pages,
};

/// Time a client has for the head of its request: slow ones must not hold a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Time that a connection may be idle between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Time that running requests have after a stop was asked for, seconds.
const SHUTDOWN_S: u64 = 20;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// All of them.
    pub front: web::Data<Front>,
    /// REST.
    pub app: web::Data<api::App>,
    /// Pages.
    pub setup: web::Data<pages::Setup>,
}

/// A running server.
#[derive(Debug)]
pub struct Web {
    handle: ServerHandle,
    thread: JoinHandle<io::Result<()>>,
}

impl Web {
    /// Serves on `listener`.
    ///
    /// # Errors
    /// As the system says.
    pub fn start(
        file: &config::File,
        listener: TcpListener,
        tls: Option<rustls::ServerConfig>,
        shared: Shared,
    ) -> io::Result<Self> {
        // Handed down to each connection: one whose client takes nothing for so long is ended by
        // the kernel, whatever waits to be sent.
        let idle_ms = u32::try_from(file.limits.idle_s.saturating_mul(1000)).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(&listener, idle_ms)?;
        let (workers, connections) = (file.workers, file.limits.connections);
        let (tell, told) = mpsc::channel();
        let run = move || {
            actix_web::rt::System::new().block_on(async move {
                let make = move || {
                    App::new()
                        .app_data(shared.front.clone())
                        .app_data(shared.app.clone())
                        .app_data(shared.setup.clone())
                        .configure(api::configure)
                        .configure(pages::configure)
                        .default_service(web::to(pages::unknown))
                        .wrap(from_fn(trace))
                };
                let server = HttpServer::new(make)
                    .workers(workers)
                    .worker_max_blocking_threads(BLOCKING_THREADS)
                    .max_connections(connections.div_ceil(workers))
                    .client_request_timeout(HEAD_TIMEOUT)
                    .client_disconnect_timeout(Duration::from_secs(5))
                    .keep_alive(KEEP_ALIVE)
                    .shutdown_timeout(SHUTDOWN_S)
                    .disable_signals();
                let server = match tls {
                    Some(tls) => server.listen_rustls_0_23(listener, tls)?,
                    None => server.listen(listener)?,
                };
                let server = server.run();
                let _ = tell.send(server.handle());
                server.await
            })
        };
        let thread = std::thread::Builder::new().name("web".into()).spawn(run)?;
        match told.recv() {
            Ok(handle) => Ok(Self { handle, thread }),
            Err(_) => Err(ended(thread).err().unwrap_or_else(|| io::ErrorKind::Other.into())),
        }
    }

    /// Takes no more connections, lets running requests end, and returns when they have.
    pub fn stop(self) {
        // The order is given at the call; what it returns would only wait for it.
        drop(self.handle.stop(true));
        if let Err(error) = ended(self.thread) {
            tracing::warn!(%error, "web");
        }
    }
}

fn ended(thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the web thread panicked")))
}
