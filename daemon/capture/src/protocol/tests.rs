use proptest::prelude::*;

use super::*;
use crate::payload::Usage;
use brummer_event::ExitReason;

fn positions() -> impl Strategy<Value = Position> {
    (any::<u32>(), any::<u64>()).prop_map(|(segment, offset)| Position { segment, offset })
}

fn procs() -> impl Strategy<Value = ProcId> {
    (1..i32::MAX, any::<u64>()).prop_map(|(pid, start_time)| ProcId { pid, start_time })
}

fn hello() -> impl Strategy<Value = (u16, RunId, Cookie)> {
    (any::<u16>(), any::<u128>(), any::<[u8; 16]>())
        .prop_map(|(protocol, run, cookie)| (protocol, RunId::from_u128(run), Cookie(cookie)))
}

fn down() -> impl Strategy<Value = Down> {
    let target = prop_oneof![Just(Target::Group), Just(Target::Leader), Just(Target::Tree)];
    let limit = prop_oneof![Just(None), (0..u64::MAX).prop_map(Some)];
    prop_oneof![
        hello().prop_map(|(protocol, run, cookie)| Down::Hello { protocol, run, cookie }),
        (any::<i32>(), target).prop_map(|(signal, target)| Down::Signal { signal, target }),
        (any::<i32>(), any::<u64>(), limit).prop_map(|(signal, grace_ms, limit_ms)| Down::Stop(StopPlan {
            signal,
            grace_ms,
            limit_ms
        })),
        any::<Vec<u8>>().prop_map(Down::Input),
        (any::<u16>(), any::<u16>()).prop_map(|(columns, rows)| Down::Resize { columns, rows }),
        positions().prop_map(Down::Indexed),
        any::<u32>().prop_map(|through| Down::Release { through }),
        positions().prop_map(Down::Arm),
        prop_oneof![Just(WhenBehind::Slow), Just(WhenBehind::Gap)].prop_map(Down::Behind),
        Just(Down::Bye),
    ]
}

fn state() -> impl Strategy<Value = State> {
    let phase = prop_oneof![
        Just(Phase::Starting),
        Just(Phase::Running),
        Just(Phase::Paused),
        Just(Phase::Stopping),
        Just(Phase::Ended)
    ];
    (phase, positions(), any::<u32>(), any::<[bool; 3]>(), any::<u64>()).prop_map(
        |(phase, written, others, [slowed, disk_full, output_open], missed_bytes)| State {
            phase,
            written,
            others,
            slowed,
            disk_full,
            missed_bytes,
            output_open,
        },
    )
}

fn exit() -> impl Strategy<Value = ExitPayload> {
    (any::<Option<i32>>(), any::<bool>(), any::<u64>(), any::<Option<String>>()).prop_map(
        |(code, core, mono, detail)| ExitPayload {
            code,
            signal: code.is_none().then_some(9),
            core,
            reason: ExitReason::Exited,
            started_mono_ns: mono,
            started_wall_ns: -3,
            ended_mono_ns: mono / 2,
            ended_wall_ns: 4,
            usage: Usage { user_us: mono, system_us: 1, max_rss_bytes: 2 },
            detail,
        },
    )
}

fn up() -> impl Strategy<Value = Up> {
    let member =
        (procs(), any::<i32>(), "[a-zü ()]{0,15}").prop_map(|(id, parent, name)| Member { id, parent, name });
    prop_oneof![
        (hello(), procs(), proptest::option::of(procs())).prop_map(
            |((protocol, run, cookie), shim, child)| Up::Hello { protocol, run, cookie, shim, child }
        ),
        (procs(), any::<u64>(), any::<i64>()).prop_map(|(child, mono_ns, wall_ns)| Up::Started {
            child,
            mono_ns,
            wall_ns
        }),
        (any::<i32>(), any::<String>())
            .prop_map(|(errno, text)| Up::StartFailed(StartFailed { errno, text })),
        state().prop_map(Up::State),
        proptest::collection::vec(member, 0..20).prop_map(Up::Tree),
        (exit(), positions()).prop_map(|(exit, at)| Up::Exit { exit, at }),
        positions().prop_map(Up::Bell),
        positions().prop_map(|at| Up::Memory { segment: at.segment, base: at.offset }),
        Just(Up::MemoryDone),
        any::<u32>().prop_map(|bytes| Up::InputRefused { bytes }),
    ]
}

/// Decodes `bytes` fed in pieces of the given lengths.
fn all<M: Message>(bytes: &[u8], pieces: &[usize]) -> Result<Vec<M>, ProtocolError> {
    let mut decoder = Decoder::new();
    let mut found = Vec::new();
    let mut rest = bytes;
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at((*pieces.next().unwrap()).min(rest.len()));
        rest = tail;
        decoder.feed(piece);
        while let Some(message) = decoder.message()? {
            found.push(message);
        }
    }
    Ok(found)
}

proptest! {
    #[test]
    fn messages_come_back_however_they_are_cut(
        downs in proptest::collection::vec(down(), 0..8),
        ups in proptest::collection::vec(up(), 0..8),
        pieces in proptest::collection::vec(1usize..50, 1..5),
    ) {
        let mut bytes = Vec::new();
        downs.iter().for_each(|message| message.encode(&mut bytes));
        prop_assert_eq!(all::<Down>(&bytes, &pieces), Ok(downs));
        bytes.clear();
        ups.iter().for_each(|message| message.encode(&mut bytes));
        prop_assert_eq!(all::<Up>(&bytes, &pieces), Ok(ups));
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_hold_little(bytes: Vec<u8>, pieces in proptest::collection::vec(1usize..50, 1..5)) {
        let _either = all::<Down>(&bytes, &pieces);
        let _either = all::<Up>(&bytes, &pieces);
    }

    #[test]
    fn arbitrary_bodies_never_panic(kind: u8, body: Vec<u8>) {
        let _either = Down::decode(kind, &body);
        let _either = Up::decode(kind, &body);
    }
}

#[test]
fn a_newer_side_is_understood() {
    let mut bytes = Vec::new();
    frame(&mut bytes, 77, |out| out.extend_from_slice(b"a kind of version 2"));
    frame(&mut bytes, kind::ARM, |out| {
        put_position(out, Position { segment: 1, offset: 2 });
        out.extend_from_slice(b"and a field of version 2");
    });
    assert_eq!(all::<Down>(&bytes, &[3]), Ok(vec![Down::Arm(Position { segment: 1, offset: 2 })]));
}

#[test]
fn what_is_too_long_or_too_short_is_refused() {
    assert_eq!(all::<Down>(&[0, 0, 0, 0], &[4]), Err(ProtocolError::Length(0)));
    assert_eq!(all::<Down>(&u32::MAX.to_le_bytes(), &[4]), Err(ProtocolError::Length(u32::MAX)));
    let mut short = Vec::new();
    frame(&mut short, kind::ARM, |out| out.push(1));
    assert_eq!(all::<Down>(&short, &[99]), Err(ProtocolError::Body(kind::ARM)));
}
