//! Looking through bytes for one of a kind that is mostly not there.

/// Where the first byte stands that is `wanted`.
pub(crate) fn position(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    // Several vectors at once halve the time for a text of 1 KiB or more, and are slower than
    // one for those of 20 to 60 bytes.
    match bytes.len() {
        ..256 => position_by_steps::<16>(bytes, wanted),
        _ => position_by_steps::<64>(bytes, wanted),
    }
}

/// Looks at a step's bytes at once, and one by one only where there is a wanted one.
fn position_by_steps<const STEP: usize>(
    bytes: &[u8],
    wanted: impl Fn(u8) -> bool,
) -> Option<usize> {
    // Without a way out in the middle, which vectors do not have.
    let has_one = |step: &[u8; STEP]| step.iter().fold(false, |any, byte| any | wanted(*byte));
    let (steps, rest) = bytes.as_chunks();
    let none_before = match steps.iter().position(has_one) {
        Some(step) => step * STEP,
        // The end is a step too, part of which was looked at before.
        None if rest.is_empty() || bytes.last_chunk().is_some_and(|last| !has_one(last)) => {
            return None;
        }
        None => steps.len() * STEP,
    };
    let from_there = bytes[none_before..].iter().position(|byte| wanted(*byte));
    from_there.map(|position| none_before + position)
}

#[cfg(test)]
mod tests {
    use super::position;
    use proptest::prelude::*;

    #[test]
    fn the_first_is_found_wherever_it_stands() {
        for len in (0..100).chain(250..270).chain(320..324) {
            let mut bytes = vec![b'a'; len];
            assert_eq!(position(&bytes, |byte| byte == b'x'), None);
            for at in (0..len).rev() {
                bytes[at] = b'x';
                assert_eq!(position(&bytes, |byte| byte == b'x'), Some(at));
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_searched_as_one_by_one(bytes: Vec<u8>, most: u8) {
            let one_by_one = bytes.iter().position(|byte| *byte > most);
            prop_assert_eq!(position(&bytes, |byte| byte > most), one_by_one);
        }
    }
}
