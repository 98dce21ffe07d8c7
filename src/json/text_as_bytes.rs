//! A serializer that hands texts on as bytes, however deep they lie.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::fmt::Display;

/// A serializer whose texts go on as bytes, and whose bytes as a sequence, as they do in JSON.
/// Or a value that is serialized by such a one.
///
/// Names and keys go on as they are: they are short, and must be texts.
pub(super) struct TextAsBytes<T>(pub(super) T);

impl<T: Serialize + ?Sized> Serialize for TextAsBytes<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(TextAsBytes(serializer))
    }
}

macro_rules! as_they_are {
    ($($method:ident($($name:ident: $kind:ty),*);)*) => {$(
        fn $method(self, $($name: $kind),*) -> Result<S::Ok, S::Error> {
            self.0.$method($($name),*)
        }
    )*};
}

macro_rules! with_a_value {
    ($($method:ident($($name:ident: $kind:ty),*);)*) => {$(
        fn $method<T: Serialize + ?Sized>(
            self,
            $($name: $kind,)*
            value: &T,
        ) -> Result<S::Ok, S::Error> {
            self.0.$method($($name,)* &TextAsBytes(value))
        }
    )*};
}

macro_rules! with_values {
    ($($method:ident($($name:ident: $kind:ty),*) -> $values:ident;)*) => {$(
        fn $method(self, $($name: $kind),*) -> Result<Self::$values, S::Error> {
            self.0.$method($($name),*).map(TextAsBytes)
        }
    )*};
}

impl<S: Serializer> Serializer for TextAsBytes<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = TextAsBytes<S::SerializeSeq>;
    type SerializeTuple = TextAsBytes<S::SerializeTuple>;
    type SerializeTupleStruct = TextAsBytes<S::SerializeTupleStruct>;
    type SerializeTupleVariant = TextAsBytes<S::SerializeTupleVariant>;
    type SerializeMap = TextAsBytes<S::SerializeMap>;
    type SerializeStruct = Fields<S::SerializeStruct>;
    type SerializeStructVariant = TextAsBytes<S::SerializeStructVariant>;

    fn serialize_str(self, text: &str) -> Result<S::Ok, S::Error> {
        self.0.serialize_bytes(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<S::Ok, S::Error> {
        self.0.collect_seq(bytes)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let fields = self.0.serialize_struct(name, len)?;
        let are_raw = name.starts_with("$serde_json::private::");
        Ok(Fields { fields, are_raw })
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }

    as_they_are! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    with_a_value! {
        serialize_some();
        serialize_newtype_struct(name: &'static str);
        serialize_newtype_variant(name: &'static str, index: u32, variant: &'static str);
    }

    with_values! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeStructVariant;
    }
}

macro_rules! values {
    ($($values:ident: $method:ident($($key:ident: $kind:ty)?);)*) => {$(
        impl<S: $values> $values for TextAsBytes<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: $kind,)?
                value: &T,
            ) -> Result<(), S::Error> {
                self.0.$method($($key,)? &TextAsBytes(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

values! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStructVariant: serialize_field(key: &'static str);
}

impl<S: SerializeMap> SerializeMap for TextAsBytes<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&TextAsBytes(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

/// The fields of a struct.
pub(super) struct Fields<S> {
    fields: S,
    /// Of a struct that is none: serde_json writes raw JSON so, which must come as a text.
    are_raw: bool,
}

impl<S: SerializeStruct> SerializeStruct for Fields<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        if self.are_raw {
            self.fields.serialize_field(key, value)
        } else {
            self.fields.serialize_field(key, &TextAsBytes(value))
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.fields.end()
    }
}
