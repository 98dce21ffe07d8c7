use super::*;
use serde_json::{Value, json};

fn decoded(codec: &impl Codec, text: &str) -> Option<(String, Value, Option<String>)> {
    let Incoming { event, payload, id } = codec.decode(Message::Text(text)).ok()?;
    let payload = serde_json::from_str(payload.get()).expect("JSON");
    Some((event, payload, id.map(|id| id.get().to_owned())))
}

fn encoded(codec: &impl Codec, event: &str, payload: &Value, id: Option<u32>) -> String {
    let payload = to_raw_value(payload).expect("JSON");
    let id = id.map(|id| to_raw_value(&id).expect("JSON"));
    let outgoing = Outgoing::new(event, &payload);
    let outgoing = match &id {
        Some(id) => outgoing.with_id(id),
        None => outgoing,
    };
    match codec.encode(&outgoing).expect("it can be said") {
        Encoded::Text(text) => text,
        Encoded::Binary(bytes) => panic!("bytes: {bytes:?}"),
    }
}

fn found(event: &str, payload: Value) -> Option<(String, Value, Option<String>)> {
    Some((event.to_owned(), payload, None))
}

#[test]
fn each_codec_reads_a_text_its_own_way() {
    let text = r#"{"event":"join","type":"meet","payload":{"room":"a"}}"#;
    let whole = || serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(
        decoded(&Envelope, text),
        found("join", json!({"room": "a"}))
    );
    assert_eq!(decoded(&Typed, text), found("meet", whole()));
    assert_eq!(decoded(&Auto, text), found("message", whole()));
    assert_eq!(decoded(&Raw, text), found("message", json!(text)));
    for text in ["", "hi", "{", "\u{feff}"] {
        assert_eq!(decoded(&Envelope, text), None);
        assert_eq!(decoded(&Typed, text), None);
        assert_eq!(decoded(&Auto, text), found("message", json!(text)));
        assert_eq!(decoded(&Raw, text), found("message", json!(text)));
    }
    for (text, value) in [
        ("5", json!(5)),
        ("null", json!(null)),
        (r#""hi""#, json!("hi")),
    ] {
        assert_eq!(decoded(&Auto, text), found("message", value));
    }
}

#[test]
fn bytes_are_no_text() {
    for codec in [&Envelope as &dyn Codec, &Typed, &Auto, &Raw] {
        assert!(codec.decode(Message::Binary(br#"{"a":1}"#)).is_err());
    }
}

#[test]
fn who_asks_for_an_answer_is_heard() {
    let asked = |codec: &dyn Codec, text| {
        let incoming = codec.decode(Message::Text(text)).expect("it is one");
        incoming.id.map(|id| id.get().to_owned())
    };
    let seven = Some("7".to_owned());
    assert_eq!(asked(&Envelope, r#"{"event":"a","id":7}"#), seven);
    assert_eq!(asked(&Typed, r#"{"type":"a","id":7}"#), seven);
    assert_eq!(asked(&Auto, r#"{"type":"a","id":7}"#), None);
    assert_eq!(asked(&Raw, r#"{"type":"a","id":7}"#), None);
}

#[test]
fn each_codec_writes_its_own_way() {
    let object = json!({"text": "hi"});
    let (error, hi) = (json!({"message": "no", "code": "rejected"}), json!("hi"));
    for (event, payload, id, texts) in [
        (
            "news",
            &object,
            None,
            [
                r#"{"event":"news","payload":{"text":"hi"}}"#,
                r#"{"type":"news","text":"hi"}"#,
                r#"{"text":"hi"}"#,
            ],
        ),
        (
            "news",
            &hi,
            None,
            [
                r#"{"event":"news","payload":"hi"}"#,
                r#"{"type":"news","payload":"hi"}"#,
                "hi",
            ],
        ),
        (
            "orcs:ack",
            &object,
            Some(7),
            [
                r#"{"event":"orcs:ack","payload":{"text":"hi"},"id":7}"#,
                r#"{"type":"orcs:ack","payload":{"text":"hi"},"id":7}"#,
                r#"{"text":"hi"}"#,
            ],
        ),
        (
            "error",
            &error,
            Some(7),
            [
                r#"{"event":"error","payload":{"code":"rejected","message":"no"},"id":7}"#,
                r#"{"type":"error","code":"rejected","message":"no","id":7}"#,
                r#"{"code":"rejected","message":"no"}"#,
            ],
        ),
    ] {
        let [envelope, typed, text] = texts;
        assert_eq!(encoded(&Envelope, event, payload, id), envelope);
        assert_eq!(encoded(&Typed, event, payload, id), typed);
        assert_eq!(encoded(&Auto, event, payload, id), text);
        assert_eq!(encoded(&Raw, event, payload, id), text);
    }
}

#[test]
fn the_built_in_ones_are_known_and_others_have_a_name() {
    /// Speaks as `C` does.
    struct Through<C>(C);

    impl<C: Codec> Codec for Through<C> {
        fn decode(&self, message: Message<'_>) -> Result<Incoming> {
            self.0.decode(message)
        }

        fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded> {
            self.0.encode(outgoing)
        }
    }

    /// The same with something of its own.
    struct Numbered(u32);

    impl Codec for Numbered {
        fn decode(&self, _: Message<'_>) -> Result<Incoming> {
            Incoming::new("number", &self.0)
        }

        fn encode(&self, _: &Outgoing<'_>) -> Result<Encoded> {
            Ok(self.0.to_string().into())
        }
    }

    let built_in = [
        (Speech::of(Envelope), Spoken::Envelope),
        (Speech::of(Typed), Spoken::Typed),
        (Speech::of(Auto), Spoken::Auto),
        (Speech::of(Raw), Spoken::Raw),
    ];
    for (speech, spoken) in built_in {
        assert!(matches!(speech, Speech::BuiltIn(known) if known == spoken));
    }
    let [one, same, other, numbered, another] = [
        Custom::new(Through(Raw)),
        Custom::new(Through(Raw)),
        Custom::new(Through(Typed)),
        Custom::new(Numbered(1)),
        Custom::new(Numbered(1)),
    ];
    assert_eq!((one.name(), numbered.name()), ("Through", "Numbered"));
    assert!(one.is_same_as(&same) && !one.is_same_as(&other));
    assert!(!numbered.is_same_as(&another), "each has fields of its own");
    assert!(matches!(Speech::of(Numbered(1)), Speech::Own(_)));
}

#[test]
fn a_codec_that_panics_has_failed() {
    struct Broken;

    impl Codec for Broken {
        fn decode(&self, _: Message<'_>) -> Result<Incoming> {
            panic!("on purpose")
        }

        fn encode(&self, _: &Outgoing<'_>) -> Result<Encoded> {
            panic!("on purpose")
        }
    }

    let broken = Custom::new(Broken);
    let error = broken.decode(Message::Text("")).expect_err("it panicked");
    assert_eq!(error.to_string(), "it panicked: on purpose");
    assert!(broken.encode(&Outgoing::new("a", RawValue::NULL)).is_none());
}
