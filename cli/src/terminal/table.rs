//! Columns of text.

/// Lines whose columns begin below one another, two spaces apart; no trailing spaces.
pub fn align<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_begin_below_one_another() {
        let rows = [["/a", "none"], ["/long", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(align(&rows), ["/a     none", "/long"]);
    }
}
