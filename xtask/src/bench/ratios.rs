//! Medians of ratios: each round is compared with itself only, because the machine's
//! speed changes from one to the next.

/// A middle and how far the rounds lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    /// `None` without values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self {
            median: low.midpoint(high),
            least,
            most,
        })
    }

    /// Of the quotients of two rows, round by round; a round that lacks one is left out.
    pub fn of_ratios(ours: &[Option<f64>], theirs: &[Option<f64>]) -> Option<Self> {
        let ratio = |(ours, theirs): (&Option<f64>, &Option<f64>)| {
            let theirs = theirs.filter(|theirs| *theirs > 0.0)?;
            Some((*ours)? / theirs)
        };
        Self::of(ours.iter().zip(theirs).filter_map(ratio))
    }

    /// Without decimals.
    pub fn rounded(&self) -> String {
        format!("{:.0} ({:.0}–{:.0})", self.median, self.least, self.most)
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2} ({:.2}–{:.2})", self.median, self.least, self.most);
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_both_middles() {
        let spread = Spread::of([3.0, 1.0, 2.0]).unwrap();
        assert_eq!((spread.least, spread.median, spread.most), (1.0, 2.0, 3.0));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn each_round_is_compared_with_itself() {
        let ours = [Some(10.0), Some(40.0), None, Some(90.0)];
        let theirs = [Some(5.0), Some(20.0), Some(1.0), Some(30.0)];
        let spread = Spread::of_ratios(&ours, &theirs).unwrap();
        assert_eq!(spread.to_string(), "2.00 (2.00–3.00)");
    }
}
