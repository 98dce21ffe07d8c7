//! How a shape is told: a word where one does, else an object that says its type.

use super::Shape;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// `"string"`; `"string?"` for what may be left out;
/// `{"type":"object","fields":{"room":"string"}}`, with `"optional":true` if that may be.
impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.word() {
            Some(word) => serializer.serialize_str(word),
            None => self.serialize_object(serializer, false),
        }
    }
}

impl Shape {
    fn word(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown | Self::Any => "any",
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Optional(inner) => match inner.word()? {
                "any" => "any?",
                "null" => "null?",
                "boolean" => "boolean?",
                "integer" => "integer?",
                "number" => "number?",
                "string" => "string?",
                optional => optional,
            },
            _ => return None,
        })
    }

    fn serialize_object<S: Serializer>(
        &self,
        serializer: S,
        is_optional: bool,
    ) -> Result<S::Ok, S::Error> {
        if let Self::Optional(inner) = self {
            return inner.serialize_object(serializer, true);
        }
        let mut object = serializer.serialize_map(None)?;
        match self {
            Self::Array(item) => {
                object.serialize_entry("type", "array")?;
                object.serialize_entry("items", item)?;
            }
            Self::Tuple(items) => {
                object.serialize_entry("type", "tuple")?;
                object.serialize_entry("items", items)?;
            }
            Self::Map(value) => {
                object.serialize_entry("type", "map")?;
                object.serialize_entry("values", value)?;
            }
            Self::Object(fields) => {
                object.serialize_entry("type", "object")?;
                object.serialize_entry("fields", &Named(fields))?;
            }
            Self::Enum(variants) => {
                object.serialize_entry("type", "enum")?;
                object.serialize_entry("variants", &Named(variants))?;
            }
            // What has a word was told by it.
            _ => object.serialize_entry("type", &self.word())?,
        }
        if is_optional {
            object.serialize_entry("optional", &true)?;
        }
        object.end()
    }
}

/// Fields in the order in which they are declared; a variant without a payload is `null`.
struct Named<'a, T>(&'a [(&'static str, T)]);

impl<T: Serialize> Serialize for Named<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, shape)| (name, shape)))
    }
}
