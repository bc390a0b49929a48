//! One conversation with a shim, from Hello to the end of the connection.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use brummer_capture::protocol::{Decoder, Down, Message as _, OLDEST_PROTOCOL, PROTOCOL, Up};
use brummer_capture::socket;
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::{Link, News, Parted};
use crate::reading::ShimOrder;

/// How long a shim may take for its first word on a new connection.
const GREETING: Duration = Duration::from_millis(500);
/// The same for one that was only just started, on a machine that may be busy. Its end would be noticed at once.
const FIRST_GREETING: Duration = Duration::from_secs(20);
const READ_BYTES: usize = 16 * 1024;

/// What is in the air in both directions.
#[derive(Default)]
struct Wire {
    decoder: Decoder,
    descriptors: Vec<OwnedFd>,
    out: Vec<u8>,
    sent: usize,
    greeted: bool,
    /// Number of the stop plan that was told.
    told: Option<u32>,
}

impl Wire {
    fn push(&mut self, message: &Down) {
        message.encode(&mut self.out);
    }

    fn is_flushed(&self) -> bool {
        self.sent == self.out.len()
    }

    /// Writes what there is room for.
    fn write(&mut self, stream: &UnixStream) -> io::Result<()> {
        while !self.is_flushed() {
            let rest = self.out.get(self.sent..).unwrap_or(&[]);
            let count = stream.try_io(Interest::WRITABLE, || socket::send(stream.as_fd(), rest, None))?;
            self.sent += count;
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    /// Reads what is there. `false`: the other side closed.
    fn read(&mut self, stream: &UnixStream) -> io::Result<bool> {
        let mut buffer = [0u8; READ_BYTES];
        let descriptors = &mut self.descriptors;
        let count = stream
            .try_io(Interest::READABLE, || socket::receive(stream.as_fd(), &mut buffer, descriptors))?;
        self.decoder.feed(buffer.get(..count).unwrap_or(&[]));
        Ok(count > 0)
    }
}

/// What one step of a conversation found.
enum Step {
    Readable(io::Result<()>),
    Writable(io::Result<()>),
    Orders,
    Order(Option<ShimOrder>),
    Progress(Option<crate::reading::RunProgress>),
    Leave,
    Silent,
}

impl Link {
    /// Speaks until the connection ends.
    pub(super) async fn converse(&mut self, stream: UnixStream) -> Parted {
        let mut wire = Wire::default();
        if let Some(cookie) = self.run.cookie {
            wire.push(&Down::Hello { protocol: PROTOCOL, run: self.run.run, cookie });
        }
        self.push_orders(&mut wire);
        let leave = self.context.leave.clone();
        let mut logs_speak = true;
        let greeting = if std::mem::take(&mut self.fresh) { FIRST_GREETING } else { GREETING };
        let deadline = tokio::time::Instant::now() + greeting;
        loop {
            if wire.write(&stream).is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
                // What the shim said last may still be there to read.
                wire.out.clear();
                wire.sent = 0;
            }
            let step = tokio::select! {
                biased;
                ready = stream.readable() => Step::Readable(ready),
                ready = stream.writable(), if !wire.is_flushed() => Step::Writable(ready),
                () = leave.cancelled() => Step::Leave,
                // A dropped actor wants nothing new; the run goes on.
                Ok(()) = self.orders.changed() => Step::Orders,
                progress = self.progress.recv(), if !self.reading_over => Step::Progress(progress),
                order = self.to_shim.recv(), if logs_speak && wire.is_flushed() => Step::Order(order),
                () = tokio::time::sleep_until(deadline), if !wire.greeted => Step::Silent,
            };
            match step {
                Step::Readable(Ok(())) => match self.hear(&stream, &mut wire).await {
                    Ok(true) => {}
                    Ok(false) | Err(()) => return Parted::Closed,
                },
                Step::Writable(Ok(())) => {}
                Step::Readable(Err(_)) | Step::Writable(Err(_)) => return Parted::Closed,
                Step::Orders => self.push_orders(&mut wire),
                Step::Order(Some(order)) => wire.push(&match order {
                    ShimOrder::Arm(at) => Down::Arm(at),
                    ShimOrder::Indexed(at) => Down::Indexed(at),
                    ShimOrder::Release { through } => Down::Release { through },
                    ShimOrder::Behind(when) => Down::Behind(when),
                }),
                Step::Order(None) => logs_speak = false,
                Step::Progress(progress) => self.hear_progress(progress).await,
                Step::Leave => {
                    wire.push(&Down::Bye);
                    // Without room the end of the connection says the same.
                    let _best_effort = wire.write(&stream);
                    return Parted::Left;
                }
                Step::Silent => {
                    tracing::warn!(run = %self.run.run, "a shim does not answer on its connection; tried again");
                    return Parted::Closed;
                }
            }
        }
    }

    fn push_orders(&mut self, wire: &mut Wire) {
        let orders = *self.orders.borrow_and_update();
        if let Some((number, plan)) = orders.stop
            && wire.told != Some(number)
        {
            wire.told = Some(number);
            wire.push(&Down::Stop(plan));
        }
    }

    /// Reads once and handles every whole message. `Ok(false)`: closed; `Err`: not our shim, or not our
    /// language.
    async fn hear(&mut self, stream: &UnixStream, wire: &mut Wire) -> Result<bool, ()> {
        let open = match wire.read(stream) {
            Ok(open) => open,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(_) => return Ok(false),
        };
        let mut messages = VecDeque::new();
        loop {
            match wire.decoder.message::<Up>() {
                Ok(Some(message)) => messages.push_back(message),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(run = %self.run.run, %error, "a shim speaks another language");
                    return Err(());
                }
            }
        }
        for message in messages {
            self.handle(message, wire).await?;
        }
        Ok(open)
    }

    async fn handle(&mut self, message: Up, wire: &mut Wire) -> Result<(), ()> {
        let run = self.run.run;
        match message {
            Up::Hello { protocol, run: theirs, cookie, shim, child } => {
                if protocol < OLDEST_PROTOCOL || theirs != run || Some(cookie) != self.run.cookie {
                    tracing::error!(%run, protocol, "whoever answers for this run is not its shim");
                    return Err(());
                }
                wire.greeted = true;
                self.shim.learn(shim);
                self.tell(News::Connected { shim, child }).await;
            }
            // A shim that cannot use its run directory says so instead of Hello.
            Up::StartFailed(_) => {
                wire.greeted = true;
                self.tell(News::Said(message)).await;
            }
            _ if !wire.greeted => return Err(()),
            Up::Bell(_) => self.context.logs.bell(run),
            Up::Memory { segment, base } => {
                if wire.descriptors.is_empty() {
                    tracing::error!(%run, "a shim handed over no memory file; its newest lines come later");
                } else {
                    let memory = wire.descriptors.remove(0);
                    self.context.logs.handover(run, memory, segment, base);
                }
            }
            Up::MemoryDone => self.context.logs.handover_done(run),
            Up::InputRefused { bytes } => tracing::warn!(%run, bytes, "the child does not take its input"),
            Up::Started { .. } | Up::State(_) | Up::Tree(_) | Up::Exit { .. } => {
                self.tell(News::Said(message)).await;
            }
        }
        Ok(())
    }
}
