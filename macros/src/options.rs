//! What stands in `#[event(..)]`.

use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Ident, Lit, LitStr, Meta, Result,
    Type, meta::ParseNestedMeta,
};

/// What stands in `#[event(..)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) reply: Option<Type>,
}

impl Options {
    /// # Errors
    ///
    /// One that points at what is wrong and says what to type.
    pub(crate) fn read(input: &DeriveInput) -> Result<Self> {
        refuse_inside(&input.data)?;
        let mut options = Self::default();
        for attribute in input.attrs.iter().filter(|attribute| is_event(attribute)) {
            refuse_without_keys(attribute)?;
            let mut taken = Ok(());
            let read = attribute.parse_nested_meta(|meta| {
                taken = options.take(&meta);
                taken.clone()
            });
            taken?;
            // Between keys: a comma is missing.
            read.map_err(|error| with_example(&error, EXAMPLE))?;
        }
        Ok(options)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            return set(&mut self.name, name(meta)?, meta);
        }
        if meta.path.is_ident("reply") {
            return set(&mut self.reply, reply(meta)?, meta);
        }
        let key = &meta.path;
        Err(meta.error(format!(
            "unknown key `{}`; known keys: `name`, `reply`, as in {EXAMPLE}",
            quote!(#key).to_string().replace(' ', "")
        )))
    }
}

fn is_event(attribute: &Attribute) -> bool {
    attribute.path().is_ident("event")
}

/// Refuses the attribute on a field or a variant, where it would mean nothing.
fn refuse_inside(data: &Data) -> Result<()> {
    let of_field = |field: &Field| field.attrs.iter().find(|attr| is_event(attr)).cloned();
    let inside = match data {
        Data::Struct(data) => data.fields.iter().find_map(of_field),
        Data::Union(data) => data.fields.named.iter().find_map(of_field),
        Data::Enum(data) => data.variants.iter().find_map(|variant| {
            let own = variant.attrs.iter().find(|attr| is_event(attr)).cloned();
            own.or_else(|| variant.fields.iter().find_map(of_field))
        }),
    };
    match inside {
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            "an event is a whole type; write #[event(..)] above the `struct` or `enum` \
             (what a field is called on the wire says #[serde(rename = \"..\")])",
        )),
        None => Ok(()),
    }
}

/// Refuses `#[event]`, `#[event = ".."]` and `#[event("..")]`, of which syn would only say what
/// it expected.
fn refuse_without_keys(attribute: &Attribute) -> Result<()> {
    let name = match &attribute.meta {
        Meta::Path(path) => {
            let message = format!("nothing is said here; leave it out, or write {EXAMPLE}");
            return Err(Error::new_spanned(path, message));
        }
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(name),
                ..
            }) => name.clone(),
            value => {
                let message = format!("keys stand in parentheses; write {EXAMPLE}");
                return Err(Error::new_spanned(value, message));
            }
        },
        Meta::List(_) => match attribute.parse_args() {
            Ok(name) => name,
            Err(_) => return Ok(()),
        },
    };
    let message = format!(
        "a name needs its key; write #[event(name = {:?})]",
        name.value()
    );
    Err(Error::new(name.span(), message))
}

/// Reads what stands behind `name`.
fn name(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let example =
        |error: &Error, name: &str| with_example(error, &format!("#[event(name = \"{name}\")]"));
    let value = meta
        .value()
        .map_err(|error| example(&error, "user-joined"))?;
    value.parse().map_err(|error| match value.parse::<Ident>() {
        Ok(without_quotes) => example(&error, &without_quotes.to_string()),
        Err(_) => example(&error, "user-joined"),
    })
}

/// Reads what stands behind `reply`.
fn reply(meta: &ParseNestedMeta<'_>) -> Result<Type> {
    let example = |error| with_example(&error, "#[event(reply = Receipt)]");
    let value = meta.value().map_err(example)?;
    if let Ok(quoted) = value.parse::<LitStr>() {
        let message = format!(
            "a type stands without quotes; write #[event(reply = {})]",
            quoted.value()
        );
        return Err(Error::new(quoted.span(), message));
    }
    value.parse().map_err(example)
}

fn with_example(error: &Error, example: &str) -> Error {
    Error::new(error.span(), format!("{error}; write {example}"))
}

/// Keeps the value of a key that was not given before.
fn set<T>(slot: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if slot.is_some() {
        let key = &meta.path;
        return Err(meta.error(format!(
            "`{}` is given twice; keep one of them",
            quote!(#key)
        )));
    }
    *slot = Some(value);
    Ok(())
}

/// Everything that may stand there.
const EXAMPLE: &str = "#[event(name = \"user-joined\", reply = Receipt)]";

#[cfg(test)]
mod tests {
    use crate::event::expand;
    use syn::{DeriveInput, parse_quote};

    fn refused(input: &DeriveInput) -> String {
        expand(input).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_told_the_known_ones() {
        let expected = "unknown key `nam`; known keys: `name`, `reply`, as in \
                        #[event(name = \"user-joined\", reply = Receipt)]";
        assert_eq!(
            refused(&parse_quote!(
                #[event(nam = "x")]
                struct Message;
            )),
            expected
        );
        assert_eq!(
            refused(&parse_quote!(
                #[event(reply = (), nam)]
                struct Message;
            )),
            expected
        );
        let error = refused(&parse_quote!(
            #[event(event::name = "x")]
            struct Message;
        ));
        assert!(error.starts_with("unknown key `event::name`;"), "{error}");
    }

    #[test]
    fn a_key_is_given_once() {
        assert_eq!(
            refused(&parse_quote!(
                #[event(name = "a", name = "b")]
                struct Message;
            )),
            "`name` is given twice; keep one of them"
        );
        assert_eq!(
            refused(&parse_quote!(
                #[event(reply = A)]
                #[event(reply = B)]
                struct Message;
            )),
            "`reply` is given twice; keep one of them"
        );
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_shown_the_right_one() {
        for input in [
            parse_quote!(
                #[event(name)]
                struct Message;
            ),
            parse_quote!(
                #[event(name = 5)]
                struct Message;
            ),
            parse_quote!(
                #[event(name("chat"))]
                struct Message;
            ),
        ] {
            let error = refused(&input);
            assert!(
                error.ends_with("; write #[event(name = \"user-joined\")]"),
                "{error}"
            );
        }
        let error = refused(&parse_quote!(
            #[event(name = chat_message)]
            struct Message;
        ));
        assert!(
            error.ends_with("; write #[event(name = \"chat_message\")]"),
            "{error}"
        );
        assert_eq!(
            refused(&parse_quote!(
                #[event(reply = "Vec<Receipt>")]
                struct Message;
            )),
            "a type stands without quotes; write #[event(reply = Vec<Receipt>)]"
        );
        let error = refused(&parse_quote!(
            #[event(reply = 5)]
            struct Message;
        ));
        assert!(
            error.ends_with("; write #[event(reply = Receipt)]"),
            "{error}"
        );
    }

    #[test]
    fn a_name_without_its_key_is_shown_with_it() {
        for input in [
            parse_quote!(
                #[event("message")]
                struct Message;
            ),
            parse_quote!(
                #[event = "message"]
                struct Message;
            ),
        ] {
            assert_eq!(
                refused(&input),
                "a name needs its key; write #[event(name = \"message\")]"
            );
        }
    }

    #[test]
    fn an_attribute_without_keys_is_shown_them() {
        let example = "#[event(name = \"user-joined\", reply = Receipt)]";
        for input in [
            parse_quote!(
                #[event]
                struct Message;
            ),
            parse_quote!(
                #[event = 5]
                struct Message;
            ),
            parse_quote!(
                #[event(name = "a" reply = Receipt)]
                struct Message;
            ),
        ] {
            let error = refused(&input);
            assert!(error.ends_with(&format!(" write {example}")), "{error}");
        }
    }

    #[test]
    fn an_attribute_inside_the_type_is_refused() {
        for input in [
            parse_quote!(
                struct Message {
                    #[event(name = "text")]
                    text: String,
                }
            ),
            parse_quote!(
                enum Message {
                    #[event(name = "text")]
                    Text(String),
                }
            ),
            parse_quote!(
                enum Message {
                    Text(#[event(name = "text")] String),
                }
            ),
        ] {
            let error = refused(&input);
            assert!(
                error.starts_with("an event is a whole type; write #[event(..)] above"),
                "{error}"
            );
        }
    }
}
