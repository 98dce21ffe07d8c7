//! From a type with `#[event(..)]` to its `impl Event`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, DeriveInput, Error, Ident, LitStr, Result, Type, ext::IdentExt,
    meta::ParseNestedMeta, parse_quote,
};

/// Writes the `impl Event` of a type.
///
/// # Errors
///
/// One that points at what is wrong in `#[event(..)]` and says what to type; at
/// the name of the type if the name made of it is not to be had.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let options = Options::read(input)?;
    let name = options.name.unwrap_or_else(|| {
        LitStr::new(
            &kebab_case(&input.ident.unraw().to_string()),
            input.ident.span(),
        )
    });
    check(&name, &input.ident)?;
    let reply = options.reply.unwrap_or_else(|| parse_quote!(()));
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::orcs::Event for #ident #type_generics #where_clause {
            const NAME: &'static str = #name;
            type Reply = #reply;
        }
    })
}

/// What stands in `#[event(..)]`.
#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    reply: Option<Type>,
}

impl Options {
    fn read(input: &DeriveInput) -> Result<Self> {
        let mut options = Self::default();
        for attribute in &input.attrs {
            if attribute.path().is_ident("event") {
                refuse_bare_name(attribute)?;
                attribute.parse_nested_meta(|meta| options.take(&meta))?;
            }
        }
        Ok(options)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            let name = value(meta, r#"name = "user-joined""#)?;
            return set(&mut self.name, name, meta);
        }
        if meta.path.is_ident("reply") {
            let reply = value(meta, "reply = Receipt")?;
            return set(&mut self.reply, reply, meta);
        }
        let key = &meta.path;
        Err(meta.error(format!(
            "unknown key `{}`; known keys: `name`, `reply`, as in \
             #[event(name = \"user-joined\", reply = Receipt)]",
            quote!(#key).to_string().replace(' ', "")
        )))
    }
}

/// Refuses `#[event("message")]`, which syn would only call an unexpected literal.
fn refuse_bare_name(attribute: &Attribute) -> Result<()> {
    match attribute.parse_args::<LitStr>() {
        Ok(name) => {
            let message = format!(
                "a name needs its key; write #[event(name = {:?})]",
                name.value()
            );
            Err(Error::new(name.span(), message))
        }
        Err(_) => Ok(()),
    }
}

/// Reads what stands behind the `=` of a key.
fn value<T: syn::parse::Parse>(meta: &ParseNestedMeta<'_>, example: &str) -> Result<T> {
    meta.value()
        .and_then(|value| value.parse())
        .map_err(|error| Error::new(error.span(), format!("{error}; write #[event({example})]")))
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

/// Refuses the names that cannot be an event of an app.
fn check(name: &LitStr, ident: &Ident) -> Result<()> {
    let text = name.value();
    let complaint = if text.is_empty() {
        "an event needs a name".to_owned()
    } else if text.len() > MAX_NAME_BYTES {
        format!(
            "an event's name has at most {MAX_NAME_BYTES} bytes, this one has {}",
            text.len()
        )
    } else if text.starts_with(PREFIX) {
        format!("names that begin with `{PREFIX}` belong to orcs")
    } else if LIFECYCLE.contains(&text.as_str()) {
        format!("`{text}` is an event of the connection's life, which orcs raises itself")
    } else {
        return Ok(());
    };
    Err(refusal(name.span(), &complaint, &suggestion(&text, ident)))
}

fn refusal(span: Span, complaint: &str, suggestion: &str) -> Error {
    Error::new(
        span,
        format!("{complaint}; choose another, for example #[event(name = \"{suggestion}\")]"),
    )
}

/// A name near `text`, or near that of the type, which will be accepted.
fn suggestion(text: &str, ident: &Ident) -> String {
    let stripped = text.trim_start_matches(PREFIX);
    let type_name = kebab_case(&ident.unraw().to_string());
    let free =
        |name: &&str| !name.is_empty() && name.len() <= MAX_NAME_BYTES && !LIFECYCLE.contains(name);
    match [stripped, &type_name].into_iter().find(free) {
        Some(name) => name.to_owned(),
        None if LIFECYCLE.contains(&stripped) => format!("chat-{stripped}"),
        None => "user-joined".to_owned(),
    }
}

/// `UserJoined` as `user-joined`, `HTTPPing` as `http-ping`.
fn kebab_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut kebab = String::with_capacity(name.len() + 4);
    for (at, &character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let begins_word = character.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase())
            });
        if (begins_word || character == '_') && !kebab.is_empty() && !kebab.ends_with('-') {
            kebab.push('-');
        }
        if character != '_' {
            kebab.extend(character.to_lowercase());
        }
    }
    kebab.trim_end_matches('-').to_owned()
}

/// What orcs itself raises in a handler's life.
const LIFECYCLE: [&str; 6] = ["connect", "disconnect", "open", "close", "drain", "error"];

/// What the events between orcs and its clients begin with.
const PREFIX: &str = "orcs:";

/// The longest name the wire carries.
const MAX_NAME_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn expansion(input: &DeriveInput) -> String {
        expand(input).unwrap().to_string()
    }

    fn refused(input: &DeriveInput) -> String {
        expand(input).unwrap_err().to_string()
    }

    #[test]
    fn the_name_and_the_reply_are_taken_from_the_attribute() {
        let expected = quote! {
            #[automatically_derived]
            impl ::orcs::Event for Message {
                const NAME: &'static str = "chat-message";
                type Reply = Result<Vec<u8>, Receipt>;
            }
        };
        let together = parse_quote! {
            #[event(name = "chat-message", reply = Result<Vec<u8>, Receipt>)]
            struct Message;
        };
        assert_eq!(expansion(&together), expected.to_string());
        let apart = parse_quote! {
            #[event(reply = Result<Vec<u8>, Receipt>,)]
            #[serde(rename_all = "camelCase")]
            #[event(name = "chat-message")]
            struct Message;
        };
        assert_eq!(expansion(&apart), expected.to_string());
    }

    #[test]
    fn without_an_attribute_the_type_names_the_event_and_nothing_is_replied() {
        let expected = quote! {
            #[automatically_derived]
            impl ::orcs::Event for UserJoined {
                const NAME: &'static str = "user-joined";
                type Reply = ();
            }
        };
        assert_eq!(
            expansion(&parse_quote!(
                struct UserJoined {
                    name: String,
                }
            )),
            expected.to_string()
        );
        assert_eq!(
            expansion(&parse_quote!(
                enum UserJoined {
                    By(u8),
                }
            )),
            expected.to_string()
        );
        let empty = parse_quote!(
            #[event()]
            struct UserJoined;
        );
        assert_eq!(expansion(&empty), expected.to_string());
    }

    #[test]
    fn generics_are_kept() {
        let expected = quote! {
            #[automatically_derived]
            impl<'a, T: Clone, const N: usize> ::orcs::Event for Moved<'a, T, N>
            where
                T: Send
            {
                const NAME: &'static str = "moved";
                type Reply = Option<T>;
            }
        };
        let input = parse_quote! {
            #[event(reply = Option<T>)]
            struct Moved<'a, T: Clone = u8, const N: usize = 2>
            where
                T: Send
            {
                to: &'a [T; N],
            }
        };
        assert_eq!(expansion(&input), expected.to_string());
    }

    #[test]
    fn type_names_become_kebab_case() {
        for (name, kebab) in [
            ("Message", "message"),
            ("UserJoined", "user-joined"),
            ("HTTPPing", "http-ping"),
            ("PingHTTP", "ping-http"),
            ("HTTP", "http"),
            ("X", "x"),
            ("ABTest", "ab-test"),
            ("AUser", "a-user"),
            ("Level2Done", "level2-done"),
            ("Utf8Text", "utf8-text"),
            ("user_joined", "user-joined"),
            ("User_Joined", "user-joined"),
            ("_Hidden_", "hidden"),
            ("ÉtéArrivé", "été-arrivé"),
        ] {
            assert_eq!(kebab_case(name), kebab);
        }
    }

    #[test]
    fn a_raw_name_loses_its_mark() {
        let input = parse_quote!(
            struct r#move;
        );
        assert!(expansion(&input).contains("\"move\""));
    }

    #[test]
    fn lifecycle_names_are_refused_in_the_attribute() {
        for name in LIFECYCLE {
            assert_eq!(
                refused(&parse_quote!(
                    #[event(name = #name)]
                    struct Message;
                )),
                format!(
                    "`{name}` is an event of the connection's life, which orcs raises itself; \
                     choose another, for example #[event(name = \"message\")]"
                )
            );
        }
    }

    #[test]
    fn lifecycle_names_are_refused_as_names_of_types() {
        assert_eq!(
            refused(&parse_quote!(
                struct Open;
            )),
            "`open` is an event of the connection's life, which orcs raises itself; \
             choose another, for example #[event(name = \"chat-open\")]"
        );
        for name in ["Connect", "Disconnect", "Open", "Close", "Drain", "Error"] {
            let ident = Ident::new(name, Span::call_site());
            assert!(expand(&parse_quote!(struct #ident;)).is_err());
            assert!(expand(&parse_quote!(#[event(name = "mine")] struct #ident;)).is_ok());
        }
    }

    #[test]
    fn names_that_only_resemble_reserved_ones_are_free() {
        for name in [
            "Connect",
            "connected",
            "open-door",
            "orcs",
            "orcsy:x",
            "my:orcs:x",
        ] {
            assert!(
                expand(&parse_quote!(
                    #[event(name = #name)]
                    struct Message;
                ))
                .is_ok()
            );
        }
    }

    #[test]
    fn names_of_orcs_itself_are_refused() {
        assert_eq!(
            refused(&parse_quote!(
                #[event(name = "orcs:typing")]
                struct Message;
            )),
            "names that begin with `orcs:` belong to orcs; \
             choose another, for example #[event(name = \"typing\")]"
        );
        let error = refused(&parse_quote!(
            #[event(name = "orcs:orcs:open")]
            struct Open;
        ));
        assert!(error.ends_with("#[event(name = \"chat-open\")]"), "{error}");
        let error = refused(&parse_quote!(
            #[event(name = "orcs:")]
            struct Message;
        ));
        assert!(error.ends_with("#[event(name = \"message\")]"), "{error}");
    }

    #[test]
    fn a_name_has_1_to_128_bytes() {
        assert_eq!(
            refused(&parse_quote!(
                #[event(name = "")]
                struct UserJoined;
            )),
            "an event needs a name; choose another, for example #[event(name = \"user-joined\")]"
        );
        let longest = "é".repeat(64);
        assert!(
            expand(&parse_quote!(
                #[event(name = #longest)]
                struct Message;
            ))
            .is_ok()
        );
        let longer = format!("{longest}x");
        assert_eq!(
            refused(&parse_quote!(
                #[event(name = #longer)]
                struct Message;
            )),
            "an event's name has at most 128 bytes, this one has 129; \
             choose another, for example #[event(name = \"message\")]"
        );
        let endless = Ident::new(&"x".repeat(129), Span::call_site());
        let error = refused(&parse_quote!(struct #endless;));
        assert!(
            error.ends_with("#[event(name = \"user-joined\")]"),
            "{error}"
        );
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
                #[event(name = message)]
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
            #[event(reply = "Receipt")]
            struct Message;
        ));
        assert!(
            error.ends_with("; write #[event(reply = Receipt)]"),
            "{error}"
        );
    }

    #[test]
    fn a_name_without_its_key_is_shown_with_it() {
        assert_eq!(
            refused(&parse_quote!(
                #[event("message")]
                struct Message;
            )),
            "a name needs its key; write #[event(name = \"message\")]"
        );
    }

    #[test]
    fn an_attribute_without_a_list_is_refused() {
        assert!(
            expand(&parse_quote!(
                #[event]
                struct Message;
            ))
            .is_err()
        );
        assert!(
            expand(&parse_quote!(
                #[event = "message"]
                struct Message;
            ))
            .is_err()
        );
    }
}
