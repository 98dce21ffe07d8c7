//! What a payload looks like: learnt from how serde reads its type, without a value.

mod leeway;
mod probe;
mod said;
#[cfg(test)]
mod tests;

use crate::panic;
use probe::Probe;
use serde::de::DeserializeOwned;

/// What a type asks of whoever it is read from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Nobody has looked yet.
    Unknown,
    /// It takes what comes, or does not say what it wants.
    Any,
    Null,
    Boolean,
    Integer,
    Number,
    String,
    /// May be left out.
    Optional(Box<Self>),
    Array(Box<Self>),
    /// An array of so many, each of its own kind.
    Tuple(Vec<Self>),
    /// An object with names of the sender's choice.
    Map(Box<Self>),
    Object(Vec<(&'static str, Self)>),
    /// Nothing stands for a name by itself, anything else for an object of that one name.
    Enum(Vec<(&'static str, Option<Self>)>),
}

impl Shape {
    /// Reads `T` again and again, each time one step further, until there is nothing to learn.
    ///
    /// A reader of somebody's own may refuse, or panic: then that place takes [`Shape::Any`].
    pub(super) fn of<T: DeserializeOwned>() -> Self {
        let mut shape = Self::Unknown;
        for _ in 0..MAX_LOOKS {
            if !shape.has_unknown() {
                break;
            }
            let before = shape.clone();
            // A `T` is never made of it, unless somebody's reader makes up its own.
            _ = panic::catch(|| drop(T::deserialize(Probe::new(&mut shape))));
            if shape == before {
                shape.give_up_first();
            }
        }
        while shape.has_unknown() {
            shape.give_up_first();
        }
        leeway::find::<T>(&mut shape);
        shape
    }

    fn has_unknown(&self) -> bool {
        *self == Self::Unknown || self.children().any(Self::has_unknown)
    }

    /// The place that the next look would go to stays unknown for good.
    fn give_up_first(&mut self) {
        if *self == Self::Unknown {
            *self = Self::Any;
        } else if let Some(child) = self.children_mut().find(|child| child.has_unknown()) {
            child.give_up_first();
        }
    }

    fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Optional(inner) | Self::Array(inner) | Self::Map(inner) => {
                Box::new(std::iter::once(&**inner))
            }
            Self::Tuple(items) => Box::new(items.iter()),
            Self::Object(fields) => Box::new(fields.iter().map(|(_, field)| field)),
            Self::Enum(variants) => Box::new(variants.iter().filter_map(|(_, v)| v.as_ref())),
            _ => Box::new(std::iter::empty()),
        }
    }

    fn children_mut(&mut self) -> Box<dyn Iterator<Item = &mut Self> + '_> {
        match self {
            Self::Optional(inner) | Self::Array(inner) | Self::Map(inner) => {
                Box::new(std::iter::once(&mut **inner))
            }
            Self::Tuple(items) => Box::new(items.iter_mut()),
            Self::Object(fields) => Box::new(fields.iter_mut().map(|(_, field)| field)),
            Self::Enum(variants) => Box::new(variants.iter_mut().filter_map(|(_, v)| v.as_mut())),
            _ => Box::new(std::iter::empty()),
        }
    }
}

/// More parts than anybody reads in a list.
const MAX_LOOKS: usize = 512;
