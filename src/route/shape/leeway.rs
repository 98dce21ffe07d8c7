//! What may be left out of a payload, and which names are only others for the same.
//!
//! Whether a field has a default is nowhere written, but can be tried: a payload is made up, and
//! read once without each of its fields.

use super::Shape;
use crate::panic;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Marks as optional what may be left out, and drops second names.
pub(super) fn find<T: DeserializeOwned>(shape: &mut Shape) {
    let mut objects = Vec::new();
    shape.objects(&mut Vec::new(), &mut objects);
    for path in &objects {
        drop_second_names::<T>(shape, path);
    }
    let read = |made_up: Value| try_to_read::<T>(&made_up).is_ok();
    let Some(text) = TEXTS.iter().find(|text| read(shape.example(text))) else {
        // Nobody knows what its reader wants to see; all of it may be needed.
        return;
    };
    let whole = shape.example(text);
    for path in &objects {
        let Some(Shape::Object(fields)) = shape.at(path) else {
            continue;
        };
        for (name, field) in fields {
            let mut without = whole.clone();
            object_at(&mut without, path).remove(*name);
            if !matches!(field, Shape::Optional(_)) && read(without) {
                *field = Shape::Optional(Box::new(field.clone()));
            }
        }
    }
}

/// Texts that one reader or another takes: a name, an id, an address, a time.
const TEXTS: [&str; 7] = [
    "a",
    "",
    "1",
    "a@example.com",
    "00000000-0000-4000-8000-000000000000",
    "2000-01-01T00:00:00Z",
    "127.0.0.1",
];

/// serde tells the names of `#[serde(alias = "..")]` like fields of their own.
fn drop_second_names<T: DeserializeOwned>(shape: &mut Shape, path: &[Step]) {
    let whole = shape.example(TEXTS[0]);
    let name_of_doubled = |made_up| {
        let error = try_to_read::<T>(&made_up).err()?;
        let (_, name) = error.split_once("duplicate field `")?;
        Some(name.split_once('`')?.0.to_owned())
    };
    if name_of_doubled(whole.clone()).is_none() {
        return;
    }
    let Some(Shape::Object(fields)) = shape.at(path) else {
        return;
    };
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let is_second = |one: &str| {
        names.iter().filter(|first| **first != one).any(|first| {
            let mut both = whole.clone();
            object_at(&mut both, path).retain(|name, _| name == one || name == first);
            name_of_doubled(both).as_deref() == Some(*first)
        })
    };
    fields.retain(|(name, _)| !is_second(name));
}

/// Reads a payload that was made up, or tells why it cannot be.
fn try_to_read<T: DeserializeOwned>(made_up: &Value) -> Result<(), String> {
    // As an event's payload is read: another reader would bring the code of each type once more.
    let text = made_up.to_string();
    let read = panic::catch(|| serde_json::from_str::<T>(&text).map(drop));
    match read {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(panic) => Err(panic.to_string()),
    }
}

/// A step from an object to one inside it, through what [`Shape::example`] makes up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Field(&'static str),
    Item(usize),
}

fn object_at<'v>(mut value: &'v mut Value, path: &[Step]) -> &'v mut Map<String, Value> {
    for step in path {
        value = match step {
            Step::Field(name) => &mut value[name],
            Step::Item(item) => &mut value[item],
        };
    }
    value.as_object_mut().expect("a path leads to an object")
}

impl Shape {
    /// A value of this shape; every text in it is this one.
    pub(super) fn example(&self, text: &str) -> Value {
        match self {
            Self::Unknown | Self::Any | Self::Null => Value::Null,
            Self::Boolean => Value::Bool(true),
            Self::Integer => 1.into(),
            Self::Number => 1.0.into(),
            Self::String => text.into(),
            Self::Optional(inner) => inner.example(text),
            Self::Array(item) => [item.example(text)].into_iter().collect(),
            Self::Tuple(items) => items.iter().map(|item| item.example(text)).collect(),
            Self::Map(value) => [("name", value.example(text))].into_iter().collect(),
            Self::Object(fields) => {
                let fields = fields.iter();
                fields
                    .map(|(name, field)| (*name, field.example(text)))
                    .collect()
            }
            Self::Enum(variants) => match variants.first() {
                Some((name, None)) => (*name).into(),
                Some((name, Some(inner))) => [(*name, inner.example(text))].into_iter().collect(),
                None => Value::Null,
            },
        }
    }

    /// The ways to all objects in what [`example`](Self::example) makes up.
    fn objects(&self, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
        let mut go = |step, inner: &Self, found: &mut _| {
            path.push(step);
            inner.objects(path, found);
            path.pop();
        };
        match self {
            Self::Optional(inner) => inner.objects(path, found),
            Self::Array(item) => go(Step::Item(0), item, found),
            Self::Tuple(items) => {
                for (number, item) in items.iter().enumerate() {
                    go(Step::Item(number), item, found);
                }
            }
            Self::Map(value) => go(Step::Field("name"), value, found),
            Self::Object(fields) => {
                for (name, field) in fields {
                    go(Step::Field(name), field, found);
                }
                found.push(path.clone());
            }
            Self::Enum(variants) => {
                if let Some((name, Some(inner))) = variants.first() {
                    go(Step::Field(name), inner, found);
                }
            }
            _ => {}
        }
    }

    /// The place that a path leads to.
    fn at(&mut self, path: &[Step]) -> Option<&mut Self> {
        if let Self::Optional(inner) = self {
            return inner.at(path);
        }
        let Some((step, rest)) = path.split_first() else {
            return Some(self);
        };
        let next = match (self, step) {
            (Self::Array(item), _) => Some(&mut **item),
            (Self::Map(value), _) => Some(&mut **value),
            (Self::Tuple(items), Step::Item(item)) => items.get_mut(*item),
            (Self::Object(fields), Step::Field(name)) => {
                let field = fields.iter_mut().find(|(field, _)| field == name);
                field.map(|(_, field)| field)
            }
            (Self::Enum(variants), _) => variants.first_mut().and_then(|(_, v)| v.as_mut()),
            _ => None,
        };
        next?.at(rest)
    }
}
