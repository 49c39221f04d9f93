use tminus_lessons::lesson03_send::Exception::{self, StopIteration};

use crate::lesson03::{guess, lines};

#[test]
fn guess_answers_each_number() {
    let mut game = guess(7);
    let mut said = vec![game.start()];
    for number in [5, 9, 6, 8, 7] {
        said.push(game.send(number));
    }
    let said: Result<Vec<String>, Exception> = said.into_iter().collect();
    let answers = ["guess", "higher", "lower", "higher", "lower", "right, in 5"];
    assert_eq!(said.expect("an answer to each"), answers);
}

#[test]
fn guess_is_finished_behind_the_right_number() {
    let mut game = guess(7).primed().expect("it says `guess`");
    assert_eq!(game.send(7), Ok("right, in 1".to_owned()));
    assert_eq!(game.send(7), Err(StopIteration));
}

#[test]
fn lines_are_put_together_from_their_pieces() {
    assert_eq!(
        lines_of(&["count", "down\n10\n9", "\n"]),
        [vec![], vec!["countdown", "10"], vec!["9"]]
    );
}

#[test]
fn lines_can_be_empty_and_a_piece_too() {
    assert_eq!(
        lines_of(&["\n\na", "", "\n"]),
        [vec!["", ""], vec![], vec!["a"]]
    );
}

/// The lines that each of the pieces completes.
fn lines_of(pieces: &[&str]) -> Vec<Vec<String>> {
    let mut lines = lines().primed().expect("it yields at once");
    let each = pieces.iter().map(|piece| lines.send((*piece).to_owned()));
    each.collect::<Result<_, _>>().expect("it never ends")
}
