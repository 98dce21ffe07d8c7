use super::*;
use crate::envelope::{Failure, MALFORMED};
use proptest::prelude::*;
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

fn written(event: &str, payload: &(impl Serialize + ?Sized)) -> String {
    let mut buffer = b"before ".to_vec();
    write(&mut buffer, event, payload, None).expect("it can be written");
    let event = serde_json::to_vec(event).expect("JSON");
    let json = serde_json::to_vec(payload).expect("JSON");
    assert_eq!(buffer, [b"before ", &*of_json(&event, &json)].concat());
    String::from_utf8(buffer).expect("text")["before ".len()..].to_owned()
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("JSON")
}

#[test]
fn the_members_of_a_payload_stand_behind_its_type() {
    for (payload, object) in [
        (r#"{"text":"hi"}"#, r#"{"type":"news","text":"hi"}"#),
        (
            r#"{"a":1,"b":[2,{"type":3}]}"#,
            r#"{"type":"news","a":1,"b":[2,{"type":3}]}"#,
        ),
        ("{}", r#"{"type":"news"}"#),
        ("{ }", r#"{"type":"news"}"#),
        (r#"{ "a" : 1 }"#, r#"{"type":"news", "a" : 1 }"#),
        ("5", r#"{"type":"news","payload":5}"#),
        ("null", r#"{"type":"news","payload":null}"#),
        (r#""{}""#, r#"{"type":"news","payload":"{}"}"#),
        (
            r#"[{"type":1}]"#,
            r#"{"type":"news","payload":[{"type":1}]}"#,
        ),
        (
            r#"{"a":"\"type\":{,"}"#,
            r#"{"type":"news","a":"\"type\":{,"}"#,
        ),
        (r#"{"a":"\\"}"#, r#"{"type":"news","a":"\\"}"#),
    ] {
        assert_eq!(written("news", &raw(payload)), object);
    }
}

#[test]
fn a_type_of_the_payloads_own_is_left_out() {
    for (payload, object) in [
        (r#"{"type":"old"}"#, r#"{"type":"news"}"#),
        (r#"{"type":"old","a":1}"#, r#"{"type":"news","a":1}"#),
        (r#"{"a":1,"type":{"type":[1]}}"#, r#"{"type":"news","a":1}"#),
        (
            r#"{"a":1 , "type" : 7 , "b" : 2 }"#,
            r#"{"type":"news","a":1,"b":2}"#,
        ),
        (r#"{"t\u0079pe":"old","b":2}"#, r#"{"type":"news","b":2}"#),
        (r#"{"type":1,"type":2,"b":2}"#, r#"{"type":"news","b":2}"#),
        (
            r#"{"a":"type","Type":1,"type ":2}"#,
            r#"{"type":"news","a":"type","Type":1,"type ":2}"#,
        ),
    ] {
        assert_eq!(written("news", &raw(payload)), object);
    }
}

#[test]
fn an_answer_and_an_error_have_these_bytes() {
    let id = raw("7");
    let mut buffer = Vec::new();
    write_ack(&mut buffer, &id, br#"{"type":"x"}"#);
    assert_eq!(
        buffer,
        br#"{"type":"orcs:ack","payload":{"type":"x"},"id":7}"#
    );
    let mut failure = Failure {
        message: MALFORMED,
        code: "bad_frame",
        retry_after: None,
    };
    let mut buffer = Vec::new();
    write(&mut buffer, "error", &failure, None).expect("JSON");
    assert_eq!(
        buffer,
        br#"{"type":"error","message":"Invalid message format","code":"bad_frame"}"#
    );
    failure.retry_after = Some(10);
    let mut buffer = Vec::new();
    write(&mut buffer, "error", &failure, Some(&id)).expect("JSON");
    assert_eq!(
        buffer,
        br#"{"type":"error","message":"Invalid message format","code":"bad_frame","retry_after":10,"id":7}"#
    );
}

#[test]
fn an_id_stands_once() {
    let mut buffer = Vec::new();
    let payload = raw(r#"{"id":1,"a":2}"#);
    write(&mut buffer, "item", &payload, Some(&raw("7"))).expect("JSON");
    assert_eq!(buffer, br#"{"type":"item","a":2,"id":7}"#);
    let mut buffer = Vec::new();
    write(&mut buffer, "item", &payload, None).expect("JSON");
    assert_eq!(buffer, br#"{"type":"item","id":1,"a":2}"#);
}

#[test]
fn an_object_names_its_event_and_may_ask_for_an_answer() {
    let long_id = format!(r#"{{"type":"e","id":"{}"}}"#, "i".repeat(65));
    for (text, event, id) in [
        (r#"{"type":"join","room":"lobby"}"#, "join", None),
        (
            r#" { "room" : {"type":1} , "type" : "join" , "id":7 } "#,
            "join",
            Some("7"),
        ),
        (r#"{"type":"j\u006fin","id":"a"}"#, "join", Some(r#""a""#)),
        (r#"{"type":"join","id":null}"#, "join", None),
        // What no answer could carry is a member of the app's own.
        (r#"{"type":"join","id":{}}"#, "join", None),
        (r#"{"type":"join","id":true}"#, "join", None),
        (&long_id, "e", None),
    ] {
        let object = Object::parse(text).expect(text);
        assert_eq!((&*object.event, object.id.map(RawValue::get)), (event, id));
    }
}

#[test]
fn everything_else_is_malformed() {
    let long_name = format!(r#"{{"type":"{}"}}"#, "e".repeat(129));
    let deep = format!(r#"{{"type":"a","b":{}"#, "[".repeat(100_000));
    for text in [
        "",
        "null",
        "7",
        r#""join""#,
        "[]",
        r#"["join"]"#,
        "{}",
        r#"{"event":"join"}"#,
        r#"{"type":7}"#,
        r#"{"type":null}"#,
        r#"{"type":""}"#,
        r#"{"type":"a","type":"b"}"#,
        r#"{"type":"a"} x"#,
        r#"{"type":"a","room":}"#,
        r#"{"type":"\ud800"}"#,
        &long_name,
        &deep,
    ] {
        assert_eq!(Object::parse(text).err(), Some(Malformed), "{text:.60}");
    }
}

#[test]
fn what_is_no_object_is_found_where_it_goes_out() {
    for (object, found) in [
        (r#"{"type":"a"}"#, Some("null")),
        (r#" {"id":7,"type":"a"}"#, Some("null")),
        (r#"{"type":"a","payload": [1, 2] }"#, Some("[1, 2]")),
        (r#"{"type":"a","id":"x","payload":"y"}"#, Some(r#""y""#)),
        (r#"{"payload":5,"id":null,"type":"a"}"#, Some("5")),
        (r#"{"type":"a","room":"lobby"}"#, None),
        // What stands beside a payload must not be read instead of it.
        (r#"{"type":"a","x":1,"payload":"y"}"#, None),
        (r#"{"type":"a","payload":"y","payload":"z"}"#, None),
        (r#"{"type":"a","id":{"x":1},"payload":"y"}"#, None),
        (r#"{"type":"a","payload":{"x":1}}"#, None),
    ] {
        assert_eq!(inner(object), found, "{object}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("type".to_owned()),
        Just("payload".to_owned()),
        ".{0,6}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[{}\\[\\],:\"\\\\ type]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn an_object_says_its_payload_with_its_type_in_front(event in ".{1,20}", payload in any_json(), pretty: bool) {
        let json = match pretty {
            true => raw(&serde_json::to_string_pretty(&payload).unwrap()),
            false => to_raw_value(&payload).unwrap(),
        };
        let text = written(&event, &json);
        let head = format!(r#"{{"type":{}"#, json!(event));
        prop_assert!(text.starts_with(&head), "{}", text);
        let mut expected = match payload.clone() {
            Value::Object(members) => members,
            payload => Map::from_iter([("payload".to_owned(), payload)]),
        };
        expected.insert("type".to_owned(), event.clone().into());
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), Value::Object(expected));
        // A key that stood there twice would be an error to a struct.
        let object = Object::parse(&text);
        if !text.contains(r#""id""#) && event.len() <= 128 {
            prop_assert_eq!(object.unwrap().event, event);
        }
    }

    #[test]
    fn any_text_is_an_object_or_is_not(text in ".{0,40}") {
        let _ = Object::parse(&text);
        let _ = inner(&text);
    }
}
