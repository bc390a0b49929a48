//! The terminal: taken by a guard that gives it back on drop and on panic, and its events in our words.

use std::io::{self, IsTerminal as _, Stdout, Write as _};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, KeyCode,
    KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::keys::{Code, Key};
use crate::message::{Message, Mouse, MouseKind};
use crate::model::{Model, Size};
use crate::view;

/// Whether there is a terminal to draw on and to read from.
pub fn is_there() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Whether the terminal says of itself that it places no cursor (as an editor's own shell does).
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The screen. While it lives the terminal is ours.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal: raw, the other screen, mouse and paste reported.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn take() -> io::Result<Self> {
        let old = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            old(info);
        }));
        let screen = Self { terminal: Terminal::new(CrosstermBackend::new(io::stdout()))? };
        enter()?;
        Ok(screen)
    }

    /// # Errors
    /// When the terminal refuses.
    pub fn size(&self) -> io::Result<Size> {
        let size = self.terminal.size()?;
        Ok(Size { width: size.width, height: size.height })
    }

    /// # Errors
    /// When the terminal refuses.
    pub fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(model, frame))?;
        Ok(())
    }

    /// Gives the terminal to another program for as long as `work` lasts.
    ///
    /// # Errors
    /// When the terminal refuses to be taken again.
    pub fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        let result = work();
        self.enter_anew()?;
        Ok(result)
    }

    /// After a stop that nobody could prepare for (SIGSTOP, or SIGTSTP from elsewhere): whoever had the
    /// terminal meanwhile may have set it differently and written to it.
    ///
    /// # Errors
    /// When the terminal refuses to be taken again.
    pub fn retake(&mut self) -> io::Result<()> {
        // Else raw mode would be thought to be on still.
        disable_raw_mode()?;
        self.enter_anew()
    }

    fn enter_anew(&mut self) -> io::Result<()> {
        enter()?;
        // A fresh start draws every cell. Not `Terminal::clear`: it asks the terminal where its cursor is, and
        // the answer comes in among the keys.
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }

    /// Sends a sequence of our own, as that of the clipboard.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

/// As it was. Errors have nobody left to be told to.
fn give_back() {
    let _ = execute!(
        io::stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        crossterm::cursor::Show
    );
    let _ = disable_raw_mode();
}

/// An event of the terminal in our words; `None` if it means nothing here.
pub fn message(event: &Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let code = match key.code {
                KeyCode::Char(character) => Code::Char(character),
                KeyCode::Enter => Code::Enter,
                KeyCode::Esc => Code::Esc,
                KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => Code::BackTab,
                KeyCode::Tab => Code::Tab,
                KeyCode::BackTab => Code::BackTab,
                KeyCode::Backspace => Code::Backspace,
                KeyCode::Delete => Code::Delete,
                KeyCode::Up => Code::Up,
                KeyCode::Down => Code::Down,
                KeyCode::Left => Code::Left,
                KeyCode::Right => Code::Right,
                KeyCode::Home => Code::Home,
                KeyCode::End => Code::End,
                KeyCode::PageUp => Code::PageUp,
                KeyCode::PageDown => Code::PageDown,
                _ => Code::Other,
            };
            let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
            let alt = key.modifiers.contains(KeyModifiers::ALT);
            Some(Message::Key(Key { code, ctrl, alt }))
        }
        Event::Mouse(mouse) => {
            let kind = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
                MouseEventKind::ScrollUp => MouseKind::WheelUp,
                MouseEventKind::ScrollDown => MouseKind::WheelDown,
                _ => return None,
            };
            Some(Message::Mouse(Mouse { kind, column: mouse.column, row: mouse.row }))
        }
        Event::Paste(text) => Some(Message::Paste(text.clone())),
        Event::Resize(width, height) => Some(Message::Resize(Size { width: *width, height: *height })),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}
