//! The path of a route: segments, some of which fit more than one text.

use super::segment::{self, Segment};
use super::{Params, decoded};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

/// A route's path, read.
///
/// | written | fits |
/// | --- | --- |
/// | `{room}`, `:room` | one segment, or with braces a part of one: at least a character |
/// | `{id:[0-9]+}` | the same, if the regex fits all of it. With `*` instead of `+` it may take all from the name behind it, and then the path does not fit: `/{x:a*}{y:a*}` never fits `/aa` |
/// | `*` | one segment; in a part of one any characters, none too |
/// | `?` | one character |
/// | `**` | any number of segments, none too |
///
/// All else stands for itself, `%7B` and the like for the character they write.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    segments: Vec<Segment>,
    names: Vec<Arc<str>>,
}

/// Sorts patterns so that the more static one comes first: more literal segments, fewer `**`,
/// fewer segments that fit anything, more literal characters.
pub(crate) type Rank = (Reverse<usize>, usize, usize, Reverse<usize>);

impl Pattern {
    /// # Errors
    ///
    /// Why it is not a path, as a sentence with an example.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|why| format!("`{text}` is not a path: {why}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let Some(behind_slash) = text.strip_prefix('/') else {
            return Err("it does not begin with `/` (example: /ws/chat)".to_owned());
        };
        if text.len() > MAX_BYTES {
            return Err(format!("it has more than {MAX_BYTES} bytes"));
        }
        let mut names = Vec::new();
        let mut segments: Vec<Segment> = Vec::new();
        for written in segment::split(behind_slash)? {
            let segment = Segment::read(written, &mut names)?;
            // Two in a row fit what one fits, and would look like another path.
            if !(segment.is_deep() && segments.last().is_some_and(Segment::is_deep)) {
                segments.push(segment);
            }
        }
        let mut sorted = names.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!(
                "`{0}` stands for two things (example: /from/{{{0}}}/to/{{other_{0}}})",
                twice[0]
            ));
        }
        Ok(Self { segments, names })
    }

    /// What a path must be to fit, if only one does: as [`decoded::key`] writes it.
    pub(super) fn exact(&self) -> Option<String> {
        let literals: Option<Vec<&str>> = self.segments.iter().map(Segment::literal).collect();
        literals.map(|literals| decoded::key(&literals))
    }

    /// The same for two paths that no request can tell apart, however their names are.
    pub(crate) fn shape(&self) -> String {
        let shapes = self.segments.iter().map(Segment::shape);
        shapes.flat_map(|shape| ["/".to_owned(), shape]).collect()
    }

    /// The names in it, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    pub(super) fn most_static_first(&self) -> Rank {
        let count = |is: fn(&Segment) -> bool| self.segments.iter().filter(|one| is(one)).count();
        let letters = self.segments.iter().map(Segment::literal_letters).sum();
        (
            Reverse(count(|segment| segment.literal().is_some())),
            count(Segment::is_deep),
            count(Segment::fits_anything),
            Reverse(letters),
        )
    }

    /// What a path's segments say for the names, if they fit.
    ///
    /// When a segment does not fit, the last `**` before it takes one segment more; an earlier
    /// one need never be tried again. So a segment is looked at once for each of the pattern's
    /// at most, whatever the path is.
    pub(super) fn fit(&self, path: &[Cow<'_, str>]) -> Option<Params> {
        let mut values = Vec::new();
        let (mut own, mut at) = (0, 0);
        let mut behind_deep = None;
        while let Some(text) = path.get(at) {
            let segment = self.segments.get(own);
            if segment.is_some_and(Segment::is_deep) {
                own += 1;
                behind_deep = Some((own, at, values.len()));
            } else if segment.is_some_and(|segment| segment.fits(text, &mut values)) {
                (own, at) = (own + 1, at + 1);
            } else {
                let (again, taken, known) = behind_deep.as_mut()?;
                *taken += 1;
                (own, at) = (*again, *taken);
                values.truncate(*known);
            }
        }
        if !self.segments[own..].iter().all(Segment::is_deep) {
            return None;
        }
        let values = values.into_iter().map(Box::from);
        Some(self.names.iter().cloned().zip(values).collect())
    }
}

/// More is a mistake; what a path costs at each request stays small.
const MAX_BYTES: usize = 1024;
