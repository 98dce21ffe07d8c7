use super::Shape;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};

fn told<T: DeserializeOwned>() -> String {
    serde_json::to_string(&Shape::of::<T>()).expect("words")
}

/// The fields of a struct, as they are told.
fn fields<T: DeserializeOwned>() -> String {
    let told = told::<T>();
    let fields = told.strip_prefix(r#"{"type":"object","fields":"#);
    let fields = fields.and_then(|fields| fields.strip_suffix('}'));
    fields
        .unwrap_or_else(|| panic!("no struct: {told}"))
        .to_owned()
}

#[test]
fn fields_are_told_in_their_order_with_their_types() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Message {
        room_name: String,
        at: f64,
        likes: u32,
        is_new: bool,
        answer_to: Option<String>,
        tags: Vec<String>,
        author: Author,
        #[serde(skip)]
        cache: String,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Author {
        id: i64,
        nick: Option<Nick>,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Nick(String);

    assert_eq!(
        fields::<Message>(),
        concat!(
            r#"{"roomName":"string","at":"number","likes":"integer","isNew":"boolean","#,
            r#""answerTo":"string?","tags":{"type":"array","items":"string"},"#,
            r#""author":{"type":"object","fields":{"id":"integer","nick":"string?"}}}"#
        )
    );
}

#[test]
fn plain_payloads_are_a_word() {
    assert_eq!(told::<()>(), r#""null""#);
    assert_eq!(told::<String>(), r#""string""#);
    assert_eq!(told::<Option<i64>>(), r#""integer?""#);
    assert_eq!(told::<char>(), r#""string""#);
    assert_eq!(told::<Value>(), r#""any""#);
    assert_eq!(told::<Box<RawValue>>(), r#""any""#);
    assert_eq!(told::<Vec<u8>>(), r#"{"type":"array","items":"integer"}"#);
    assert_eq!(
        told::<(f64, String)>(),
        r#"{"type":"tuple","items":["number","string"]}"#
    );
    assert_eq!(told::<[f32; 16]>(), r#"{"type":"array","items":"number"}"#);
    assert_eq!(
        told::<Option<HashMap<String, bool>>>(),
        r#"{"type":"map","values":"boolean","optional":true}"#
    );
}

#[test]
fn a_default_may_be_left_out_on_every_level() {
    fn general() -> String {
        "general".to_owned()
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Message {
        text: String,
        #[serde(default = "general")]
        room: String,
        options: Vec<Choice>,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Choice {
        #[serde(default)]
        weight: u32,
        name: String,
    }
    assert_eq!(
        fields::<Message>(),
        concat!(
            r#"{"text":"string","room":"string?","options":{"type":"array","items":"#,
            r#"{"type":"object","fields":{"weight":"integer?","name":"string"}}}}"#
        )
    );
}

#[test]
fn a_second_name_of_a_field_is_no_field() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Join {
        #[serde(alias = "channel", alias = "topic")]
        room: String,
        inner: Inner,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Inner {
        #[serde(alias = "name")]
        id: String,
        #[serde(default)]
        note: String,
    }
    assert_eq!(
        fields::<Join>(),
        concat!(
            r#"{"room":"string","inner":{"type":"object","#,
            r#""fields":{"id":"string","note":"string?"}}}"#
        )
    );
}

#[test]
fn variants_are_told_with_what_they_hold() {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[expect(dead_code, reason = "only its shape is looked at")]
    enum Step {
        Pass,
        Place { x: u8, y: u8 },
        Swap(u8, u8),
        Say(String),
    }
    assert_eq!(
        told::<Step>(),
        concat!(
            r#"{"type":"enum","variants":{"pass":null,"#,
            r#""place":{"type":"object","fields":{"x":"integer","y":"integer"}},"#,
            r#""swap":{"type":"tuple","items":["integer","integer"]},"say":"string"}}"#
        )
    );
}

#[test]
fn what_serde_reads_into_a_buffer_first_may_be_anything() {
    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its shape is looked at")]
    enum Tagged {
        One { a: u8 },
        Two,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    enum Untagged {
        Number(u8),
        Text(String),
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    assert_eq!(told::<Tagged>(), r#""any""#);
    assert_eq!(told::<Untagged>(), r#""any""#);
    assert_eq!(told::<Flat>(), r#"{"type":"map","values":"any"}"#);
}

#[test]
fn a_type_that_holds_itself_comes_to_an_end() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Node {
        name: String,
        children: Vec<Self>,
        next: Option<Box<Other>>,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Other {
        node: Box<Node>,
    }
    assert_eq!(
        fields::<Node>(),
        concat!(
            r#"{"name":"string","children":{"type":"array","items":"any"},"#,
            r#""next":{"type":"object","fields":{"node":"any"},"optional":true}}"#
        )
    );
}

#[test]
fn a_type_with_very_many_parts_comes_to_an_end() {
    // Each doubles what is in it: 2^20 parts.
    type Ten<T> = (((((T, T), (T, T)), ((T, T), (T, T))), u8), u8);
    type Many = Ten<Ten<Ten<Ten<u8>>>>;
    assert!(told::<Many>().contains("any"));
}

#[test]
fn a_reader_of_somebodys_own_is_believed_as_far_as_it_tells() {
    struct Id;
    impl<'de> Deserialize<'de> for Id {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            match text.as_str() {
                "c_1" => Ok(Self),
                _ => Err(D::Error::custom("no id")),
            }
        }
    }
    struct Refusing;
    impl<'de> Deserialize<'de> for Refusing {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::custom("never"))
        }
    }
    struct MadeUp;
    impl<'de> Deserialize<'de> for MadeUp {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    struct Panicking;
    impl<'de> Deserialize<'de> for Panicking {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("on purpose")
        }
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Payload {
        id: Id,
        refusing: Refusing,
        made_up: MadeUp,
        panicking: Panicking,
        #[serde(default)]
        last: u8,
    }
    assert_eq!(
        fields::<Payload>(),
        // Nobody can make one up, so that nobody knows what may be left out.
        concat!(
            r#"{"id":"string","refusing":"any","made_up":"any","#,
            r#""panicking":"any","last":"integer"}"#
        )
    );
    // The second can only be reached behind a first that nobody can make up.
    assert_eq!(
        told::<(Id, u8)>(),
        r#"{"type":"tuple","items":["string","any"]}"#
    );
}

#[test]
fn shared_data_is_what_it_holds() {
    use std::borrow::Cow;
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Payload {
        cow: Cow<'static, str>,
        boxed: Box<[Box<str>]>,
        time: std::time::Duration,
        address: std::net::IpAddr,
    }
    assert_eq!(
        fields::<Payload>(),
        concat!(
            r#"{"cow":"string","boxed":{"type":"array","items":"string"},"#,
            r#""time":{"type":"object","fields":{"secs":"integer","nanos":"integer"}},"#,
            r#""address":"string"}"#
        )
    );
}
