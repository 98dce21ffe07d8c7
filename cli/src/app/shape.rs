//! What a payload looks like, as an app tells it, and as a person reads it.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// What a payload looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub kind: Kind,
    /// May be left out.
    pub optional: bool,
}

/// What it is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `string`, `any`, or what a later framework may call something.
    Word(String),
    Array(Box<Shape>),
    Tuple(Vec<Shape>),
    Map(Box<Shape>),
    Object(Vec<(String, Shape)>),
    Enum(Vec<(String, Option<Shape>)>),
}

/// As TypeScript would say it: `{room?: string, tags: string[]}`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Word(word) => f.write_str(word),
            Kind::Array(item) => match item.kind {
                Kind::Enum(_) => write!(f, "({item})[]"),
                _ => write!(f, "{item}[]"),
            },
            Kind::Tuple(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Kind::Map(value) => write!(f, "{{[name]: {value}}}"),
            Kind::Object(fields) => {
                let field = |(name, shape): &(String, Self)| {
                    let mark = if shape.optional { "?" } else { "" };
                    format!("{name}{mark}: {shape}")
                };
                let fields: Vec<_> = fields.iter().map(field).collect();
                write!(f, "{{{}}}", fields.join(", "))
            }
            Kind::Enum(variants) => {
                let variant = |(name, inner): &(String, Option<Self>)| match inner {
                    None => format!("\"{name}\""),
                    Some(inner) => format!("{{{name}: {inner}}}"),
                };
                let variants: Vec<_> = variants.iter().map(variant).collect();
                f.write_str(&variants.join(" | "))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Told::deserialize(deserializer)? {
            Told::Word(word) => Self {
                optional: word.ends_with('?'),
                kind: Kind::Word(word.trim_end_matches('?').to_owned()),
            },
            Told::Object(told) => Self {
                optional: told.optional,
                kind: told.kind(),
            },
        })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Word(String),
    Object(ToldObject),
}

#[derive(Deserialize)]
struct ToldObject {
    #[serde(rename = "type")]
    word: String,
    #[serde(default)]
    optional: bool,
    fields: Option<InOrder<Shape>>,
    variants: Option<InOrder<Option<Shape>>>,
    values: Option<Box<Shape>>,
    items: Option<Items>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Items {
    Each(Vec<Shape>),
    All(Box<Shape>),
}

impl ToldObject {
    fn kind(self) -> Kind {
        match self {
            Self {
                fields: Some(InOrder(fields)),
                ..
            } => Kind::Object(fields),
            Self {
                variants: Some(InOrder(variants)),
                ..
            } => Kind::Enum(variants),
            Self {
                values: Some(values),
                ..
            } => Kind::Map(values),
            Self {
                items: Some(Items::Each(items)),
                ..
            } => Kind::Tuple(items),
            Self {
                items: Some(Items::All(item)),
                ..
            } => Kind::Array(item),
            Self { word, .. } => Kind::Word(word),
        }
    }
}

/// An object's members in the order in which they came.
#[derive(Clone, Debug, PartialEq)]
pub struct InOrder<T>(pub Vec<(String, T)>);

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for InOrder<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = InOrder<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(InOrder(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_shown_as_typescript_says_it() {
        for (told, shown) in [
            (r#""string""#, "string"),
            (r#""null""#, "null"),
            (
                r#"{"type":"object","fields":{"room":"string?","at":"number",
                    "tags":{"type":"array","items":"string","optional":true}}}"#,
                "{room?: string, at: number, tags?: string[]}",
            ),
            (
                r#"{"type":"enum","variants":{"pass":null,"say":"string"}}"#,
                r#""pass" | {say: string}"#,
            ),
            (
                r#"{"type":"array","items":{"type":"enum","variants":{"a":null,"b":null}}}"#,
                r#"("a" | "b")[]"#,
            ),
            (
                r#"{"type":"tuple","items":["number","number"]}"#,
                "[number, number]",
            ),
            (r#"{"type":"map","values":"integer"}"#, "{[name]: integer}"),
            (r#"{"type":"later","more":[1]}"#, "later"),
        ] {
            let shape: Shape = serde_json::from_str(told).unwrap();
            assert_eq!(shape.to_string(), shown);
        }
    }
}
