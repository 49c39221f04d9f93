//! Runs as pages and as traces for Perfetto.

mod browser;
mod chromium;
mod html;
mod perfetto;
mod replay;
mod runs;
