//! A terminal of one line, which keeps in a string what a progress bar draws.

use std::{io, sync::Arc, sync::Mutex};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// Clones are handles to the same line.
#[derive(Clone, Debug, Default)]
pub struct Screen(Arc<Mutex<String>>);

impl Screen {
    /// Returns the line.
    pub fn text(&self) -> String {
        self.0.lock().expect("no drawing panics").clone()
    }

    /// Creates a bar that is drawn on this screen.
    pub fn bar(&self, len: u64) -> ProgressBar {
        let target = ProgressDrawTarget::term_like(Box::new(self.clone()));
        let style = ProgressStyle::with_template("[{bar:12}] {pos}/{len}");
        let style = style.expect("the template is right").progress_chars("# ");
        ProgressBar::with_draw_target(Some(len), target).with_style(style)
    }
}

/// Only what one line needs.
impl TermLike for Screen {
    fn width(&self) -> u16 {
        40
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().expect("no drawing panics").push_str(text);
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.lock().expect("no drawing panics").clear();
        Ok(())
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
