//! A table that reads well on a terminal and is Markdown as it stands.

use std::fmt;

pub struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.into(),
            rows: vec![columns.iter().map(|&column| column.into()).collect()],
        }
    }

    pub fn row<const N: usize>(&mut self, name: &str, cells: [String; N]) {
        self.rows
            .push([name.into()].into_iter().chain(cells).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = vec![0; self.rows[0].len()];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        writeln!(f, "### {}\n", self.title)?;
        for (index, row) in self.rows.iter().enumerate() {
            write!(f, "| {:<1$} |", row[0], widths[0])?;
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                write!(f, " {cell:>width$} |")?;
            }
            writeln!(f)?;
            if index == 0 {
                write!(f, "|{:-<1$}|", "", widths[0] + 2)?;
                for width in &widths[1..] {
                    write!(f, "{:->1$}:|", "", width + 1)?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
