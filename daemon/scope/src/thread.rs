//! Owned threads: for work that must not share the runtime of the services (log ingest, the database).

use tokio_util::sync::CancellationToken;

/// Tells a thread to end.
#[derive(Clone)]
pub struct StopFlag {
    token: CancellationToken,
}

impl StopFlag {
    pub(crate) fn new(token: CancellationToken) -> Self {
        Self { token }
    }

    pub fn is_set(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Blocks until set. Never call it inside a task.
    pub fn wait(&self) {
        park_until(self.token.cancelled());
    }

    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Parks this thread until `future` is ready. For owned threads only: inside a task it would hold a
    /// worker of the runtime. Timers and sockets do not work in it (there is no reactor here).
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        park_until(future)
    }
}

/// Parks the calling thread until the future is ready.
fn park_until<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}

/// A running thread. Dropping it detaches; the scope still waits for it at the end.
pub struct Thread {
    handle: std::thread::JoinHandle<()>,
}

impl Thread {
    /// Waits until the thread ended (a panic inside was already caught and counted). Blocks.
    pub fn join(self) {
        let _caught = self.handle.join();
    }

    pub fn unpark(&self) {
        self.handle.thread().unpark();
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one function that starts threads")]
pub(crate) fn start<F>(name: &'static str, nice: i32, flag: StopFlag, work: F) -> std::io::Result<Thread>
where
    F: FnOnce(StopFlag) + Send + 'static,
{
    let handle = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        if nice != 0 {
            crate::sys::set_thread_nice(nice);
        }
        work(flag);
    })?;
    Ok(Thread { handle })
}
