//! DER, as far as public keys are written in it.

/// Elements that stand one behind the other.
pub(super) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The contents of the next element, when it has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(2)?;
        let (length, rest) = match (head[0] == tag, head[1]) {
            (false, _) => return None,
            (true, short @ ..=0x7f) => (usize::from(short), rest),
            (true, 0x81) => (usize::from(*rest.first()?), rest.get(1..)?),
            (true, 0x82) => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            // Nothing in a public key takes more than 64 KiB.
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(contents)
    }

    /// What stands in the next element, one level down.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_element_is_taken_whole_or_not_at_all() {
        let mut der = Der::new(&[0x02, 1, 7, 0x30, 3, 0x02, 1, 8]);
        assert_eq!(der.take(SEQUENCE), None, "another tag");
        assert_eq!(der.take(INTEGER), Some(&[7][..]));
        let mut inner = der.enter(SEQUENCE).unwrap();
        assert!(der.is_empty());
        assert_eq!(inner.take(INTEGER), Some(&[8][..]));
        assert!(inner.is_empty());
        assert_eq!(Der::new(&[0x02, 2, 7]).take(INTEGER), None, "cut");
        assert_eq!(Der::new(&[0x02, 0x80, 7, 0, 0]).take(INTEGER), None);
        assert_eq!(Der::new(&[0x02, 0x81, 1, 7]).take(INTEGER), Some(&[7][..]));
        assert_eq!(
            Der::new(&[0x02, 0x82, 0, 1, 7]).take(INTEGER),
            Some(&[7][..])
        );
        assert_eq!(Der::new(&[0x02, 0x83, 0, 0, 1, 7]).take(INTEGER), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let mut der = Der::new(&bytes);
            while let Some(&tag) = der.0.first() {
                if der.take(tag).is_none() {
                    break;
                }
            }
        }
    }
}
