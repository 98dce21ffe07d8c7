//! From a type with `#[event(..)]` to its `impl Event`.

use crate::options::Options;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{DeriveInput, Error, Ident, LitStr, Result, ext::IdentExt, parse_quote};

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
}
