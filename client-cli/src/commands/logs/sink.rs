//! Where lines go: text, one object a line, or one document at the end.

use jiff::tz::TimeZone;

use crate::context::Context;
use crate::failure::Failure;
use crate::json::log::{Gap, GapMessage, Line, Page, Record};
use crate::output::Format;
use crate::view::logs::{Escapes, Manner, Prefix, Printer, Stamp};
use crate::{time, view};

/// Takes records and gaps in order.
pub(crate) enum Sink {
    Text(Box<Printer>),
    Jsonl,
    /// Held until the end, since it is one document.
    Json(Page),
}

impl Sink {
    pub(crate) fn new(context: &Context, prefix: Prefix, timestamps: bool, raw: bool) -> Self {
        match context.output.format() {
            Format::Jsonl => return Self::Jsonl,
            Format::Json => return Self::Json(Page { lines: Vec::new(), gaps: Vec::new(), next: None }),
            Format::Text | Format::Wide => {}
        }
        let paper = context.output.paper();
        let terminal = context.output.stdout_is_terminal();
        let stamp = match (timestamps, terminal) {
            (false, _) => Stamp::Nothing,
            (true, true) => Stamp::Clock(zone()),
            (true, false) => Stamp::Utc,
        };
        let escapes = match (raw, paper.colour) {
            (true, _) => Escapes::Raw,
            (false, true) => Escapes::Colours,
            (false, false) => Escapes::Nothing,
        };
        let manner = Manner { prefix, stamp, escapes, colour: paper.colour, width: paper.width };
        Self::Text(Box::new(Printer::new(manner)))
    }

    /// Lines and the gaps among them, each gap where it belongs. `cursor` is one of the same answer.
    pub(crate) fn page(
        &mut self,
        context: &mut Context,
        records: &[Record],
        gaps: &[Gap],
        cursor: &str,
    ) -> Result<(), Failure> {
        let mut gaps = gaps.iter().peekable();
        let mut from = 0;
        for (at, record) in records.iter().enumerate() {
            if gaps.peek().is_none_or(|gap| gap.from > record.seq) {
                continue;
            }
            self.lines(context, records.get(from..at).unwrap_or_default(), cursor)?;
            from = at;
            while let Some(gap) = gaps.next_if(|gap| gap.from <= record.seq) {
                self.gap(context, gap)?;
            }
        }
        self.lines(context, records.get(from..).unwrap_or_default(), cursor)?;
        for gap in gaps {
            self.gap(context, gap)?;
        }
        if let Self::Json(page) = self {
            page.next = Some(cursor.to_owned());
        }
        Ok(())
    }

    pub(crate) fn lines(
        &mut self,
        context: &mut Context,
        records: &[Record],
        cursor: &str,
    ) -> Result<(), Failure> {
        match self {
            Self::Text(printer) => {
                let mut text = Vec::new();
                for record in records {
                    printer.print(record, &mut text);
                }
                context.output.data(text)
            }
            Self::Jsonl => {
                for record in records {
                    context.output.object(&Line::new(record, cursor))?;
                }
                Ok(())
            }
            Self::Json(page) => {
                page.lines.extend(records.iter().map(|record| Line::new(record, cursor)));
                Ok(())
            }
        }
    }

    pub(crate) fn gap(&mut self, context: &mut Context, gap: &Gap) -> Result<(), Failure> {
        match self {
            Self::Text(_) => self.aside(context, &view::logs::gap(gap)),
            Self::Jsonl => context.output.object(&GapMessage { gap }),
            Self::Json(page) => {
                page.gaps.push(gap.clone());
                Ok(())
            }
        }
    }

    /// Something on stderr between the lines.
    pub(crate) fn aside(&mut self, context: &mut Context, words: &str) -> Result<(), Failure> {
        if let Self::Text(printer) = self {
            let mut text = Vec::new();
            printer.close(&mut text);
            printer.interrupted();
            context.output.data(text)?;
        }
        context.output.warn(words);
        Ok(())
    }

    /// Nothing comes any more.
    pub(crate) fn finish(self, context: &mut Context) -> Result<(), Failure> {
        match self {
            Self::Text(mut printer) => {
                let mut text = Vec::new();
                printer.close(&mut text);
                context.output.data(text)
            }
            Self::Jsonl => Ok(()),
            Self::Json(page) => context.output.object(&page),
        }
    }
}

fn zone() -> TimeZone {
    time::local_zone()
}
