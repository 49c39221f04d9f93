//! The command line.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    net::SocketAddr,
    time::Duration,
};

use clap::{
    Arg, ArgAction, ArgMatches, ColorChoice, Command, error::ErrorKind as Usage, value_parser,
};

use crate::{
    Named, colours,
    count::{BlastOff, Count},
    drawing::Target,
    output::Output,
};

const ABOUT: &str = "\
Countdowns and countups that take turns.

Each is a generator that yields after each number. A round-robin scheduler runs them: one turn of each, and round again. \
Without tasks of your own it runs --countdown 10 --countdown 5 --countup 15.

With --every, the same tasks run on the timer-driven event loop, and sleep after each number. Ctrl-C cancels them, and \
each reports how far it got. (A second Ctrl-C does not wait for that. On Linux, a background job of a script ignores \
Ctrl-C, as it should.)";

const AFTER_HELP: &str = "\
Examples:
  countdown-demo --countdown 3 --countup 3    two tasks, in this order
  countdown-demo --summary                    and a table of the tasks at the end
  countdown-demo --every 1s                   a real countdown; stop it with Ctrl-C
  countdown-demo --every 1h --clock virtual   what would happen when, without the wait
  countdown-demo --log 2>turns.log            every turn that the scheduler takes
  countdown-demo --timeline run.svg           the same as a picture; run.html to step through it
  countdown-demo --every 1s --serve 127.0.0.1:8080   and open http://127.0.0.1:8080/ while it runs
  RUST_LOG=tminus=debug countdown-demo --log  only how tasks begin and end

The lessons build what runs here: lessons 1 and 2 the countdown that can be closed, 9 and 10 the scheduler, 11 to 14 --every, \
its clock and the event loop, 19 to 22 the sockets of --serve and Ctrl-C, and 23 the other orders that the tasks could run in. \
`cargo lessons` lists all 24, in the source of tminus.

Exit status: 0 if all is well, 1 if a task fails or the output or the drawing cannot be written, 2 if nothing ran because \
the options make no sense, the file of the drawing cannot be written or the address of --serve cannot be used, 130 after \
Ctrl-C.";

/// The largest number to count from. Nobody wants to see more lines.
const MOST: i64 = 1_000_000;

/// The longest pause. Nobody has the patience for a longer one.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub struct Options {
    counts: Vec<Count>,
    blast_off: BlastOff,
    /// The pace on the event loop. `None` is for the scheduler.
    pub pace: Option<Pace>,
    pub summary: bool,
    pub log: bool,
    /// Where to draw the run, if anywhere.
    pub timeline: Option<Target>,
    /// Where to show the run while it runs.
    pub serve: Option<SocketAddr>,
}

/// The pace on the event loop.
#[derive(Clone, Copy)]
pub struct Pace {
    pub every: Duration,
    pub clock: ClockKind,
}

#[derive(Clone, Copy)]
pub enum ClockKind {
    Real,
    Virtual,
}

/// Reads the command line.
///
/// # Errors
///
/// - The text of the help or of the version, if the options ask for one.
/// - A message, if the options make no sense.
pub fn parse() -> Result<Options, clap::Error> {
    parse_from(&env::args_os().collect::<Vec<_>>())
}

/// Reads a command line, whose first word is the name of the program.
fn parse_from(words: &[OsString]) -> Result<Options, clap::Error> {
    let matches = command().try_get_matches_from(words).map_err(|error| {
        // The message quotes a word. It is to be one line, and to do no harm to the terminal.
        let visible = words.iter().map(|word| visible(word));
        let again = command().try_get_matches_from(visible);
        again.err().unwrap_or(error)
    })?;
    let every = matches.get_one::<Duration>("every").copied();
    let clock = matches.get_one::<ClockKind>("clock").copied();
    if clock.is_some() && every.is_none() {
        // clap's own words for it take two lines.
        let message = "--clock is for --every: without it, nothing waits";
        return Err(command().error(Usage::MissingRequiredArgument, message));
    }
    let serve = matches.get_one::<SocketAddr>("serve").copied();
    if serve.is_some() && !(every.is_some() && matches!(clock, None | Some(ClockKind::Real))) {
        let message =
            "--serve is for --every on the real clock: without it, the run is over too soon";
        return Err(command().error(Usage::MissingRequiredArgument, message));
    }
    Ok(Options {
        counts: counts(&matches),
        blast_off: match matches.get_flag("verbatim") {
            true => BlastOff::InsideTheLoop,
            false => BlastOff::AfterTheLoop,
        },
        pace: every.map(|every| Pace {
            every,
            clock: clock.unwrap_or(ClockKind::Real),
        }),
        summary: matches.get_flag("summary"),
        log: matches.get_flag("log"),
        timeline: matches.get_one::<Target>("timeline").cloned(),
        serve,
    })
}

/// Returns a word with its control characters escaped.
fn visible(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let escaped = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    word.chars().map(escaped).collect()
}

impl Options {
    /// Returns the tasks, each with its own colour.
    pub fn tasks(&self, out: &Output) -> Vec<Named> {
        let task = |(index, count): (usize, &Count)| Named {
            name: count.name(),
            body: count.task(out.of_task(index), self.blast_off),
        };
        self.counts.iter().enumerate().map(task).collect()
    }
}

/// Without this, clap decides by rules of its own, under which a CI server's log has colours whatever `TERM` says.
fn colours_of_help() -> ColorChoice {
    match colours::wanted(&io::stdout()) {
        true => ColorChoice::Always,
        false => ColorChoice::Never,
    }
}

fn command() -> Command {
    let task = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .help(help)
            .action(ArgAction::Append)
            .allow_negative_numbers(true)
            .value_parser(value_parser!(u32).range(0..=MOST))
    };
    let flag = |name: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).help(help);
        arg.action(ArgAction::SetTrue)
    };
    Command::new("countdown-demo")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Countdowns and countups that take turns")
        .color(colours_of_help())
        .long_about(ABOUT)
        .after_long_help(AFTER_HELP)
        .arg(task(
            "countdown",
            "Count down from N (repeatable; tasks keep their order)",
        ))
        .arg(task("countup", "Count up to N, from 0 (repeatable)"))
        .arg(
            Arg::new("every")
                .long("every")
                .value_name("DURATION")
                .help("Pause after each number: 250ms, 1.5s, 2m, 1h")
                .allow_hyphen_values(true) // so that -1s is a bad duration, and no unknown option
                .value_parser(duration),
        )
        .arg(
            Arg::new("clock")
                .long("clock")
                .value_name("CLOCK")
                .help("The clock of --every: `real`, or `virtual`, which does not wait, and shows the times")
                .value_parser(clock_kind),
        )
        .arg(flag(
            "verbatim",
            "Print `Blast off!` inside the loop, as the original program does",
        ))
        .arg(flag(
            "summary",
            "End with a table: each task's turns and result",
        ))
        .arg(flag(
            "log",
            "Trace every turn on stderr; RUST_LOG narrows it, as in tminus=debug",
        ))
        .arg(
            Arg::new("timeline")
                .long("timeline")
                .value_name("FILE")
                .help("Draw the run at its end: .svg, .html, .json (Perfetto) or .txt; - for text on stdout")
                .allow_hyphen_values(true)
                .value_parser(Target::parse),
        )
        .arg(
            Arg::new("serve")
                .long("serve")
                .value_name("ADDRESS")
                .help("Show the run so far as a web page, which loads itself anew: 127.0.0.1:8080; port 0 is any free one")
                .value_parser(address),
        )
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "write an address and a port, such as 127.0.0.1:8080 or [::1]:8080")
}

/// Returns the tasks of the command line, in their order.
fn counts(matches: &ArgMatches) -> Vec<Count> {
    let of = |name: &str, count: fn(u32) -> Count| {
        let places = matches.indices_of(name).into_iter().flatten();
        let numbers = matches.get_many::<u32>(name).into_iter().flatten();
        let counts = numbers.map(move |&n| count(n));
        places.zip(counts).collect::<Vec<_>>()
    };
    let mut counts = of("countdown", Count::Down);
    counts.extend(of("countup", Count::Up));
    counts.sort_by_key(|&(place, _)| place);
    if counts.is_empty() {
        return vec![Count::Down(10), Count::Down(5), Count::Up(15)];
    }
    counts.into_iter().map(|(_, count)| count).collect()
}

/// Reads a duration: `250ms`, `1.5s`, `2m` or `1h`.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "write a number and ms, s, m or h, such as 250ms or 1.5s";
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(FORM)?;
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(FORM),
    };
    let number: f64 = number.parse().map_err(|_| FORM)?;
    if number * seconds > A_YEAR.as_secs_f64() {
        return Err("that is more than a year");
    }
    match Duration::try_from_secs_f64(number * seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) | Err(_) => Err("it has to be more than zero"),
    }
}

fn clock_kind(text: &str) -> Result<ClockKind, &'static str> {
    match text {
        "real" => Ok(ClockKind::Real),
        "virtual" => Ok(ClockKind::Virtual),
        _ => Err("write real or virtual"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    /// Words that are options, are almost options, or are not.
    fn word() -> impl Strategy<Value = OsString> {
        let option = prop::sample::select(vec![
            "--countdown",
            "--countup",
            "--every",
            "--clock",
            "--verbatim",
            "--summary",
            "--log",
            "--timeline",
            "--serve",
            "--",
            "-",
            "--count",
            "--every=",
            "--countdown=3",
            "-x",
            "--help=1",
        ]);
        let value = prop::sample::select(vec![
            "3",
            "-1",
            "1000001",
            "99999999999999999999",
            "1s",
            "-1s",
            "1e3s",
            "infs",
            ".s",
            "real",
            "virtual",
            "run.svg",
            ".svg",
            "run.pdf",
            "127.0.0.1:0",
            "[::1]:80",
            "localhost:1",
            "",
            " ",
            "\n",
            "\u{1b}[31m",
            "½s",
        ]);
        prop_oneof![
            6 => option.prop_map(OsString::from),
            6 => value.prop_map(OsString::from),
            1 => any::<String>().prop_map(OsString::from),
            1 => (option_and_text()).prop_map(OsString::from),
            1 => any::<Vec<u8>>().prop_map(of_bytes),
        ]
    }

    fn option_and_text() -> impl Strategy<Value = String> {
        let option = prop::sample::select(vec![
            "--every=",
            "--countup=",
            "--timeline=",
            "--clock=",
            "--serve=",
        ]);
        (option, any::<String>()).prop_map(|(option, text)| format!("{option}{text}"))
    }

    #[cfg(unix)]
    fn of_bytes(bytes: Vec<u8>) -> OsString {
        std::os::unix::ffi::OsStringExt::from_vec(bytes)
    }

    #[cfg(not(unix))]
    fn of_bytes(bytes: Vec<u8>) -> OsString {
        String::from_utf8_lossy(&bytes).into_owned().into()
    }

    fn check(words: Vec<OsString>) -> Result<(), TestCaseError> {
        let words: Vec<OsString> = [OsString::from("countdown-demo")]
            .into_iter()
            .chain(words)
            .collect();
        let Err(error) = parse_from(&words) else {
            return Ok(());
        };
        let line = crate::first_line(&error);
        prop_assert!(
            !line.is_empty() && !line.contains(char::is_control),
            "{:?}",
            line
        );
        let quotes = line.matches('\'').count();
        prop_assert!(
            words
                .iter()
                .any(|word| word.to_string_lossy().contains('\''))
                || quotes.is_multiple_of(2),
            "{:?}",
            line
        );
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(21),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_words_are_options_or_are_refused_in_one_line(words in prop::collection::vec(word(), 0..6)) {
            check(words)?;
        }
    }

    #[test]
    fn a_message_quotes_a_word_with_control_characters_whole() {
        for (word, shown) in [("a\nb", "'a\\nb'"), ("\u{1b}[31m", "'\\u{1b}[31m'")] {
            let words = ["countdown-demo", "--every", word].map(OsString::from);
            let line = crate::first_line(&parse_from(&words).err().unwrap());
            assert_eq!(
                line,
                format!(
                    "invalid value {shown} for '--every <DURATION>': write a number and ms, s, m or h, such as 250ms or 1.5s"
                )
            );
        }
    }

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        let nanos = |text| duration(text).map(|duration| duration.as_nanos());
        assert_eq!(nanos("250ms"), Ok(250_000_000));
        assert_eq!(nanos("1.5s"), Ok(1_500_000_000));
        assert_eq!(nanos("1.1m"), Ok(66_000_000_000));
        assert_eq!(nanos(".5h"), Ok(1_800_000_000_000));
        assert_eq!(nanos("0.000001ms"), Ok(1));
        assert_eq!(duration("8760h"), Ok(A_YEAR));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let form = "write a number and ms, s, m or h, such as 250ms or 1.5s";
        let nonsense = [
            "", "5", "s", "soon", "1 s", "1.5.2s", "1e3s", "1S", "inf", "nans", "1s500ms", "½s",
        ];
        for text in nonsense {
            assert_eq!(duration(text), Err(form), "{text:?}");
        }
        for text in ["0s", "-0s", "-1s", "0.0000001ms"] {
            assert_eq!(duration(text), Err("it has to be more than zero"), "{text}");
        }
        for text in ["8761h", "99999999999999999999999s"] {
            assert_eq!(duration(text), Err("that is more than a year"), "{text}");
        }
        let huge = format!("{}s", "9".repeat(400)); // infinite as an f64
        assert_eq!(duration(&huge), Err("that is more than a year"));
    }
}
