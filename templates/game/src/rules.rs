//! Tic-tac-toe: the rules of a round, without a word on who plays it.

use serde::Serialize;

/// What a player puts on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Mark {
    X,
    O,
}

impl Mark {
    pub fn other(self) -> Self {
        match self {
            Self::X => Self::O,
            Self::O => Self::X,
        }
    }
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Nobody: a draw.
    pub winner: Option<Mark>,
    pub reason: Reason,
    /// The three cells in a row, if there are.
    pub line: Option<[usize; 3]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    Line,
    Draw,
    /// The loser took too long.
    Time,
    /// The loser went away.
    Left,
}

/// A round, from the empty board to its outcome.
#[derive(Debug)]
pub struct Round {
    /// Row by row, from the top left.
    pub board: [Option<Mark>; 9],
    pub turn: Mark,
    pub outcome: Option<Outcome>,
}

impl Round {
    pub fn begun_by(first: Mark) -> Self {
        Self {
            board: [None; 9],
            turn: first,
            outcome: None,
        }
    }

    /// Puts a mark on a cell.
    ///
    /// # Errors
    ///
    /// What the rules say against it; the round is then as it was.
    pub fn play(&mut self, mark: Mark, cell: usize) -> Result<(), &'static str> {
        if self.outcome.is_some() {
            return Err("the round is over");
        }
        if self.turn != mark {
            return Err("it is not your turn");
        }
        match self.board.get_mut(cell) {
            None => return Err("that is off the board"),
            Some(Some(_)) => return Err("that cell is taken"),
            Some(free) => *free = Some(mark),
        }
        self.turn = mark.other();
        self.outcome = self.outcome_of(mark);
        Ok(())
    }

    /// Ends the round against one of the two, unless it has ended.
    pub fn lose(&mut self, loser: Mark, reason: Reason) {
        self.outcome.get_or_insert(Outcome {
            winner: Some(loser.other()),
            reason,
            line: None,
        });
    }

    /// What follows from a mark that was just played.
    fn outcome_of(&self, mark: Mark) -> Option<Outcome> {
        let is_marked = |cell: usize| self.board[cell] == Some(mark);
        let line = LINES
            .into_iter()
            .find(|line| line.iter().all(|&cell| is_marked(cell)));
        if line.is_some() {
            let (winner, reason) = (Some(mark), Reason::Line);
            return Some(Outcome {
                winner,
                reason,
                line,
            });
        }
        let is_full = self.board.iter().all(Option::is_some);
        is_full.then_some(Outcome {
            winner: None,
            reason: Reason::Draw,
            line: None,
        })
    }
}

const LINES: [[usize; 3]; 8] = [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
    [0, 3, 6],
    [1, 4, 7],
    [2, 5, 8],
    [0, 4, 8],
    [2, 4, 6],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn played(cells: &[usize]) -> Round {
        let mut round = Round::begun_by(Mark::X);
        for &cell in cells {
            round.play(round.turn, cell).unwrap();
        }
        round
    }

    #[test]
    fn each_line_wins() {
        for line in LINES {
            let mut others = (0..9).filter(|cell| !line.contains(cell));
            let [one, two] = [others.next().unwrap(), others.next().unwrap()];
            let outcome = played(&[line[0], one, line[1], two, line[2]])
                .outcome
                .unwrap();
            assert_eq!((outcome.winner, outcome.line), (Some(Mark::X), Some(line)));
        }
    }

    #[test]
    fn a_full_board_without_a_line_is_a_draw() {
        let outcome = played(&[0, 1, 2, 4, 3, 5, 7, 6, 8]).outcome.unwrap();
        assert_eq!((outcome.winner, outcome.reason), (None, Reason::Draw));
    }

    #[test]
    fn a_line_on_the_last_free_cell_wins() {
        let outcome = played(&[0, 3, 1, 4, 5, 6, 7, 8, 2]).outcome.unwrap();
        assert_eq!(
            (outcome.winner, outcome.line),
            (Some(Mark::X), Some([0, 1, 2]))
        );
    }

    #[test]
    fn what_is_against_the_rules_changes_nothing() {
        let mut round = played(&[0]);
        let before = round.board;
        for (mark, cell, why) in [
            (Mark::X, 1, "it is not your turn"),
            (Mark::O, 0, "that cell is taken"),
            (Mark::O, 9, "that is off the board"),
        ] {
            assert_eq!(round.play(mark, cell), Err(why));
            assert_eq!((round.board, round.turn), (before, Mark::O));
        }
        round.lose(Mark::O, Reason::Time);
        assert_eq!(round.play(Mark::O, 1), Err("the round is over"));
    }
}
