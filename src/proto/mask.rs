//! The mask over everything a client sends (RFC 6455, 5.3).

/// Masks or unmasks `bytes` in place: the two are the same.
///
/// Leaves `key` turned to the offset after the last byte, so that a payload
/// that comes in pieces is unmasked by one call per piece with the same `key`.
pub(crate) fn unmask(bytes: &mut [u8], key: &mut [u8; 4]) {
    let [a, b, c, d] = *key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(wide.to_ne_bytes()) {
        *byte ^= key;
    }
    // Eight is a multiple of the key's length: only the rest turns it.
    key.rotate_left(rest.len() % 4);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(bytes: &[u8], key: [u8; 4]) -> Vec<u8> {
        bytes
            .iter()
            .enumerate()
            .map(|(at, byte)| byte ^ key[at % 4])
            .collect()
    }

    #[test]
    fn the_masked_hello_of_the_rfc_is_read() {
        let mut bytes = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        unmask(&mut bytes, &mut [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(&bytes, b"Hello");
    }

    #[test]
    fn every_length_and_every_alignment_equals_the_naive_mask() {
        let key = [0x12, 0x34, 0x56, 0x78];
        let plain: Vec<u8> = (0..=255).collect();
        for start in 0..16 {
            for end in start..plain.len() {
                let mut bytes = plain.clone();
                unmask(&mut bytes[start..end], &mut key.clone());
                assert_eq!(bytes[start..end], naive(&plain[start..end], key));
                assert_eq!(bytes[..start], plain[..start]);
                assert_eq!(bytes[end..], plain[end..]);
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_equal_the_whole(
            plain in prop::collection::vec(any::<u8>(), 0..300),
            pieces in prop::collection::vec(1usize..30, 1..20),
            key: [u8; 4],
        ) {
            let expected = naive(&plain, key);
            let mut bytes = plain;
            let (mut rest, mut key, mut pieces) = (&mut bytes[..], key, pieces.iter().cycle());
            while !rest.is_empty() {
                let length = pieces.next().map_or(1, |length| *length).min(rest.len());
                let (piece, after) = rest.split_at_mut(length);
                unmask(piece, &mut key);
                rest = after;
            }
            prop_assert_eq!(bytes, expected);
        }
    }
}
