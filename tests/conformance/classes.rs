//! The exception classes of the programs that the crate does not have.

use std::{error::Error, fmt};

use tminus::Exception;

macro_rules! classes {
    ($($name:ident)*) => {
        $(
            #[derive(Debug)]
            struct $name(String);

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl Error for $name {}
        )*

        /// A new exception of such a class.
        pub fn exception(class: &str, message: String) -> Option<Exception> {
            match class {
                $(stringify!($name) => Some($name(message).into()),)*
                _ => None,
            }
        }
    };
}

classes!(E1 E2 E3 KeyError ConnectionResetError);
