//! `LogService`: pages, followers, counts. A follower is its cursor: it costs no task and no queue, it is
//! polled by the connection when that has room.

use std::pin::Pin;

use brummer_event::LineCursor;
use brummer_logs::{FollowItem, Follower, MOST_LINES, ReadQuery};
use brummer_proto::v1;
use brummer_proto::v1::log_service_server::LogService;
use brummer_world::World;
use futures::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::convert::{self, inbound, line};
use crate::refuse::{invalid, status};

/// Most lines of one page.
const PAGE_MAX: usize = 10_000;

/// Most bytes of text in one page, under the wire's bound of 4 MiB; a page that would be larger is cut and
/// says that there is more.
const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024;

pub(crate) struct LogApi {
    pub(crate) world: World,
}

type FollowStream = Pin<Box<dyn Stream<Item = Result<v1::FollowResponse, Status>> + Send>>;

#[tonic::async_trait]
impl LogService for LogApi {
    type FollowStream = FollowStream;

    async fn read(&self, request: Request<v1::ReadRequest>) -> Result<Response<v1::ReadResponse>, Status> {
        let request = request.into_inner();
        let (before, after) = (request.before as usize, request.after as usize);
        if before.saturating_add(after) > PAGE_MAX {
            return Err(invalid("before", format!("a page has at most {PAGE_MAX} lines")));
        }
        let anchor = line::anchor(request.anchor)?;
        let (project, filter) = self.world.filter(line::ask(request.filter)?).await.map_err(status)?;
        let query = ReadQuery { anchor, before, after, filter };
        let mut page = self.world.read(query).await.map_err(status)?;
        cut_to_size(&mut page, before > after);
        Ok(Response::new(v1::ReadResponse {
            lines: Some(line::lines(&page.lines)),
            gaps: page.gaps.iter().map(convert::gap).collect(),
            first_cursor: page.first.to_string(),
            last_cursor: page.last.to_string(),
            more_before: page.more_before,
            more_after: page.more_after,
            project: project.map(convert::project::reference),
        }))
    }

    async fn follow(&self, request: Request<v1::FollowRequest>) -> Result<Response<FollowStream>, Status> {
        let request = request.into_inner();
        let (_, filter) = self.world.filter(line::ask(request.filter)?).await.map_err(status)?;
        let (from, first) = match request.from {
            Some(v1::follow_request::From::Cursor(text)) => (line::cursor("cursor", &text)?, Vec::new()),
            Some(v1::follow_request::From::Last(count)) if count as usize > PAGE_MAX => {
                return Err(invalid("last", format!("at most {PAGE_MAX} lines")));
            }
            Some(v1::follow_request::From::Last(count)) => {
                self.world.newest(count as usize, &filter).await.map_err(status)?
            }
            None => (self.world.logs().cursor_now(), Vec::new()),
        };
        let follower = self.world.logs().follow(from.clone(), filter, request.live);
        Ok(Response::new(stream(from, first, follower, self.world.closing().clone())))
    }

    async fn count(&self, request: Request<v1::CountRequest>) -> Result<Response<v1::CountResponse>, Status> {
        let (project, filter) =
            self.world.filter(line::ask(request.into_inner().filter)?).await.map_err(status)?;
        let count = self.world.count(filter).await.map_err(status)?;
        Ok(Response::new(v1::CountResponse {
            lines: count.lines,
            scanned: count.scanned,
            gaps: count.gaps.iter().map(convert::gap).collect(),
            project: project.map(convert::project::reference),
        }))
    }

    async fn clear(&self, request: Request<v1::ClearRequest>) -> Result<Response<v1::ClearResponse>, Status> {
        let request = request.into_inner();
        let selection = inbound::selection(request.scope, request.names)?;
        let (project, cursor) = self.world.clear(&selection).await.map_err(status)?;
        Ok(Response::new(v1::ClearResponse {
            cursor: cursor.to_string(),
            project: project.map(convert::project::reference),
        }))
    }
}

/// Keeps a page under the wire's bound by giving up lines at the end that is further from the anchor.
fn cut_to_size(page: &mut brummer_logs::Page, from_front: bool) {
    let mut bytes: usize = page.lines.iter().map(|line| line.text.len() + 48).sum();
    if bytes <= PAGE_BYTES_MAX {
        return;
    }
    let mut given_up = 0;
    let mut shrink = |line: &brummer_logs::LineView| {
        let more = bytes > PAGE_BYTES_MAX;
        if more {
            bytes -= line.text.len() + 48;
            given_up += 1;
        }
        more
    };
    if from_front {
        let _rest = page.lines.iter().find(|line| !shrink(line));
        page.lines.drain(..given_up);
    } else {
        let _rest = page.lines.iter().rev().find(|line| !shrink(line));
        page.lines.truncate(page.lines.len() - given_up);
    }
    let cursor =
        |line: &brummer_logs::LineView, seq: u64| LineCursor { epoch: page.last.epoch, seq, time: line.time };
    if from_front {
        if let Some(line) = page.lines.first() {
            page.first = cursor(line, line.seq.saturating_sub(1));
        }
        page.more_before = true;
    } else {
        if let Some(line) = page.lines.last() {
            page.last = cursor(line, line.seq);
        }
        page.more_after = true;
    }
}

/// The lines that were read first, then what the follower gives.
fn stream(
    from: LineCursor,
    first: Vec<brummer_logs::LineView>,
    follower: Follower,
    closing: CancellationToken,
) -> FollowStream {
    let newest = first.last().map(|view| view.seq);
    let opening: Vec<Result<v1::FollowResponse, Status>> = pieces(&first)
        .map(|piece| {
            // Each piece says where it ends, so that a reader who is cut off between two loses none; the
            // last one says how far the page was scanned, which may be further.
            let cursor = match piece.last() {
                Some(view) if Some(view.seq) != newest => {
                    LineCursor { epoch: from.epoch, seq: view.seq, time: view.time }.to_string()
                }
                _ => from.to_string(),
            };
            Ok(v1::FollowResponse {
                message: Some(v1::follow_response::Message::Lines(line::lines(piece))),
                cursor,
            })
        })
        .collect();
    let going_on = futures::stream::try_unfold((follower, closing), |(mut follower, closing)| async move {
        // The end of the daemon ends the stream in order; its reader goes on by cursor with the next one.
        let Some(item) = closing.run_until_cancelled(follower.next()).await else { return Ok(None) };
        let item = item.map_err(|error| status(error.into()))?;
        let message = match item {
            FollowItem::Lines(views) => v1::follow_response::Message::Lines(line::lines(&views)),
            FollowItem::Gap(gap) => v1::follow_response::Message::Gap(convert::gap(&gap)),
            FollowItem::Progress { scanned_through, newest } => {
                v1::follow_response::Message::Progress(v1::Progress { scanned_through, newest })
            }
        };
        let cursor = follower.cursor().to_string();
        Ok(Some((v1::FollowResponse { message: Some(message), cursor }, (follower, closing))))
    });
    Box::pin(futures::StreamExt::chain(futures::stream::iter(opening), going_on))
}

/// Slices of at most [`MOST_LINES`] lines and 192 KiB of text, so that each message stays under 256 KiB.
fn pieces(views: &[brummer_logs::LineView]) -> impl Iterator<Item = &[brummer_logs::LineView]> {
    let mut rest = views;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut bytes = 0;
        let count = rest
            .iter()
            .take(MOST_LINES)
            .take_while(|view| {
                bytes += view.text.len();
                bytes <= brummer_logs::MOST_BYTES
            })
            .count()
            .max(1);
        let (piece, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(piece)
    })
}
