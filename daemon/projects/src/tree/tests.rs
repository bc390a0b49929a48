//! What holds in every format, and for every kind of owner.

use super::*;

fn whose() -> [Whose; 3] {
    [Whose::Ours, Whose::Foreign, Whose::Found]
}

#[test]
fn all_formats_give_the_same_tree_with_lines() {
    let yaml = "a: 1\nb:\n  on: [x, true]\n  8080: 'y'\n";
    let json = "{ \"a\": 1,\n\n \"b\": { \"on\": [\"x\", true],\n \"8080\": \"y\" } }";
    let commented = format!("{} // end", json.replace("\"y\"", "\"y\","));
    let toml = "a = 1\n[b]\non = [\"x\", true]\n8080 = \"y\"\n";
    for (text, format) in
        [(yaml, Format::Yaml), (json, Format::Json), (&commented, Format::Commented), (toml, Format::Toml)]
    {
        for whose in whose() {
            let root = read(text, format, whose).unwrap();
            let lines = Lines::of(text);
            assert_eq!(root.get("a").unwrap().node.value, Value::Int(1), "{format:?}");
            let b = &root.get("b").unwrap().node;
            let on = b.get("on").unwrap();
            assert_eq!(lines.at(on.key_span.start), 3, "{format:?}");
            let Value::List(items) = &on.node.value else { panic!("{on:?}") };
            assert_eq!(items[0].value, Value::Text("x".to_owned()));
            assert_eq!(items[1].value, Value::Bool(true));
            let port = b.get("8080").unwrap();
            assert_eq!(lines.at(port.node.span.start), 4, "{format:?}");
            assert_eq!(port.node.value, Value::Text("y".to_owned()));
        }
    }
}

#[test]
fn what_others_may_write_and_we_may_not() {
    let doubled = [("a: 1\na: 2", Format::Yaml), ("{\"a\": 1, \"a\": 2}", Format::Json)];
    for (text, format) in doubled {
        for whose in whose() {
            let read = read(text, format, whose);
            match whose {
                Whose::Found => assert_eq!(read.unwrap().get("a").unwrap().node.value, Value::Int(2)),
                _ => assert!(read.unwrap_err().duplicate, "{text}"),
            }
        }
    }
    let tagged = "a: !reset 1\nb: !override '2'";
    assert!(read(tagged, Format::Yaml, Whose::Ours).is_err());
    let root = read(tagged, Format::Yaml, Whose::Foreign).unwrap();
    assert_eq!(root.get("a").unwrap().node.value, Value::Int(1));
    assert_eq!(root.get("b").unwrap().node.value, Value::Text("2".to_owned()));
}

#[test]
fn depth_and_growth_are_bounded_for_everybody() {
    let nested: String = (0..1400).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let mut laughs = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
    for level in 1..9 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        laughs.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    for whose in whose() {
        for (text, format) in [
            ("[".repeat(100_000), Format::Yaml),
            ("[".repeat(100_000), Format::Commented),
            ("[".repeat(100_000), Format::Json),
            (format!("a = {}", "[".repeat(100_000)), Format::Toml),
            (nested.clone(), Format::Yaml),
            (laughs.clone(), Format::Yaml),
        ] {
            assert!(read(&text, format, whose).is_err(), "{format:?}");
        }
    }
}

#[test]
fn doubled_keys_are_no_quadratic_work() {
    let doubled = "\"a\":1,".repeat(90_000);
    let different: String = (0..90_000).map(|n| format!("\"{n}\":1,")).collect();
    let begin = brummer_scope::clock::instant();
    for keys in [doubled, different] {
        let _ = read(&format!("{{{}\"z\":1}}", keys), Format::Json, Whose::Found);
    }
    // Quadratic, either takes minutes without optimization.
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
