//! The loop: the one owner of the state. It waits for the next thing that happens, takes it in, performs what
//! follows from it and draws. While nothing happens it sleeps; a timer runs only while a shown time moves.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use brummer_proto::client::Client;
use crossterm::event::{Event, EventStream};
use futures::StreamExt as _;
use jiff::tz::TimeZone;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::effect::Effect;
use crate::effects::{Outside, is_lines};
use crate::message::Message;
use crate::model::{Model, Now, Place};
use crate::page;
use crate::subscription::subscriptions;
use crate::terminal::{self, Screen};
use crate::update;

/// At most 60 frames a second.
const FRAME: Duration = Duration::from_micros(16_667);
/// Messages of lines that are taken between two frames; what more there is waits with the daemon.
const LINES_A_FRAME: u32 = 4;

/// What the UI is started with.
pub struct Start {
    pub client: Client,
    pub place: Place,
    /// Processes to start first.
    pub names: Vec<String>,
    pub colour: bool,
    pub home: Option<String>,
}

/// Shows the UI until its user leaves; answers what there is to say then.
///
/// # Errors
/// When the terminal fails.
pub async fn run(start: Start) -> io::Result<Option<String>> {
    let begin = Instant::now();
    let mut screen = Screen::take()?;
    let mut model = Model::new(start.place, screen.size()?, start.colour, TimeZone::system(), start.home);
    model.now = now(begin);
    let mut outside = Outside::new(start.client, begin);
    let effects = update::started_with(&mut model, start.names);
    let mut waiting: Vec<_> = Vec::new();
    for effect in effects {
        waiting.extend(outside.perform(effect, &mut screen)?);
    }
    let mut this = Loop {
        begin,
        model,
        outside,
        screen,
        events: Some(EventStream::new()),
        signals: Signals::new()?,
        drawn: None,
        lines_left: LINES_A_FRAME,
    };
    for message in waiting {
        this.take(message)?;
    }
    this.run().await
}

/// Signals that ask us to end (the terminal is given back first), and the one after a stop. SIGTSTP keeps its
/// own effect: an editor that is suspended stops its whole group, and we have to stop with it.
struct Signals {
    term: Signal,
    hangup: Signal,
    interrupt: Signal,
    continued: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            continued: signal(SignalKind::from_raw(nix::libc::SIGCONT))?,
        })
    }

    async fn next(&mut self) -> Wake {
        tokio::select! {
            _ = self.term.recv() => Wake::Gone,
            _ = self.hangup.recv() => Wake::Gone,
            _ = self.interrupt.recv() => Wake::Gone,
            _ = self.continued.recv() => Wake::Continued,
        }
    }
}

/// Why the loop wakes up.
enum Wake {
    Message(Message),
    /// Something to draw has waited for its frame.
    Frame,
    /// We were stopped and go on.
    Continued,
    /// Nobody is at the terminal any more, or a signal asks us to end.
    Gone,
}

struct Loop {
    begin: Instant,
    model: Model,
    outside: Outside,
    screen: Screen,
    /// `None` only while another program has the terminal.
    events: Option<EventStream>,
    signals: Signals,
    /// When the last frame began.
    drawn: Option<Instant>,
    lines_left: u32,
}

impl Loop {
    async fn run(mut self) -> io::Result<Option<String>> {
        while !self.model.leaving {
            self.outside.listen_to(subscriptions(&self.model));
            self.frame()?;
            match self.next().await {
                Wake::Gone => return Ok(None),
                Wake::Message(message) => self.take(message)?,
                Wake::Frame => {}
                Wake::Continued => {
                    self.screen.retake()?;
                    self.take(Message::Resize(self.screen.size()?))?;
                }
            }
        }
        Ok(page::farewell(&self.model))
    }

    /// Draws if there is something to draw and the last frame is long enough ago.
    fn frame(&mut self) -> io::Result<()> {
        let now = Instant::now();
        if self.drawn.is_some_and(|drawn| now < drawn + FRAME) {
            return Ok(());
        }
        self.lines_left = LINES_A_FRAME;
        if std::mem::take(&mut self.model.redraw) {
            self.screen.draw(&self.model)?;
            self.drawn = Some(now);
        }
        Ok(())
    }

    async fn next(&mut self) -> Wake {
        let lines = self.lines_left > 0;
        let due = self.drawn.map_or_else(Instant::now, |drawn| drawn + FRAME);
        let frame_wanted = self.model.redraw || !lines;
        let tick = update::next_tick(&self.model)
            .map(|ms| self.begin + Duration::from_millis(self.model.now.mono_ms.saturating_add(ms)));
        loop {
            tokio::select! {
                biased;
                wake = self.signals.next() => return wake,
                () = sleep_until(due), if frame_wanted => return Wake::Frame,
                event = read(&mut self.events) => match event {
                    Some(Ok(event)) => if let Some(message) = terminal::message(&event) {
                        return Wake::Message(message);
                    },
                    Some(Err(_)) | None => return Wake::Gone,
                },
                message = self.outside.next(lines) => return Wake::Message(message),
                () = at(tick), if tick.is_some() => return Wake::Message(Message::Tick),
            }
        }
    }

    /// Takes a message in, and those that its effects give at once.
    fn take(&mut self, message: Message) -> io::Result<()> {
        let mut messages = VecDeque::from([message]);
        while let Some(message) = messages.pop_front() {
            if is_lines(&message) {
                self.lines_left = self.lines_left.saturating_sub(1);
            }
            let redraw = self.model.redraw;
            let effects = update::update(&mut self.model, now(self.begin), message);
            self.model.redraw |= redraw;
            for effect in effects {
                messages.extend(self.perform(effect)?);
            }
        }
        Ok(())
    }

    /// Performs an effect; where another program gets the terminal, nobody here reads from it meanwhile.
    fn perform(&mut self, effect: Effect) -> io::Result<Vec<Message>> {
        if !effect.lends_terminal() {
            return Ok(self.outside.perform(effect, &mut self.screen)?.into_iter().collect());
        }
        self.events = None;
        let said = self.outside.perform(effect, &mut self.screen)?;
        self.events = Some(EventStream::new());
        // An interrupt meanwhile was meant for the other program.
        self.signals = Signals::new()?;
        Ok([Message::Resize(self.screen.size()?)].into_iter().chain(said).collect())
    }
}

async fn read(events: &mut Option<EventStream>) -> Option<io::Result<Event>> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn now(begin: Instant) -> Now {
    Now {
        wall_ns: i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(0),
        mono_ms: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}
