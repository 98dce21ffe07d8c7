//! A deserializer that has nothing to give, and notes what it is asked for.

use super::Shape;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::fmt;

/// One look at one place of a type.
pub(super) struct Probe<'a> {
    shape: &'a mut Shape,
    above: Option<&'a Above<'a>>,
    depth: usize,
}

/// A struct or an enum around the place: by it, one that holds itself is known.
struct Above<'a> {
    name: &'static str,
    names: &'static [&'static str],
    above: Option<&'a Self>,
}

/// Ends a look, whether something was learnt by it or not.
#[derive(Debug)]
pub(super) struct Seen;

impl<'a> Probe<'a> {
    pub(super) fn new(shape: &'a mut Shape) -> Self {
        Self {
            shape,
            above: None,
            depth: 0,
        }
    }

    /// Notes what the place is. What is known already stays.
    fn note<T>(self, shape: Shape) -> Result<T, Seen> {
        if *self.shape == Shape::Unknown {
            *self.shape = if self.depth > MAX_DEPTH {
                Shape::Any
            } else {
                shape
            };
        }
        Err(Seen)
    }

    fn is_unknown(&self) -> bool {
        *self.shape == Shape::Unknown
    }

    fn is_inside(&self, name: &str, names: &[&str]) -> bool {
        let mut above = self.above;
        while let Some(one) = above {
            if one.name == name && one.names == names {
                return true;
            }
            above = one.above;
        }
        false
    }

    fn fields<V: Visitor<'static>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Seen> {
        if self.is_unknown() {
            let unknown = |name: &&'static str| (*name, Shape::Unknown);
            return match self.is_inside(name, names) {
                true => self.note(Shape::Any),
                false => self.note(Shape::Object(names.iter().map(unknown).collect())),
            };
        }
        let Shape::Object(fields) = self.shape else {
            return Err(Seen);
        };
        let next = fields.iter_mut().find(|(_, field)| field.has_unknown());
        let above = Above {
            name,
            names,
            above: self.above,
        };
        visitor.visit_map(OneField {
            field: next.map(|(name, field)| (*name, field)),
            value: None,
            above: Some(&above),
            depth: self.depth + 1,
        })
    }

    fn items<V: Visitor<'static>>(self, count: usize, visitor: V) -> Result<V::Value, Seen> {
        if self.is_unknown() {
            // Somebody's matrix: one look at its first number tells enough.
            return match count {
                0..=MAX_ITEMS => self.note(Shape::Tuple(vec![Shape::Unknown; count])),
                _ => self.note(Shape::Array(Box::new(Shape::Unknown))),
            };
        }
        match self.shape {
            Shape::Tuple(items) => visitor.visit_seq(Items {
                items: items.iter_mut(),
                above: self.above,
                depth: self.depth + 1,
            }),
            Shape::Array(item) => visitor.visit_seq(Items {
                items: std::slice::from_mut(&mut **item).iter_mut(),
                above: self.above,
                depth: self.depth + 1,
            }),
            _ => Err(Seen),
        }
    }
}

/// More in a row are told as an array of the first.
const MAX_ITEMS: usize = 8;

/// Deeper than payloads are; a type may hold itself by way of others.
const MAX_DEPTH: usize = 12;

macro_rules! note {
    ($($method:ident $shape:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'static>>(self, _visitor: V) -> Result<V::Value, Seen> {
            self.note(Shape::$shape)
        })*
    };
}

impl Deserializer<'static> for Probe<'_> {
    type Error = Seen;

    note! {
        deserialize_any Any, deserialize_ignored_any Any, deserialize_bytes Any,
        deserialize_byte_buf Any, deserialize_bool Boolean, deserialize_i8 Integer,
        deserialize_i16 Integer, deserialize_i32 Integer, deserialize_i64 Integer,
        deserialize_i128 Integer, deserialize_u8 Integer, deserialize_u16 Integer,
        deserialize_u32 Integer, deserialize_u64 Integer, deserialize_u128 Integer,
        deserialize_f32 Number, deserialize_f64 Number, deserialize_char String,
        deserialize_str String, deserialize_string String, deserialize_identifier String,
        deserialize_unit Null,
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Seen> {
        match self.shape {
            Shape::Optional(inner) => visitor.visit_some(Probe {
                shape: inner,
                above: self.above,
                depth: self.depth + 1,
            }),
            _ => self.note(Shape::Optional(Box::new(Shape::Unknown))),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        _visitor: V,
    ) -> Result<V::Value, Seen> {
        self.note(Shape::Null)
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Seen> {
        // serde_json's own sign for JSON that is passed on unread.
        match name.starts_with("$serde_json::private::") {
            true => self.note(Shape::Any),
            false => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Seen> {
        self.items(usize::MAX, visitor)
    }

    fn deserialize_tuple<V: Visitor<'static>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Seen> {
        self.items(count, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Seen> {
        self.items(count, visitor)
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Seen> {
        match self.shape {
            Shape::Map(value) => visitor.visit_map(OneField {
                field: value.has_unknown().then_some(("name", &mut **value)),
                value: None,
                above: self.above,
                depth: self.depth + 1,
            }),
            _ => self.note(Shape::Map(Box::new(Shape::Unknown))),
        }
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Seen> {
        self.fields(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Seen> {
        if self.is_unknown() {
            let unknown = |name: &&'static str| (*name, Some(Shape::Unknown));
            return match self.is_inside(name, variants) {
                true => self.note(Shape::Any),
                false => self.note(Shape::Enum(variants.iter().map(unknown).collect())),
            };
        }
        let Shape::Enum(known) = self.shape else {
            return Err(Seen);
        };
        let is_next =
            |(_, shape): &&mut (_, Option<Shape>)| shape.as_ref().is_some_and(Shape::has_unknown);
        let (variant, shape) = known.iter_mut().find(is_next).ok_or(Seen)?;
        let above = Above {
            name,
            names: variants,
            above: self.above,
        };
        visitor.visit_enum(OneVariant {
            variant,
            shape,
            above: Some(&above),
            depth: self.depth + 1,
        })
    }
}

/// An object with a single field, at which a look goes on.
struct OneField<'a> {
    field: Option<(&'static str, &'a mut Shape)>,
    value: Option<&'a mut Shape>,
    above: Option<&'a Above<'a>>,
    depth: usize,
}

impl MapAccess<'static> for OneField<'_> {
    type Error = Seen;

    fn next_key_seed<K: DeserializeSeed<'static>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Seen> {
        let Some((name, value)) = self.field.take() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Seen> {
        seed.deserialize(Probe {
            shape: self.value.take().ok_or(Seen)?,
            above: self.above,
            depth: self.depth,
        })
    }
}

/// An array: what is known of it is made up, and the look goes on at the next.
struct Items<'a> {
    items: std::slice::IterMut<'a, Shape>,
    above: Option<&'a Above<'a>>,
    depth: usize,
}

impl SeqAccess<'static> for Items<'_> {
    type Error = Seen;

    fn next_element_seed<T: DeserializeSeed<'static>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Seen> {
        let Some(shape) = self.items.next() else {
            return Ok(None);
        };
        if !shape.has_unknown() {
            // From a text, as an event's payload is read: another reader would bring the code of
            // each type once more. An app that describes itself ends with that, so the texts may stay.
            let made_up: &'static str = shape.example("").to_string().leak();
            let made_up = seed.deserialize(&mut serde_json::Deserializer::from_str(made_up));
            return made_up.map(Some).map_err(|_| Seen);
        }
        let probe = Probe {
            shape,
            above: self.above,
            depth: self.depth,
        };
        seed.deserialize(probe).map(Some)
    }
}

/// One of an enum's variants, at which a look goes on.
struct OneVariant<'a> {
    variant: &'static str,
    shape: &'a mut Option<Shape>,
    above: Option<&'a Above<'a>>,
    depth: usize,
}

impl<'a> EnumAccess<'static> for OneVariant<'a> {
    type Error = Seen;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'static>>(self, seed: V) -> Result<(V::Value, Self), Seen> {
        let variant = seed.deserialize(StrDeserializer::<Seen>::new(self.variant))?;
        Ok((variant, self))
    }
}

impl<'a> OneVariant<'a> {
    fn inside(self) -> Result<Probe<'a>, Seen> {
        Ok(Probe {
            shape: self.shape.as_mut().ok_or(Seen)?,
            above: self.above,
            depth: self.depth,
        })
    }
}

impl VariantAccess<'static> for OneVariant<'_> {
    type Error = Seen;

    fn unit_variant(self) -> Result<(), Seen> {
        *self.shape = None;
        Err(Seen)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(self, seed: T) -> Result<T::Value, Seen> {
        seed.deserialize(self.inside()?)
    }

    fn tuple_variant<V: Visitor<'static>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Seen> {
        self.inside()?.items(count, visitor)
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Seen> {
        let variant = self.variant;
        self.inside()?.fields(variant, fields, visitor)
    }
}

impl Error for Seen {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl std::error::Error for Seen {}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a look without a value")
    }
}
