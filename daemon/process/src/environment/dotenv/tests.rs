use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Dotenv, DotenvError> {
    parse(text.as_bytes(), |name| match name {
        "HOME" => Some("/home/me".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    })
}

fn values(text: &str) -> Vec<(String, String)> {
    let found = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    found.assigned.into_iter().map(|assigned| (assigned.name, assigned.value)).collect()
}

#[track_caller]
fn all_are(table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(values(text), [("A".to_owned(), (*expected).to_owned())], "{text:?}");
    }
}

#[test]
fn lines_in_every_form() {
    all_are(&[
        ("A=1", "1"),
        ("A = 1 ", "1"),
        ("A\t=\t1\t", "1"),
        ("A: 1", "1"),
        ("A:\t'1'", "1"),
        ("export A=1", "1"),
        ("export\tA = 1", "1"),
        ("export B\nA=1", "1"),
        ("export B # handed on anyway\nA=1", "1"),
        ("  A=1", "1"),
        ("A=", ""),
        ("A=   ", ""),
        ("A=\"\"", ""),
        ("A=''", ""),
        ("A=# nothing", ""),
        ("A=a=b", "a=b"),
        ("A=1\r\n", "1"),
        ("A=1\n\n", "1"),
        ("\u{feff}A=1", "1"),
        ("# c\n\n   # d\nA=1", "1"),
        ("\r\n# c\r\nA=1\r\n", "1"),
    ]);
    assert_eq!(values("export=1"), [("export".to_owned(), "1".to_owned())], "it is a name as well");
    let both = values("A=1\nB=${A}2\nA=3");
    assert_eq!(both.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>(), ["1", "12", "3"]);
    assert!(values("").is_empty() && values("\u{feff}").is_empty() && values("# c").is_empty());
}

#[test]
fn quotes_escapes_and_comments() {
    all_are(&[
        ("A=a b # comment", "a b"),
        ("A=a\t#comment", "a"),
        ("A=a#b", "a#b"),
        ("A=http://x/#frag", "http://x/#frag"),
        ("A='a' # c", "a"),
        ("A=\"a\"# c", "a"),
        ("A=\"a # b\"", "a # b"),
        ("A=it's", "it's"),
        ("A=say \"hi\"", "say \"hi\""),
        ("A=C:\\new", "C:\\new"),
        ("A='C:\\new'", "C:\\new"),
        ("A='a # ${HOME} $HOME \\n \\$'", "a # ${HOME} $HOME \\n \\$"),
        ("A='Let\\'s go'", "Let's go"),
        ("A=`it's \"so\" $HOME`", "it's \"so\" $HOME"),
        (r#"A="a\n\"b\"\t\\ \d""#, "a\n\"b\"\t\\ \\d"),
        (r#"A="{\"hello\": \"json\"}""#, r#"{"hello": "json"}"#),
    ]);
}

#[test]
fn quoted_values_span_lines() {
    all_are(&[
        ("A=\"two\nlines\" # c", "two\nlines"),
        ("A='two\nlines'", "two\nlines"),
        ("A=`two\n\nlines`", "two\n\nlines"),
        ("A=\"two\r\nlines\"\r\n", "two\nlines"),
        ("A=\"joined \\\nline\"", "joined line"),
        ("A=\"joined \\\r\nline\"", "joined line"),
        (
            "A=\"-----BEGIN KEY-----\nx==\n-----END KEY-----\n\"",
            "-----BEGIN KEY-----\nx==\n-----END KEY-----\n",
        ),
    ]);
}

#[test]
fn references_as_compose_has_them() {
    all_are(&[
        ("A=$HOME/x", "/home/me/x"),
        ("A=\"$HOME/x\"", "/home/me/x"),
        ("A=${HOME}x", "/home/mex"),
        ("A=$HOME$HOME", "/home/me/home/me"),
        ("A=$HOME:$NOPE:", "/home/me::"),
        ("A=\\$HOME", "$HOME"),
        ("A=\"\\$HOME\"", "$HOME"),
        ("A=\\${HOME}", "${HOME}"),
        ("A=costs 5$", "costs 5$"),
        ("A=US$5 or $1", "US$5 or $1"),
        ("A=$$", "$$"),
        ("A=p$-word", "p$-word"),
        ("A=$(whoami)", "$(whoami)"),
        ("A=${NOPE}", ""),
        ("A=${NOPE:-fall back}", "fall back"),
        ("A=${NOPE-fall back}", "fall back"),
        ("A=${EMPTY:-fall back}", "fall back"),
        ("A=${EMPTY-fall back}", ""),
        ("A=${HOME:-fall back}", "/home/me"),
        ("A=${NOPE:-}", ""),
        ("A=${NOPE:-a # b}", "a # b"),
        ("A=${NOPE:-a\\}b}", "a}b"),
        ("A=${NOPE:-http://x:80/}", "http://x:80/"),
        ("A=${NOPE:-$HOME/x}", "/home/me/x"),
        ("A=${NOPE:-${ALSO:-${HOME}}}/y", "/home/me/y"),
        ("A=\"${NOPE:-a\\\"b\\nc}\"", "a\"b\nc"),
        ("A=${HOME:?needed}", "/home/me"),
        ("A=${EMPTY?needed}", ""),
        ("A=${HOME:+yes}", "yes"),
        ("A=${EMPTY:+yes}", ""),
        ("A=${EMPTY+yes}", "yes"),
        ("A=${NOPE+yes}", ""),
        ("A=${A}1", "1"),
    ]);
    let chain = values("HOST=h\nPORT=1\nURL=\"http://$HOST:${PORT}/\"");
    assert_eq!(chain[2].1, "http://h:1/");
}

#[test]
fn a_reference_to_nothing_is_told() {
    let found = read("A=1\nB=x${NOPE}\nC=$A ${NOPE:-d} $ALSO '$NOT'\nD='$NOT'").unwrap();
    let places: Vec<String> = found.unset.iter().map(ToString::to_string).collect();
    assert_eq!(places, ["2:4", "3:17", "3:24"]);
    let lines: Vec<String> = found.assigned.iter().map(|assigned| assigned.at.to_string()).collect();
    assert_eq!(lines, ["1:1", "2:1", "3:1", "4:1"]);
}

#[test]
fn mistakes_name_their_place_and_the_cure() {
    let said: Vec<String> = [
        "A=1\nnonsense",
        "A=1\nNAME # alone",
        "A=1\n  two words",
        "=1",
        "A B=1",
        "export A B",
        "A:1",
        "A=1\n\nB='x\ny",
        "A=\"x",
        "A='C:\\'",
        "A='x' y",
        "A=\"x\"y",
        "A=é${B",
        "A=${}",
        "A=${B:=x}",
        "A=${B/x/y}",
        "A=\"${B:-x\"",
        "A=${NOPE:?say where the database is}",
        "A=${EMPTY:?}",
        "A=${NOPE?}",
        "DB_PASSWORD=hunter2\nA=${NOPE:?see $DB_PASSWORD}",
        "DB_PASSWORD=hunter2\nA=${NOPE?see ${OTHER:-${DB_PASSWORD}}}",
        "A=x\0y",
    ]
    .iter()
    .map(|text| format!("{text:?}\n    .env:{}", read(text).unwrap_err()))
    .collect();
    insta::assert_snapshot!(said.join("\n"));
    let error = parse(b"A=1\nB=\xc3\xa9\xff", |_| None).unwrap_err();
    assert_eq!(error.to_string(), "2:4: is no UTF-8 text; save the file as UTF-8");
}

#[test]
fn what_multiplies_itself_ends() {
    use std::fmt::Write as _;
    let mut text = "A0=xxxxxxxxxx\n".to_owned();
    for n in 0..40 {
        let _ = writeln!(text, "A{}=$A{n}$A{n}", n + 1);
    }
    assert!(read(&text).unwrap_err().what.contains("128 KiB"));
    let mut text = format!("A={}\n", "x".repeat(MOST_VALUE));
    text.push_str(&"B=$A\n".repeat(1000));
    assert!(read(&text).unwrap_err().what.contains("4 MiB"));
    assert!(read(&"A=\n".repeat(MOST_ASSIGNED + 1)).unwrap_err().what.contains("10000"));
    let deep = format!("A={}", "${X:-".repeat(100_000));
    assert!(read(&deep).unwrap_err().what.contains("nested"));
}

#[test]
fn many_references_are_read_in_one_go() {
    let begun = brummer_scope::clock::instant();
    let unset = |name: &str| read(&format!("A={}", name.repeat(100_000))).unwrap().unset.len();
    assert_eq!((unset("${EMPTY}"), unset("${NOPE}"), unset("$NOPE ")), (0, MOST_UNSET, MOST_UNSET));
    // Counted out from the beginning of the line for each, they take minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn any_text_is_an_answer(text in "\\PC{0,40}[\"'`${}:?+\\-=\\\\\n #]{0,20}\\PC{0,20}") {
        let _either = read(&text);
    }

    #[test]
    fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _either = parse(&bytes, |_| None);
    }

    #[test]
    fn single_quotes_keep_everything(value in "[^'\\\\\0\r]{0,40}") {
        let text = format!("A='{value}'");
        prop_assert_eq!(values(&text), [("A".to_owned(), value)]);
    }
}
